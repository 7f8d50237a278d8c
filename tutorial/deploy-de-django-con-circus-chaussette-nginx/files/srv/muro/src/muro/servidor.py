"""Atiende con waitress un socket que abrió otro, y al terminar no deja a nadie a medias.

Usa partes internas de waitress (asyncore, _map, active_channels): por eso requirements.txt fija la versión.
"""

import signal
import socket
import time

from waitress.server import create_server

PACIENCIA = 25  # segundos para terminar lo empezado; menos que el graceful_timeout de Circus


def servir(aplicacion, descriptor):
    servidor = create_server(
        aplicacion,
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
    servidor.accepting = False  # lo nuevo queda en el socket, para los demás workers
    limite = time.monotonic() + PACIENCIA
    while servidor.active_channels and time.monotonic() < limite:
        servidor.asyncore.loop(timeout=0.2, map=servidor._map, count=1)
    servidor.task_dispatcher.shutdown()
