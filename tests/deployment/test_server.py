"""What the first steps leave behind: packages, the user, directories, services, open ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import BOTH

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = BOTH

PACKAGES = {"nginx": "1.26.", "redis-server": "5:8.", "python3-venv": "3.13.", "curl": "8."}


@pytest.mark.after_step("instalar-paquetes")
@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_installed_in_the_series_the_article_speaks_of(host: Host, package: str) -> None:
    """El paquete está instalado, en la serie de la que habla el artículo."""
    found = host.package(package)
    assert found.is_installed
    assert found.version.startswith(PACKAGES[package])


@pytest.mark.after_step("instalar-paquetes")
def test_recommended_packages_stayed_out(host: Host) -> None:
    """No se instaló ningún compilador de arrastre."""
    assert not host.package("gcc").is_installed


@pytest.mark.after_step("mirar-versiones")
def test_nginx_is_debians(host: Host) -> None:
    """El Nginx que corre es el del paquete de Debian, que recibe los parches de seguridad."""
    pid = host.check_output("cat /run/nginx.pid")
    assert host.check_output("dpkg -S $(readlink /proc/%s/exe)", pid) == "nginx: /usr/sbin/nginx"


@pytest.mark.after_step("crear-usuario")
def test_user_has_no_company(host: Host, parameters: dict[str, str]) -> None:
    """El usuario existe y no está en ningún grupo más que el suyo."""
    user = host.user(parameters["usuario"])
    assert user.home == "/var/lib/muro"
    assert user.groups == [parameters["usuario"]]
    assert 0 < user.uid < 1000


@pytest.mark.after_step("crear-usuario")
def test_user_cannot_log_in_with_a_password(host: Host, parameters: dict[str, str]) -> None:
    """El usuario no tiene contraseña con la que entrar."""
    assert host.check_output("passwd --status %s", parameters["usuario"]).split()[1] == "L"


@pytest.mark.after_step("crear-directorios")
@pytest.mark.parametrize(
    ("path", "group", "mode"),
    [("/srv/muro/src", "root", 0o755), ("/etc/muro", None, 0o750), ("/var/lib/muro", None, 0o750)],
)
def test_directory(host: Host, parameters: dict[str, str], path: str, group: str | None, mode: int) -> None:
    """El directorio tiene el grupo y el modo que le tocan."""
    directory = host.file(path)
    assert directory.is_directory
    assert directory.group == (group or parameters["usuario"])
    assert directory.mode == mode


@pytest.mark.after_step("crear-directorios")
def test_user_may_write_data_and_logs_only(host: Host, parameters: dict[str, str]) -> None:
    """De los directorios del sitio, el usuario puede escribir en los datos y en los logs; en los demás, no."""
    paths = ("/srv/muro", "/srv/muro/src", "/etc/muro", "/var/lib/muro", "/var/log/muro")
    script = 'for d; do [ -w "$d" ] && echo "$d"; done; true'
    command = "runuser -u %s -- sh -c %s sh " + " ".join(paths)
    assert host.check_output(command, parameters["usuario"], script).split() == ["/var/lib/muro", "/var/log/muro"]


@pytest.mark.after_step("sin-permiso")
def test_intruder_was_not_written(host: Host) -> None:
    """El archivo intruso no quedó en el directorio del código."""
    assert host.file("/srv/muro/src").listdir() == []


@pytest.mark.after_step("redis-y-nginx")
@pytest.mark.parametrize(("service", "user"), [("nginx", "www-data"), ("redis-server", "redis")])
def test_service_runs_as_its_own_user(host: Host, service: str, user: str) -> None:
    """El servicio corre, arranca con la máquina y no trabaja como root."""
    assert host.service(service).is_running
    assert host.service(service).is_enabled
    assert host.process.filter(user=user)


@pytest.mark.after_step("redis-y-nginx")
def test_nginx_answers_from_outside(site_url: str) -> None:
    """Nginx contesta desde afuera de la máquina, con la página de bienvenida de Debian."""
    answer = requests.get(site_url, timeout=30)
    assert answer.status_code == requests.codes.ok
    assert "Welcome to nginx!" in answer.text


@pytest.mark.after_step("redis-y-nginx")
def test_redis_keeps_what_it_is_told(host: Host) -> None:
    """Redis guarda un valor y lo devuelve."""
    assert host.check_output("redis-cli set ensayo 42") == "OK"
    assert host.check_output("redis-cli getdel ensayo") == "42"


@pytest.mark.after_step("quien-escucha")
def test_nothing_else_listens(host: Host) -> None:
    """Desde afuera solo se llega a ssh y a la web, por TCP; por UDP, a nada."""
    listening = {line.split()[4] for line in host.check_output("ss -Hltun").splitlines()}
    outside = {address for address in listening if not address.startswith(("127.", "[::1]"))}
    ports = {address.rpartition(":")[2] for address in outside if not address.endswith(":68")}
    assert ports == {"22", "80"}
