"""What another user of the same machine can do: nothing that matters."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finished.deployment import Deployment

pytestmark = [pytest.mark.vm, pytest.mark.long]

CIRCUSCTL = "/srv/muro/venv/bin/circusctl --timeout 3 --endpoint ipc:///run/muro/control.sock"
SUBSCRIBE = (
    "import zmq; spy = zmq.Context().socket(zmq.SUB); spy.connect('ipc:///run/muro/eventos.sock'); "
    "spy.subscribe(''); spy.RCVTIMEO = 8000; print(spy.recv_multipart())"
)
FORBIDDEN = {
    "stop a worker": f"{CIRCUSCTL} decr web",
    "end circusd": f"{CIRCUSCTL} quit",
    "run a command of one's own": f"{CIRCUSCTL} add --start neighbour 'touch /tmp/neighbour'",
    "listen to circusd": f"/srv/muro/venv/bin/python -c {shlex.quote(SUBSCRIBE)}",
    "forget the brake": "redis-cli -s /run/muro/freno.sock flushall | grep OK",
    "empty Redis": "redis-cli flushall | grep OK",
    "read Redis": "redis-cli -n 1 get :1:visitas | grep '^[0-9]'",
    "read the key": "cat /etc/muro/clave",
    "read the environment": "cat /etc/muro/muro.env",
    "read the environment of circusd": "cat /proc/$(pgrep --oldest circusd)/environ",
    "read Redis's configuration": "cat /etc/redis/redis.conf",
    "read the private key": "cat /etc/nginx/tls/privkey.pem",
    "read the authority's key": "cat /root/autoridad/autoridad.key",
    "read the database": "cat /var/lib/muro/muro.sqlite3",
    "read a backup": "cat /var/backups/muro/*",
    "read the application's log": "cat /var/log/muro/web.log",
    "read Nginx's log": "cat /var/log/nginx/access.log",
    "speak to the workers past Nginx": "curl --silent --max-time 20 --unix-socket /run/muro/web.sock http://localhost/",
    "change the code": "touch /srv/muro/src/muro/views.py",
    "put code beside it": "touch /srv/muro/src/muro/neighbour.py",
    "kill a worker": "kill -9 $(pgrep --full con_chaussette.py)",
}


@pytest.fixture(scope="module")
def neighbour(attacked: tuple[Deployment, object]) -> Iterator[str]:
    """A user without any privilege."""
    deployment, _site = attacked
    deployment.check_output("useradd --create-home vecino")
    yield "vecino"
    deployment.check_output("userdel --remove vecino")


@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_neighbour_cannot(deployment: Deployment, neighbour: str, attempt: str) -> None:
    before = deployment.workers()
    outcome = deployment.run(f"runuser -u {neighbour} -- sh -c {shlex.quote(FORBIDDEN[attempt])}", timeout=90)
    assert outcome.exit_status != 0, outcome.output
    assert deployment.workers() == before
    assert deployment.is_whole()


@pytest.mark.parametrize("attempt", ["stop a worker", "read the key", "forget the brake", "read the database"])
def test_who_may_can(deployment: Deployment, attempt: str) -> None:
    """The same commands do what they say for the site's own user: they fail above for want of permission."""
    order = "circusctl --timeout 60 list web" if attempt == "stop a worker" else FORBIDDEN[attempt]
    as_user = f"runuser -u {deployment.user} -- /usr/local/bin/muro sh -c {shlex.quote(order)} >/dev/null"
    assert deployment.run(as_user, timeout=90).exit_status == 0


def test_application_cannot_write_its_own_code(deployment: Deployment) -> None:
    """Neither code nor configuration nor programs: its user writes its data, its logs and what is anybody's."""
    anybodys = "-path /tmp -o -path /var/tmp"
    search = f"find / -xdev \\( {anybodys} \\) -prune -o ! -type l -writable -print"
    found = deployment.check_output(f"runuser -u {deployment.user} -- {search} 2>/dev/null || true", timeout=300)
    assert {path for path in found.split() if not path.startswith(("/var/lib/muro", "/var/log/muro"))} == set()
    assert "/var/lib/muro/muro.sqlite3" in found.split()


def test_circusd_is_on_no_network(deployment: Deployment) -> None:
    """What circusd and its children listen on are unix sockets."""
    pids = deployment.check_output("cat /sys/fs/cgroup/system.slice/muro.service/cgroup.procs").split()
    listening = deployment.check_output("ss --no-header --listening --tcp --udp --processes --numeric")
    assert not [pid for pid in pids if f"pid={pid}," in listening]
    assert "sshd" in listening
