"""Operating Circus: more and fewer workers, reloads, deaths, logs; and either stack with Redis away."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import BOTH, CIRCUS
from finished.asking import eventually, log, page, workers

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = CIRCUS

ROTATION = "{{'filename': '/var/log/muro/{}.log', 'max_bytes': '1048576', 'backup_count': '5'}}"
OPTIONS = {
    "options web": {
        "copy_env": "True",
        "graceful_timeout": "30.0",
        "numprocesses": "2",
        "stderr_stream_conf": ROTATION.format("web-error"),
        "stdout_stream_conf": ROTATION.format("web"),
        "use_sockets": "True",
        "warmup_delay": "6",
    },
    "options plugin:flapping": {"attempts": "10", "max_retry": "5", "retry_in": "30", "window": "90"},
    "globaloptions": {"check_delay": "5.0"},
}


def ages(host: Host) -> list[int]:
    """For how many seconds each worker has been running."""
    return [int(host.check_output("ps --no-headers --format etimes --pid %s", pid)) for pid in workers(host)]


def since_reload(host: Host) -> float:
    """Seconds since systemd was last asked to reload the service.

    By the clock that processes are as old by: the other one is set forward where a machine wakes up from a checkpoint.
    """
    command = "journalctl --unit muro --boot --grep Reloading --output short-monotonic --lines 1 --quiet"
    then = float(host.check_output(command).partition("]")[0].removeprefix("["))
    return float(host.check_output("cat /proc/uptime").split()[0]) - then


@pytest.mark.after_step("ctl-estado")
def test_there_are_two_workers(host: Host) -> None:
    """Hay dos workers, ni uno más."""
    assert eventually(lambda: len(workers(host)) == 2, 60)


@pytest.mark.after_step("ctl-estado")
@pytest.mark.parametrize("question", OPTIONS)
def test_circusd_took_every_option(host: Host, parameters: dict[str, str], question: str) -> None:
    """Lo que circusd dice que va a hacer es lo que pide circus.ini: los plazos, la rotación, cuánto insistir."""
    command = "runuser -u %s -- /usr/local/bin/muro circusctl --timeout 60 " + question
    answer = host.check_output(command, parameters["usuario"]).splitlines()
    options = dict(line.partition(": ")[::2] for line in answer)
    assert {name: options.get(name) for name in OPTIONS[question]} == OPTIONS[question]


@pytest.mark.after_step("ctl-sockets")
def test_circusd_listens_on_that_socket(host: Host) -> None:
    """El kernel confirma lo que dijo circusctl: quien escucha en el socket web es circusd."""
    assert '"circusd"' in host.check_output("ss -Hlxp src /run/muro/web.sock")


@pytest.mark.after_step("ctl-stats")
def test_workers_fit_in_little_memory(host: Host) -> None:
    """Cada worker ocupa menos de 100 MiB de memoria."""
    seen = workers(host)
    assert len(seen) == 2
    for pid in seen:
        assert 10_000 < int(host.process.get(pid=int(pid)).rss) < 100_000


@pytest.mark.after_step("ctl-incr")
def test_third_worker_came(host: Host) -> None:
    """Ahora hay tres procesos de worker."""
    assert eventually(lambda: len(workers(host)) == 3, 60)


@pytest.mark.after_step("ctl-decr")
def test_third_worker_went(host: Host) -> None:
    """Otra vez hay dos procesos de worker."""
    assert eventually(lambda: len(workers(host)) == 2, 60)


@pytest.mark.after_step("recargar")
def test_reload_renewed_every_worker_and_kept_circusd(host: Host) -> None:
    """La recarga cambió a los dos workers; circusd es el mismo de antes."""
    assert host.run("journalctl --unit muro --boot --quiet --grep 'web reloaded'").succeeded
    pid = host.check_output("systemctl show --value --property=MainPID muro")
    circusd = int(host.check_output("ps --no-headers --format etimes --pid %s", pid))
    reloaded = since_reload(host)
    assert max(ages(host)) <= reloaded + 1 < circusd


@pytest.mark.after_step("recargar")
def test_reload_loses_no_request(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Durante otra recarga, con un cliente pidiendo sin parar, no se pierde ni un pedido."""
    before = set(workers(host))
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
        assert host.run("systemctl reload muro").succeeded
    finally:
        done.set()
        client.join()
    assert not before & set(workers(host))
    assert len(answers) >= 5
    assert set(answers) == {"200"}


@pytest.mark.after_step("version-rota")
def test_release_that_does_not_load_is_refused(host: Host) -> None:
    """Con un error en el código nuevo, los workers son los de antes de la recarga."""
    refused = since_reload(host)
    running = ages(host)
    assert len(running) == 2
    assert min(running) > refused


@pytest.mark.after_step("version-anterior")
def test_code_is_whole_again(host: Host, parameters: dict[str, str]) -> None:
    """El código volvió a ser el de antes, y Django no tiene nada que objetar."""
    check = "runuser -u %s -- /usr/local/bin/muro python manage.py check"
    assert "no issues" in host.check_output(check, parameters["usuario"])
    code = host.file("/srv/muro/src/muro/urls.py").content_string.splitlines()
    assert code[-1] == 'urlpatterns = [path("", muro, name="muro")]'


@pytest.mark.after_step("version-anterior")
def test_workers_of_before_go_on(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """El sitio contesta, y contesta un worker que ya estaba antes de la recarga que no fue."""
    answer = page(site_url, parameters["dominio"])
    assert answer.status_code == requests.codes.ok
    seen = re.search(r"Te atendió el proceso (\d+)", answer.text)
    assert seen is not None
    assert int(host.check_output("ps --no-headers --format etimes --pid %s", seen[1])) > since_reload(host)


@pytest.mark.after_step("espiar")
def test_spy_runs_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """El espía corre como el usuario de la aplicación: a otro, el socket no lo dejaría."""
    assert eventually(lambda: bool(host.process.filter(user=parameters["usuario"], args="python espia.py")), 60)


@pytest.mark.after_step("espia-listo")
def test_strangers_cannot_listen(host: Host) -> None:
    """Al canal de eventos no se puede conectar ni el usuario de Nginx."""
    connect = "import socket; socket.socket(socket.AF_UNIX).connect('/run/muro/eventos.sock')"
    assert "PermissionError" in host.run("runuser -u www-data -- python3 -c %s", connect).stderr


@pytest.mark.after_step("matar-un-worker")
def test_site_answers_with_a_worker_less(site_url: str, parameters: dict[str, str]) -> None:
    """Con un worker muerto, el sitio contesta igual."""
    assert page(site_url, parameters["dominio"]).status_code == requests.codes.ok


@pytest.mark.after_step("lo-que-vio-el-espia")
def test_dead_worker_was_replaced(host: Host) -> None:
    """Otra vez hay dos workers, hijos los dos del mismo circusd de siempre."""
    assert eventually(lambda: len(workers(host)) == 2, 60)
    circusd = int(host.check_output("systemctl show --value --property=MainPID muro"))
    assert {host.process.get(pid=int(pid)).ppid for pid in workers(host)} == {circusd}


@pytest.mark.after_step("lo-que-vio-el-espia")
def test_spy_said_goodbye(host: Host) -> None:
    """El espía terminó con Ctrl-C."""
    assert eventually(lambda: host.run("pgrep --full espia.py").failed, 60)


@pytest.mark.after_step("matar-al-director")
def test_systemd_noticed(host: Host) -> None:
    """El diario cuenta que circusd murió de un SIGKILL."""
    told = "journalctl --unit muro --boot --quiet --grep 'code=killed, status=9/KILL'"
    assert eventually(lambda: host.run(told).succeeded, 60)


@pytest.mark.after_step("resurreccion")
def test_no_orphans(host: Host) -> None:
    """No quedó ningún worker huérfano del circusd anterior."""

    def all_are_children() -> bool:
        circusd = host.check_output("systemctl show --value --property=MainPID muro")
        parents = host.run("ps --no-headers --format ppid --pid %s", ",".join(workers(host)) or "1").stdout.split()
        return set(parents) == {circusd}

    assert eventually(all_are_children, 60)


@BOTH
@pytest.mark.after_step("sitio-resucitado")
def test_messages_are_still_there(site_url: str, parameters: dict[str, str]) -> None:
    """Después de la muerte de quien cuida a todos, el sitio contesta y no se perdió ningún mensaje."""
    assert "<strong>Ana</strong>" in page(site_url, parameters["dominio"]).text


@pytest.mark.after_step("log-aplicacion")
def test_log_belongs_to_the_user_and_strangers_cannot_read_it(host: Host, parameters: dict[str, str]) -> None:
    """El log es del usuario y un extraño no llega a leerlo; el de errores no tiene ninguna excepción."""
    # Not the file's own mode: circusd opens its logs before it sets its umask, so that this one, made when circusd ran
    # by hand, is open to all. What keeps strangers out is the directory; whether they are kept out is what matters.
    path = "/var/log/muro/web.log"
    assert host.file(path).user == parameters["usuario"]
    for stranger in ("www-data", "nobody"):
        assert host.run("runuser -u %s -- cat %s", stranger, path).failed
    assert "Traceback" not in host.file("/var/log/muro/web-error.log").content_string


@pytest.mark.after_step("log-aplicacion")
def test_a_worker_says_once_where_it_serves(host: Host) -> None:
    """Cada worker anota una sola vez, y con la forma de las demás líneas, en qué socket atiende."""
    lines = host.check_output("grep 'Serving on' /var/log/muro/web.log").splitlines()
    form = re.compile(r"[-\d]+ [:\d]+,\d+ \[(\d+)\] INFO chaussette: Serving on fd://\d+")
    said = [match[1] for line in lines if (match := form.fullmatch(line))]
    assert len(said) == len(lines)
    running = workers(host)
    latest = [pid for pid in said if pid in running]
    assert len(latest) == len(set(latest)) > 0


@pytest.mark.after_step("log-circusd")
def test_plugin_started_with_circusd(host: Host) -> None:
    """El diario también dice que el plugin arrancó, y el proceso del plugin está."""
    assert host.run("journalctl --unit muro --boot --quiet --grep 'plugin:flapping started'").succeeded
    assert host.run("pgrep --full circus.plugins.flapping").succeeded


@BOTH
@pytest.mark.after_step("log-nginx")
def test_static_files_are_not_logged(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Nginx anota la página y no los estáticos, como le pedimos."""
    page(site_url, parameters["dominio"], "/static/muro/muro.css")
    written = host.file("/var/log/nginx/access.log").content_string
    assert '"GET / HTTP/1.1" 200' in written
    assert "muro.css" not in written


@pytest.mark.after_step("log-nginx")
def test_circus_rotates_a_full_log(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Cuando el log de la aplicación llega a 1 MiB, Circus lo aparta y empieza otro."""
    host.check_output("truncate --size 1M /var/log/muro/web.log")
    page(site_url, parameters["dominio"], "/no-existe")
    assert eventually(lambda: host.file("/var/log/muro/web.log.1").exists, 60)
    assert host.file("/var/log/muro/web.log").size < 10_000


@BOTH
@pytest.mark.after_step("sin-redis")
def test_absence_was_logged(host: Host) -> None:
    """La aplicación dejó dicho en su log que Redis no contestaba."""
    assert host.file(log(host)).contains("WARNING muro.views: Redis no contesta")


@BOTH
@pytest.mark.after_step("con-redis")
def test_counter_goes_on_from_where_it_was(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """El contador avanza con cada visita, y el número es el que guarda Redis."""
    seen = re.search(r"Visita número (\d+)", page(site_url, parameters["dominio"]).text)
    assert seen is not None
    assert int(seen[1]) > 1
    assert host.check_output("redis-cli -n 1 get :1:visitas") == seen[1]
