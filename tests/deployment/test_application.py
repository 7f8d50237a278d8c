"""The application: its files, its settings, its database, what it hands to Nginx."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = pytest.mark.article("deploy-de-django-con-circus-chaussette-nginx")

SERIES = {"Django": "5.2.", "circus": "0.19.", "chaussette": "1.3.", "waitress": "3.0.", "tornado": "6."}
LISTS = {"instalar-dependencias": ("requirements.txt",), "instalar-circo": ("requirements.txt", "circo.txt")}
# Each with a name that it defines or imports; Django's skeleton has a urls.py and a settings.py of its own, without.
SOURCES = {
    "models": ("muro/models.py", "Mensaje"),
    "migracion": ("muro/migrations/0001_initial.py", "Migration"),
    "views": ("muro/views.py", "contar_visita"),
    "urls": ("muro/urls.py", "muro"),
    "settings": ("muro/settings.py", "os"),
    "servidor": ("muro/servidor.py", "servir"),
    "con-chaussette": ("con_chaussette.py", "Backend"),
    "sin-chaussette": ("sin_chaussette.py", "application"),
    "espia": ("espia.py", "zmq"),
}
FILES = {
    "requirements": "/srv/muro/requirements.txt",
    "circo-txt": "/srv/muro/circo.txt",
    "plantilla": "/srv/muro/src/muro/templates/muro/muro.html",
    "hoja-de-estilo": "/srv/muro/src/muro/static/muro/muro.css",
    "comando-muro": "/usr/local/bin/muro",
    "tmpfiles": "/etc/tmpfiles.d/muro.conf",
    "nginx-sitio": "/etc/nginx/sites-available/muro",
    "unidad": "/etc/systemd/system/muro.service",
}


def with_step(step: str, *values: object) -> object:
    """Values for a parametrized check, bound to *step*."""
    return pytest.param(*values, marks=pytest.mark.after_step(step), id=step)


def pins(host: Host, *names: str) -> list[str]:
    """The lines of these lists that name a package."""
    lines = [line for name in names for line in host.file(f"/srv/muro/{name}").content_string.splitlines()]
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(
    ("name", "least"), [with_step("requirements", "requirements.txt", 4), with_step("circo-txt", "circo.txt", 7)]
)
def test_every_dependency_is_pinned(host: Host, name: str, least: int) -> None:
    """Cada dependencia tiene su versión exacta, y el archivo no nombra ningún servidor de paquetes."""
    found = pins(host, name)
    assert len(found) >= least
    assert all(package and version for package, _, version in (line.partition("==") for line in found))


@pytest.mark.parametrize(
    "distribution",
    [with_step("instalar-dependencias" if name == "Django" else "instalar-circo", name) for name in SERIES],
)
def test_dependency_is_installed(host: Host, distribution: str) -> None:
    """La dependencia está en el entorno virtual, en la serie de la que habla el artículo."""
    code = f"from importlib.metadata import version; print(version('{distribution}'))"
    assert host.check_output("/srv/muro/venv/bin/python -c %s", code).startswith(SERIES[distribution])


@pytest.mark.parametrize("names", [with_step(step, names) for step, names in LISTS.items()])
def test_nothing_was_installed_that_is_not_pinned(host: Host, names: tuple[str, ...]) -> None:
    """En el entorno virtual está lo que fijan las listas, ni un paquete más ni uno menos."""
    frozen = host.check_output("/srv/muro/venv/bin/pip freeze --disable-pip-version-check").lower().splitlines()
    assert set(frozen) == {line.lower() for line in pins(host, *names)}


@pytest.mark.after_step("instalar-dependencias")
def test_nothing_below_srv_belongs_to_the_user(host: Host) -> None:
    """Todo lo que hay en /srv/muro es de root y nadie más lo puede escribir."""
    assert host.check_output(r"find /srv/muro ! -type l \( ! -user root -o -perm /022 \) -print -quit") == ""


@pytest.mark.after_step("crear-proyecto")
def test_project_skeleton(host: Host) -> None:
    """El esqueleto de Django está en su lugar, y el paquete de las migraciones también."""
    assert host.file("/srv/muro/src/manage.py").mode & 0o100
    assert host.file("/srv/muro/src/muro/wsgi.py").contains("get_wsgi_application")
    assert host.file("/srv/muro/src/muro/migrations/__init__.py").exists


@pytest.mark.parametrize(("path", "name"), [with_step(step, *values) for step, values in SOURCES.items()])
def test_source_file(host: Host, path: str, name: str) -> None:
    """El archivo es de root, se puede leer y es el programa que muestra el artículo, no el que trae Django."""
    source = host.file(f"/srv/muro/src/{path}")
    assert (source.user, source.group, source.mode) == ("root", "root", 0o644)
    assert name in {getattr(node, "name", None) for node in ast.walk(ast.parse(source.content_string))}


@pytest.mark.parametrize("path", [with_step(step, path) for step, path in FILES.items()])
def test_file_is_roots(host: Host, path: str) -> None:
    """El archivo lo puede leer cualquiera y solo root lo puede cambiar."""
    file = host.file(path)
    assert (file.user, file.group) == ("root", "root")
    assert file.mode == (0o755 if path.startswith("/usr/local/bin/") else 0o644)


@pytest.mark.after_step("plantilla")
def test_template_protects_the_form(host: Host) -> None:
    """El formulario de la plantilla lleva la marca contra CSRF y apunta al estático por su nombre lógico."""
    template = host.file("/srv/muro/src/muro/templates/muro/muro.html").content_string
    form = template[template.index("<form") : template.index("</form>")]
    assert "{% csrf_token %}" in form
    assert '{% static "muro/muro.css" %}' in template


@pytest.mark.after_step("plantilla")
def test_template_can_be_sent_and_asks_for_no_more_than_it_names(host: Host) -> None:
    """El formulario tiene con qué mandarlo, y la página le dice al navegador que no salga a buscar un icono."""
    template = host.file("/srv/muro/src/muro/templates/muro/muro.html").content_string
    assert "<button>" in template[template.index("<form") : template.index("</form>")]
    assert '<link rel="icon" href="data:,">' in template


@pytest.mark.after_step("hoja-de-estilo")
def test_style_sheet_is_where_the_finder_looks(host: Host) -> None:
    """La hoja de estilo está donde Django junta los estáticos de cada aplicación, y sus llaves cierran."""
    sheet = host.file("/srv/muro/src/muro/static/muro/muro.css").content_string
    assert sheet.count("{") == sheet.count("}") > 0


@pytest.mark.after_step("hoja-de-estilo")
def test_style_sheet_dresses_every_part_of_the_page(host: Host) -> None:
    """La hoja de estilo viste cada parte de la página: el cuerpo, los campos, la lista y el pie."""
    sheet = host.file("/srv/muro/src/muro/static/muro/muro.css").content_string
    dressed = {name.strip() for line in sheet.splitlines() for name in line.partition("{")[0].split(",")}
    assert {":root", "body", "input", "textarea", "li", "footer"} <= dressed


@pytest.mark.after_step("settings")
def test_settings_hold_no_secret(host: Host) -> None:
    """La configuración no tiene la clave adentro ni el modo de depuración encendido."""
    settings = host.file("/srv/muro/src/muro/settings.py").content_string
    assert "django-insecure" not in settings
    assert "\nDEBUG = False\n" in settings


@pytest.mark.after_step("entorno")
def test_environment_is_not_for_everyone(host: Host, parameters: dict[str, str]) -> None:
    """El entorno lo lee el usuario de la aplicación y no lo puede cambiar; otro usuario, ni lo lee."""
    path = "/etc/muro/muro.env"
    environment = host.file(path)
    assert (environment.user, environment.group, environment.mode) == ("root", parameters["usuario"], 0o640)
    assert host.run("runuser -u %s -- cat %s", parameters["usuario"], path).succeeded
    assert host.run("runuser -u www-data -- cat %s", path).failed
    assert host.file(path).contains(f"^MURO_DOMINIOS={parameters['dominio']}$")


@pytest.mark.after_step("clave")
def test_key_is_long_and_private(host: Host, parameters: dict[str, str]) -> None:
    """La clave tiene más de cincuenta caracteres, la lee el usuario y no la puede cambiar; Nginx ni la ve."""
    path = "/etc/muro/clave"
    key = host.file(path)
    assert (key.user, key.group, key.mode) == ("root", parameters["usuario"], 0o640)
    text = key.content_string.strip()
    assert len(text) > 50
    assert len(set(text)) > 20
    assert host.run("runuser -u www-data -- cat %s", path).failed


@pytest.mark.after_step("comando-muro")
def test_command_brings_the_environment_along(host: Host, parameters: dict[str, str]) -> None:
    """El comando «muro» corre en el directorio del código, con el entorno cargado y el Python del entorno virtual."""
    script = "pwd; command -v python; echo $DJANGO_SETTINGS_MODULE $MURO_DOMINIOS"
    seen = host.check_output("runuser -u %s -- /usr/local/bin/muro sh -c %s", parameters["usuario"], script)
    assert seen.splitlines() == ["/srv/muro/src", "/srv/muro/venv/bin/python", f"muro.settings {parameters['dominio']}"]


@pytest.mark.after_step("check-deploy")
def test_https_switch_leaves_the_two_warnings_the_article_names(host: Host, parameters: dict[str, str]) -> None:
    """Con MURO_HTTPS=1 las tres advertencias desaparecen y quedan solo W005 y W021, como dice el artículo."""
    command = "runuser -u %s -- /usr/local/bin/muro env MURO_HTTPS=1 python manage.py check --deploy"
    result = host.run(command, parameters["usuario"])
    assert [code for code in ("W004", "W005", "W008", "W016", "W021") if f"security.{code}" in result.stderr] == [
        "W005",
        "W021",
    ]


@pytest.mark.after_step("check-deploy")
def test_https_switch_sends_everyone_there_for_an_hour(host: Host, parameters: dict[str, str]) -> None:
    """Con MURO_HTTPS=1, a quien llega sin cifrar se lo manda a https, y el navegador lo recuerda una hora."""
    code = (
        "import django; django.setup(); from django.http import HttpResponse; "
        "from django.middleware.security import SecurityMiddleware; from django.test import RequestFactory; "
        "site = SecurityMiddleware(lambda request: HttpResponse()); "
        "get = RequestFactory(headers={'host': '%s'}).get; "
        "print(site(get('/'))['Location'], site(get('/', secure=True))['Strict-Transport-Security'])"
    )
    command = "runuser -u %s -- /usr/local/bin/muro env MURO_HTTPS=1 python -c %s"
    seen = host.check_output(command, parameters["usuario"], code % parameters["dominio"])
    assert seen == f"https://{parameters['dominio']}/ max-age=3600"


@pytest.mark.after_step("check-deploy")
def test_settings_say_what_the_article_says(host: Host, parameters: dict[str, str]) -> None:
    """Castellano, hora de Buenos Aires, y con Redis medio segundo de paciencia: por un contador nadie espera más."""
    code = (
        "import json; from django.conf import settings as s; "
        "print(json.dumps([s.LANGUAGE_CODE, s.TIME_ZONE, s.CACHES['default']['OPTIONS']]))"
    )
    seen = host.check_output("runuser -u %s -- /usr/local/bin/muro python -c %s", parameters["usuario"], code)
    patience = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    assert json.loads(seen) == ["es-ar", "America/Argentina/Buenos_Aires", patience]


@pytest.mark.after_step("check-deploy")
def test_django_believes_nginx_that_a_request_came_encrypted(host: Host, parameters: dict[str, str]) -> None:
    """Cuando Nginx dice que el pedido llegó cifrado, Django le cree; si no dice nada, no lo supone."""
    code = (
        "import django; django.setup(); from django.test import RequestFactory; get = RequestFactory().get; "
        "print(get('/', HTTP_X_FORWARDED_PROTO='https').is_secure(), get('/').is_secure())"
    )
    command = "runuser -u %s -- /usr/local/bin/muro python -c %s"
    assert host.check_output(command, parameters["usuario"], code) == "True False"


def query(host: Host, sql: str) -> list[list[object]]:
    """The rows that *sql* finds in the application's database."""
    code = (
        "import json, sqlite3, sys; "
        "print(json.dumps(sqlite3.connect('file:/var/lib/muro/muro.sqlite3?mode=ro', uri=True)"
        ".execute(sys.argv[1]).fetchall()))"
    )
    rows: list[list[object]] = json.loads(host.check_output("python3 -c %s %s", code, sql))
    return rows


@pytest.mark.after_step("migrar")
def test_table_exists(host: Host) -> None:
    """La base tiene la tabla de los mensajes, con sus columnas, y todavía ninguna fila."""
    assert query(host, "SELECT name FROM pragma_table_info('muro_mensaje')") == [
        ["id"],
        ["autor"],
        ["texto"],
        ["creado"],
    ]
    assert query(host, "SELECT count(*) FROM muro_mensaje") == [[0]]


@pytest.mark.after_step("migrar")
def test_database_takes_readers_and_a_writer(host: Host, parameters: dict[str, str]) -> None:
    """La base es del usuario y está en modo WAL: se puede leer mientras otro escribe."""
    assert host.file("/var/lib/muro/muro.sqlite3").user == parameters["usuario"]
    assert query(host, "PRAGMA journal_mode") == [["wal"]]


@pytest.mark.after_step("migrar")
def test_migration_says_what_the_models_say(host: Host, parameters: dict[str, str]) -> None:
    """La migración escrita en el artículo es la que Django haría: no le queda nada por agregar."""
    command = "runuser -u %s -- /usr/local/bin/muro python manage.py makemigrations --check --dry-run"
    assert host.run(command, parameters["usuario"]).stdout.strip() == "No changes detected"


@pytest.mark.after_step("estaticos")
def test_hashed_copy_is_the_same_file(host: Host) -> None:
    """La copia con código en el nombre es idéntica al original, y Django la conoce."""
    source = host.file("/srv/muro/src/muro/static/muro/muro.css").content_string
    manifest = json.loads(host.file("/srv/muro/static/staticfiles.json").content_string)
    hashed = manifest["paths"]["muro/muro.css"]
    assert hashed != "muro/muro.css"
    assert host.file(f"/srv/muro/static/{hashed}").content_string == source


@pytest.mark.after_step("estaticos")
def test_nginx_may_read_the_static_files(host: Host) -> None:
    """Nginx puede leer los estáticos, y solo root puede cambiarlos."""
    assert host.run("runuser -u www-data -- cat /srv/muro/static/muro/muro.css").succeeded
    assert host.file("/srv/muro/static/muro/muro.css").user == "root"
