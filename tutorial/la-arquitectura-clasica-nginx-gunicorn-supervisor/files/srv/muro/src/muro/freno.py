"""De una misma dirección, tantos mensajes por minuto y ni uno más."""

from django.core.cache import caches
from django.http import HttpResponse
from redis.exceptions import RedisError

POR_MINUTO = 120


def se_paso(direccion):
    cuenta = caches["freno"]
    try:
        cuenta.add(direccion, 0, timeout=60)
        return cuenta.incr(direccion) > POR_MINUTO
    except (RedisError, ValueError):  # no contesta, o el minuto se cumplió entre una línea y la otra
        return False


class Freno:
    def __init__(self, seguir):
        self.seguir = seguir

    def __call__(self, pedido):
        if pedido.method == "POST" and se_paso(pedido.META["REMOTE_ADDR"]):
            return HttpResponse("Demasiados mensajes. Probá dentro de un minuto.\n", status=429)
        return self.seguir(pedido)
