"""The brake on messages, and the private Redis in which it counts."""

from __future__ import annotations

import ast
import configparser
import time
from typing import TYPE_CHECKING

import pytest

from finished.articles import BOTH, CIRCUS
from finished.asking import as_site, eventually, options, page, workers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from testinfra.host import Host

pytestmark = BOTH

SOCKET = "/run/muro/freno.sock"
SETTINGS = {"port": "0", "save": "", "maxmemory": "16777216", "maxmemory-policy": "allkeys-lru"}
PER_MINUTE = 120
REDIS = "[r]edis-server unixsocket:"


def asking(domain: str, address: str) -> str:
    """``curl``, straight to the workers' socket, with what Nginx says of a visitor from *address*."""
    headers = (f"Host: {domain}", f"X-Real-IP: {address}", f"X-Forwarded-For: {address}")
    said = " ".join(f"--header '{each}'" for each in headers)
    return f"curl --silent {said} --max-time 60 --unix-socket /run/muro/web.sock"


def answers(host: Host, domain: str, times: int, address: str) -> list[str]:
    """The statuses that *times* messages without a token get from *address*."""
    wanted = f"--output /dev/null --write-out '%{{http_code}}\\n' --data autor=x 'http://localhost/?[1-{times}]'"
    said: str = host.check_output(f"{asking(domain, address)} {wanted}")
    return said.split()


def forgotten(host: Host, addresses: Iterable[str]) -> None:
    """Let the brake begin anew for *addresses*."""
    for address in addresses:
        host.check_output(f"redis-cli -s {SOCKET} del :1:{address}")


@pytest.mark.after_step("freno-redis")
def test_configuration_is_the_users_to_read(host: Host, parameters: dict[str, str]) -> None:
    """El archivo es de root, lo lee el usuario, y un extraño no."""
    file = host.file("/etc/muro/freno.conf")
    assert (file.user, file.group, file.mode) == ("root", parameters["usuario"], 0o640)
    assert host.run("runuser -u %s -- cat /etc/muro/freno.conf", parameters["usuario"]).succeeded
    assert host.run("runuser -u www-data -- cat /etc/muro/freno.conf").failed


@CIRCUS
@pytest.mark.after_step("freno-circus")
def test_circus_ini_says_one_redis_and_first(host: Host) -> None:
    """En circus.ini el freno es uno solo, sale primero, y su comando existe."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(host.file("/etc/muro/circus.ini").content_string)
    brake = dict(ini["watcher:freno"])
    program, configuration = brake.pop("cmd").split()
    assert brake == {"singleton": "True", "priority": "10"}
    assert host.file(program).mode & 0o001
    assert host.file(configuration).exists
    assert "watcher:web" in ini


@pytest.mark.after_step("freno")
def test_middleware_is_there_and_root_owned(host: Host) -> None:
    """El middleware está en su lugar, es de root y define lo que la configuración va a nombrar."""
    file = host.file("/srv/muro/src/muro/freno.py")
    assert (file.user, file.mode) == ("root", 0o644)
    assert "Freno" in {getattr(each, "name", "") for each in ast.parse(file.content_string).body}


@pytest.mark.after_step("freno-settings")
def test_brake_comes_before_all_that_looks_into_a_message(host: Host, parameters: dict[str, str]) -> None:
    """El freno va segundo, antes de CSRF; y espera a su Redis medio segundo y no más."""
    code = (
        "from django.conf import settings as s; print(s.MIDDLEWARE.index('muro.freno.Freno'), len(s.MIDDLEWARE), "
        "s.CACHES['freno']['LOCATION'], s.CACHES['freno']['OPTIONS'], s.CACHES['default']['LOCATION'])"
    )
    assert as_site(host, parameters["usuario"], "python -c %s", code) == (
        "1 5 unix:///run/muro/freno.sock {'socket_timeout': 0.5} redis://127.0.0.1:6379/1"
    )


@CIRCUS
@pytest.mark.after_step("freno-puesto")
def test_circus_keeps_one_redis_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """Hay un Redis más, es hijo de circusd y corre como el usuario."""
    found = host.check_output("pgrep --full %s", REDIS).split()
    assert len(found) == 1
    owner, parent = host.check_output("ps --no-headers --format user:32,ppid --pid %s", found[0]).split()
    assert owner == parameters["usuario"]
    assert parent == host.check_output("systemctl show --value --property=MainPID muro")
    said = options(host, parameters["usuario"], "freno")
    assert (said["singleton"], said["priority"], said["numprocesses"]) == ("True", "10", "1")


@pytest.mark.after_step("freno-puesto")
@pytest.mark.parametrize("name", SETTINGS)
def test_redis_took_its_settings(host: Host, name: str) -> None:
    """El Redis del freno no escucha en la red, no guarda nada y tiene un límite de memoria."""
    said = host.run(f"redis-cli -s {SOCKET} config get %s", name).stdout
    assert said == f"{name}\n{SETTINGS[name]}\n"


@pytest.mark.after_step("freno-puesto")
def test_workers_count_in_it(host: Host, parameters: dict[str, str]) -> None:
    """Los workers ya cuentan: un mensaje de una dirección nueva deja su cuenta en uno, por un minuto."""
    address = "198.51.100.7"
    assert answers(host, parameters["dominio"], 1, address) == ["403"]
    assert host.check_output(f"redis-cli -s {SOCKET} get :1:{address}") == "1"
    assert 0 < int(host.check_output(f"redis-cli -s {SOCKET} ttl :1:{address}")) <= 60
    forgotten(host, [address])


@pytest.mark.after_step("freno-privado")
def test_socket_is_the_users_alone(host: Host, parameters: dict[str, str]) -> None:
    """El socket del freno es del usuario, con modo 0700, y por la red no se llega a ese Redis."""
    socket = host.file(SOCKET)
    assert (socket.user, socket.mode) == (parameters["usuario"], 0o700)
    assert "PermissionError" in host.run(f"runuser -u nobody -- python3 -c \"open('{SOCKET}')\"").stderr
    assert host.check_output("ss -Hltnp").count("redis-server") == 2


@pytest.mark.after_step("frenar")
def test_readers_are_not_braked(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Con el freno puesto, leer se puede; y a otra dirección no la frena lo que hizo la primera."""
    address, other = "198.51.100.8", "198.51.100.9"
    seen = answers(host, parameters["dominio"], PER_MINUTE + 3, address)
    assert seen == ["403"] * PER_MINUTE + ["429"] * 3
    assert answers(host, parameters["dominio"], 1, other) == ["403"]
    assert page(site_url, parameters["dominio"]).ok
    forgotten(host, [address, other])


@pytest.mark.after_step("frenar")
def test_braked_message_says_why(host: Host, parameters: dict[str, str]) -> None:
    """A quien se pasa se le dice, en castellano, que pruebe dentro de un minuto."""
    address = "198.51.100.10"
    answers(host, parameters["dominio"], PER_MINUTE, address)
    said = host.check_output(f"{asking(parameters['dominio'], address)} --data autor=x http://localhost/")
    assert said == "Demasiados mensajes. Probá dentro de un minuto."
    forgotten(host, [address])


@pytest.mark.after_step("frenar")
def test_without_its_redis_the_brake_lets_pass(host: Host, parameters: dict[str, str]) -> None:
    """Con su Redis colgado, el freno deja pasar enseguida; muerto, lo reponen y vuelve a contar."""
    address = "198.51.100.11"
    host.check_output("pkill --signal STOP --full %s", REDIS)
    begin = time.monotonic()
    assert answers(host, parameters["dominio"], 1, address) == ["403"]
    assert time.monotonic() - begin < 20
    host.check_output("pkill --signal KILL --full %s", REDIS)
    assert eventually(lambda: host.run(f"redis-cli -s {SOCKET} ping").stdout == "PONG\n")
    answers(host, parameters["dominio"], 1, address)
    assert host.check_output(f"redis-cli -s {SOCKET} get :1:{address}") == "1"
    assert len(workers(host)) == 2
    forgotten(host, [address])


@pytest.mark.after_step("frenar")
def test_reading_does_not_count(host: Host, parameters: dict[str, str]) -> None:
    """Ver la página no gasta nada de la cuenta."""
    address = "198.51.100.12"
    said = host.check_output(f"{asking(parameters['dominio'], address)} http://localhost/")
    assert "Te atendió el proceso" in said
    assert host.check_output(f"redis-cli -s {SOCKET} exists :1:{address}") == "0"
