"""Chaussette con un backend que anda: con_chaussette.py --backend waitress --fd N muro.wsgi.application"""

from chaussette.backend import register
from chaussette.server import main

from muro.servidor import servir


class Backend:
    def __init__(self, direccion, application=None, **opciones):
        donde, _puerto = direccion
        if not donde.startswith("fd://"):
            raise SystemExit("este backend solo atiende un socket heredado: usá --fd")
        self.descriptor = int(donde.removeprefix("fd://"))
        self.aplicacion = application

    def serve_forever(self):
        servir(self.aplicacion, self.descriptor)


register("waitress", Backend)

if __name__ == "__main__":
    main()
