"""The finished site, as a visitor meets it and as it stands on the machine.

These checks hold after the last step, on a second machine that ``deploy.sh`` set up, and after a reboot; so none
of them relies on what another one did.
"""

from __future__ import annotations

import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import BOTH, CIRCUS, CLASSIC
from finished.asking import eventually
from finished.secure import AUTHORITY, Site, trusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testinfra.host import Host

pytestmark = [BOTH, pytest.mark.after_step("notas"), pytest.mark.final]

SHEET = re.compile(r'href="(/static/muro/muro\.[0-9a-f]{12}\.css)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture
def site(host: Host, secure_url: str, parameters: dict[str, str], tmp_path: Path) -> Site:
    """The site over HTTPS, which an authority of the machine's own may have signed for."""
    authority = host.file(AUTHORITY)
    own = authority.content_string if authority.exists else ""
    return Site(secure_url, parameters["dominio"], trusted(own, tmp_path))


@pytest.fixture
def visitor(site: Site) -> Iterator[requests.Session]:
    """A visitor with cookies, once the site is well: right after a reboot it may take a moment."""
    with site.visitor() as session:
        end = time.monotonic() + 120
        while not session.get(site.url, timeout=60).ok and time.monotonic() < end:
            time.sleep(1)
        yield session


def connecting(host: Host, stranger: str, name: str) -> str:
    """What Python complains of where *stranger* connects to the socket called *name*."""
    connect = f"import socket; socket.socket(socket.AF_UNIX).connect('/run/muro/{name}')"
    said: str = host.run("runuser -u %s -- python3 -c %s", stranger, connect).stderr
    return said


def test_form_takes_a_message(visitor: requests.Session, secure_url: str) -> None:
    """Un visitante manda el formulario con su ficha CSRF, sigue la redirección y ve su mensaje."""
    text = f"ensayo {secrets.token_hex(4)}"
    token = TOKEN.search(visitor.get(secure_url, timeout=60).text)
    assert token is not None
    data = {"csrfmiddlewaretoken": token[1], "autor": "Visitante", "texto": text}
    answer = visitor.post(secure_url, data=data, timeout=60)
    assert [step.status_code for step in answer.history] == [requests.codes.found]
    assert answer.status_code == requests.codes.ok
    assert f"<strong>Visitante</strong>: {text}" in answer.text


def test_form_refuses_what_brings_no_token(visitor: requests.Session, secure_url: str) -> None:
    """Sin la ficha CSRF, el formulario se rechaza con un 403."""
    answer = visitor.post(secure_url, data={"autor": "x", "texto": "y"}, timeout=60)
    assert answer.status_code == requests.codes.forbidden


def test_form_says_what_is_wrong(visitor: requests.Session, secure_url: str) -> None:
    """Un mensaje vacío no se guarda: la página vuelve, en castellano, con el motivo."""
    token = TOKEN.search(visitor.get(secure_url, timeout=60).text)
    assert token is not None
    data = {"csrfmiddlewaretoken": token[1], "autor": "Visitante", "texto": ""}
    answer = visitor.post(secure_url, data=data, timeout=60)
    assert (answer.status_code, answer.history) == (requests.codes.ok, [])
    assert "Este campo es obligatorio" in answer.text


def test_what_visitors_write_stays_text(visitor: requests.Session, secure_url: str) -> None:
    """Lo que escribe un visitante se muestra como texto, aunque parezca HTML."""
    mark = secrets.token_hex(4)
    token = TOKEN.search(visitor.get(secure_url, timeout=60).text)
    assert token is not None
    data = {"csrfmiddlewaretoken": token[1], "autor": "Visitante", "texto": f"<b>{mark}</b>"}
    answer = visitor.post(secure_url, data=data, timeout=60)
    assert f"&lt;b&gt;{mark}&lt;/b&gt;" in answer.text


def test_style_sheet_comes_from_nginx_to_be_kept(visitor: requests.Session, secure_url: str) -> None:
    """La hoja de estilo la sirve Nginx, con permiso para guardarla un año sin volver a preguntar."""
    link = SHEET.search(visitor.get(secure_url, timeout=60).text)
    assert link is not None
    answer = visitor.get(secure_url + link[1], timeout=60)
    assert answer.status_code == requests.codes.ok
    assert answer.headers["Content-Type"] == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "nginx"


def test_code_is_not_served(visitor: requests.Session, secure_url: str) -> None:
    """Por /static/ no se llega al código: ni derecho, ni trepando."""
    for path in ("/static/settings.py", "/static/../src/muro/settings.py", "/static../src/muro/settings.py"):
        prepared = requests.Request("GET", secure_url, headers={"Host": visitor.headers["Host"]}).prepare()
        prepared.url = secure_url + path
        answer = visitor.send(prepared, timeout=60)
        assert answer.status_code in {requests.codes.not_found, requests.codes.bad_request}


def test_big_request_is_refused_at_the_door(visitor: requests.Session, secure_url: str) -> None:
    """Un pedido de más de 64 KiB no llega a la aplicación: Nginx lo rechaza con 413."""
    answer = visitor.post(secure_url, data={"texto": "x" * 70_000}, timeout=60)
    assert answer.status_code == requests.codes.request_entity_too_large


def test_unknown_name_gets_nothing(site_url: str) -> None:
    """A quien pregunta por otro nombre, Nginx le corta sin contestar."""
    with pytest.raises(requests.ConnectionError):
        requests.get(site_url, headers={"Host": "otro.example"}, timeout=60)


def test_unknown_name_does_not_see_the_certificate(site: Site) -> None:
    """A quien llega cifrado con otro nombre no se le muestra ni el certificado."""
    with pytest.raises(requests.exceptions.SSLError):
        replace(site, domain="otro.example").get()


def test_nothing_travels_in_the_open(visitor: requests.Session, site_url: str) -> None:
    """Sin cifrar no se ve nada: a todo se contesta con la dirección cifrada."""
    name = str(visitor.headers["Host"])
    answer = requests.get(f"{site_url}/algo?x=1", headers={"Host": name}, timeout=60, allow_redirects=False)
    assert answer.status_code == requests.codes.moved_permanently
    assert answer.headers["Location"] == f"https://{name}/algo?x=1"


def test_browser_is_told_to_be_careful(visitor: requests.Session, secure_url: str) -> None:
    """La página trae sus cabeceras de seguridad, y una cookie que no viaja sin cifrar."""
    with visitor.get(secure_url, timeout=60) as answer:
        assert answer.headers["Strict-Transport-Security"] == "max-age=3600; includeSubDomains; preload"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; ")
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Server"] == "nginx"
        assert {"Secure", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))


def test_both_workers_answer(visitor: requests.Session, site: Site) -> None:
    """Los pedidos se reparten: con varios a la vez, contestan los dos workers."""
    assert visitor.get(site.url, timeout=60).ok
    seen: set[str] = set()
    end = time.monotonic() + 60  # after a restart the second worker comes some seconds after the first
    with ThreadPoolExecutor(6) as pool:
        while len(seen) < 2 and time.monotonic() < end:
            pages = pool.map(lambda _: site.get().text, range(12))
            seen = {process for page in pages for process in re.findall(r"Te atendió el proceso (\d+)", page)}
    assert len(seen) == 2


@CIRCUS
@pytest.mark.parametrize("service", ["nginx", "redis-server", "muro", "muro-copia.timer"])
def test_service_is_up_and_will_be(host: Host, service: str) -> None:
    """El servicio corre y está habilitado para el próximo arranque."""
    assert host.service(service).is_running
    assert host.service(service).is_enabled


@CLASSIC
@pytest.mark.parametrize("service", ["nginx", "redis-server", "supervisor", "muro-copia.timer"])
def test_service_of_the_classic_stack_is_up_and_will_be(host: Host, service: str) -> None:
    """El servicio corre y está habilitado para el próximo arranque."""
    assert host.service(service).is_running
    assert host.service(service).is_enabled


@CLASSIC
@pytest.mark.parametrize("program", ["muro", "freno", "vigia"])
def test_program_is_up(host: Host, program: str) -> None:
    """El programa está en marcha, dice supervisor, que lo da por bueno cuando duró lo que tiene que durar."""
    assert eventually(lambda: "RUNNING" in host.run("supervisorctl status %s", program).stdout.split())


@CIRCUS
def test_web_socket_is_for_nginx(host: Host, parameters: dict[str, str]) -> None:
    """El socket web es del usuario y del grupo www-data, con modo 0770."""
    web = host.file("/run/muro/web.sock")
    assert web.is_socket
    assert (web.user, web.group, web.mode) == (parameters["usuario"], "www-data", 0o770)


@CLASSIC
def test_web_socket_is_behind_the_directory(host: Host, parameters: dict[str, str]) -> None:
    """El socket web lo deja Gunicorn abierto a todos; el directorio, solo al usuario y a Nginx: otro no se conecta."""
    web, directory = host.file("/run/muro/web.sock"), host.file("/run/muro")
    assert web.is_socket
    assert (web.user, web.group, web.mode) == (parameters["usuario"], parameters["usuario"], 0o777)
    assert (directory.user, directory.group, directory.mode) == (parameters["usuario"], "www-data", 0o2750)
    assert "PermissionError" in connecting(host, "nobody", "web.sock")
    assert "Error" not in connecting(host, "www-data", "web.sock")


@CIRCUS
@pytest.mark.parametrize("name", ["control.sock", "eventos.sock", "freno.sock"])
def test_control_sockets_are_private(host: Host, parameters: dict[str, str], name: str) -> None:
    """El socket es solo del usuario, con modo 0700, y nadie más se puede conectar."""
    control = host.file(f"/run/muro/{name}")
    assert (control.user, control.mode) == (parameters["usuario"], 0o700)
    assert "PermissionError" in connecting(host, "www-data", name)


@CLASSIC
@pytest.mark.parametrize(("name", "mode"), [("gunicorn.sock", 0o600), ("freno.sock", 0o700)])
def test_control_sockets_of_the_classic_stack_are_private(
    host: Host, parameters: dict[str, str], name: str, mode: int
) -> None:
    """El socket es solo del usuario, y nadie más se puede conectar."""
    control = host.file(f"/run/muro/{name}")
    assert (control.user, control.mode) == (parameters["usuario"], mode)
    assert "PermissionError" in connecting(host, "www-data", name)


def test_only_ssh_and_web_are_open(host: Host) -> None:
    """Desde afuera solo se llega a ssh y a la web, por TCP; por UDP, a nada."""
    listening = {line.split()[4] for line in host.check_output("ss -Hltun").splitlines()}
    outside = {address for address in listening if not address.startswith(("127.", "[::1]"))}
    assert {address.rpartition(":")[2] for address in outside} - {"68"} == {"22", "80", "443"}


def test_code_is_roots_and_complete(host: Host, parameters: dict[str, str]) -> None:
    """Nada de lo que hay en /srv/muro es del usuario ni lo puede escribir."""
    assert host.check_output(r"find /srv/muro ! -type l \( ! -user root -o -perm /022 \) -print -quit") == ""
    assert host.run("runuser -u %s -- test -w /srv/muro/src", parameters["usuario"]).failed


@CIRCUS
def test_no_process_of_the_site_is_roots(host: Host, parameters: dict[str, str]) -> None:
    """Todos los procesos del servicio corren como el usuario: circusd, los dos plugins, el freno y los dos workers."""
    pids = host.check_output("cat /sys/fs/cgroup/system.slice/muro.service/cgroup.procs").split()
    owners = host.check_output("ps --no-headers --format user:32 --pid %s", ",".join(pids)).split()
    assert len(owners) >= 6
    assert set(owners) == {parameters["usuario"]}


@CLASSIC
def test_only_who_looks_after_the_site_is_root(host: Host, parameters: dict[str, str]) -> None:
    """Gunicorn, sus workers, el Redis del freno y el vigía corren como el usuario; como root, solo supervisord."""

    def processes() -> list[tuple[str, str]]:
        pids = host.check_output("cat /sys/fs/cgroup/system.slice/supervisor.service/cgroup.procs").split()
        lines = host.run("ps --no-headers -ww --format user:32,args --pid %s", ",".join(pids)).stdout.splitlines()
        return [(owner, command) for owner, _, command in (line.partition(" ") for line in lines)]

    def owners(part: str) -> list[str]:
        return [owner for owner, command in processes() if part in command]

    user = parameters["usuario"]
    assert eventually(lambda: owners("con_gunicorn:application") == [user] * 3)
    assert eventually(lambda: owners("redis-server unixsocket:") == [user])
    assert eventually(lambda: owners("python /srv/muro/vigia.py") == [user])
    found = processes()
    assert {owner for owner, _ in found} == {user, "root"}
    roots = sorted(command for owner, command in found if owner == "root")
    assert len(roots) == 1
    assert "/usr/bin/supervisord" in roots[0]


def test_redis_answers_nobody_without_its_password(host: Host) -> None:
    """Redis no le contesta a quien no trae la contraseña, y la contraseña no la lee un extraño."""
    assert "NOAUTH" in host.run("redis-cli ping").stdout
    for path in ("/etc/redis/redis.conf", "/etc/muro/muro.env", "/etc/muro/clave"):
        assert host.run("runuser -u nobody -- cat %s", path).failed


def test_site_says_that_it_is_well(visitor: requests.Session, secure_url: str) -> None:
    """La página de salud contesta, para quien mire desde afuera."""
    answer = visitor.get(f"{secure_url}/salud/", timeout=60)
    assert (answer.status_code, answer.text) == (requests.codes.ok, "bien\n")
