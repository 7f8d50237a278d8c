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
