#!/bin/bash
# la-arquitectura-clasica-nginx-gunicorn-supervisor
#
# Hecho por «ensayar extract» a partir de posts/la-arquitectura-clasica-nginx-gunicorn-supervisor.rst; cambiá el artículo, no este archivo.
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

step gunicorn-txt

write_file /srv/muro/gunicorn.txt root:root 0644 <<'EOF'
gunicorn==27.0.1
EOF

step instalar-gunicorn

as_root <<'EOF'
/srv/muro/venv/bin/pip install --no-cache-dir --requirement /srv/muro/gunicorn.txt
EOF

as_root <<'EOF'
/srv/muro/venv/bin/pip check
EOF

step gunicorn-a-mano

background gunicorn-a-mano "$LOGIN" <<'EOF'
muro gunicorn --bind 127.0.0.1:8000 --no-control-socket muro.wsgi
EOF

step primera-pagina

EXPECTED=0 WAIT=60 SEEN='HTTP/1\.1 200 OK[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --head --header 'Host: muro.example' http://127.0.0.1:8000/ | head -n 1
EOF

step lo-que-dijo-gunicorn

output_of gunicorn-a-mano 20 '\[(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \+0000\] \[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] Starting gunicorn 27\.0\.1[ \t\r\x0b\x0c]*\n\[(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \+0000\] \[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] Listening at: http://127\.0\.0\.1:8000 \((?:[1-9]\d{0,18}|<pid>)\)[ \t\r\x0b\x0c]*\n\[(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \+0000\] \[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] Using worker: sync[ \t\r\x0b\x0c]*\n\[(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \+0000\] \[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] Booting worker with pid: (?:[1-9]\d{0,18}|<pid>)[ \t\r\x0b\x0c]*\n(?:[^\n]*\n)*' yes

step con-gunicorn

write_file /srv/muro/src/con_gunicorn.py root:root 0644 <<'EOF'
"""La aplicación, con la dirección del visitante: por un socket unix la sabe solo Nginx, y la manda en X-Real-IP."""

from muro.wsgi import application as muro


def application(entorno, responder):
    entorno["REMOTE_ADDR"] = entorno.get("HTTP_X_REAL_IP", "")
    return muro(entorno, responder)
EOF

step gunicorn-conf

write_file /etc/muro/gunicorn.conf.py root:muro 0640 <<'EOF'
bind = "unix:/run/muro/web.sock"
control_socket = "/run/muro/gunicorn.sock"
workers = 2
worker_class = "gthread"
threads = 4
# un worker que no da señales en este tiempo está congelado: se lo reemplaza
timeout = 30
# lo que se le espera a un worker para que termine lo empezado
graceful_timeout = 30
EOF

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

step gunicorn-con-todo

background gunicorn-con-todo "$LOGIN" <<'EOF'
muro gunicorn --config /etc/muro/gunicorn.conf.py con_gunicorn:application
EOF

step pedido-al-socket

EXPECTED=0 WAIT=120 SEEN='    Visita número (?:[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}|<número>)\.[ \t\r\x0b\x0c]*\n    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --unix-socket /run/muro/web.sock http://muro.example/ | grep -A 1 Visita
EOF

step permisos-de-gunicorn

as_root <<'EOF'
stat -c '%A %U:%G %n' /run/muro/*.sock
EOF

step otro-no-entra

as_root <<'EOF'
runuser -u www-data -- curl --silent --unix-socket /run/muro/web.sock http://muro.example/ | grep proceso
EOF

EXPECTED=7 as_root <<'EOF'
runuser -u nobody -- curl --silent --show-error --unix-socket /run/muro/web.sock http://muro.example/
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

step adios-gunicorn

output_of gunicorn-con-todo 40 '(?>(?:[^\n]*\n)*?\[(?:\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?|<fecha>) (?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|<hora>) \+0000\] \[(?:[1-9]\d{0,18}|<pid>)\] \[INFO\] Using worker: gthread[ \t\r\x0b\x0c]*\n)(?:[^\n]*\n)*' yes

step sin-socket

EXPECTED=2 as_root <<'EOF'
ls /run/muro/web.sock
EOF

step instalar-supervisor

as_root <<'EOF'
apt-get install --yes --no-install-recommends supervisor
EOF

as_root <<'EOF'
systemctl is-active supervisor
EOF

step supervisor-muro

write_file /etc/supervisor/conf.d/muro.conf root:root 0644 <<'EOF'
[program:muro]
command = /usr/local/bin/muro gunicorn --config /etc/muro/gunicorn.conf.py con_gunicorn:application
user = muro
autorestart = true
startsecs = 5
stopwaitsecs = 40
killasgroup = true
stdout_logfile = /var/log/supervisor/muro.log
stdout_logfile_maxbytes = 1MB
stdout_logfile_backups = 5
stderr_logfile = /var/log/supervisor/muro-error.log
stderr_logfile_maxbytes = 1MB
stderr_logfile_backups = 5
EOF

step directorio-de-supervisor

as_root <<'EOF'
mkdir /etc/systemd/system/supervisor.service.d /etc/systemd/system/nginx.service.d
EOF

step supervisor-encierro

write_file /etc/systemd/system/supervisor.service.d/muro.conf root:root 0644 <<'EOF'
[Unit]
After=redis-server.service
Wants=redis-server.service

[Service]
KillMode=mixed
TimeoutStopSec=60
Restart=always
RestartSec=2
OOMPolicy=continue

# solo puede escribir acá
ProtectSystem=strict
ReadWritePaths=/var/lib/muro /var/log/supervisor /run
UMask=0077

# solo puede hablar por sockets unix y con la propia máquina
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
IPAddressDeny=any
IPAddressAllow=localhost

# supervisord es root para convertirse en cada usuario y para matar; de lo demás se le saca lo que se puede
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL CAP_CHOWN
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
EOF

step nginx-vuelve

write_file /etc/systemd/system/nginx.service.d/muro.conf root:root 0644 <<'EOF'
[Service]
Restart=always
EOF

step arrancar-supervisor

as_root <<'EOF'
systemctl daemon-reload
EOF

as_root <<'EOF'
systemctl restart supervisor
EOF

step estado

EXPECTED=0 WAIT=60 SEEN='muro                             RUNNING   pid (?:[1-9]\d{0,18}|<pid>), uptime .*[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
supervisorctl status
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
systemd-analyze security --no-pager supervisor.service | tail -n 1
EOF

step reiniciar

# Acá el artículo reinicia la máquina; un script no puede seguir después. Reiniciala al final.
close_all

step despues-de-reiniciar

EXPECTED=0 WAIT=120 SEEN='active[ \t\r\x0b\x0c]*\nactive[ \t\r\x0b\x0c]*\nactive[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
systemctl is-active nginx redis-server supervisor
EOF

step sitio-despues-de-reiniciar

EXPECTED=0 WAIT=120 SEEN='    <li><strong>Ana</strong>: Hola, muro .*[ \t\r\x0b\x0c]*\n    Visita número (?:[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}|<número>)\.[ \t\r\x0b\x0c]*\n    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep -E 'Ana|Visita|proceso'
EOF

step estado-de-supervisor

EXPECTED=0 WAIT=60 SEEN='muro                             RUNNING   pid (?:[1-9]\d{0,18}|<pid>), uptime .*[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
supervisorctl status
EOF

step workers

as_user <<'EOF'
muro gunicornc --socket /run/muro/gunicorn.sock --command 'show workers'
EOF

step un-worker-mas

as_user <<'EOF'
muro gunicornc --socket /run/muro/gunicorn.sock --command 'worker add 1'
EOF

step un-worker-menos

as_user <<'EOF'
muro gunicornc --socket /run/muro/gunicorn.sock --command 'worker remove 1'
EOF

step muro-recargar

write_file /usr/local/sbin/muro-recargar root:root 0755 <<'EOF'
#!/bin/sh
# Recarga el muro sin cortarle a nadie, si el código carga; vuelve cuando ya no queda ningún worker de los de antes
set -eu
con_su_entorno() { runuser -u muro -- /usr/local/bin/muro "$@"; }
con_su_entorno python manage.py check
con_su_entorno gunicorn --check-config --config /etc/muro/gunicorn.conf.py con_gunicorn:application
principal=$(supervisorctl pid muro) || { echo "muro-recargar: el muro no está en marcha" >&2; exit 1; }
antes=$(pgrep --parent "$principal")
supervisorctl signal HUP muro
for intento in $(seq 60); do
    sleep 1
    quedan=0
    for worker in $antes; do
        if kill -0 "$worker" 2>/dev/null; then quedan=1; fi
    done
    [ "$quedan" = 1 ] && continue
    sleep 2  # si se murió el principal, que supervisor se entere
    [ "$(supervisorctl pid muro)" = "$principal" ] && exit 0
    echo "muro-recargar: se murió el principal; mirá muro-error.log" >&2
    exit 1
done
echo "muro-recargar: después de un minuto siguen los workers de antes" >&2
exit 1
EOF

step recargar-gunicorn

as_root <<'EOF'
muro-recargar
EOF

as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep proceso
EOF

step version-que-no-carga

as_root <<'EOF'
echo 'import lo_que_no_esta' >> /srv/muro/src/muro/urls.py
EOF

as_root <<'EOF'
muro-recargar 2>&1 | tail -n 1
EOF

as_root <<'EOF'
sed -i '$d' /srv/muro/src/muro/urls.py
EOF

as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep proceso
EOF

step mirar

write_file /srv/muro/mirar.py root:root 0644 <<'EOF'
"""Pregunta cinco veces por segundo en qué anda cada programa, y muestra lo que cambió."""

import time
import xmlrpc.client

from supervisor.xmlrpc import SupervisorTransport

transporte = SupervisorTransport(serverurl="unix:///var/run/supervisor.sock")
supervisor = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transporte).supervisor
antes = {}
try:
    while True:
        for programa in supervisor.getAllProcessInfo():
            ahora = (programa["statename"], programa["pid"])
            if antes.get(programa["name"]) != ahora:
                print(programa["name"], *ahora, flush=True)
                antes[programa["name"]] = ahora
        time.sleep(0.2)
except KeyboardInterrupt:
    print("basta")
EOF

step mirando

background mirando root <<'EOF'
python3 /srv/muro/mirar.py
EOF

step mirando-listo

output_of mirando 60 'muro RUNNING (?:[1-9]\d{0,18}|<pid>)[ \t\r\x0b\x0c]*\n' no

step matar-de-a-uno

as_root <<'EOF'
kill -9 $(pgrep --parent $(supervisorctl pid muro) | head -n 1)
EOF

as_root <<'EOF'
sleep 3
EOF

as_root <<'EOF'
kill -9 $(supervisorctl pid muro)
EOF

step lo-que-se-vio

output_of mirando 90 'muro RUNNING (?:[1-9]\d{0,18}|<pid>)[ \t\r\x0b\x0c]*\n(?>(?:[^\n]*\n)*?muro RUNNING (?:[1-9]\d{0,18}|<pid>)[ \t\r\x0b\x0c]*\n)(?:[^\n]*\n)*' yes

step log-de-gunicorn

EXPECTED=0 WAIT=60 SEEN='1[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
grep -c 'was sent SIGKILL' /var/log/supervisor/muro-error.log
EOF

step matar-a-supervisor

as_root <<'EOF'
systemctl kill --kill-whom=main --signal=KILL supervisor
EOF

step supervisor-vuelve

EXPECTED=0 WAIT=120 SEEN='NRestarts=1[ \t\r\x0b\x0c]*\nActiveState=active[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
systemctl show --property=ActiveState,NRestarts supervisor
EOF

step sitio-resucitado

EXPECTED=0 WAIT=120 SEEN='    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_user <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep proceso
EOF

step un-solo-gunicorn

EXPECTED=0 WAIT=60 SEEN='3[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
pgrep --full --count con_gunicorn:application
EOF

step log-de-la-aplicacion

as_root <<'EOF'
grep mensaje /var/log/supervisor/muro.log
EOF

step log-de-supervisor

as_root <<'EOF'
grep 'exited: muro' /var/log/supervisor/supervisord.log
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

step supervisor-freno

write_file /etc/supervisor/conf.d/freno.conf root:root 0644 <<'EOF'
[program:freno]
command = /usr/bin/redis-server /etc/muro/freno.conf
user = muro
autorestart = true
priority = 10
stdout_logfile = /var/log/supervisor/freno.log
stdout_logfile_maxbytes = 1MB
stdout_logfile_backups = 1
redirect_stderr = true
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

as_root <<'EOF'
supervisorctl update
EOF

as_root <<'EOF'
muro-recargar
EOF

as_root <<'EOF'
supervisorctl status
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

step congelar-uno

as_root <<'EOF'
kill -STOP $(pgrep --parent $(supervisorctl pid muro) | head -n 1)
EOF

step descongelado-solo

EXPECTED=0 WAIT=120 SEEN='1[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
grep -c 'WORKER TIMEOUT' /var/log/supervisor/muro-error.log
EOF

step salud

as_root <<'EOF'
cat >> /srv/muro/src/muro/urls.py <<'FIN'

# para quien vigila: contesta mientras haya quien atienda, y no cuenta como visita
from django.http import HttpResponse

urlpatterns.append(path("salud/", lambda pedido: HttpResponse("bien\n", content_type="text/plain")))
FIN
EOF

step vigia-de-supervisor

write_file /srv/muro/vigia.py root:root 0644 <<'EOF'
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
EOF

step supervisor-vigia

write_file /etc/supervisor/conf.d/vigia.conf root:root 0644 <<'EOF'
[eventlistener:vigia]
command = /usr/local/bin/muro python /srv/muro/vigia.py
user = muro
events = TICK_5
stdout_logfile = NONE
buffer_size = 1
stderr_logfile = /var/log/supervisor/vigia.log
stderr_logfile_maxbytes = 1MB
stderr_logfile_backups = 1
EOF

step vigia-en-marcha

as_root <<'EOF'
muro-recargar
EOF

as_root <<'EOF'
supervisorctl update
EOF

step vigia-vigila

EXPECTED=0 WAIT=120 SEEN='el sitio contesta: empiezo a vigilar[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
cat /var/log/supervisor/vigia.log
EOF

step sin-fin

as_root <<'EOF'
cp /srv/muro/src/muro/urls.py /root/urls.py
EOF

as_root <<'EOF'
echo 'urlpatterns.append(path("sin-fin/", lambda pedido: __import__("time").sleep(86400)))' >> /srv/muro/src/muro/urls.py
EOF

as_root <<'EOF'
muro-recargar
EOF

as_root <<'EOF'
(for i in $(seq 24); do
curl --silent --max-time 5 --output /dev/null --header 'Host: muro.example' http://127.0.0.1/sin-fin/ &
done; wait)
EOF

step atascado

EXPECTED=0 WAIT=180 SEEN='el sitio no contesta \(3 de 3\)[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
grep --max-count 1 '3 de 3' /var/log/supervisor/vigia.log
EOF

step desatascado

EXPECTED=0 WAIT=120 SEEN='    Te atendió el proceso (?:[1-9]\d{0,18}|<pid>)\.[ \t\r\x0b\x0c]*\n' as_root <<'EOF'
curl --silent --header 'Host: muro.example' http://127.0.0.1/ | grep proceso
EOF

step quitar-sin-fin

as_root <<'EOF'
cp /root/urls.py /srv/muro/src/muro/urls.py
EOF

as_root <<'EOF'
muro-recargar
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
supervisorctl stop muro
EOF

as_root <<'EOF'
rm /var/lib/muro/muro.sqlite3*
EOF

step restaurar

as_root <<'EOF'
ultima=$(ls -1 /var/backups/muro/*.sqlite3.gz | tail -n 1)
EOF

as_root <<'EOF'
zcat "$ultima" | runuser -u muro -- sh -c 'umask 077; cat > /var/lib/muro/muro.sqlite3'
EOF

as_user <<'EOF'
muro python -c "import sqlite3; print(*sqlite3.connect('/var/lib/muro/muro.sqlite3').execute('PRAGMA integrity_check').fetchone())"
EOF

as_root <<'EOF'
supervisorctl start muro
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
muro-recargar
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
muro-recargar
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
supervisorctl restart muro
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
systemctl restart redis-server
EOF

as_root <<'EOF'
supervisorctl restart muro
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
systemd-analyze security --no-pager | grep -E '^(nginx|redis-server|supervisor)\.service'
EOF

printf '\n%s\n' 'deploy.sh: listos los 129 pasos'
