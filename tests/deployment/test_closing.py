"""What was left open, and is not any more: Redis, slow clients, Nginx's unit."""

from __future__ import annotations

import re
import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from finished.articles import BOTH, CIRCUS, CLASSIC
from finished.asking import eventually
from finished.secure import AUTHORITY, Site, trusted

if TYPE_CHECKING:
    from pathlib import Path

    from testinfra.host import Host

pytestmark = BOTH

ADMITTED = "REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /etc/redis/redis.conf) redis-cli"
PATIENCE = {
    "client_header_timeout": "10s",
    "client_body_timeout": "10s",
    "send_timeout": "10s",
    "keepalive_timeout": "30s",
    "reset_timedout_connection": "on",
    "limit_conn_zone": "$binary_remote_addr zone=visitante:1m",
    "limit_conn": "visitante 50",
}
ENCLOSED = {
    "LimitNOFILE": "16384",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "cap_chown cap_dac_override cap_kill cap_setgid cap_setuid cap_net_bind_service",
    "ProtectSystem": "strict",
    "ReadWritePaths": "/var/log/nginx /var/lib/nginx /run",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectProc": "invisible",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectControlGroups": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "1",
}
WORST = {"nginx": 2.6, "redis-server": 1.5}
LIMIT = 50


@pytest.fixture
def site(host: Host, secure_url: str, parameters: dict[str, str], tmp_path: Path) -> Site:
    """The site over HTTPS."""
    return Site(secure_url, parameters["dominio"], trusted(host.file(AUTHORITY).content_string, tmp_path))


def slow(url: str, name: str, sent: bytes) -> float:
    """Seconds until the site hangs up on somebody who sends *sent* over TLS and then nothing more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = urlsplit(url)
    plain = socket.create_connection((address.hostname or "", address.port or 443), timeout=60)
    with context.wrap_socket(plain, server_hostname=name) as connection:
        connection.sendall(sent)
        begin = time.monotonic()
        try:
            while connection.recv(4096):
                pass
        except (ConnectionError, ssl.SSLError):
            pass
        return time.monotonic() - begin


def secrets_found(host: Host, command: str) -> str:
    """What *command* prints that holds Redis's password or Django's key, neither of which goes on a command line."""
    host.check_output(
        "umask 077; (sed -n 's/^requirepass //p' /etc/redis/redis.conf; cat /etc/muro/clave) > /root/secretos"
    )
    assert host.check_output("grep --count . /root/secretos") == "2"
    found: str = host.run(f"({command}) | grep --fixed-strings --text --file /root/secretos").stdout
    host.check_output("rm /root/secretos")
    return found


@pytest.mark.after_step("quien-escucha-ahora")
def test_only_ssh_and_nginx_listen_to_others(host: Host) -> None:
    """Detrás de cada puerto al que se llega desde afuera hay un sshd o un Nginx, y nadie más."""
    lines = host.check_output("ss -Hltnp").splitlines()
    outside = [line for line in lines if not line.split()[3].startswith(("127.", "[::1]"))]
    assert {name for line in outside for name in re.findall(r'\("([^"]+)"', line)} == {"sshd", "nginx"}
    assert len(outside) == 6


@pytest.mark.after_step("redis-con-clave")
def test_password_is_long_and_for_few(host: Host) -> None:
    """La contraseña tiene más de cuarenta caracteres, y un extraño no la puede leer en ninguno de los dos archivos."""
    assert int(host.check_output("sed -n 's/^requirepass //p' /etc/redis/redis.conf | tr -d '\\n' | wc --bytes")) > 40
    for path in ("/etc/redis/redis.conf", "/etc/muro/muro.env"):
        for stranger in ("www-data", "nobody"):
            assert host.run("runuser -u %s -- cat %s", stranger, path).failed
    assert host.check_output(f"{ADMITTED} ping") == "PONG"


@pytest.mark.after_step("redis-con-clave")
def test_strangers_get_nothing_from_redis(host: Host) -> None:
    """Otro usuario de la máquina no le saca nada a Redis, ni la configuración."""
    for order in ("dbsize", "config get requirepass", "flushall", "shutdown nosave"):
        assert "NOAUTH" in host.run(f"runuser -u nobody -- redis-cli {order}").stdout
    assert host.service("redis-server").is_running


@pytest.mark.after_step("contador-con-clave")
def test_counter_is_where_it_was(host: Host) -> None:
    """El contador siguió: lo que muestra la página lo guarda Redis, que ahora pide contraseña."""
    assert int(host.check_output(f"{ADMITTED} -n 1 get :1:visitas")) > 1


@pytest.mark.after_step("contador-con-clave")
@pytest.mark.parametrize(
    "command",
    [
        "cat /proc/[0-9]*/cmdline | tr '\\0' ' '",
        "find /var/log -type f ! -path '*/journal/*' -exec zcat --force {} +",
        "journalctl --boot --no-pager",
        "cat /proc/[0-9]*/comm",
    ],
    ids=["process list", "logs", "journal", "names"],
)
def test_secrets_show_nowhere(host: Host, command: str) -> None:
    """Ni la clave de Django ni la contraseña de Redis aparecen en la lista de procesos ni en ningún log."""
    assert secrets_found(host, command) == ""
    assert secrets_found(host, "cat /etc/muro/clave") != ""


@pytest.mark.after_step("nginx-paciencia")
def test_limits_are_written(host: Host) -> None:
    """Los plazos y el lugar que puede ocupar cada uno están en un archivo que Nginx lee."""
    text = host.file("/etc/nginx/conf.d/muro-paciencia.conf").content_string
    assert dict(line.rstrip(";").split(" ", 1) for line in text.splitlines()) == PATIENCE
    assert "include /etc/nginx/conf.d/*.conf;" in host.file("/etc/nginx/nginx.conf").content_string


@pytest.mark.after_step("nginx-lugar")
def test_there_is_room_for_many(host: Host) -> None:
    """Cada proceso de Nginx acepta 4096 conexiones, y la línea está una sola vez."""
    text = host.file("/etc/nginx/nginx.conf").content_string
    assert re.findall(r"worker_connections (\d+);", text) == ["4096"]


@pytest.mark.after_step("rotar")
def test_nginx_logs_will_be_rotated(host: Host) -> None:
    """Está logrotate, su temporizador corre, y la receta de Nginx es de las que va a seguir."""
    assert host.service("logrotate.timer").is_running
    assert "/var/log/nginx/access.log" in host.run("logrotate --debug /etc/logrotate.conf").stderr


@pytest.mark.after_step("nginx-encierro")
def test_unit_still_reads_well(host: Host) -> None:
    """El agregado es de root, y systemd no le encuentra nada que no entienda."""
    file = host.file("/etc/systemd/system/nginx.service.d/encierro.conf")
    assert (file.user, file.mode) == ("root", 0o644)
    assert "encierro.conf" not in host.run("systemd-analyze verify nginx.service").stderr


@pytest.mark.after_step("notas")
@pytest.mark.parametrize("name", ENCLOSED)
def test_nginx_is_enclosed(host: Host, name: str) -> None:
    """Cada cosa que le sacamos a Nginx, systemd se la sacó de verdad."""
    said = host.check_output("systemctl show --value --property=%s nginx", name)
    assert sorted(said.split()) == sorted(ENCLOSED[name].split())


@pytest.mark.after_step("notas")
def test_nginx_filters_system_calls(host: Host) -> None:
    """A Nginx le quedan las llamadas al sistema de un servicio, y no las de administrar la máquina."""
    allowed = host.check_output("systemctl show --value --property=SystemCallFilter nginx").split()
    assert "openat" in allowed
    assert not {"mount", "reboot", "ptrace", "bpf"} & set(allowed)


def exposure(host: Host, service: str) -> float:
    """How exposed systemd says that the service is, from 0 to 10; only where it finds that well."""
    said = host.check_output("systemd-analyze security --no-pager %s.service | tail -n 1", service)
    score = re.search(r"([0-9.]+) OK", said)
    assert score is not None, said
    return float(score[1])


@pytest.mark.after_step("notas")
@pytest.mark.parametrize("service", WORST)
def test_exposure_is_low(host: Host, service: str) -> None:
    """La nota que systemd le pone al servicio no pasa de la que el artículo promete."""
    assert exposure(host, service) <= WORST[service]


@CIRCUS
@pytest.mark.after_step("notas")
def test_exposure_of_the_circus_is_low(host: Host) -> None:
    """La nota que systemd le pone al servicio del muro no pasa de la que el artículo promete."""
    assert exposure(host, "muro") <= 1.5


@CLASSIC
@pytest.mark.after_step("notas")
def test_exposure_of_supervisor_is_low(host: Host) -> None:
    """La nota que systemd le pone a supervisor no pasa de la que el artículo promete."""
    assert exposure(host, "supervisor") <= 3


@pytest.mark.after_step("notas")
def test_enclosed_nginx_does_all_it_did(host: Host, site: Site) -> None:
    """Encerrado, Nginx atiende, anota, recarga y abre su log de nuevo cuando logrotate se lo aparta."""
    assert site.get().ok
    host.check_output("systemctl reload nginx")
    assert site.get().ok
    host.check_output("logrotate --force /etc/logrotate.d/nginx")
    assert host.file("/var/log/nginx/access.log.1").size > 0
    assert eventually(lambda: site.get().ok and host.file("/var/log/nginx/access.log").size > 0)
    pids = host.check_output("pgrep --parent $(cat /run/nginx.pid)").split()
    assert len(pids) == int(host.check_output("nproc"))
    assert "16384" in host.check_output("grep 'open files' /proc/%s/limits", pids[0])


@pytest.mark.after_step("notas")
@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\nautor"],
    ids=["headers", "body"],
)
def test_slow_clients_are_sent_away(secure_url: str, parameters: dict[str, str], sent: bytes) -> None:
    """Al que no termina de pedir, Nginx le corta a los diez segundos."""
    whole = sent % parameters["dominio"].encode() if b"%s" in sent else sent
    assert 8 < slow(secure_url, parameters["dominio"], whole) < 25


@pytest.mark.after_step("notas")
def test_one_visitor_cannot_take_all_the_room(host: Host, site: Site) -> None:
    """Quien abre cien conexiones a la vez ocupa cincuenta lugares y no más, y los demás ni se enteran."""
    address, name = urlsplit(site.url), site.domain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    body = f"POST / HTTP/1.1\r\nHost: {name}\r\nContent-Length: 100\r\n\r\nautor".encode()
    held: list[ssl.SSLSocket] = []
    try:
        for _ in range(LIMIT + 10):
            plain = socket.create_connection((address.hostname or "", address.port or 443), timeout=60)
            held.append(context.wrap_socket(plain, server_hostname=name))
            held[-1].sendall(body)
        local = host.check_output(
            "curl --silent --head --cacert /root/autoridad/autoridad.crt --resolve %s:443:127.0.0.1 --max-time 60 %s",
            name,
            f"https://{name}/",
        )
        assert "HTTP/2 200" in local
    finally:
        for each in held:
            each.close()
    refused = host.check_output("grep --count 'limiting connections by zone' /var/log/nginx/error.log")
    assert int(refused) >= 1
    assert eventually(lambda: site.get().ok)
