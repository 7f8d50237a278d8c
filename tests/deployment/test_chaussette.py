"""Chaussette on an inherited socket: as it comes, and with a backend that works."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from testinfra.host import Host

pytestmark = pytest.mark.article("deploy-de-django-con-circus-chaussette-nginx")

LISTENERS = "ss -Hltnp 'sport = :8000'"


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether *holds* becomes true within *seconds*."""
    end = time.monotonic() + seconds
    while not (true := holds()) and time.monotonic() < end:
        time.sleep(0.5)
    return true


def threads(host: Host) -> int:
    """How many threads the process has that listens on port 8000."""
    return len(host.file(f"/proc/{listener(host)}/task").listdir())


def listener(host: Host) -> int:
    """The number of the process that listens on port 8000."""
    return int(host.check_output(LISTENERS).partition("pid=")[2].partition(",")[0])


@pytest.mark.after_step("salida-de-chaussette")
def test_messages_of_chaussette_come_out_of_the_one_output(host: Host, parameters: dict[str, str]) -> None:
    """Lo que dice Chaussette sale por la salida de Django y no por una suya, que repetiría cada línea."""
    code = "import django, logging; django.setup(); l = logging.getLogger('chaussette'); print(l.level, l.handlers)"
    seen = host.check_output("runuser -u %s -- /usr/local/bin/muro python -c %s", parameters["usuario"], code)
    assert seen == "20 []"


@pytest.mark.after_step("soquete-de-fabrica")
def test_socket_is_there_before_any_server(host: Host, parameters: dict[str, str]) -> None:
    """El socket ya escucha, solo en la propia máquina, y todavía no hay ningún Python del usuario corriendo."""
    assert eventually(lambda: "127.0.0.1:8000" in host.check_output(LISTENERS))
    assert "systemd-socket" in host.check_output(LISTENERS)
    assert not host.process.filter(user=parameters["usuario"], comm="python")
    assert not host.process.filter(user=parameters["usuario"], comm="chaussette")


@pytest.mark.after_step("primer-pedido")
def test_server_got_the_socket_as_descriptor_3(host: Host, parameters: dict[str, str]) -> None:
    """Ahora el que escucha es Chaussette, como el usuario, y el socket es su descriptor 3."""
    assert eventually(lambda: "fd=3)" in host.check_output(LISTENERS))
    process = host.process.get(pid=listener(host))
    assert process.user == parameters["usuario"]
    assert "chaussette --fd 3" in process.args


@pytest.mark.after_step("cliente-mudo")
def test_stock_server_has_one_thread(host: Host) -> None:
    """El servidor de fábrica tiene un solo hilo: por eso un cliente callado alcanza para bloquearlo."""
    assert threads(host) == 1


@pytest.mark.after_step("lo-que-dijo-el-soquete")
def test_ctrl_c_freed_the_port(host: Host) -> None:
    """Después de Ctrl-C no queda nadie en el puerto 8000."""
    assert eventually(lambda: host.check_output(LISTENERS) == "")


@pytest.mark.after_step("waitress-de-fabrica")
def test_chaussette_offers_two_backends(host: Host) -> None:
    """En este Python, Chaussette ofrece dos backends y ninguno más."""
    code = "from chaussette.backend import backends; print(*backends())"
    assert host.check_output("/srv/muro/venv/bin/python -c %s", code) == "waitress wsgiref"


@pytest.mark.after_step("servidor")
def test_waitress_has_the_parts_that_are_used(host: Host) -> None:
    """La versión fijada de waitress tiene las partes internas que usa el archivo."""
    code = (
        "from waitress.server import BaseWSGIServer as s, wasyncore; "
        "print(all(map(lambda n: hasattr(s, n), ('pull_trigger', 'asyncore', 'accepting'))), callable(wasyncore.loop))"
    )
    assert host.check_output("/srv/muro/venv/bin/python -c %s", code) == "True True"


@pytest.mark.after_step("servidor")
def test_server_with_a_request_that_never_ends_leaves(host: Host) -> None:
    """Con un pedido que no termina nunca, el servidor se retira solo y deja dicho en qué línea estaba."""
    code = (
        "import socket, time\n"
        "from muro import servidor\n"
        "servidor.LIMITE = servidor.PACIENCIA = 1\n"
        "def trabada(entorno, responder): time.sleep(600)\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "c = socket.create_connection(s.getsockname())\n"
        "c.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
        "inicio = time.monotonic()\n"
        "servidor.servir(trabada, s.detach())\n"
        "print('se retiró a los', round(time.monotonic() - inicio))"
    )
    result = host.run("cd /srv/muro/src && timeout 60 /srv/muro/venv/bin/python -B -c %s", code)
    left = re.fullmatch(r"se retiró a los (\d+)\n", result.stdout)
    assert left
    # a second of LIMITE, one until the loop looks at the clock, one of PACIENCIA, and waitress' five for its threads
    assert int(left[1]) < 20
    assert "in trabada" in result.stderr
    limits = "from muro import servidor; print(servidor.PACIENCIA, servidor.LIMITE)"
    assert host.check_output("cd /srv/muro/src && /srv/muro/venv/bin/python -B -c %s", limits) == "25 30"


@pytest.mark.after_step("servidor")
def test_server_that_leaves_takes_no_new_visitor(host: Host) -> None:
    """Al pedirle que termine, el servidor responde lo empezado y deja en el socket, para otro, al que llega después."""
    code = (
        "import signal, socket, threading, time\n"
        "from muro import servidor\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "otro = s.dup()\n"
        "clientes = [socket.create_connection(s.getsockname())]\n"
        "clientes[0].sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
        "pedidos = []\n"
        "def lenta(entorno, responder):\n"
        "    pedidos.append(entorno)\n"
        "    if len(pedidos) == 1:\n"
        "        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)\n"
        "        time.sleep(2)\n"
        "        clientes.append(socket.create_connection(otro.getsockname()))\n"
        "        clientes[1].sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
        "        time.sleep(2)\n"
        "    responder('200 OK', [])\n"
        "    return [b'hola']\n"
        "servidor.servir(lenta, s.detach())\n"
        "otro.setblocking(False)\n"
        "print(clientes[0].recv(15).decode(), len(pedidos))\n"
        "print(otro.accept()[0].recv(5).decode())"
    )
    result = host.run("cd /srv/muro/src && timeout 60 /srv/muro/venv/bin/python -B -c %s", code)
    assert (result.stdout, result.stderr) == ("HTTP/1.0 200 OK 1\nGET /\n", "")


@pytest.mark.after_step("servidor")
def test_what_waitress_has_to_say_is_logged(host: Host, parameters: dict[str, str]) -> None:
    """Los avisos de waitress llegan al log con su fecha, su proceso y su nombre, aunque se cargue antes que Django."""
    code = (
        "import logging, muro.servidor, django; django.setup(); "
        "logging.getLogger('waitress.queue').warning('aviso %d', 7)"
    )
    seen = host.check_output("runuser -u %s -- /usr/local/bin/muro python -c %s", parameters["usuario"], code)
    assert re.fullmatch(r"[-\d]+ [:\d]+,\d+ \[\d+\] WARNING waitress\.queue: aviso 7", seen)


@pytest.mark.after_step("con-chaussette")
def test_backend_refuses_to_open_a_socket_of_its_own(host: Host, parameters: dict[str, str]) -> None:
    """Sin un socket heredado, el backend nuevo se niega a arrancar y dice por qué."""
    command = "runuser -u %s -- /usr/local/bin/muro python con_chaussette.py --backend waitress muro.wsgi.application"
    result = host.run(command, parameters["usuario"])
    assert result.failed
    assert "solo atiende un socket heredado" in result.stderr


@pytest.mark.after_step("sin-chaussette")
def test_the_way_without_chaussette_does_not_need_it(host: Host) -> None:
    """El archivo sin Chaussette no lo importa, ni por un camino indirecto."""
    for path in ("sin_chaussette.py", "muro/servidor.py"):
        assert "import chaussette" not in host.file(f"/srv/muro/src/{path}").content_string
        assert "from chaussette" not in host.file(f"/srv/muro/src/{path}").content_string


@pytest.mark.after_step("soquete-propio")
def test_socket_waits_again(host: Host) -> None:
    """El socket vuelve a estar, en el mismo lugar, a la espera del primer pedido."""
    assert eventually(lambda: "systemd-socket" in host.check_output(LISTENERS))


@pytest.mark.after_step("cliente-mudo-otra-vez")
def test_own_server_has_threads(host: Host) -> None:
    """El servidor propio tiene cuatro hilos para atender, además del que acepta."""
    assert "sin_chaussette.py 3" in host.process.get(pid=listener(host)).args
    assert threads(host) == 5


@pytest.mark.after_step("lo-que-dijo-el-propio")
def test_ctrl_c_freed_the_port_again(host: Host) -> None:
    """El servidor propio también terminó con Ctrl-C y soltó el puerto."""
    assert eventually(lambda: host.check_output(LISTENERS) == "")
