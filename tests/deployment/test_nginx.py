"""Nginx in front of the application, seen from outside the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import BOTH, CIRCUS
from finished.asking import eventually, page

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = BOTH


@pytest.mark.after_step("nginx-sitio")
def test_site_is_not_served_before_it_is_enabled(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """El archivo del sitio está en su lugar y Nginx todavía no lo usa."""
    assert host.file("/etc/nginx/sites-available/muro").contains("proxy_pass http://muro;")
    assert "Welcome to nginx!" in page(site_url, parameters["dominio"]).text


@pytest.mark.after_step("activar-sitio")
def test_link_points_the_right_way(host: Host) -> None:
    """El enlace va de sites-enabled hacia sites-available, y es el único sitio activo."""
    assert host.file("/etc/nginx/sites-enabled").listdir() == ["muro"]
    assert host.file("/etc/nginx/sites-enabled/muro").linked_to == "/etc/nginx/sites-available/muro"


@pytest.mark.after_step("activar-sitio")
def test_nginx_loaded_the_site(site_url: str, parameters: dict[str, str]) -> None:
    """Nginx ya no muestra su página de bienvenida: por ese nombre contesta la aplicación."""
    # a reload is over before the last of the old processes is
    assert eventually(lambda: "<h1>El muro</h1>" in page(site_url, parameters["dominio"]).text, 60)


@pytest.mark.after_step("sitio-a-mano")
def test_page_from_outside(site_url: str, parameters: dict[str, str]) -> None:
    """Desde afuera, el sitio contesta la página del muro, con el formulario."""
    answer = page(site_url, parameters["dominio"])
    assert answer.status_code == requests.codes.ok
    assert "<h1>El muro</h1>" in answer.text
    assert 'name="csrfmiddlewaretoken"' in answer.text


@pytest.mark.after_step("sitio-a-mano")
def test_page_by_the_newer_protocol(host: Host, parameters: dict[str, str]) -> None:
    """Por IPv6 el sitio contesta igual."""
    command = "curl --silent --globoff --max-time 60 --header %s http://[::1]/"
    assert "<h1>El muro</h1>" in host.check_output(command, f"Host: {parameters['dominio']}")


@pytest.mark.after_step("sitio-a-mano")
def test_unknown_page_is_a_404_without_details(site_url: str, parameters: dict[str, str]) -> None:
    """Una dirección que no existe da 404, sin contar nada de la configuración."""
    answer = page(site_url, parameters["dominio"], "/no-existe")
    assert answer.status_code == requests.codes.not_found
    assert "DEBUG" not in answer.text
    assert "urlconf" not in answer.text.lower()


@pytest.mark.after_step("otro-nombre")
@pytest.mark.parametrize("name", ["otro.example", "127.0.0.1"])
def test_unknown_name_gets_nothing(site_url: str, name: str) -> None:
    """A quien pregunta por otro nombre, o por la dirección, Nginx le corta sin contestar."""
    with pytest.raises(requests.ConnectionError):
        page(site_url, name)


@CIRCUS
@pytest.mark.after_step("sin-circo")
def test_static_files_do_not_need_the_application(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Sin aplicación atrás, la página da 502, pero los estáticos siguen: los sirve Nginx."""
    (sheet,) = host.check_output("ls /srv/muro/static/muro/muro.*.css").split()
    path = sheet.removeprefix("/srv/muro")
    assert page(site_url, parameters["dominio"], path).status_code == requests.codes.ok
    assert page(site_url, parameters["dominio"]).status_code == requests.codes.bad_gateway


@CIRCUS
@pytest.mark.after_step("sin-circo")
def test_nginx_says_why(host: Host) -> None:
    """El log de errores de Nginx dice a qué socket no pudo llegar."""
    assert host.file("/var/log/nginx/error.log").contains("unix:/run/muro/web.sock failed")
