"""Atiende con waitress un socket que abrió otro, y al terminar no deja a nadie a medias.

Usa partes internas de waitress (asyncore, _map, active_channels): por eso circo.txt fija la versión.
"""

import faulthandler
import signal
import socket
import time
from threading import get_ident

from waitress.server import create_server

PACIENCIA = 25  # segundos para terminar lo empezado; menos que el graceful_timeout de Circus
LIMITE = 30  # segundos que puede durar un pedido; uno más largo está trabado


def servir(aplicacion, descriptor):
    en_curso = {}  # por hilo, cuándo empezó el pedido que tiene entre manos

    def cronometrada(entorno, responder):
        en_curso[get_ident()] = time.monotonic()
        try:
            return aplicacion(entorno, responder)
        finally:
            del en_curso[get_ident()]

    servidor = create_server(
        cronometrada,
        sockets=[socket.socket(fileno=descriptor)],  # Python averigua solo si es TCP o unix
        threads=4,
        # sin esto waitress borra lo que Nginx cuenta del visitante; es seguro porque al socket solo llega Nginx
        trusted_proxy="*",
        trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"},
    )
    parar = []

    def pedir_fin(*_):
        parar.append(True)
        servidor.pull_trigger()

    signal.signal(signal.SIGTERM, pedir_fin)
    signal.signal(signal.SIGINT, pedir_fin)
    while not parar:
        servidor.asyncore.loop(timeout=1, map=servidor._map, count=1)
        if any(time.monotonic() - inicio > LIMITE for inicio in list(en_curso.values())):
            faulthandler.dump_traceback()  # queda en el log de errores en qué línea está cada hilo
            break
    servidor.accepting = False  # lo nuevo queda en el socket, para los demás workers
    limite = time.monotonic() + PACIENCIA
    while servidor.active_channels and time.monotonic() < limite:
        servidor.asyncore.loop(timeout=0.2, map=servidor._map, count=1)
    servidor.task_dispatcher.shutdown()
