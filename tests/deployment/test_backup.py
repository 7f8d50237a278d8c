"""Backups, the disaster, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finished.articles import BOTH, CIRCUS
from finished.asking import as_site, eventually, page

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = BOTH

KEPT = "/var/backups/muro"
BASE = "/var/lib/muro/muro.sqlite3"
LATEST = f"$(ls -1 {KEPT}/*.sqlite3.gz | tail -n 1)"
READ = (
    "import sqlite3, sys; base = sqlite3.connect('file:' + sys.argv[1] + '?immutable=1', uri=True); "
    "print(*base.execute('PRAGMA integrity_check').fetchone(), "
    "*sorted(row[0] for row in base.execute('SELECT autor FROM muro_mensaje')))"
)


def names(host: Host) -> set[str]:
    """What is kept."""
    found: str = host.check_output(f"ls -1A {KEPT}")
    return set(found.split())


@pytest.mark.after_step("copia")
def test_copy_is_whole_while_the_site_writes(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """La copia es una base sana con todos los mensajes, también los que todavía están solo en el diario."""
    assert page(site_url, parameters["dominio"]).ok  # a worker has the database open from here on
    file = host.file("/srv/muro/src/copia.py")
    assert (file.user, file.mode) == ("root", 0o644)
    assert host.file(f"{BASE}-wal").exists
    user = parameters["usuario"]
    host.check_output("runuser -u %s -- /usr/local/bin/muro python copia.py > /root/ensayo.sqlite3", user)
    assert {"ok", "Ana"} <= set(host.check_output("python3 -c %s /root/ensayo.sqlite3", READ).split())
    host.check_output("rm /root/ensayo.sqlite3")


@pytest.mark.after_step("muro-copia")
def test_program_is_roots_and_reads_well(host: Host) -> None:
    """El programa lo ejecuta cualquiera y lo cambia solo root; el shell lo entiende."""
    file = host.file("/usr/local/sbin/muro-copia")
    assert (file.user, file.group, file.mode) == ("root", "root", 0o755)
    host.check_output("sh -n /usr/local/sbin/muro-copia")


@pytest.mark.after_step("primera-copia")
def test_backup_holds_the_messages_and_the_configuration(host: Host) -> None:
    """La copia de la base es una base sana con el mensaje de Ana; la otra trae toda la configuración y la clave."""
    host.check_output(f"zcat {LATEST} > /root/ensayo.sqlite3")
    assert {"ok", "Ana"} <= set(host.check_output("python3 -c %s /root/ensayo.sqlite3", READ).split())
    host.check_output("rm /root/ensayo.sqlite3")
    inside = set(host.check_output(f"tar --list --gzip --file {KEPT}/*.etc.tar.gz").split())
    configured = set(host.check_output("cd / && find etc/muro -type f").split())
    assert {"etc/muro/clave", "etc/muro/muro.env", "etc/muro/freno.conf"} <= configured <= inside


@pytest.mark.after_step("primera-copia")
def test_backups_are_out_of_the_applications_reach(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """A las copias llega solo root; y la base y sus archivos auxiliares siguen siendo del usuario."""
    assert page(site_url, parameters["dominio"]).ok  # a worker has the database open from here on
    directory = host.file(KEPT)
    assert (directory.user, directory.mode) == ("root", 0o700)
    assert host.check_output(rf"find {KEPT} -type f ! -perm 600 -print -quit") == ""
    assert host.run("runuser -u %s -- ls %s", parameters["usuario"], KEPT).failed
    assert host.check_output(f"stat -c %U {BASE}*").split() == [parameters["usuario"]] * 3


@pytest.mark.after_step("primera-copia")
def test_old_backups_go_and_nothing_else(host: Host) -> None:
    """Lo que tiene más de catorce días se borra; lo que tiene menos, y lo que no es una copia, queda."""
    for name, age in (("vieja.gz", 16), ("nueva.gz", 13), ("nota.txt", 16)):
        host.check_output(f"touch --date '{age} days ago' {KEPT}/{name}")
    host.check_output("sleep 1; muro-copia")
    assert "vieja.gz" not in names(host)
    assert {"nueva.gz", "nota.txt"} <= names(host)
    host.check_output(f"rm {KEPT}/nueva.gz {KEPT}/nota.txt")


@pytest.mark.after_step("primera-copia")
def test_failed_backup_leaves_nothing(host: Host) -> None:
    """Si la copia falla, el programa lo dice con su estado y no deja nada con nombre de copia, ni a medias."""
    before = names(host)
    host.check_output("mv /srv/muro/src/copia.py /srv/muro/src/copia.no")
    try:
        assert host.run("muro-copia").rc != 0
    finally:
        host.check_output("mv /srv/muro/src/copia.no /srv/muro/src/copia.py")
    assert names(host) == before


@pytest.mark.after_step("copia-servicio")
def test_service_runs_the_program_once(host: Host) -> None:
    """La unidad corre el programa una vez y termina."""
    text = host.file("/etc/systemd/system/muro-copia.service").content_string.splitlines()
    assert {"Type=oneshot", "ExecStart=/usr/local/sbin/muro-copia"} <= set(text)


@pytest.mark.after_step("copia-timer")
def test_systemd_finds_nothing_wrong_with_the_timer(host: Host) -> None:
    """Al temporizador, y a lo que arranca, systemd no le encuentra nada mal."""
    said = host.run("systemd-analyze verify /etc/systemd/system/muro-copia.timer")
    assert (said.rc, "muro-copia" in said.stderr) == (0, False)


@pytest.mark.after_step("copia-diaria")
def test_timer_is_set_for_every_night(host: Host) -> None:
    """El temporizador está puesto para las 04:10, con su margen, también después de reiniciar o de estar apagada."""
    assert host.service("muro-copia.timer").is_enabled
    assert host.service("muro-copia.timer").is_running
    shown = host.check_output(
        "systemctl show muro-copia.timer --property=Persistent,RandomizedDelayUSec,TimersCalendar,Unit"
    )
    said = dict(line.partition("=")[::2] for line in shown.splitlines())
    assert (said["Persistent"], said["RandomizedDelayUSec"], said["Unit"]) == ("yes", "10min", "muro-copia.service")
    assert "OnCalendar=*-*-* 04:10:00" in said["TimersCalendar"]


@pytest.mark.after_step("copia-diaria")
def test_service_made_a_backup_of_its_own(host: Host) -> None:
    """Además de la primera copia está la que hizo el servicio."""
    assert len([name for name in names(host) if name.endswith(".sqlite3.gz")]) >= 2
    assert not [name for name in names(host) if name.startswith("a-medias")]


@pytest.mark.after_step("desastre")
def test_database_is_gone(host: Host) -> None:
    """No queda nada de la base."""
    assert host.check_output("find /var/lib/muro -name 'muro.sqlite3*'") == ""


@CIRCUS
@pytest.mark.after_step("desastre")
def test_service_is_down(host: Host) -> None:
    """El servicio está parado."""
    assert not host.service("muro").is_running


@pytest.mark.after_step("restaurar")
def test_database_is_back_with_its_owner(host: Host, parameters: dict[str, str]) -> None:
    """La base está de vuelta, es del usuario y nadie más la lee."""
    file = host.file(BASE)
    assert (file.user, file.group, file.mode) == (parameters["usuario"], parameters["usuario"], 0o600)


@CIRCUS
@pytest.mark.after_step("restaurar")
def test_service_is_up_again(host: Host) -> None:
    """El servicio está en marcha."""
    assert host.service("muro").is_running


@pytest.mark.after_step("restaurado")
def test_site_takes_messages_again(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """La página muestra lo restaurado, y la aplicación puede escribir en esa base."""
    assert eventually(lambda: "<strong>Ana</strong>" in page(site_url, parameters["dominio"]).text)
    code = (
        "import django; django.setup(); from muro.models import Mensaje; "
        "new = Mensaje.objects.create(autor='x', texto='y'); print(new.delete()[0])"
    )
    assert as_site(host, parameters["usuario"], "python -c %s", code) == "1"
