"""The site below systemd: enclosed, alive, and back after a reboot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import BOTH, CIRCUS, CLASSIC
from finished.asking import eventually, page, service

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = BOTH

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
    "Type": "exec",
    "RestartUSec": "2s",
    "TimeoutStopUSec": "45s",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "1",
    "RestrictNamespaces": "yes",
    "RestrictAddressFamilies": "AF_INET AF_UNIX",
    "ReadWritePaths": "/run/muro",
}


def properties(host: Host, *names: str) -> list[str]:
    """The values that systemd gives for properties of the service."""
    command = f"systemctl show --value {service(host)} " + " ".join(f"--property={name}" for name in names)
    text: str = host.check_output(command)
    return text.split("\n")


def main_pid(host: Host) -> str:
    """The number of circusd's process, or of supervisord's."""
    (pid,) = properties(host, "MainPID")
    return pid


def well(site_url: str, domain: str) -> requests.Response:
    """The site's page, as soon as it is well."""
    eventually(lambda: page(site_url, domain).ok, 60)
    return page(site_url, domain)


def may_write(host: Host, path: str) -> bool:
    """Whether root may write there, seen from inside the service."""
    probe = f"touch {path}/ensayo && rm {path}/ensayo"
    return bool(host.run("nsenter --target %s --mount sh -c %s", main_pid(host), probe).succeeded)


@CIRCUS
@pytest.mark.after_step("unidad")
def test_unit_is_understood(host: Host) -> None:
    """La unidad no tiene nada que systemd no entienda, y lo que manda ejecutar existe."""
    result = host.run("systemd-analyze verify /etc/systemd/system/muro.service")
    assert (result.rc, "muro.service" in result.stderr) == (0, False)


@CIRCUS
@pytest.mark.after_step("directorio-de-nginx")
def test_directory_for_additions_is_roots(host: Host) -> None:
    """El directorio es de root, nadie más puede agregarle nada a la unidad de Nginx, y está vacío."""
    directory = host.file("/etc/systemd/system/nginx.service.d")
    assert (directory.user, directory.group, directory.mode, directory.listdir()) == ("root", "root", 0o755, [])


@pytest.mark.after_step("nginx-vuelve")
def test_addition_to_nginx_is_understood(host: Host) -> None:
    """El agregado es de root, y la unidad de Nginx con él no tiene nada que systemd no entienda."""
    assert host.file("/etc/systemd/system/nginx.service.d/muro.conf").user == "root"
    result = host.run("systemd-analyze --man=no verify nginx.service")
    assert (result.rc, "muro.conf" in result.stderr) == (0, False)


@CIRCUS
@pytest.mark.after_step("arrancar-servicio")
def test_service_is_there_to_stay(host: Host) -> None:
    """El servicio corre, va a arrancar con la máquina, systemd lo levanta si se cae y lo despide con modales."""
    assert host.service("muro").is_running
    assert host.service("muro").is_enabled
    assert properties(host, "Restart") == ["always"]
    assert properties(host, "KillMode") == ["mixed"]


@CIRCUS
@pytest.mark.after_step("arrancar-servicio")
def test_one_process_without_memory_does_not_take_all_down(host: Host) -> None:
    """Si el kernel mata a un worker por falta de memoria, systemd no baja el servicio entero."""
    assert properties(host, "OOMPolicy") == ["continue"]


@CIRCUS
@pytest.mark.after_step("arrancar-servicio")
def test_nginx_comes_back(host: Host) -> None:
    """Nginx vuelve si lo matan: a su proceso principal lo reemplaza systemd, y contesta."""
    old = host.check_output("cat /run/nginx.pid")
    assert host.check_output("systemctl show --value --property=Restart nginx") == "always"
    host.check_output("kill -9 %s", old)
    assert eventually(lambda: host.run("cat /run/nginx.pid").stdout.strip() not in {"", old}, 120)
    assert eventually(lambda: host.run("curl --silent http://127.0.0.1/").rc == 52, 120)  # as told to a stranger


@CIRCUS
@pytest.mark.after_step("arrancar-servicio")
@pytest.mark.parametrize("path", ["/var/lib/muro", "/var/log/muro"])
def test_systemd_left_the_directories_closed(host: Host, parameters: dict[str, str], path: str) -> None:
    """Al arrancar el servicio, el directorio sigue siendo del usuario y cerrado a los demás."""
    directory = host.file(path)
    assert (directory.user, directory.group, directory.mode) == (parameters["usuario"], parameters["usuario"], 0o750)


@CIRCUS
@pytest.mark.after_step("arrancar-servicio")
def test_every_door_is_closed_by_itself(host: Host) -> None:
    """Cada puerta que la unidad cierra está cerrada en el servicio que corre, una por una."""
    closed = dict.fromkeys(CLOSED, "yes") | {"ProtectSystem": "strict", "ProtectProc": "invisible", "UMask": "0077"}
    shown = host.check_output("systemctl show muro --property=%s", ",".join(closed)).splitlines()
    assert dict(line.split("=", 1) for line in shown) == closed


@CIRCUS
@pytest.mark.after_step("arrancar-servicio")
def test_systemd_promises_what_the_unit_says(host: Host) -> None:
    """Los plazos, los límites y el orden de arranque que tiene systemd son los de la unidad; Redis va antes."""
    shown = host.check_output("systemctl show muro --property=%s", ",".join(PROMISED)).splitlines()
    assert dict(line.split("=", 1) for line in shown) == PROMISED
    after, wants = properties(host, "After", "Wants")
    assert "redis-server.service" in after.split()
    assert "redis-server.service" in wants.split()


@CIRCUS
@pytest.mark.after_step("arrancar-servicio")
def test_main_process_is_circusd_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """El proceso principal es circusd, del usuario y sin ninguna capacidad de root."""
    process = host.process.get(pid=int(main_pid(host)))
    assert (process.comm, process.user) == ("circusd", parameters["usuario"])
    status = host.file(f"/proc/{process.pid}/status").content_string.split("\n")
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


@pytest.mark.after_step("sitio-con-systemd")
def test_site_answers_from_outside(site_url: str, parameters: dict[str, str]) -> None:
    """El sitio contesta desde afuera, con las cabeceras de seguridad de Django."""
    answer = well(site_url, parameters["dominio"])
    assert answer.status_code == requests.codes.ok
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.after_step("sitio-con-systemd")
@pytest.mark.parametrize(("path", "writable"), [("/srv/muro", False), ("/etc/muro", False), ("/var/lib/muro", True)])
def test_the_world_as_the_service_sees_it(host: Host, path: str, *, writable: bool) -> None:
    """Visto desde adentro del servicio, los datos se pueden escribir; el código y la configuración, solo leer."""
    assert may_write(host, path) is writable


@CIRCUS
@pytest.mark.after_step("sitio-con-systemd")
def test_logs_as_the_circus_sees_them(host: Host) -> None:
    """Visto desde adentro del servicio, los logs del usuario se pueden escribir."""
    assert may_write(host, "/var/log/muro")


@CLASSIC
@pytest.mark.after_step("sitio-con-systemd")
def test_logs_as_supervisor_sees_them(host: Host) -> None:
    """Visto desde adentro del servicio, se puede escribir en los logs de supervisor, y en los del usuario no."""
    assert may_write(host, "/var/log/supervisor")
    assert not may_write(host, "/var/log/muro")


@pytest.mark.after_step("sitio-con-systemd")
def test_database_stays_open(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Entre un pedido y otro, los workers no cierran la base: con el disco lleno no la podrían volver a abrir."""
    assert well(site_url, parameters["dominio"]).ok
    assert host.run("grep --files-with-matches --no-messages muro.sqlite3-shm /proc/[0-9]*/maps").stdout


@pytest.mark.after_step("sin-ficha")
def test_nothing_was_written_without_the_token(host: Host) -> None:
    """El mensaje sin la ficha contra CSRF no llegó a la base."""
    assert rows(host) == "[]"


@pytest.mark.after_step("primer-mensaje")
def test_message_is_in_the_database(host: Host) -> None:
    """El mensaje está en la base, una sola vez, tal como se escribió."""
    assert rows(host) == "[('Ana', 'Hola, muro')]"


def rows(host: Host) -> str:
    """Authors and texts in the database, as Python writes them."""
    code = (
        "import sqlite3; print(sqlite3.connect('file:/var/lib/muro/muro.sqlite3?mode=ro', uri=True)"
        ".execute('SELECT autor, texto FROM muro_mensaje').fetchall())"
    )
    text: str = host.check_output("python3 -c %s", code)
    return text


@CIRCUS
@pytest.mark.after_step("nota-de-seguridad")
def test_exposure_is_low(host: Host) -> None:
    """La nota de exposición que da systemd está por debajo de 2, sobre 10."""
    last = host.check_output("systemd-analyze security --no-pager muro.service | tail -n 1")
    assert float(last.partition("muro.service: ")[2].split()[0]) < 2


@pytest.mark.after_step("nota-de-seguridad")
def test_service_reaches_the_machine_itself_only(host: Host) -> None:
    """El servicio no puede hablar por la red con nadie más que la propia máquina."""
    lists = [set(value.split()) for value in properties(host, "IPAddressDeny", "IPAddressAllow")]
    assert lists == [{"127.0.0.0/8", "::1/128"}, {"0.0.0.0/0", "::/0"}]


@pytest.mark.after_step("reiniciar")
def test_the_machine_itself_started_the_service(host: Host) -> None:
    """La máquina de verdad se reinició: al servicio lo puso en marcha ella, antes de dar el arranque por terminado."""
    units = f"{service(host)}.service multi-user.target"
    command = f"systemctl show --value --property=ActiveEnterTimestampMonotonic {units}"

    def service_came_first() -> bool:
        ours, target = (int(moment) for moment in host.check_output(command).split())
        return 0 < ours <= target  # whoever has not started yet shows 0

    assert eventually(service_came_first, 120)


@pytest.mark.after_step("reiniciar")
def test_directory_of_the_sockets_came_back(host: Host, parameters: dict[str, str]) -> None:
    """El directorio de los sockets, que vive en memoria, volvió con su dueño y su modo."""
    directory = host.file("/run/muro")
    assert (directory.user, directory.group, directory.mode) == (parameters["usuario"], "www-data", 0o2750)


@pytest.mark.after_step("despues-de-reiniciar")
def test_nobody_had_to_restart_anything(host: Host) -> None:
    """Ningún servicio necesitó un segundo intento para arrancar, y ninguno falló."""
    assert properties(host, "NRestarts") == ["0"]
    assert host.check_output("systemctl list-units --failed --plain --no-legend") == ""


@pytest.mark.after_step("sitio-despues-de-reiniciar")
def test_message_survived_the_reboot(site_url: str, parameters: dict[str, str]) -> None:
    """Desde afuera, el sitio contesta y el mensaje sigue en el muro."""
    assert "<strong>Ana</strong>: Hola, muro" in well(site_url, parameters["dominio"]).text
