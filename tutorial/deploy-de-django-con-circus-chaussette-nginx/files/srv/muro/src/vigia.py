"""Un plugin de Circus: si el sitio deja de contestar, mata a los workers para que circusd ponga otros."""

import asyncio
import http.client
import os
import socket

from circus import logger
from circus.plugins import CircusPlugin

DOMINIO = os.environ["MURO_DOMINIOS"].split(",")[0]


class Conexion(http.client.HTTPConnection):
    """HTTP por el socket de los workers, sin pasar por Nginx."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect("/run/muro/web.sock")


class Vigia(CircusPlugin):
    name = "vigia"
    despierto = False
    fallos = 0

    def handle_init(self):
        self.cada, self.paciencia = float(self.config["cada"]), float(self.config["paciencia"])
        self.veces = int(self.config["veces"])
        self.loop.add_callback(self.vigilar)

    def handle_recv(self, datos):
        """Lo que circusd cuenta: con un worker recién salido a la pista se empieza a contar de cero."""
        quien, que, _ = self.split_data(datos)
        if (quien, que) == ("web", "spawn"):
            self.fallos = 0

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

    async def vigilar(self):
        while True:
            await asyncio.sleep(self.cada)
            self.anotar(await asyncio.to_thread(self.contesta))

    def anotar(self, contesta):
        if contesta:
            if not self.despierto:
                logger.info("el sitio contesta: empiezo a vigilar")
            self.despierto, self.fallos = True, 0
        elif self.despierto:
            self.fallos += 1
            logger.warning("el sitio no contesta (%d de %d)", self.fallos, self.veces)
            if self.fallos == self.veces:
                self.fallos = 0
                self.cast("signal", name="web", signum=9)
