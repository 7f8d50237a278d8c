#!/bin/bash
# deploy-de-django-con-circus-chaussette-nginx
#
# Hecho por «ensayar extract» a partir de posts/deploy-de-django-con-circus-chaussette-nginx.rst; cambiá el artículo, no este archivo.
# Corrélo como root en un servidor debian-13 recién instalado, por tu cuenta:  bash deploy.sh
#
# What stands in quotes and in here-documents is the article's own:
# shellcheck disable=SC2016,SC1118

[ "$(id -u)" -eq 0 ] || { echo 'deploy.sh: hay que correrlo como root' >&2; exit 1; }
LOGIN=muro
SCRATCH=$(mktemp -d) && chmod 711 "$SCRATCH" || exit 1
STEP=
SETTINGS='export LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC PAGER=cat SYSTEMD_PAGER='
declare -A IN=() OUT=() SU=() SHELLS=()

finish() {
    status=$?
    close_all
    rm -rf "$SCRATCH"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
trap : PIPE # a shell that is gone; caught, not ignored, because what the script starts would ignore it too

step() {
    STEP=$1
    printf '\n== %s\n' "$STEP"
}

fail() { # STATUS EXPECTED
    # shellcheck disable=SC2059
    printf 'deploy.sh: falló el paso «%s» (código de salida %s, se esperaba %s)''\n' "$STEP" "$1" "$2" >&2
    exit 1
}

in_vain() { # SECONDS LOG
    cat "$2"
    # shellcheck disable=SC2059
    printf 'deploy.sh: paso «%s»: esperé %s s en vano''\n' "$STEP" "$1" >&2
    exit 1
}

write_file() { # PATH OWNER:GROUP MODE < CONTENT
    { (umask 077 && cat > "$1") && chown -- "$2" "$1" && chmod -- "$3" "$1"; } || fail "$?" 0
}

# becomes a login shell that leads a session of its own, as one in a terminal does
login_shell() { # USER PROGRAM
    if [ "$1" = root ]; then
        export HOME=/root
        cd || exit 1
        exec setsid --wait /bin/bash --login -c "$2"
    fi
    exec su --login --shell /bin/bash --command "$2" "$1"
}

# a terminal: a login shell that lives as long as the script, fed through two pipes
open_terminal() { # USER
    local fd in out shell
    mkfifo -m 600 "$SCRATCH/$1.in" "$SCRATCH/$1.out" || exit 1
    set -m # else the shell and what it runs would ignore Ctrl-C
    (
        for fd in "${IN[@]}" "${OUT[@]}"; do exec {fd}>&-; done
        login_shell "$1" "$SETTINGS"'
            echo "$$" >&4
            while IFS= read -r -d "" DEPLOY_COMMAND <&5; do
                eval "$DEPLOY_COMMAND" 4>&- 5<&-
                printf "%d\n" "$?" >&4
            done'
    ) 5< "$SCRATCH/$1.in" 4> "$SCRATCH/$1.out" < /dev/null &
    SU[$1]=$!
    set +m
    exec {in}> "$SCRATCH/$1.in" {out}< "$SCRATCH/$1.out"
    rm "$SCRATCH/$1.in" "$SCRATCH/$1.out"
    IN[$1]=$in OUT[$1]=$out
    IFS= read -r shell <&"$out" && SHELLS[$1]=$shell
}

close_terminal() { # USER; returns what its shell exited with
    local in=${IN[$1]} out=${OUT[$1]} pid=${SU[$1]} shell=${SHELLS[$1]:-} tries=20
    exec {in}>&- {out}<&- # an idle shell ends by itself
    unset "IN[$1]" "OUT[$1]" "SU[$1]" "SHELLS[$1]"
    while [ "$((tries -= 1))" -gt 0 ] && kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
    [ -z "$shell" ] || kill -HUP -- "-$shell" 2> /dev/null
    wait "$pid"
}

# closes all terminals, as a restart does
close_all() {
    local user name
    for name in "$SCRATCH"/*.pid; do
        [ -s "$name" ] && kill -TERM -- "-$(cat "$name")" 2> /dev/null
        rm -f "$name"
    done
    for user in "${!SHELLS[@]}"; do close_terminal "$user"; done
}

run_in() { # USER COMMAND
    local status
    if [ -n "${SHELLS[$1]:-}" ] || open_terminal "$1"; then
        # by the shell itself: while it waits for a child that ends well, bash drops a Ctrl-C
        { printf '%s\0' "$2" >&"${IN[$1]}"; } 2> /dev/null
        IFS= read -r status <&"${OUT[$1]}" && return "$status"
    fi
    close_terminal "$1"
}

terminal() { # USER < COMMAND
    local command status end output
    command=$(cat)
    if [ -z "${WAIT:-}" ]; then
        run_in "$1" "$command"
        status=$?
        [ "$status" -eq "${EXPECTED:-0}" ] || fail "$status" "${EXPECTED:-0}"
        return 0
    fi
    end=$((SECONDS + WAIT))
    output=$SCRATCH/output
    : > "$output"
    chmod 666 "$output"
    while :; do
        run_in "$1" "{ $command
} > $output 2>&1"
        status=$?
        if [ "$status" -eq "${EXPECTED:-0}" ] && { [ -z "$SEEN" ] || seen "$SEEN" "$output"; }; then
            cat "$output"
            return 0
        fi
        [ "$SECONDS" -lt "$end" ] || in_vain "$WAIT" "$output"
        sleep 1
    done
}
as_root() { terminal root; }
as_user() { terminal "$LOGIN"; }

seen() { # PATTERN FILE: whether the whole file is what the article shows
    # every line ends with a newline, no empty line at the end, and all of it is one record
    { { tr -d '\000' < "$2"; echo; } | sed -e 's/[ \t\r\v\f]*$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
        printf '\0'; } | LC_ALL=C.UTF-8 grep -qzP "\A$1\z"
}

background() { # NAME USER < COMMAND
    local command directory log=$SCRATCH/$1.log
    command=$(cat)
    : > "$log"
    chmod 666 "$log"
    run_in "$2" "pwd > $log" || fail "$?" 0
    directory=$(cat "$log")
    set -m # else it would ignore Ctrl-C
    (
        login_shell "$2" "echo \$\$ >&4; exec 4>&-; $SETTINGS
cd $(printf %q "$directory") || exit
$command"
    ) > "$log" 2>&1 < /dev/null 4> "$SCRATCH/$1.pid" &
    echo "$!" > "$SCRATCH/$1.su"
    set +m
    until [ -s "$SCRATCH/$1.pid" ] || ! kill -0 "$!" 2> /dev/null; do sleep 0.1; done
}

output_of() { # NAME SECONDS PATTERN yes|no
    local end=$((SECONDS + $2)) log=$SCRATCH/$1.log
    until seen "$3" "$log"; do
        [ "$SECONDS" -lt "$end" ] || in_vain "$2" "$log"
        sleep 1
    done
    cat "$log"
    if [ "$4" = yes ]; then
        kill -INT -- "-$(cat "$SCRATCH/$1.pid")" 2> /dev/null
        wait "$(cat "$SCRATCH/$1.su")" 2> /dev/null
        rm -f "$SCRATCH/$1.pid"
    fi
}

step instalar-paquetes

as_root <<'EOF'
apt-get update
EOF

as_root <<'EOF'
apt-get install --yes --no-install-recommends nginx redis-server python3-venv curl
EOF

step mirar-versiones

as_root <<'EOF'
python3 --version
EOF

as_root <<'EOF'
nginx -v
EOF

step crear-usuario

as_root <<'EOF'
useradd --system --user-group --create-home --home-dir /var/lib/muro --shell /bin/bash muro
EOF

as_root <<'EOF'
chmod 750 /var/lib/muro
EOF

as_root <<'EOF'
id muro
EOF

step crear-directorios

as_root <<'EOF'
install -d -m 755 /srv/muro /srv/muro/src
EOF

as_root <<'EOF'
install -d -o root -g muro -m 750 /etc/muro
EOF

as_root <<'EOF'
install -d -o muro -g muro -m 750 /var/log/muro
EOF

as_root <<'EOF'
stat -c '%A %U:%G %n' /srv/muro /etc/muro /var/lib/muro /var/log/muro
EOF

step sin-permiso

as_user <<'EOF'
pwd
EOF

EXPECTED=1 as_user <<'EOF'
touch /srv/muro/src/intruso.py
EOF

step redis-y-nginx

as_root <<'EOF'
systemctl is-active nginx redis-server
EOF

as_root <<'EOF'
systemctl is-enabled nginx redis-server
EOF

as_root <<'EOF'
redis-cli ping
EOF

step quien-escucha

as_root <<'EOF'
ss -Hltn | awk '{print $4}' | sort
EOF

step requirements

write_file /srv/muro/requirements.txt root:root 0644 <<'EOF'
Django==5.2.19
asgiref==3.13.0
sqlparse==0.6.1
redis==8.1.0
EOF

step instalar-dependencias

as_root <<'EOF'
python3 -m venv /srv/muro/venv
EOF

as_root <<'EOF'
/srv/muro/venv/bin/pip install --no-cache-dir --requirement /srv/muro/requirements.txt
EOF

as_root <<'EOF'
/srv/muro/venv/bin/pip check
EOF

step crear-proyecto

as_root <<'EOF'
cd /srv/muro/src
EOF

as_root <<'EOF'
/srv/muro/venv/bin/django-admin startproject muro .
EOF

as_root <<'EOF'
mkdir -p muro/migrations muro/templates/muro muro/static/muro
EOF

as_root <<'EOF'
touch muro/migrations/__init__.py
EOF

as_root <<'EOF'
ls
EOF

step models

write_file /srv/muro/src/muro/models.py root:root 0644 <<'EOF'
from django.db import models


class Mensaje(models.Model):
    autor = models.CharField(max_length=40)
    texto = models.CharField(max_length=280)
    creado = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-creado"]

    def __str__(self):
        return f"{self.autor}: {self.texto}"
EOF

step migracion

write_file /srv/muro/src/muro/migrations/0001_initial.py root:root 0644 <<'EOF'
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Mensaje",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("autor", models.CharField(max_length=40)),
                ("texto", models.CharField(max_length=280)),
                ("creado", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ["-creado"]},
        ),
    ]
EOF

step views

write_file /srv/muro/src/muro/views.py root:root 0644 <<'EOF'
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
EOF

step urls

write_file /srv/muro/src/muro/urls.py root:root 0644 <<'EOF'
from django.urls import path

from .views import muro

urlpatterns = [path("", muro, name="muro")]
EOF

step plantilla

write_file /srv/muro/src/muro/templates/muro/muro.html root:root 0644 <<'EOF'
{% load static %}<!doctype html>
<html lang="es-AR">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>El muro</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="{% static "muro/muro.css" %}">
</head>
<body>
  <h1>El muro</h1>
  <form method="post">
    {% csrf_token %}
    {{ formulario.as_p }}
    <button>Dejar el mensaje</button>
  </form>
  <ul>
    {% for mensaje in mensajes %}
    <li><strong>{{ mensaje.autor }}</strong>: {{ mensaje.texto }} <small>{{ mensaje.creado }}</small></li>
    {% empty %}
    <li>Todavía no hay nada escrito.</li>
    {% endfor %}
  </ul>
  <footer>
    {% if visitas is None %}Sin contador.{% else %}Visita número {{ visitas }}.{% endif %}
    Te atendió el proceso {{ proceso }}.
  </footer>
</body>
</html>
EOF

step hoja-de-estilo

write_file /srv/muro/src/muro/static/muro/muro.css root:root 0644 <<'EOF'
:root { color-scheme: light dark; }
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem; }
input, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; }
li { margin: .5rem 0; overflow-wrap: anywhere; }
footer { margin-top: 2rem; opacity: .8; font-size: .9rem; }
EOF

step settings

write_file /srv/muro/src/muro/settings.py root:root 0644 <<'EOF'
"""La configuración del muro: lo que cambia de un servidor a otro viene del entorno."""

import os
from pathlib import Path

DATOS = Path(os.environ["MURO_DATOS"])
HTTPS = os.environ.get("MURO_HTTPS") == "1"

SECRET_KEY = Path(os.environ["MURO_CLAVE"]).read_text().strip()
DEBUG = False
ALLOWED_HOSTS = os.environ["MURO_DOMINIOS"].split(",")

INSTALLED_APPS = ["django.contrib.staticfiles", "muro"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "muro.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATOS / "muro.sqlite3",
        # abrir la base pide lugar en el disco: abierta de antes, si el disco se llena todavía se puede leer
        "CONN_MAX_AGE": None,
        # varios procesos a la vez: que lean mientras uno escribe, y que el que va a escribir avise de entrada
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL", "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["MURO_REDIS"],
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}

LANGUAGE_CODE = "es-ar"
TIME_ZONE = "America/Argentina/Buenos_Aires"

STATIC_URL = "/static/"
STATIC_ROOT = "/srv/muro/static"
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# Nginx dice si el pedido llegó cifrado, y pisa lo que haya mandado el navegador
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 3600 if HTTPS else 0

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"corto": {"format": "%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "consola": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "corto"},
    },
    "root": {"handlers": ["consola"], "level": "INFO"},
}
EOF

step entorno

write_file /etc/muro/muro.env root:muro 0640 <<'EOF'
DJANGO_SETTINGS_MODULE=muro.settings
MURO_DOMINIOS=muro.example
MURO_DATOS=/var/lib/muro
MURO_CLAVE=/etc/muro/clave
MURO_REDIS=redis://127.0.0.1:6379/1
EOF

step clave

as_root <<'EOF'
install -o root -g muro -m 640 /dev/null /etc/muro/clave
EOF

as_root <<'EOF'
python3 -c 'import secrets; print(secrets.token_urlsafe(50))' > /etc/muro/clave
EOF

as_root <<'EOF'
stat -c '%A %U:%G, %s bytes' /etc/muro/clave
EOF

step comando-muro

write_file /usr/local/bin/muro root:root 0755 <<'EOF'
#!/bin/sh
# Corre un comando con el entorno de producción del muro: «muro python manage.py check»
set -aeu
. /etc/muro/muro.env
PATH=/srv/muro/venv/bin:$PATH
cd /srv/muro/src
exec "$@"
EOF

step check-deploy

as_user <<'EOF'
muro python manage.py check --deploy
EOF

step migrar

as_user <<'EOF'
muro python manage.py migrate
EOF

step estaticos

as_root <<'EOF'
muro python manage.py collectstatic --no-input
EOF

as_root <<'EOF'
ls /srv/muro/static/muro
EOF

step circo-txt

write_file /srv/muro/circo.txt root:root 0644 <<'EOF'
# el circo
circus==0.19.0
psutil==7.2.2
pyzmq==27.3.0
tornado==6.6.1
# el soquete
chaussette==1.3.0
six==1.17.0
waitress==3.0.2
EOF

step instalar-circo

as_root <<'EOF'
/srv/muro/venv/bin/pip install --no-cache-dir --requirement /srv/muro/circo.txt
EOF

as_root <<'EOF'
/srv/muro/venv/bin/pip check
EOF

step salida-de-chaussette

as_root <<'EOF'
echo 'LOGGING["loggers"] = {"chaussette": {"level": "INFO"}}' >> /srv/muro/src/muro/settings.py
EOF

step soquete-de-fabrica

background soquete-de-fabrica "$LOGIN" <<'EOF'
systemd-socket-activate --listen=127.0.0.1:8000 muro chaussette --fd 3 muro.wsgi.application
EOF

step primer-pedido

EXPECTED=0 WAIT=60 SEEN='HTTP/1\.0 200 OK[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --head --header 'Host: muro.example' http://127.0.0.1:8000/ | head -n 1
EOF

step cliente-mudo

EXPECTED=28 as_user <<'EOF'
bash -c 'exec 7<>/dev/tcp/127.0.0.1/8000
curl --silent --show-error --max-time 5 --header "Host: muro.example" http://127.0.0.1:8000/'
EOF

step lo-que-dijo-el-soquete

output_of soquete-de-fabrica 20 'Listening on 127\.0\.0\.1:8000 as 3\.[ \t\r\x0b\x0c]*\nCommunication attempt on fd 3\.[ \t\r\x0b\x0c]*\nExecing muro \(muro chaussette \-\-fd 3 muro\.wsgi\.application\)[ \t\r\x0b\x0c]*\n(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \[(?:[1-9]\d{0,18}|<pid>)\] INFO chaussette: Application is <django\.core\.handlers\.wsgi\.WSGIHandler object at .*>[ \t\r\x0b\x0c]*\n(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \[(?:[1-9]\d{0,18}|<pid>)\] INFO chaussette: Serving on fd://3[ \t\r\x0b\x0c]*\n(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \[(?:[1-9]\d{0,18}|<pid>)\] INFO chaussette: Using <class '"'"'chaussette\.backend\._wsgiref\.ChaussetteServer'"'"'> as a backend[ \t\r\x0b\x0c]*\n0\.0\.0\.0 \- \- \[(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>)\] "HEAD / HTTP/1\.1" 200 .*[ \t\r\x0b\x0c]*\n(?:[^\n]*\n)*' yes

step waitress-de-fabrica

as_user <<'EOF'
muro chaussette --backend waitress --fd 0 2>&1 | tail -n 1
EOF

step servidor

write_file /srv/muro/src/muro/servidor.py root:root 0644 <<'EOF'
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
EOF

step con-chaussette

write_file /srv/muro/src/con_chaussette.py root:root 0644 <<'EOF'
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
EOF

step sin-chaussette

write_file /srv/muro/src/sin_chaussette.py root:root 0644 <<'EOF'
"""Lo mismo sin Chaussette: sin_chaussette.py N"""

import sys

from muro.servidor import servir
from muro.wsgi import application

servir(application, int(sys.argv[1]))
EOF

step soquete-propio

background soquete-propio "$LOGIN" <<'EOF'
systemd-socket-activate --listen=127.0.0.1:8000 muro python sin_chaussette.py 3
EOF

step cliente-mudo-otra-vez

EXPECTED=0 WAIT=60 SEEN='    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
bash -c 'exec 7<>/dev/tcp/127.0.0.1/8000
curl --silent --max-time 20 --header "Host: muro.example" http://127.0.0.1:8000/ | grep proceso'
EOF

step lo-que-dijo-el-propio

output_of soquete-propio 20 'Listening on 127\.0\.0\.1:8000 as 3\.[ \t\r\x0b\x0c]*\nCommunication attempt on fd 3\.[ \t\r\x0b\x0c]*\nExecing muro \(muro python sin_chaussette\.py 3\)[ \t\r\x0b\x0c]*\n(?:[^\n]*\n)*' yes

step tmpfiles

write_file /etc/tmpfiles.d/muro.conf root:root 0644 <<'EOF'
d /run/muro 2750 muro www-data -
EOF

step crear-run

as_root <<'EOF'
systemd-tmpfiles --create /etc/tmpfiles.d/muro.conf
EOF

as_root <<'EOF'
stat -c '%A %U:%G' /run/muro
EOF

step circus-ini

write_file /etc/muro/circus.ini root:muro 0640 <<'EOF'
[circus]
endpoint = ipc:///run/muro/control.sock
pubsub_endpoint = ipc:///run/muro/eventos.sock
; vacío: si no, circusd escucha en toda la red, en el puerto 12027 de UDP
multicast_endpoint =
; en OCTAL: a los dos sockets de arriba llega solo su usuario
umask = 077
check_delay = 5

[socket:web]
path = /run/muro/web.sock
; en DECIMAL: 7 le saca todo a «los demás», y queda 0770
umask = 7
replace = True

[watcher:web]
cmd = /srv/muro/venv/bin/python con_chaussette.py --backend waitress --fd $(circus.sockets.web) muro.wsgi.application
working_dir = /srv/muro/src
use_sockets = True
copy_env = True
numprocesses = 2
warmup_delay = 6
graceful_timeout = 30
stdout_stream.class = FileStream
stdout_stream.filename = /var/log/muro/web.log
stdout_stream.max_bytes = 1048576
stdout_stream.backup_count = 5
stderr_stream.class = FileStream
stderr_stream.filename = /var/log/muro/web-error.log
stderr_stream.max_bytes = 1048576
stderr_stream.backup_count = 5

[plugin:flapping]
use = circus.plugins.flapping.Flapping
attempts = 10
window = 90
retry_in = 30
max_retry = 5
EOF

step entorno-del-circo

as_root <<'EOF'
echo CIRCUSCTL_ENDPOINT=ipc:///run/muro/control.sock >> /etc/muro/muro.env
EOF

step circusd-a-mano

background circusd-a-mano "$LOGIN" <<'EOF'
muro circusd /etc/muro/circus.ini
EOF

step estado-a-mano

EXPECTED=0 WAIT=120 SEEN='plugin:flapping: active[ \t\r\x0b\x0c]*\nweb: active[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
muro circusctl status
EOF

step permisos-de-los-sockets

as_root <<'EOF'
stat -c '%A %U:%G %n' /run/muro/*.sock
EOF

step otro-no-puede

EXPECTED=1 as_root <<'EOF'
runuser -u www-data -- /srv/muro/venv/bin/circusctl --endpoint ipc:///run/muro/control.sock --timeout 2 status
EOF

step pedido-al-socket

EXPECTED=0 WAIT=120 SEEN='    Visita número (?:[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}|<número>)\.[ \t\r\x0b\x0c]*\n    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --unix-socket /run/muro/web.sock http://muro.example/ | grep -A 1 Visita
EOF

step nginx-sitio

write_file /etc/nginx/sites-available/muro root:root 0644 <<'EOF'
upstream muro {
    server unix:/run/muro/web.sock fail_timeout=0;
}

# a quien llegue con otro nombre, o con ninguno, se le corta sin contestar
server {
    listen 80 default_server;
    listen [::]:80 default_server;
    return 444;
}

server {
    listen 80;
    listen [::]:80;
    server_name muro.example;
    server_tokens off;
    client_max_body_size 64k;

    location /static/ {
        alias /srv/muro/static/;
        add_header Cache-Control "public, max-age=31536000, immutable";
        add_header X-Content-Type-Options nosniff;
        access_log off;
    }

    location / {
        include proxy_params;
        proxy_pass http://muro;
    }
}
EOF

step activar-sitio

as_root <<'EOF'
ln -s /etc/nginx/sites-available/muro /etc/nginx/sites-enabled/muro
EOF

as_root <<'EOF'
rm /etc/nginx/sites-enabled/default
EOF

as_root <<'EOF'
nginx -t
EOF

as_root <<'EOF'
systemctl reload nginx
EOF

step sitio-a-mano

EXPECTED=0 WAIT=60 SEEN='HTTP/1\.1 200 OK[ \t\r\x0b\x0c]*\nServer: nginx[ \t\r\x0b\x0c]*\n(?>(?:[^\n]*\n)*?X\-Frame\-Options: DENY[ \t\r\x0b\x0c]*\n)(?:[^\n]*\n)*' as_user <<'EOF'
curl --silent --head --header 'Host: muro.example' http://127.0.0.1/
EOF

step otro-nombre

EXPECTED=52 as_user <<'EOF'
curl --silent --show-error --header 'Host: otro.example' http://127.0.0.1/
EOF

step bajar-el-telon

output_of circusd-a-mano 20 '(?>(?:[^\n]*\n)*?(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) circus\[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] Arbiter now waiting for commands[ \t\r\x0b\x0c]*\n)(?:[^\n]*\n)*' yes

step sin-circo

EXPECTED=0 WAIT=60 SEEN='HTTP/1\.1 502 Bad Gateway[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --head --header 'Host: muro.example' http://127.0.0.1/ | head -n 1
EOF

step unidad

write_file /etc/systemd/system/muro.service root:root 0644 <<'EOF'
[Unit]
Description=El muro: Circus con sus procesos y sus sockets
After=network.target redis-server.service
Wants=redis-server.service

[Service]
Type=exec
User=muro
EnvironmentFile=/etc/muro/muro.env
ExecStart=/srv/muro/venv/bin/circusd /etc/muro/circus.ini
ExecReload=/usr/local/bin/muro python manage.py check
ExecReload=/srv/muro/venv/bin/circusctl --timeout 120 reload web --sequential --waiting
KillMode=mixed
TimeoutStopSec=45
Restart=always
RestartSec=2
OOMPolicy=continue

# solo puede escribir acá
ProtectSystem=strict
StateDirectory=muro
StateDirectoryMode=0750
LogsDirectory=muro
LogsDirectoryMode=0750
ReadWritePaths=/run/muro
UMask=0077

# solo puede hablar por sockets unix y con la propia máquina
RestrictAddressFamilies=AF_UNIX AF_INET
IPAddressDeny=any
IPAddressAllow=localhost

# y nada de esto le hace falta
NoNewPrivileges=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
PrivateTmp=yes
PrivateDevices=yes
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
EOF

step directorio-de-nginx

as_root <<'EOF'
mkdir /etc/systemd/system/nginx.service.d
EOF

step nginx-vuelve

write_file /etc/systemd/system/nginx.service.d/muro.conf root:root 0644 <<'EOF'
[Service]
Restart=always
EOF

step arrancar-servicio

as_root <<'EOF'
systemctl daemon-reload
EOF

as_root <<'EOF'
systemctl enable --now muro
EOF

as_root <<'EOF'
systemctl is-active muro
EOF

step sitio-con-systemd

EXPECTED=0 WAIT=120 SEEN='    Visita número (?:[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}|<número>)\.[ \t\r\x0b\x0c]*\n    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep -A 1 Visita
EOF

step sin-ficha

as_user <<'EOF'
curl --silent --output /dev/null --write-out '%{http_code}\n' --header 'Host: muro.example' \
--data 'autor=Ana&texto=Hola' http://127.0.0.1/
EOF

step primer-mensaje

as_user <<'EOF'
curl --silent --output /dev/null --cookie-jar galletas --header 'Host: muro.example' http://127.0.0.1/
EOF

as_user <<'EOF'
ficha=$(awk '/csrftoken/ {print $7}' galletas)
EOF

as_user <<'EOF'
curl --silent --output /dev/null --write-out '%{http_code}\n' --header 'Host: muro.example' --cookie galletas \
--data "csrfmiddlewaretoken=$ficha&autor=Ana&texto=Hola, muro" http://127.0.0.1/
EOF

as_user <<'EOF'
rm galletas
EOF

as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep Ana
EOF

step nota-de-seguridad

as_root <<'EOF'
systemd-analyze security --no-pager muro.service | tail -n 1
EOF

step reiniciar

# Acá el artículo reinicia la máquina; un script no puede seguir después. Reiniciala al final.
close_all

step despues-de-reiniciar

EXPECTED=0 WAIT=120 SEEN='active[ \t\r\x0b\x0c]*\nactive[ \t\r\x0b\x0c]*\nactive[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
systemctl is-active nginx redis-server muro
EOF

step sitio-despues-de-reiniciar

EXPECTED=0 WAIT=120 SEEN='    <li><strong>Ana</strong>: Hola, muro .*[ \t\r\x0b\x0c]*\n    Visita número (?:[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}|<número>)\.[ \t\r\x0b\x0c]*\n    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep -E 'Ana|Visita|proceso'
EOF

step ctl-estado

EXPECTED=0 WAIT=120 SEEN='plugin:flapping: active[ \t\r\x0b\x0c]*\nweb: active[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
muro circusctl status
EOF

step ctl-sockets

as_user <<'EOF'
muro circusctl listsockets
EOF

step ctl-stats

EXPECTED=0 WAIT=120 SEEN='web:[ \t\r\x0b\x0c]*\n(?:[1-9]\d{0,18}|<pid>): (?:[1-9]\d{0,18}|<pid>)  python muro .*[ \t\r\x0b\x0c]*\n(?:[1-9]\d{0,18}|<pid>): (?:[1-9]\d{0,18}|<pid>)  python muro .*[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
muro circusctl stats web
EOF

step ctl-incr

as_user <<'EOF'
muro circusctl --timeout 60 incr web --waiting
EOF

step ctl-decr

as_user <<'EOF'
muro circusctl --timeout 60 decr web --waiting
EOF

step recargar

as_user <<'EOF'
muro circusctl list web
EOF

as_root <<'EOF'
systemctl reload muro
EOF

as_user <<'EOF'
muro circusctl list web
EOF

step version-rota

as_root <<'EOF'
echo 'import lo_que_no_esta' >> /srv/muro/src/muro/urls.py
EOF

EXPECTED=1 as_root <<'EOF'
systemctl reload muro
EOF

step version-anterior

as_root <<'EOF'
sed -i '$d' /srv/muro/src/muro/urls.py
EOF

as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep proceso
EOF

as_root <<'EOF'
journalctl --unit muro --boot --grep ModuleNotFoundError --output cat --no-pager
EOF

step espia

write_file /srv/muro/src/espia.py root:root 0644 <<'EOF'
"""Muestra en vivo lo que circusd publica sobre sus procesos."""

import json

import zmq

suscriptor = zmq.Context().socket(zmq.SUB)
suscriptor.connect("ipc:///run/muro/eventos.sock")
suscriptor.subscribe("watcher.web.")
print("escuchando", flush=True)
try:
    while True:
        tema, datos = suscriptor.recv_multipart()
        print(tema.decode(), json.loads(datos).get("process_pid", ""), flush=True)
except KeyboardInterrupt:
    print("basta")
EOF

step espiar

background espiar "$LOGIN" <<'EOF'
muro python espia.py
EOF

step espia-listo

output_of espiar 60 'escuchando[ \t\r\x0b\x0c]*\n' no

step matar-un-worker

as_user <<'EOF'
kill -9 $(muro circusctl list web | cut --delimiter , --fields 1)
EOF

step lo-que-vio-el-espia

output_of espiar 90 'escuchando[ \t\r\x0b\x0c]*\nwatcher\.web\.reap (?:[1-9]\d{0,18}|<pid>)[ \t\r\x0b\x0c]*\nwatcher\.web\.spawn (?:[1-9]\d{0,18}|<pid>)[ \t\r\x0b\x0c]*\n' yes

step matar-al-director

as_root <<'EOF'
systemctl kill --kill-whom=main --signal=KILL muro
EOF

step resurreccion

EXPECTED=0 WAIT=120 SEEN='NRestarts=1[ \t\r\x0b\x0c]*\nActiveState=active[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
systemctl show --property=ActiveState,NRestarts muro
EOF

step sitio-resucitado

EXPECTED=0 WAIT=120 SEEN='    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep proceso
EOF

step log-aplicacion

as_root <<'EOF'
grep mensaje /var/log/muro/web.log
EOF

step log-circusd

EXPECTED=0 WAIT=120 SEEN='(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) circus\[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] web started[ \t\r\x0b\x0c]*\n(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) circus\[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] web started[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
journalctl --unit muro --boot --grep 'web started' --output cat --no-pager
EOF

step log-nginx

as_root <<'EOF'
grep POST /var/log/nginx/access.log
EOF

step sin-redis

as_root <<'EOF'
systemctl stop redis-server
EOF

as_root <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep -A 1 contador
EOF

as_root <<'EOF'
systemctl start redis-server
EOF

step con-redis

EXPECTED=0 WAIT=60 SEEN='    Visita número (?:[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}|<número>)\.[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep Visita
EOF

step freno-redis

write_file /etc/muro/freno.conf root:muro 0640 <<'EOF'
# no se llega por la red, no guarda nada, y cuando se llena olvida lo que hace más que no se usa
port 0
unixsocket /run/muro/freno.sock
unixsocketperm 700
save ""
maxmemory 16mb
maxmemory-policy allkeys-lru
EOF

step freno-circus

as_root <<'EOF'
cat >> /etc/muro/circus.ini <<'FIN'

[watcher:freno]
cmd = /usr/bin/redis-server /etc/muro/freno.conf
singleton = True
priority = 10
FIN
EOF

step freno

write_file /srv/muro/src/muro/freno.py root:root 0644 <<'EOF'
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
EOF

step freno-settings

as_root <<'EOF'
cat >> /srv/muro/src/muro/settings.py <<'FIN'

# el freno, y el Redis en el que cuenta
MIDDLEWARE.insert(1, "muro.freno.Freno")
CACHES["freno"] = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": "unix:///run/muro/freno.sock",
    "OPTIONS": {"socket_timeout": 0.5},
}
FIN
EOF

step freno-puesto

as_user <<'EOF'
muro circusctl --timeout 60 reloadconfig --waiting
EOF

as_root <<'EOF'
systemctl reload muro
EOF

as_user <<'EOF'
muro circusctl status
EOF

step freno-privado

as_user <<'EOF'
redis-cli -s /run/muro/freno.sock ping
EOF

EXPECTED=1 as_root <<'EOF'
runuser -u www-data -- redis-cli -s /run/muro/freno.sock ping
EOF

step frenar

as_user <<'EOF'
curl --silent --output /dev/null --write-out '%{http_code}\n' --header 'Host: muro.example' \
--data autor=x 'http://127.0.0.1/?[1-125]' | sort | uniq --count
EOF

step salud

as_root <<'EOF'
cat >> /srv/muro/src/muro/urls.py <<'FIN'

# para quien vigila: contesta mientras haya quien atienda, y no cuenta como visita
from django.http import HttpResponse

urlpatterns.append(path("salud/", lambda pedido: HttpResponse("bien\n", content_type="text/plain")))
FIN
EOF

step vigia

write_file /srv/muro/src/vigia.py root:root 0644 <<'EOF'
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
EOF

step vigia-circus

as_root <<'EOF'
cat >> /etc/muro/circus.ini <<'FIN'

[plugin:vigia]
use = vigia.Vigia
cada = 5
paciencia = 8
veces = 3
close_child_stderr =
FIN
EOF

as_root <<'EOF'
echo PYTHONPATH=/srv/muro/src >> /etc/muro/muro.env
EOF

as_root <<'EOF'
systemctl restart muro
EOF

step vigia-listo

EXPECTED=0 WAIT=120 SEEN='freno: active[ \t\r\x0b\x0c]*\nplugin:flapping: active[ \t\r\x0b\x0c]*\nplugin:vigia: active[ \t\r\x0b\x0c]*\nweb: active[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
muro circusctl status
EOF

step salud-lista

EXPECTED=0 WAIT=120 SEEN='bien[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/salud/
EOF

step vigia-despierto

EXPECTED=0 WAIT=120 SEEN='(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) circus\[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] el sitio contesta: empiezo a vigilar[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
journalctl --unit muro --boot --grep 'empiezo a vigilar' --output cat --no-pager
EOF

step congelar

as_root <<'EOF'
pkill --signal STOP --full con_chaussette.py
EOF

step descongelado

EXPECTED=0 WAIT=120 SEEN='    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep proceso
EOF

step log-vigia

as_root <<'EOF'
journalctl --unit muro --boot --grep 'no contesta' --output cat --no-pager
EOF

step copia

write_file /srv/muro/src/copia.py root:root 0644 <<'EOF'
"""Escribe en la salida una copia entera y coherente de la base, tomada con el sitio andando."""

import os
import sqlite3
import sys

base = sqlite3.connect(f"file:{os.environ['MURO_DATOS']}/muro.sqlite3?mode=ro", uri=True)
copia = sqlite3.connect(":memory:")
base.backup(copia)
sys.stdout.buffer.write(copia.serialize())
EOF

step muro-copia

write_file /usr/local/sbin/muro-copia root:root 0755 <<'EOF'
#!/bin/sh
# Guarda la base y la configuración en /var/backups/muro, y borra lo que tiene más de catorce días
set -eu
umask 077
destino=/var/backups/muro
mkdir -p "$destino"
nombre=$(date +%Y-%m-%dT%H-%M-%S)
trap 'rm -f "$destino"/a-medias*' EXIT
runuser -u muro -- /usr/local/bin/muro python copia.py > "$destino/a-medias"
gzip "$destino/a-medias"
tar --create --gzip --file "$destino/$nombre.etc.tar.gz" --directory / etc/muro
mv "$destino/a-medias.gz" "$destino/$nombre.sqlite3.gz"
find "$destino" -name '*.gz' -mtime +14 -delete
EOF

step primera-copia

as_root <<'EOF'
muro-copia
EOF

as_root <<'EOF'
ls -1 /var/backups/muro
EOF

step copia-servicio

write_file /etc/systemd/system/muro-copia.service root:root 0644 <<'EOF'
[Unit]
Description=Copia del muro

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/muro-copia
EOF

step copia-timer

write_file /etc/systemd/system/muro-copia.timer root:root 0644 <<'EOF'
[Unit]
Description=Copia del muro, todos los días

[Timer]
OnCalendar=04:10
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target
EOF

step copia-diaria

as_root <<'EOF'
systemctl daemon-reload
EOF

as_root <<'EOF'
systemctl enable --now muro-copia.timer
EOF

as_root <<'EOF'
systemctl start muro-copia
EOF

as_root <<'EOF'
systemctl show --property=Result muro-copia
EOF

step desastre

as_root <<'EOF'
systemctl stop muro
EOF

as_root <<'EOF'
rm /var/lib/muro/muro.sqlite3*
EOF

step restaurar

as_root <<'EOF'
ultima=$(ls -1 /var/backups/muro/*.sqlite3.gz | tail -n 1)
EOF

as_root <<'EOF'
install -o muro -g muro -m 600 /dev/null /var/lib/muro/muro.sqlite3
EOF

as_root <<'EOF'
zcat "$ultima" > /var/lib/muro/muro.sqlite3
EOF

as_user <<'EOF'
muro python -c "import sqlite3; print(*sqlite3.connect('/var/lib/muro/muro.sqlite3').execute('PRAGMA integrity_check').fetchone())"
EOF

as_root <<'EOF'
systemctl start muro
EOF

step restaurado

EXPECTED=0 WAIT=120 SEEN='    <li><strong>Ana</strong>: Hola, muro .*[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep Ana
EOF

step version-2

write_file /srv/muro/version-2.diff root:root 0644 <<'EOF'
--- a/muro/models.py
+++ b/muro/models.py
@@ -5,6 +5,7 @@
     autor = models.CharField(max_length=40)
     texto = models.CharField(max_length=280)
     creado = models.DateTimeField(auto_now_add=True)
+    direccion = models.GenericIPAddressField(null=True, editable=False)

     class Meta:
         ordering = ["-creado"]
--- a/muro/views.py
+++ b/muro/views.py
@@ -31,6 +31,7 @@
 def muro(request):
     formulario = Formulario(request.POST or None)
     if request.method == "POST" and formulario.is_valid():
+        formulario.instance.direccion = request.META["REMOTE_ADDR"]
         mensaje = formulario.save()
         registro.info("mensaje %d desde %s", mensaje.pk, request.META["REMOTE_ADDR"])
         return redirect("muro")
EOF

step migracion-2

write_file /srv/muro/src/muro/migrations/0002_mensaje_direccion.py root:root 0644 <<'EOF'
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("muro", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="mensaje",
            name="direccion",
            field=models.GenericIPAddressField(editable=False, null=True),
        ),
    ]
EOF

step instalar-patch

as_root <<'EOF'
apt-get install --yes --no-install-recommends patch
EOF

step actualizar

as_root <<'EOF'
muro-copia
EOF

as_root <<'EOF'
patch --directory=/srv/muro/src --strip=1 --input=/srv/muro/version-2.diff
EOF

as_user <<'EOF'
muro python manage.py migrate
EOF

as_root <<'EOF'
muro python manage.py collectstatic --no-input
EOF

as_root <<'EOF'
systemctl reload muro
EOF

step version-nueva

as_user <<'EOF'
curl --silent --output /dev/null --cookie-jar galletas --header 'Host: muro.example' http://127.0.0.1/
EOF

as_user <<'EOF'
ficha=$(awk '/csrftoken/ {print $7}' galletas)
EOF

as_user <<'EOF'
curl --silent --output /dev/null --write-out '%{http_code}\n' --header 'Host: muro.example' --cookie galletas \
--data "csrfmiddlewaretoken=$ficha&autor=Beto&texto=Desde la versión 2" http://127.0.0.1/
EOF

as_user <<'EOF'
rm galletas
EOF

as_user <<'EOF'
muro python manage.py shell --verbosity 0 --command \
"from muro.models import Mensaje; print(Mensaje.objects.values_list('autor', 'direccion').first())"
EOF

step desactualizar

as_root <<'EOF'
patch --directory=/srv/muro/src --strip=1 --reverse --input=/srv/muro/version-2.diff
EOF

as_root <<'EOF'
systemctl reload muro
EOF

as_user <<'EOF'
muro python manage.py migrate muro 0001
EOF

as_root <<'EOF'
rm /srv/muro/src/muro/migrations/0002_mensaje_direccion.py
EOF

step version-vieja

EXPECTED=0 WAIT=60 SEEN='    <li><strong>Beto</strong>: Desde la versión 2 .*[ \t\r\x0b\x0c]*\n    <li><strong>Ana</strong>: Hola, muro .*[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep -E 'Ana|Beto'
EOF

step autoridad

as_root <<'EOF'
install -d -m 700 /root/autoridad /etc/nginx/tls
EOF

as_root <<'EOF'
cd /root/autoridad
EOF

as_root <<'EOF'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj '/CN=Autoridad del muro' \
-addext keyUsage=critical,keyCertSign -keyout autoridad.key -out autoridad.crt 2>&1 | tail -n 1
EOF

step certificado

as_root <<'EOF'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 90 -subj '/CN=muro.example' \
-addext subjectAltName=DNS:muro.example -addext basicConstraints=critical,CA:FALSE \
-addext extendedKeyUsage=serverAuth -CA autoridad.crt -CAkey autoridad.key \
-keyout /etc/nginx/tls/privkey.pem -out /etc/nginx/tls/fullchain.pem 2>&1 | tail -n 1
EOF

as_root <<'EOF'
openssl verify -CAfile autoridad.crt /etc/nginx/tls/fullchain.pem
EOF

as_root <<'EOF'
cd
EOF

step nginx-tls

write_file /etc/nginx/snippets/muro-tls.conf root:root 0644 <<'EOF'
ssl_certificate /etc/nginx/tls/fullchain.pem;
ssl_certificate_key /etc/nginx/tls/privkey.pem;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305;
ssl_session_timeout 1d;
ssl_session_cache shared:muro:1m;
ssl_session_tickets off;
EOF

step nginx-https

write_file /srv/muro/nginx-https.diff root:root 0644 <<'EOF'
--- a/muro
+++ b/muro
@@ -9,12 +9,39 @@
     return 444;
 }

+# y a quien llegue cifrado con otro nombre, ni siquiera se le muestra el certificado
+server {
+    listen 443 ssl default_server;
+    listen [::]:443 ssl default_server;
+    include snippets/muro-tls.conf;
+    ssl_reject_handshake on;
+}
+
 server {
     listen 80;
     listen [::]:80;
     server_name muro.example;
     server_tokens off;
+
+    # acá deja su prueba el programa que pide el certificado
+    location /.well-known/acme-challenge/ {
+        root /var/www/html;
+    }
+
+    location / {
+        return 301 https://$host$request_uri;
+    }
+}
+
+server {
+    listen 443 ssl;
+    listen [::]:443 ssl;
+    http2 on;
+    include snippets/muro-tls.conf;
+    server_name muro.example;
+    server_tokens off;
     client_max_body_size 64k;
+    add_header Content-Security-Policy "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" always;

     location /static/ {
         alias /srv/muro/static/;
EOF

step activar-https

as_root <<'EOF'
patch /etc/nginx/sites-available/muro /srv/muro/nginx-https.diff
EOF

as_root <<'EOF'
nginx -t
EOF

as_root <<'EOF'
systemctl reload nginx
EOF

step encender-https

as_root <<'EOF'
echo 'SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS' >> /srv/muro/src/muro/settings.py
EOF

as_root <<'EOF'
echo MURO_HTTPS=1 >> /etc/muro/muro.env
EOF

as_root <<'EOF'
systemctl restart muro
EOF

step mudado

EXPECTED=0 WAIT=120 SEEN='HTTP/1\.1 301 Moved Permanently[ \t\r\x0b\x0c]*\nLocation: https://muro\.example/[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --head --header 'Host: muro.example' http://127.0.0.1/ | grep -E 'HTTP|Location'
EOF

step cifrado

EXPECTED=0 WAIT=120 SEEN='HTTP/2 200[ \t\r\x0b\x0c]*\nstrict\-transport\-security: max\-age=3600; includeSubDomains; preload[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
curl --silent --head --cacert autoridad/autoridad.crt --resolve muro.example:443:127.0.0.1 https://muro.example/ \
| grep -E 'HTTP|strict'
EOF

step check-deploy-otra-vez

as_user <<'EOF'
muro python manage.py check --deploy
EOF

step quien-escucha-ahora

as_root <<'EOF'
ss -Hltun | awk '{print $1, $5}' | grep -v -e '127\.' -e '\[::1\]' | sort
EOF

step redis-con-clave

as_root <<'EOF'
clave=$(python3 -c 'import secrets; print(secrets.token_urlsafe(32))')
EOF

as_root <<'EOF'
echo "requirepass $clave" >> /etc/redis/redis.conf
EOF

as_root <<'EOF'
echo "MURO_REDIS=redis://:$clave@127.0.0.1:6379/1" >> /etc/muro/muro.env
EOF

as_root <<'EOF'
systemctl restart redis-server muro
EOF

as_user <<'EOF'
redis-cli --no-raw ping
EOF

step contador-con-clave

EXPECTED=0 WAIT=120 SEEN='    Visita número (?:[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}|<número>)\.[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
curl --silent --cacert autoridad/autoridad.crt --resolve muro.example:443:127.0.0.1 https://muro.example/ | grep 'Visita n'
EOF

step nginx-paciencia

write_file /etc/nginx/conf.d/muro-paciencia.conf root:root 0644 <<'EOF'
client_header_timeout 10s;
client_body_timeout 10s;
send_timeout 10s;
keepalive_timeout 30s;
reset_timedout_connection on;
limit_conn_zone $binary_remote_addr zone=visitante:1m;
limit_conn visitante 50;
EOF

step nginx-lugar

as_root <<'EOF'
sed -i 's/worker_connections .*/worker_connections 4096;/' /etc/nginx/nginx.conf
EOF

as_root <<'EOF'
nginx -t
EOF

step rotar

as_root <<'EOF'
apt-get install --yes --no-install-recommends logrotate
EOF

as_root <<'EOF'
systemctl is-enabled logrotate.timer
EOF

step nginx-encierro

write_file /etc/systemd/system/nginx.service.d/encierro.conf root:root 0644 <<'EOF'
[Service]
LimitNOFILE=16384
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL
ProtectSystem=strict
ReadWritePaths=/var/log/nginx /var/lib/nginx /run
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
EOF

step notas

as_root <<'EOF'
systemctl daemon-reload
EOF

as_root <<'EOF'
systemctl restart nginx
EOF

as_root <<'EOF'
systemd-analyze security --no-pager | grep -E '^(muro|nginx|redis-server)\.service'
EOF

printf '\n%s\n' 'deploy.sh: listos los 133 pasos'
