"""Un plugin de Circus: si el sitio deja de contestar, mata a los workers para que circusd ponga otros."""

import asyncio
import http.client
import os
import socket

from circus import logger
from circus.plugins import CircusPlugin
from tornado.ioloop import PeriodicCallback

DOMINIO = os.environ["MURO_DOMINIOS"].split(",")[0]


class Conexion(http.client.HTTPConnection):
    """HTTP por el socket de los workers, sin pasar por Nginx."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect("/run/muro/web.sock")


class Vigia(CircusPlugin):
    name = "vigia"
    fallos = 0
    anduvo = False

    def handle_init(self):
        self.paciencia, self.veces = float(self.config["paciencia"]), int(self.config["veces"])
        self.ronda = PeriodicCallback(self.mirar, 1000 * float(self.config["cada"]))
        self.ronda.start()

    def handle_stop(self):
        self.ronda.stop()

    def handle_recv(self, datos):
        """Lo que circusd cuenta: a un worker recién salido a la pista se lo deja arrancar."""
        quien, que, _ = self.split_data(datos)
        if (quien, que) == ("web", "spawn"):
            self.anduvo = False

    def contesta(self):
        conexion = Conexion(DOMINIO, timeout=self.paciencia)
        try:
            conexion.request("GET", "/salud/", headers={"X-Forwarded-Proto": "https"})
            conexion.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            conexion.close()
        return True

    async def mirar(self):
        if await asyncio.to_thread(self.contesta):
            self.anduvo, self.fallos = True, 0
        elif self.anduvo:
            self.fallos += 1
            logger.warning("el sitio no contesta (%d de %d)", self.fallos, self.veces)
            if self.fallos == self.veces:
                self.fallos = 0
                self.cast("signal", name="web", signum=9)
