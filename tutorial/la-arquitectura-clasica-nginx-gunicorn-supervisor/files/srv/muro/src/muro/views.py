import logging
import os

from django import forms
from django.core.cache import cache
from django.shortcuts import redirect, render
from redis.exceptions import RedisError

from .models import Mensaje

registro = logging.getLogger(__name__)


class Formulario(forms.ModelForm):
    class Meta:
        model = Mensaje
        fields = ["autor", "texto"]
        widgets = {"texto": forms.Textarea(attrs={"rows": 3})}


def contar_visita():
    """El número de esta visita, o None si Redis no contesta."""
    try:
        cache.add("visitas", 0, timeout=None)
        return cache.incr("visitas")
    except RedisError as error:
        registro.warning("Redis no contesta: %s", error)
        return None


def muro(request):
    formulario = Formulario(request.POST or None)
    if request.method == "POST" and formulario.is_valid():
        mensaje = formulario.save()
        registro.info("mensaje %d desde %s", mensaje.pk, request.META["REMOTE_ADDR"])
        return redirect("muro")
    contexto = {
        "formulario": formulario,
        "mensajes": Mensaje.objects.all()[:50],
        "visitas": contar_visita(),
        "proceso": os.getpid(),
    }
    return render(request, "muro/muro.html", contexto)
