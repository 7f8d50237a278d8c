"""The certificate, the encrypted port, and what becomes of the other one."""

from __future__ import annotations

import re
import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from finished.articles import BOTH, CIRCUS, CLASSIC
from finished.asking import as_site, eventually
from finished.secure import AUTHORITY, Site, trusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testinfra.host import Host

pytestmark = BOTH

CERTIFICATE, KEY = "/etc/nginx/tls/fullchain.pem", "/etc/nginx/tls/privkey.pem"
DAY = 86_400
SAFE = re.compile(r"(ECDHE-ECDSA-|TLS_)(AES(128|_128|256|_256)[-_]GCM[-_]SHA\d+|CHACHA20[-_]POLY1305(_SHA256)?)")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def browser(host: Host, secure_url: str, parameters: dict[str, str], tmp_path: Path) -> Iterator[requests.Session]:
    """A visitor over HTTPS."""
    own = host.file(AUTHORITY).content_string
    with Site(secure_url, parameters["dominio"], trusted(own, tmp_path)).visitor() as session:
        yield session


def handshake(url: str, name: str, **wanted: ssl.TLSVersion) -> ssl.SSLSocket:
    """A connection to *url* by *name*, whoever signed for it; with other versions of TLS where *wanted* says so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    for key, value in wanted.items():
        setattr(context, key, value)
    address = urlsplit(url)
    plain = socket.create_connection((address.hostname or "", address.port or 443), timeout=60)
    return context.wrap_socket(plain, server_hostname=name)


@pytest.mark.after_step("autoridad")
def test_authority_is_roots_alone_and_may_sign(host: Host) -> None:
    """La clave de la autoridad la lee solo root; su certificado dice que puede firmar otros, y nada más."""
    assert host.file("/root/autoridad").mode == 0o700
    key = host.file("/root/autoridad/autoridad.key")
    assert (key.user, key.mode) == ("root", 0o600)
    said = host.check_output(f"openssl x509 -in {AUTHORITY} -noout -ext basicConstraints,keyUsage,subjectKeyIdentifier")
    assert "CA:TRUE" in said
    assert said.endswith("X509v3 Key Usage: critical\n    Certificate Sign")
    assert host.run(f"openssl x509 -in {AUTHORITY} -noout -checkend {3649 * DAY}").succeeded


@pytest.mark.after_step("certificado")
def test_certificate_is_the_sites(host: Host, parameters: dict[str, str]) -> None:
    """El certificado nombra al dominio, sirve para un servidor y no para firmar, y vale noventa días."""
    said = host.check_output(
        f"openssl x509 -in {CERTIFICATE} -noout -ext subjectAltName,basicConstraints,extendedKeyUsage -subject"
    )
    assert f"DNS:{parameters['dominio']}\n" in said
    assert "X509v3 Basic Constraints: critical\n    CA:FALSE" in said
    assert "TLS Web Server Authentication" in said
    assert f"CN={parameters['dominio']}" in said.replace(" ", "")
    assert host.run(f"openssl x509 -in {CERTIFICATE} -noout -checkend {89 * DAY}").succeeded
    assert host.run(f"openssl x509 -in {CERTIFICATE} -noout -checkend {91 * DAY}").failed


@pytest.mark.after_step("certificado")
def test_key_is_roots_alone(host: Host, parameters: dict[str, str]) -> None:
    """La clave del sitio es de curva elíptica y la lee solo root: ni la aplicación ni los hijos de Nginx."""
    key = host.file(KEY)
    assert (key.user, key.mode, host.file("/etc/nginx/tls").mode) == ("root", 0o600, 0o700)
    for stranger in (parameters["usuario"], "www-data"):
        assert host.run("runuser -u %s -- cat %s", stranger, KEY).failed
    assert "prime256v1" in host.check_output(f"openssl pkey -in {KEY} -noout -text | tail -n 2")


@pytest.mark.after_step("nginx-tls")
def test_nothing_is_encrypted_yet(host: Host) -> None:
    """El archivo está, es de root, y en el puerto 443 todavía no escucha nadie."""
    file = host.file("/etc/nginx/snippets/muro-tls.conf")
    assert (file.user, file.mode) == ("root", 0o644)
    assert not host.socket("tcp://0.0.0.0:443").is_listening


@pytest.mark.after_step("nginx-https")
def test_patch_fits(host: Host) -> None:
    """El parche es de root, y se puede aplicar al sitio tal como está."""
    file = host.file("/srv/muro/nginx-https.diff")
    assert (file.user, file.mode) == ("root", 0o644)
    host.check_output("patch --dry-run /etc/nginx/sites-available/muro /srv/muro/nginx-https.diff")


@pytest.mark.after_step("activar-https")
def test_site_is_itself_over_https(browser: requests.Session, secure_url: str) -> None:
    """Desde afuera, el sitio contesta cifrado, con un certificado a su nombre y su política para navegadores."""
    end = time.monotonic() + 60  # a reload is over before the last of the old processes is
    while True:
        try:
            answer = browser.get(secure_url, timeout=60)
            break
        except requests.ConnectionError:
            assert time.monotonic() < end
            time.sleep(0.5)
    assert "<h1>El muro</h1>" in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY


@pytest.mark.after_step("activar-https")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_modern_protocols_are_spoken(secure_url: str, parameters: dict[str, str], version: ssl.TLSVersion) -> None:
    """Se habla TLS 1.2 y 1.3, con claves que no sirven para descifrar después lo grabado hoy, y HTTP/2."""
    with handshake(secure_url, parameters["dominio"], minimum_version=version, maximum_version=version) as spoken:
        cipher = spoken.cipher()
        assert cipher is not None
        assert spoken.version() == version.name.replace("v1_", "v1.")
        assert SAFE.fullmatch(cipher[0]), cipher
        assert spoken.selected_alpn_protocol() == "h2"


@pytest.mark.after_step("activar-https")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_old_protocols_are_not_spoken(secure_url: str, parameters: dict[str, str]) -> None:
    """TLS 1.1, que ya no es seguro, no se habla."""
    old = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(secure_url, parameters["dominio"], minimum_version=old, maximum_version=old)


@pytest.mark.after_step("activar-https")
def test_other_names_do_not_see_the_certificate(secure_url: str) -> None:
    """A quien llega cifrado con otro nombre no se le muestra ni el certificado."""
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized"):
        handshake(secure_url, "otro.example")


@pytest.mark.after_step("activar-https")
def test_proof_for_the_authority_can_be_published(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Por el puerto 80 se llega a la prueba que pide la autoridad de verdad, y a nada más sin cifrar."""
    place = "/.well-known/acme-challenge"
    host.check_output(f"mkdir --parents /var/www/html{place} && echo ensayo > /var/www/html{place}/ensayo")
    headers = {"Host": parameters["dominio"]}
    assert requests.get(f"{site_url}{place}/ensayo", headers=headers, timeout=60).text == "ensayo\n"
    host.check_output("rm --recursive /var/www/html/.well-known")
    for path in ("/", "/salud/", "/static/muro/muro.css", "/otra?cosa=1"):
        answer = requests.get(site_url + path, headers=headers, timeout=60, allow_redirects=False)
        assert answer.status_code == requests.codes.moved_permanently
        assert answer.headers["Location"] == f"https://{parameters['dominio']}{path}"


@pytest.mark.after_step("encender-https")
def test_django_knows(host: Host, parameters: dict[str, str]) -> None:
    """Con el entorno nuevo, Django redirige, cuida la cookie y manda HSTS con todo."""
    code = (
        "from django.conf import settings as s; print(s.SECURE_SSL_REDIRECT, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    )
    assert as_site(host, parameters["usuario"], "python -c %s", code) == "True True 3600 True True"


@pytest.mark.after_step("mudado")
def test_application_redirects_too(host: Host, parameters: dict[str, str]) -> None:
    """Aunque Nginx se olvidara, la aplicación misma manda a HTTPS a quien llega sin cifrar."""
    said = host.check_output(
        "curl --silent --head --header %s --max-time 100 --unix-socket /run/muro/web.sock http://localhost/",
        f"Host: {parameters['dominio']}",
    )
    assert f"Location: https://{parameters['dominio']}/" in said


@pytest.mark.after_step("cifrado")
def test_cookie_travels_encrypted_only(browser: requests.Session, secure_url: str) -> None:
    """La cookie no viaja sin cifrar, ni la manda otro sitio."""
    cookie = browser.get(secure_url, timeout=60).headers["Set-Cookie"]
    assert {"Secure", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.after_step("cifrado")
def test_form_wants_its_own_page_before_it(browser: requests.Session, secure_url: str) -> None:
    """Con HTTPS, un formulario que dice venir de otra página se rechaza aunque traiga la ficha."""
    browser.get(secure_url, timeout=60)
    data = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "autor": "x", "texto": "y"}
    answer = browser.post(secure_url, data=data, headers={"Referer": "https://otro.example/"}, timeout=60)
    assert answer.status_code == requests.codes.forbidden


@pytest.mark.after_step("check-deploy-otra-vez")
def test_site_is_well_behind_the_other_door(host: Host, parameters: dict[str, str]) -> None:
    """Con la mudanza el sitio sigue bien, visto desde donde lo mira el vigía."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        said = host.check_output(
            "curl --silent --header %s --header 'X-Forwarded-Proto: https' --unix-socket /run/muro/web.sock "
            "http://localhost/salud/",
            f"Host: {parameters['dominio']}",
        )
        assert said == "bien"
        time.sleep(1)


@CIRCUS
@pytest.mark.after_step("check-deploy-otra-vez")
def test_lookout_still_sees_the_site(host: Host) -> None:
    """El vigía no se confunde con la mudanza: no dice que el sitio no conteste."""
    since = host.check_output("systemctl show --value --property=ActiveEnterTimestamp muro")
    quiet = "journalctl --unit muro --quiet --grep 'no contesta' --since %s"
    assert host.run(quiet, since).stdout == ""


@CLASSIC
@pytest.mark.after_step("check-deploy-otra-vez")
def test_lookout_of_supervisor_still_sees_the_site(host: Host) -> None:
    """El vigía no se confunde con la mudanza: no mató a nadie más, y no dice que el sitio no conteste."""
    said = host.file("/var/log/supervisor/vigia.log")
    assert said.content_string.count("(3 de 3)") == 1  # of the chapter about it
    before = said.content_string
    assert not eventually(lambda: said.content_string != before, 15)
