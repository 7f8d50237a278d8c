"""Circus run by hand: its configuration, its sockets, who may reach them, its processes."""

from __future__ import annotations

import configparser
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from testinfra.host import Host

pytestmark = pytest.mark.article("deploy-de-django-con-circus-chaussette-nginx")

WORKER = "con_chaussette.py"


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether *holds* becomes true within *seconds*."""
    end = time.monotonic() + seconds
    while not (true := holds()) and time.monotonic() < end:
        time.sleep(0.5)
    return true


def pids(host: Host, pattern: str) -> list[str]:
    """The processes whose command line matches *pattern*."""
    found: str = host.run("pgrep --full -- %s", pattern).stdout
    return found.split()


@pytest.mark.after_step("tmpfiles")
def test_directory_is_declared_and_not_there_yet(host: Host) -> None:
    """El directorio está declarado en el archivo, y todavía no existe."""
    assert host.file("/etc/tmpfiles.d/muro.conf").content_string.startswith("d /run/muro 2750 ")
    assert not host.file("/run/muro").exists


@pytest.mark.after_step("crear-run")
def test_what_is_made_there_belongs_to_nginx_group(host: Host, parameters: dict[str, str]) -> None:
    """Lo que el usuario crea en /run/muro queda del grupo www-data, aunque él no pertenezca a ese grupo."""
    host.check_output("runuser -u %s -- touch /run/muro/ensayo", parameters["usuario"])
    made = host.file("/run/muro/ensayo")
    assert (made.user, made.group) == (parameters["usuario"], "www-data")
    host.check_output("rm /run/muro/ensayo")


@pytest.mark.after_step("crear-run")
def test_strangers_do_not_even_see_the_directory(host: Host) -> None:
    """Otro usuario cualquiera no puede ni listar el directorio de los sockets."""
    assert host.run("runuser -u nobody -- ls /run/muro").failed


@pytest.mark.after_step("entorno-del-circo")
def test_circusctl_knows_where_circusd_takes_orders(host: Host) -> None:
    """El endpoint del entorno es el de circus.ini, y el archivo no tiene otro."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(host.file("/etc/muro/circus.ini").content_string)
    lines = host.file("/etc/muro/muro.env").content_string.splitlines()
    told = [line.partition("=")[2] for line in lines if line.startswith("CIRCUSCTL_ENDPOINT=")]
    assert told == [ini["circus"]["endpoint"]]


@pytest.mark.after_step("circus-ini")
def test_no_endpoint_is_on_the_network(host: Host) -> None:
    """En circus.ini todo endpoint es un socket unix, y el de multicast está cerrado."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(host.file("/etc/muro/circus.ini").content_string)
    assert ini["circus"]["endpoint"].startswith("ipc:///run/muro/")
    assert ini["circus"]["pubsub_endpoint"].startswith("ipc:///run/muro/")
    assert ini["circus"]["multicast_endpoint"] == ""


@pytest.mark.after_step("circus-ini")
def test_configuration_is_not_the_users_to_change(host: Host, parameters: dict[str, str]) -> None:
    """El usuario puede leer circus.ini y no puede cambiarlo; los demás no lo leen."""
    path = "/etc/muro/circus.ini"
    assert host.run("runuser -u %s -- test -r %s -a ! -w %s", parameters["usuario"], path, path).succeeded
    assert host.run("runuser -u nobody -- test -r %s", path).failed


@pytest.mark.after_step("circusd-a-mano")
def test_circusd_runs_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """El proceso circusd corre, y lo hace como el usuario de la aplicación."""
    assert eventually(lambda: bool(host.process.filter(user=parameters["usuario"], comm="circusd")))


@pytest.mark.after_step("estado-a-mano")
def test_plugin_really_lives(host: Host, parameters: dict[str, str]) -> None:
    """El plugin no solo figura como activo: su proceso existe, y es hijo de circusd."""
    plugin = host.process.get(pid=int(pids(host, "circus.plugins.flapping")[0]))
    assert host.process.get(pid=plugin.ppid).comm == "circusd"
    assert plugin.user == parameters["usuario"]


@pytest.mark.after_step("permisos-de-los-sockets")
def test_nothing_new_listens_on_the_network(host: Host) -> None:
    """Con circusd corriendo, en la red escuchan los mismos de antes: ni TCP ni UDP nuevos."""
    listening = {line.split()[4] for line in host.check_output("ss -Hltun").splitlines()}
    assert {address.rpartition(":")[2] for address in listening} - {"68"} == {"22", "80", "6379"}


@pytest.mark.after_step("permisos-de-los-sockets")
def test_web_socket(host: Host, parameters: dict[str, str]) -> None:
    """El socket web es del usuario y del grupo www-data, con modo 0770."""
    web = host.file("/run/muro/web.sock")
    assert web.is_socket
    assert (web.user, web.group, web.mode) == (parameters["usuario"], "www-data", 0o770)


@pytest.mark.after_step("otro-no-puede")
def test_orders_of_strangers_did_nothing(host: Host) -> None:
    """Ni Nginx ni un usuario cualquiera llegan al socket de control, y circusd sigue como si nada."""
    connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect('/run/muro/control.sock')"
    for stranger in ("www-data", "nobody"):
        assert "PermissionError" in host.run("runuser -u %s -- python3 -c %s", stranger, connect).stderr
    assert len(pids(host, "venv/bin/circusd /etc/muro")) == 1


@pytest.mark.after_step("pedido-al-socket")
def test_two_workers_below_circusd(host: Host, parameters: dict[str, str]) -> None:
    """Los dos workers son hijos de circusd y corren como el usuario."""
    assert eventually(lambda: len(pids(host, WORKER)) == 2)
    (circusd,) = host.process.filter(user=parameters["usuario"], comm="circusd")
    for pid in pids(host, WORKER):
        worker = host.process.get(pid=int(pid))
        assert (worker.ppid, worker.user) == (circusd.pid, parameters["usuario"])


@pytest.mark.after_step("pedido-al-socket")
def test_workers_share_the_socket_of_circusd(host: Host) -> None:
    """El socket que atienden los workers es el mismo, inodo por inodo, que abrió circusd."""
    script = 'for pid; do ls -l /proc/"$pid"/fd; done | grep -o "socket:.*" | sort | uniq -c'
    everyone = [*pids(host, "venv/bin/circusd /etc/muro"), *pids(host, WORKER)]
    inode = host.check_output("ss -Hlxe src /run/muro/web.sock").split()[5]
    counts = host.check_output("sh -c %s sh " + " ".join(everyone), script)
    assert f"{len(everyone)} socket:[{inode}]" in counts


@pytest.mark.after_step("pedido-al-socket")
def test_nginx_may_knock_and_a_stranger_may_not(host: Host, parameters: dict[str, str]) -> None:
    """Al socket web llega el usuario de Nginx; un usuario cualquiera, no."""
    command = "runuser -u %s -- curl --silent --output /dev/null --unix-socket /run/muro/web.sock %s"
    address = f"http://{parameters['dominio']}/"
    assert host.run(command, "www-data", address).succeeded
    assert host.run(command, "nobody", address).failed


@pytest.mark.after_step("bajar-el-telon")
def test_nobody_is_left_on_the_stage(host: Host, parameters: dict[str, str]) -> None:
    """Al terminar circusd no quedó ningún worker huérfano, y el socket web se fue con él."""
    assert eventually(lambda: not pids(host, WORKER) and not pids(host, "circus"))
    assert not host.process.filter(user=parameters["usuario"], comm="python")
    assert not host.file("/run/muro/web.sock").exists
