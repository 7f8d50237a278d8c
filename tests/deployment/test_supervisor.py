"""supervisor, which keeps Gunicorn alive, below systemd: enclosed, back after a reboot, asked, killed."""

from __future__ import annotations

import ast
import configparser
import re
from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import CLASSIC
from finished.asking import eventually, page
from finished.classic import ages, gunicorns, principal

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = CLASSIC

# The mark that systemd gives would still be good with any one of them open.
CLOSED = (
    "LockPersonality",
    "NoNewPrivileges",
    "PrivateDevices",
    "PrivateTmp",
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "RestrictRealtime",
    "RestrictSUIDSGID",
)
PROMISED = {
    "KillMode": "mixed",
    "OOMPolicy": "continue",
    "Restart": "always",
    "RestartUSec": "2s",
    "TimeoutStopUSec": "1min",
    "ProtectSystem": "strict",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "1",
    "RestrictNamespaces": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "ReadWritePaths": "/var/lib/muro /var/log/supervisor /run",
    "CapabilityBoundingSet": "cap_chown cap_kill cap_setgid cap_setuid",
}
VIGIA_LOG = "/var/log/supervisor/vigia.log"
ENDLESS = "/sin-fin/"


def program(host: Host, name: str) -> dict[str, str]:
    """What the file says of the program *name*."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(host.file(f"/etc/supervisor/conf.d/{name}.conf").content_string)
    (section,) = ini.sections()
    return dict(ini[section])


def state(host: Host, name: str) -> str:
    """How supervisor says that the program is."""
    said: str = host.run("supervisorctl status %s", name).stdout
    return said.split()[1]


@pytest.mark.after_step("instalar-supervisor")
def test_supervisor_is_debians_and_will_start(host: Host) -> None:
    """Supervisor es el de Debian, corre, va a arrancar con la máquina y no cuida a nadie todavía."""
    assert host.package("supervisor").version.startswith("4.2.")
    assert host.service("supervisor").is_running
    assert host.service("supervisor").is_enabled
    assert host.check_output("supervisorctl avail") == ""


@pytest.mark.after_step("instalar-supervisor")
def test_supervisor_is_not_on_the_network(host: Host) -> None:
    """A supervisor se le habla por un socket que es solo de root; en la red no escucha."""
    socket = host.file("/var/run/supervisor.sock")
    assert (socket.user, socket.mode) == ("root", 0o700)
    assert "supervisord" not in host.check_output("ss -Hltunp")


@pytest.mark.after_step("supervisor-muro")
def test_program_is_gunicorn_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """El archivo es de root; el programa corre como el usuario, vuelve siempre y se lleva a sus workers."""
    file = host.file("/etc/supervisor/conf.d/muro.conf")
    assert (file.user, file.mode) == ("root", 0o644)
    said = program(host, "muro")
    assert said["user"] == parameters["usuario"]
    assert (said["autorestart"], said["killasgroup"], said["stopwaitsecs"]) == ("true", "true", "40")
    assert said["command"].endswith("gunicorn --config /etc/muro/gunicorn.conf.py con_gunicorn:application")


@pytest.mark.after_step("directorio-de-supervisor")
@pytest.mark.parametrize("unit", ["supervisor", "nginx"])
def test_directory_for_additions_is_roots(host: Host, unit: str) -> None:
    """El directorio es de root, nadie más puede agregarle nada a la unidad, y está vacío."""
    directory = host.file(f"/etc/systemd/system/{unit}.service.d")
    assert (directory.user, directory.group, directory.mode, directory.listdir()) == ("root", "root", 0o755, [])


@pytest.mark.after_step("supervisor-encierro")
def test_addition_is_understood(host: Host) -> None:
    """La unidad de supervisor con lo agregado no tiene nada que systemd no entienda."""
    result = host.run("systemd-analyze --man=no verify supervisor.service")
    assert (result.rc, "muro.conf" in result.stderr) == (0, False)


@pytest.mark.after_step("supervisor-encierro")
def test_debians_unit_is_as_the_article_tells(host: Host) -> None:
    """Sin lo agregado, la unidad de Debian mata solo al principal y tarda cincuenta segundos en volver."""
    unit = host.check_output("cat /usr/lib/systemd/system/supervisor.service").splitlines()
    assert {"KillMode=process", "RestartSec=50s"} <= set(unit)


@pytest.mark.after_step("arrancar-supervisor")
def test_every_door_is_closed_by_itself(host: Host) -> None:
    """Cada puerta que el agregado cierra está cerrada en el servicio que corre, una por una."""
    shown = host.check_output("systemctl show supervisor --property=%s", ",".join(CLOSED)).splitlines()
    assert dict(line.split("=", 1) for line in shown) == dict.fromkeys(CLOSED, "yes")


@pytest.mark.after_step("arrancar-supervisor")
@pytest.mark.parametrize("name", PROMISED)
def test_systemd_promises_what_the_addition_says(host: Host, name: str) -> None:
    """Systemd tomó lo que pide el agregado."""
    said = host.check_output("systemctl show --value --property=%s supervisor", name)
    assert sorted(said.split()) == sorted(PROMISED[name].split())


@pytest.mark.after_step("arrancar-supervisor")
def test_nginx_comes_back(host: Host) -> None:
    """Nginx vuelve si lo matan."""
    old = host.check_output("cat /run/nginx.pid")
    host.check_output("kill -9 %s", old)
    assert eventually(lambda: host.run("cat /run/nginx.pid").stdout.strip() not in {"", old})


@pytest.mark.after_step("estado")
def test_supervisor_looks_after_gunicorn_itself(host: Host, parameters: dict[str, str]) -> None:
    """El proceso que supervisor cuida es Gunicorn, como el usuario, y no un shell que lo tenga de hijo."""
    process = host.process.get(pid=int(principal(host)))
    assert process.user == parameters["usuario"]
    assert "gunicorn" in process.args
    assert str(process.ppid) == host.check_output("systemctl show --value --property=MainPID supervisor")


@pytest.mark.after_step("nota-de-seguridad")
def test_exposure_is_low(host: Host) -> None:
    """La nota que systemd le pone al servicio no pasa de la que el artículo promete."""
    said = host.check_output("systemd-analyze security --no-pager supervisor.service | tail -n 1")
    score = re.search(r"([0-9.]+) OK", said)
    assert score is not None, said
    assert float(score[1]) <= 3


@pytest.mark.after_step("estado-de-supervisor")
def test_only_root_asks_supervisor(host: Host, parameters: dict[str, str]) -> None:
    """El usuario de la aplicación no le puede preguntar nada a supervisor, ni mandarle nada."""
    for order in ("status", "stop muro", "shutdown"):
        assert host.run(f"runuser -u {parameters['usuario']} -- supervisorctl {order}").failed
    assert state(host, "muro") == "RUNNING"


@pytest.mark.after_step("mirar")
def test_watcher_reads_well(host: Host) -> None:
    """El programa es de root y usa la biblioteca que trae el paquete de Debian."""
    file = host.file("/srv/muro/mirar.py")
    assert (file.user, file.mode) == ("root", 0o644)
    assert "SupervisorTransport" in {
        alias.name
        for each in ast.walk(ast.parse(file.content_string))
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }
    assert host.run("python3 -c 'from supervisor.xmlrpc import SupervisorTransport'").succeeded


@pytest.mark.after_step("mirando")
def test_watcher_runs(host: Host) -> None:
    """El que mira está corriendo."""
    assert eventually(lambda: host.run("pgrep --full mirar.py").succeeded)


@pytest.mark.after_step("mirando-listo")
def test_answer_is_the_process_that_runs(host: Host) -> None:
    """El número que contesta supervisor es el del proceso que hay."""
    assert int(principal(host)) in {each.pid for each in host.process.filter(comm="gunicorn")}


@pytest.mark.after_step("matar-de-a-uno")
def test_supervisor_noticed_one_of_two_deaths(host: Host) -> None:
    """Supervisor anotó la muerte del principal y no la del worker."""
    log = "/var/log/supervisor/supervisord.log"
    assert eventually(lambda: host.check_output(f"grep -c 'exited: muro (terminated by SIGKILL' {log}") == "1")


@pytest.mark.after_step("matar-a-supervisor")
def test_systemd_noticed(host: Host) -> None:
    """El diario cuenta que supervisord murió de un SIGKILL."""
    told = "journalctl --unit supervisor --boot --quiet --grep 'code=killed, status=9/KILL'"
    assert eventually(lambda: host.run(told).succeeded)


@pytest.mark.after_step("supervisor-vuelve")
def test_site_runs_again(host: Host) -> None:
    """El supervisord nuevo arrancó el sitio."""
    assert eventually(lambda: state(host, "muro") == "RUNNING")


@pytest.mark.after_step("log-de-supervisor")
def test_supervisor_rotates_its_logs(host: Host) -> None:
    """Supervisor sabe hasta dónde dejar crecer cada log: los del programa a 1 MB, con cinco de antes."""
    said = program(host, "muro")
    for stream in ("stdout", "stderr"):
        assert (said[f"{stream}_logfile_maxbytes"], said[f"{stream}_logfile_backups"]) == ("1MB", "5")


@pytest.mark.after_step("log-de-supervisor")
def test_full_log_is_put_aside(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Cuando el log de la aplicación llega a 1 MB, supervisor lo aparta y empieza otro."""
    log = "/var/log/supervisor/muro.log"
    assert not host.file(f"{log}.1").exists
    host.check_output("yes %s | head --bytes 1100K > /proc/%s/fd/1", "ensayo " * 12, principal(host))
    assert eventually(lambda: host.file(f"{log}.1").exists)
    assert host.file(log).size < 1_048_576
    assert page(site_url, parameters["dominio"]).ok


@pytest.mark.after_step("supervisor-freno")
def test_brake_starts_first_and_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """El Redis del freno es un programa del usuario, y arranca antes que el sitio (999, si no se dice nada)."""
    said = program(host, "freno")
    assert said["user"] == parameters["usuario"]
    assert int(said["priority"]) < 999
    assert "priority" not in program(host, "muro")


@pytest.mark.after_step("freno-puesto")
def test_supervisor_keeps_one_redis_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """Hay un Redis más, es hijo de supervisord y corre como el usuario."""
    pid = host.check_output("supervisorctl pid freno")
    owner, parent = host.check_output("ps --no-headers --format user:32,ppid --pid %s", pid).split()
    assert owner == parameters["usuario"]
    assert parent == host.check_output("systemctl show --value --property=MainPID supervisor")


@pytest.mark.after_step("congelar-uno")
def test_one_worker_is_frozen(host: Host) -> None:
    """Un worker está congelado, o Gunicorn ya lo notó."""
    states = host.check_output("ps --no-headers --format stat --pid %s", ",".join(gunicorns(host))).split()
    noticed = host.run("grep 'WORKER TIMEOUT' /var/log/supervisor/muro-error.log").succeeded
    assert [each[0] for each in states].count("T") == 1 or noticed


@pytest.mark.after_step("descongelado-solo")
def test_frozen_worker_was_replaced(host: Host) -> None:
    """Hay otra vez dos workers, ninguno congelado, y el principal es el de antes."""

    def well() -> bool:
        states = host.run("ps --no-headers --format stat --pid %s", ",".join(gunicorns(host))).stdout.split()
        return len(states) == 3 and not any(each.startswith("T") for each in states)

    assert eventually(well)
    assert min(ages(host, set(gunicorns(host)) - {principal(host)})) < ages(host, {principal(host)})[0]


@pytest.mark.after_step("vigia-de-supervisor")
def test_lookout_is_roots(host: Host) -> None:
    """El vigía es de root, que es quien lo corre: la aplicación no lo puede cambiar."""
    file = host.file("/srv/muro/vigia.py")
    assert (file.user, file.mode) == ("root", 0o644)
    assert "Conexion" in {getattr(each, "name", "") for each in ast.parse(file.content_string).body}


@pytest.mark.after_step("supervisor-vigia")
def test_lookout_hears_the_clock(host: Host, parameters: dict[str, str]) -> None:
    """El vigía recibe el reloj de cada cinco segundos, y sabe el nombre del sitio."""
    said = program(host, "vigia")
    assert said["events"] == "TICK_5"
    assert said["command"].split()[-1] == parameters["dominio"]


@pytest.mark.after_step("vigia-en-marcha")
def test_lookout_runs(host: Host) -> None:
    """El vigía corre, y es uno."""
    assert eventually(lambda: state(host, "vigia") == "RUNNING")
    assert host.check_output("pgrep --full --count /srv/muro/vigia.py") == "1"


@pytest.mark.after_step("vigia-vigila")
def test_lookout_kills_nobody_while_all_is_well(host: Host) -> None:
    """Mientras el sitio anda, el vigía no dice nada más y los workers son los mismos."""
    before = set(gunicorns(host))
    assert not eventually(lambda: set(gunicorns(host)) != before, 15)
    assert host.file(VIGIA_LOG).content_string == "el sitio contesta: empiezo a vigilar\n"


@pytest.mark.after_step("sin-fin")
def test_no_timeout_of_gunicorns_helps(host: Host) -> None:
    """Gunicorn no ve nada raro: los workers que no contestan dan señales de vida."""
    timeouts = host.check_output("grep -c 'WORKER TIMEOUT' /var/log/supervisor/muro-error.log")
    assert int(timeouts) == 1  # the one that was frozen before


@pytest.mark.after_step("atascado")
def test_workers_were_killed_and_the_principal_stayed(host: Host) -> None:
    """El principal es el de antes; los workers son nuevos."""
    assert eventually(lambda: len(gunicorns(host)) == 3)
    young = ages(host, set(gunicorns(host)) - {principal(host)})
    assert max(young) < ages(host, {principal(host)})[0]


@pytest.mark.after_step("desatascado")
def test_site_answers_from_outside(site_url: str, parameters: dict[str, str]) -> None:
    """El sitio le contesta a quien viene de afuera."""
    assert page(site_url, parameters["dominio"]).status_code == requests.codes.ok


@pytest.mark.after_step("quitar-sin-fin")
def test_endless_page_is_gone(site_url: str, parameters: dict[str, str]) -> None:
    """La página sin fin ya no existe."""
    answer = requests.get(f"{site_url}{ENDLESS}", headers={"Host": parameters["dominio"]}, timeout=60)
    assert answer.status_code == requests.codes.not_found


@pytest.mark.after_step("desastre")
def test_site_is_down(host: Host) -> None:
    """El sitio está parado, y el freno sigue."""
    assert (state(host, "muro"), state(host, "freno")) == ("STOPPED", "RUNNING")


@pytest.mark.after_step("restaurar")
def test_site_is_up_again(host: Host) -> None:
    """El sitio está en marcha."""
    assert state(host, "muro") == "RUNNING"
