"""Un event listener de supervisor: si el sitio deja de contestar, mata a los workers y Gunicorn pone otros."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys

DOMINIO = os.environ["MURO_DOMINIOS"].split(",")[0]
PACIENCIA, VECES = 8, 3
PREGUNTA = ["gunicornc", "--socket", "/run/muro/gunicorn.sock", "--json", "--command", "show workers"]


class Conexion(http.client.HTTPConnection):
    """HTTP por el socket de los workers, sin pasar por Nginx."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect("/run/muro/web.sock")


def contesta():
    conexion = Conexion(DOMINIO, timeout=PACIENCIA)
    try:
        conexion.request("GET", "/salud/", headers={"X-Forwarded-Proto": "https"})
        conexion.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        conexion.close()
    return True


def workers():
    """Los números de los workers, según Gunicorn; ninguno si no está."""
    try:
        respuesta = subprocess.run(PREGUNTA, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return []
    return [worker["pid"] for worker in json.loads(respuesta.stdout)["workers"]] if respuesta.returncode == 0 else []


def esperar_evento():
    print("READY", flush=True)
    cabecera = dict(par.split(":") for par in sys.stdin.readline().split())
    sys.stdin.read(int(cabecera["len"]))
    print("RESULT 2\nOK", end="", flush=True)  # contestado; otro no llega hasta el próximo READY


def anotar(texto):
    print(texto, file=sys.stderr, flush=True)


despierto, fallos, antes = False, 0, []
while True:
    esperar_evento()
    if contesta():
        if not despierto:
            anotar("el sitio contesta: empiezo a vigilar")
        despierto, fallos = True, 0
    elif despierto and (ahora := workers()):
        fallos = fallos + 1 if ahora == antes else 1  # con workers nuevos se cuenta desde el principio
        antes = ahora
        anotar(f"el sitio no contesta ({fallos} de {VECES})")
        if fallos == VECES:
            for worker in ahora:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
