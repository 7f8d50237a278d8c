"""Gunicorn by hand and below supervisor: its sockets, its workers, how it reloads, what it says."""

from __future__ import annotations

import ast
import re
import threading
from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import CLASSIC
from finished.asking import as_site, eventually, page
from finished.classic import ages, asked, gunicorns, principal

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = CLASSIC

LISTENERS = "ss -Hltnp 'sport = :8000'"


@pytest.mark.after_step("gunicorn-txt")
def test_list_has_one_pinned_line(host: Host) -> None:
    """La lista es de root, tiene una sola línea y fija la versión."""
    file = host.file("/srv/muro/gunicorn.txt")
    assert (file.user, file.mode) == ("root", 0o644)
    assert re.fullmatch(r"gunicorn==\d+\.\d+\.\d+\n", file.content_string)


@pytest.mark.after_step("instalar-gunicorn")
def test_nothing_but_gunicorn_came(host: Host) -> None:
    """En el entorno virtual está lo que fijan las dos listas, ni un paquete más ni uno menos."""
    frozen = host.check_output("/srv/muro/venv/bin/pip freeze --disable-pip-version-check").lower().splitlines()
    pinned = host.check_output("cat /srv/muro/requirements.txt /srv/muro/gunicorn.txt").lower().splitlines()
    assert set(frozen) == set(pinned)


@pytest.mark.after_step("gunicorn-a-mano")
def test_principal_opened_the_port_itself(host: Host, parameters: dict[str, str]) -> None:
    """Quien escucha es Gunicorn, como el usuario y solo en la propia máquina."""
    assert eventually(lambda: "gunicorn" in host.check_output(LISTENERS))
    seen = host.check_output(LISTENERS)
    assert "127.0.0.1:8000" in seen
    pid = int(seen.partition("pid=")[2].partition(",")[0])
    assert host.process.get(pid=pid).user == parameters["usuario"]


@pytest.mark.after_step("primera-pagina")
def test_only_a_worker_has_django(host: Host) -> None:
    """El principal no carga la aplicación: de los dos procesos, el worker es el que la tiene adentro."""
    sizes = sorted(int(host.process.get(pid=int(pid)).rss) for pid in gunicorns(host, "muro.wsgi"))
    assert len(sizes) == 2
    assert sizes[1] > sizes[0] + 5_000


@pytest.mark.after_step("lo-que-dijo-gunicorn")
def test_ctrl_c_freed_the_port(host: Host) -> None:
    """Después de Ctrl-C nadie escucha en el puerto y no queda ningún Gunicorn."""
    assert eventually(lambda: host.check_output(LISTENERS) == "")
    assert eventually(lambda: gunicorns(host, "muro.wsgi") == [])


@pytest.mark.after_step("con-gunicorn")
def test_address_is_what_nginx_says(host: Host, parameters: dict[str, str]) -> None:
    """La función le da a Django la dirección que manda Nginx, y no toca nada más del pedido."""
    code = (
        "import con_gunicorn as c; seen = []; c.muro = lambda e, r: seen.append(e) or [b'x']; "
        "r = c.application({'HTTP_X_REAL_IP': '192.0.2.7', 'REMOTE_ADDR': '', 'A': 'b'}, None); "
        "c.application({}, None); print(r, seen[0] == "
        "{'HTTP_X_REAL_IP': '192.0.2.7', 'REMOTE_ADDR': '192.0.2.7', 'A': 'b'}, seen[1])"
    )
    said = as_site(host, parameters["usuario"], "python -c %s", code)
    assert said == "[b'x'] True {'REMOTE_ADDR': ''}"


@pytest.mark.after_step("gunicorn-conf")
def test_configuration_is_the_users_to_read(host: Host, parameters: dict[str, str]) -> None:
    """El usuario lee la configuración y no puede cambiarla; un extraño, ni leerla."""
    path = "/etc/muro/gunicorn.conf.py"
    file = host.file(path)
    assert (file.user, file.group, file.mode) == ("root", parameters["usuario"], 0o640)
    assert host.run("runuser -u nobody -- cat %s", path).failed


@pytest.mark.after_step("gunicorn-conf")
def test_configuration_says_what_the_article_says(host: Host) -> None:
    """Dos workers de cuatro hilos, treinta segundos de paciencia, y los dos sockets en el directorio cerrado."""
    tree = ast.parse(host.file("/etc/muro/gunicorn.conf.py").content_string)
    said = {each.targets[0].id: ast.literal_eval(each.value) for each in tree.body if isinstance(each, ast.Assign)}  # type: ignore[attr-defined]
    assert said == {
        "bind": "unix:/run/muro/web.sock",
        "control_socket": "/run/muro/gunicorn.sock",
        "workers": 2,
        "worker_class": "gthread",
        "threads": 4,
        "timeout": 30,
        "graceful_timeout": 30,
    }


@pytest.mark.after_step("gunicorn-con-todo")
def test_two_workers_below_one_principal(host: Host, parameters: dict[str, str]) -> None:
    """Hay un principal y dos workers, hijos suyos, los tres como el usuario."""
    assert eventually(lambda: len(gunicorns(host)) == 3)
    processes = [host.process.get(pid=int(pid)) for pid in gunicorns(host)]
    assert {each.user for each in processes} == {parameters["usuario"]}
    parents = [each.ppid for each in processes]
    assert sorted(parents.count(each.pid) for each in processes) == [0, 0, 2]


@pytest.mark.after_step("permisos-de-gunicorn")
def test_principal_listens_and_workers_take(host: Host) -> None:
    """El kernel confirma quién escucha en el socket: Gunicorn, y sus workers lo comparten."""
    seen = host.check_output("ss -Hlxp src /run/muro/web.sock")
    assert len(set(re.findall(r"pid=(\d+)", seen))) == 3


@pytest.mark.after_step("otro-no-entra")
def test_stranger_is_stopped_by_the_directory(host: Host) -> None:
    """A un extraño lo para el directorio y no el socket; y al de órdenes no entra ni Nginx."""
    for stranger, socket in (("nobody", "web.sock"), ("nobody", "gunicorn.sock"), ("www-data", "gunicorn.sock")):
        connect = f"import socket; socket.socket(socket.AF_UNIX).connect('/run/muro/{socket}')"
        assert "PermissionError" in host.run("runuser -u %s -- python3 -c %s", stranger, connect).stderr
    assert host.run("runuser -u nobody -- ls /run/muro").failed


@pytest.mark.after_step("adios-gunicorn")
def test_nobody_is_left(host: Host) -> None:
    """No quedó ningún proceso de Gunicorn."""
    assert eventually(lambda: gunicorns(host) == [])


@pytest.mark.after_step("sin-socket")
def test_nginx_has_nobody_to_ask(host: Host, parameters: dict[str, str], site_url: str) -> None:
    """Sin socket, Nginx contesta 502 al instante, y anota por qué; los estáticos los sirve igual."""
    assert page(site_url, parameters["dominio"]).status_code == requests.codes.bad_gateway
    assert host.file("/var/log/nginx/error.log").contains("web.sock failed (2: No such file or directory)")
    sheet = requests.get(f"{site_url}/static/muro/muro.css", headers={"Host": parameters["dominio"]}, timeout=60)
    assert sheet.ok


@pytest.mark.after_step("workers")
def test_gunicorn_counts_as_the_kernel_does(host: Host, parameters: dict[str, str]) -> None:
    """Los workers que nombra gunicornc son los procesos que hay."""
    assert eventually(lambda: len(gunicorns(host)) == 3)
    said = asked(host, parameters["usuario"], "show workers")
    assert {str(each["pid"]) for each in said["workers"]} == set(gunicorns(host)) - {principal(host)}


@pytest.mark.after_step("workers")
def test_gunicorn_takes_orders_from_its_user_only(host: Host) -> None:
    """Otro usuario no le puede dar órdenes a Gunicorn."""
    order = "/srv/muro/venv/bin/gunicornc --socket /run/muro/gunicorn.sock --command 'shutdown quick'"
    assert host.run(f"runuser -u www-data -- {order}").failed
    assert len(gunicorns(host)) == 3


@pytest.mark.after_step("un-worker-mas")
def test_third_worker_came(host: Host) -> None:
    """Ahora hay tres workers, hijos del mismo principal."""
    assert eventually(lambda: len(gunicorns(host)) == 4)


@pytest.mark.after_step("un-worker-menos")
def test_third_worker_went(host: Host) -> None:
    """Otra vez hay dos."""
    assert eventually(lambda: len(gunicorns(host)) == 3)


@pytest.mark.after_step("muro-recargar")
def test_program_is_roots_and_reads_well(host: Host) -> None:
    """El programa es de root, lo puede correr cualquiera y el shell lo entiende; que sirva, solo a root."""
    file = host.file("/usr/local/sbin/muro-recargar")
    assert (file.user, file.group, file.mode) == ("root", "root", 0o755)
    assert host.run("sh -n /usr/local/sbin/muro-recargar").succeeded
    assert host.run("runuser -u nobody -- /usr/local/sbin/muro-recargar").failed


@pytest.mark.after_step("recargar-gunicorn")
def test_reload_renewed_every_worker_and_kept_the_principal(host: Host) -> None:
    """La recarga cambió a los dos workers; el principal es el de antes."""
    young = ages(host, set(gunicorns(host)) - {principal(host)})
    assert len(young) == 2
    (old,) = ages(host, {principal(host)})
    assert max(young) < old


@pytest.mark.after_step("recargar-gunicorn")
def test_reload_loses_no_request(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Durante otra recarga, con un cliente pidiendo sin parar, no se pierde ni un pedido; vuelve cuando terminó."""
    before = set(gunicorns(host)) - {principal(host)}
    answers: list[str] = []
    done = threading.Event()

    def insist() -> None:
        while not done.is_set():
            try:
                answers.append(str(page(site_url, parameters["dominio"]).status_code))
            except requests.RequestException as error:
                answers.append(repr(error))

    client = threading.Thread(target=insist)
    client.start()
    try:
        assert host.run("muro-recargar").succeeded
    finally:
        done.set()
        client.join()
    assert not set(gunicorns(host)) & before
    assert len(answers) >= 5
    assert set(answers) == {"200"}


@pytest.mark.after_step("version-que-no-carga")
def test_workers_of_before_go_on(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """El código volvió a ser el de antes, el sitio contesta, y nadie le mandó ninguna señal a Gunicorn."""
    code = host.file("/srv/muro/src/muro/urls.py").content_string.splitlines()
    assert code[-1] == 'urlpatterns = [path("", muro, name="muro")]'
    assert page(site_url, parameters["dominio"]).ok
    hangups = host.check_output("grep -c 'Handling signal: hup' /var/log/supervisor/muro-error.log")
    assert int(hangups) == 2  # of the step before, and of its check


@pytest.mark.after_step("lo-que-se-vio")
def test_worker_and_principal_were_replaced(host: Host) -> None:
    """Hay otra vez un principal con dos workers, todos más jóvenes que supervisord."""
    assert eventually(lambda: len(gunicorns(host)) == 3)
    supervisord = host.check_output("systemctl show --value --property=MainPID supervisor")
    assert max(ages(host, set(gunicorns(host)))) < ages(host, {supervisord})[0]


@pytest.mark.after_step("lo-que-se-vio")
def test_watcher_said_goodbye(host: Host) -> None:
    """El que miraba terminó con Ctrl-C."""
    assert eventually(lambda: host.run("pgrep --full mirar.py").failed)


@pytest.mark.after_step("log-de-gunicorn")
def test_log_is_roots(host: Host, parameters: dict[str, str]) -> None:
    """El log es de root: la aplicación no lo puede borrar ni cambiar por un enlace."""
    for path in ("/var/log/supervisor", "/var/log/supervisor/muro.log", "/var/log/supervisor/muro-error.log"):
        assert host.file(path).user == "root"
        assert host.run("runuser -u %s -- test -w %s", parameters["usuario"], path).failed


@pytest.mark.after_step("un-solo-gunicorn")
def test_no_orphans(host: Host) -> None:
    """Los tres procesos cuelgan del supervisord de ahora: no quedó ninguno del anterior."""
    supervisord = int(host.check_output("systemctl show --value --property=MainPID supervisor"))
    assert host.process.get(pid=int(principal(host))).ppid == supervisord
    parents = {host.process.get(pid=int(pid)).ppid for pid in gunicorns(host)}
    assert parents == {supervisord, int(principal(host))}


@pytest.mark.after_step("log-de-la-aplicacion")
def test_address_of_a_visitor_is_nginx_word(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Un visitante no puede hacerse pasar por otra dirección: la que mande él, Nginx la pisa."""
    before = host.check_output("cat /var/log/supervisor/muro.log").count("mensaje")
    with requests.Session() as visitor:
        visitor.headers.update(
            {"Host": parameters["dominio"], "X-Real-IP": "192.0.2.9", "X-Forwarded-For": "192.0.2.9"}
        )
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', visitor.get(site_url, timeout=60).text)
        assert token is not None
        data = {"csrfmiddlewaretoken": token[1], "autor": "Visitante", "texto": "desde dónde"}
        assert visitor.post(site_url, data=data, timeout=60, allow_redirects=False).status_code == requests.codes.found
    lines = [line for line in host.check_output("cat /var/log/supervisor/muro.log").splitlines() if "mensaje" in line]
    assert len(lines) == before + 1
    assert "192.0.2.9" not in lines[-1]
    assert re.search(r"desde \d+\.\d+\.\d+\.\d+$", lines[-1])
