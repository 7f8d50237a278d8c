"""La aplicación, con la dirección del visitante: por un socket unix la sabe solo Nginx, y la manda en X-Real-IP."""

from muro.wsgi import application as muro


def application(entorno, responder):
    entorno["REMOTE_ADDR"] = entorno.get("HTTP_X_REAL_IP", "")
    return muro(entorno, responder)
