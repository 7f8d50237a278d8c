"""A new version of the application with a migration, and the way back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from finished.articles import BOTH
from finished.asking import as_site, eventually, log, page, workers

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = BOTH

COLUMNS = (
    "import django; django.setup(); from django.db import connection; cursor = connection.cursor(); "
    "print(*(f'{each.name}:{each.null_ok}' for each in "
    "connection.introspection.get_table_description(cursor, 'muro_mensaje')))"
)
SOUND = "import sqlite3; print(*sqlite3.connect('/var/lib/muro/muro.sqlite3').execute('PRAGMA integrity_check'))"
UNCHANGED = "No changes detected"


def columns(host: Host, user: str) -> dict[str, str]:
    """The columns of the table of messages, and whether each may be empty."""
    return dict(each.split(":") for each in as_site(host, user, "python -c %s", COLUMNS).split())


def migrations(host: Host, user: str) -> list[str]:
    """The application's migrations, as ``showmigrations`` has them."""
    shown = as_site(host, user, "python manage.py showmigrations muro").splitlines()
    return [line.strip() for line in shown if line.startswith(" ")]


@pytest.mark.after_step("version-2")
def test_patch_is_out_of_the_applications_reach(host: Host, parameters: dict[str, str]) -> None:
    """El parche es de root, y lo que va a cambiar es el modelo y la vista."""
    file = host.file("/srv/muro/version-2.diff")
    assert (file.user, file.mode) == ("root", 0o644)
    changed = [line[6:] for line in file.content_string.splitlines() if line.startswith("+++ b/")]
    assert changed == ["muro/models.py", "muro/views.py"]
    assert host.run("runuser -u %s -- test -w /srv/muro/version-2.diff", parameters["usuario"]).failed


@pytest.mark.after_step("migracion-2")
def test_migration_waits_to_be_applied(host: Host, parameters: dict[str, str]) -> None:
    """Django ve la migración nueva, todavía sin aplicar, y lo que haría es agregar una columna que puede faltar."""
    assert migrations(host, parameters["usuario"]) == ["[X] 0001_initial", "[ ] 0002_mensaje_direccion"]
    planned = as_site(host, parameters["usuario"], "python manage.py sqlmigrate muro 0002")
    assert 'ADD COLUMN "direccion" char(39) NULL' in planned


@pytest.mark.after_step("instalar-patch")
def test_patch_is_installed(host: Host) -> None:
    """El programa está."""
    assert host.package("patch").is_installed


@pytest.mark.after_step("actualizar")
def test_database_and_code_agree(host: Host, parameters: dict[str, str]) -> None:
    """La base tiene la columna nueva, que puede faltar, y el código y las migraciones dicen lo mismo."""
    user = parameters["usuario"]
    assert columns(host, user).get("direccion") == "True"
    assert migrations(host, user) == ["[X] 0001_initial", "[X] 0002_mensaje_direccion"]
    assert as_site(host, user, "python manage.py makemigrations --check --dry-run") == UNCHANGED


@pytest.mark.after_step("actualizar")
def test_backup_is_older_than_the_change(host: Host) -> None:
    """La copia de antes del cambio tiene la base sin la columna."""
    host.check_output("zcat $(ls -1 /var/backups/muro/*.sqlite3.gz | tail -n 1) > /root/ensayo.sqlite3")
    code = (
        "import sqlite3; base = sqlite3.connect('file:/root/ensayo.sqlite3?immutable=1', uri=True); "
        "print(*(row[1] for row in base.execute('PRAGMA table_info(muro_mensaje)')))"
    )
    assert host.check_output("python3 -c %s", code).split() == ["id", "autor", "texto", "creado"]
    host.check_output("rm /root/ensayo.sqlite3")


@pytest.mark.after_step("actualizar")
def test_workers_have_the_new_code(host: Host) -> None:
    """Los workers son más jóvenes que el código nuevo."""
    assert eventually(lambda: len(workers(host)) == 2)
    changed = float(host.check_output("stat -c %Y /srv/muro/src/muro/views.py"))
    now = float(host.check_output("date +%s"))
    for pid in workers(host):
        assert int(host.check_output("ps --no-headers --format etimes --pid %s", pid)) <= now - changed + 1


@pytest.mark.after_step("version-nueva")
def test_old_version_can_live_with_the_new_database(host: Host, parameters: dict[str, str]) -> None:
    """El mensaje viejo quedó sin dirección; y se puede guardar otro que no la traiga, como los de la versión vieja."""
    code = (
        "import sqlite3; base = sqlite3.connect('/var/lib/muro/muro.sqlite3'); "
        "print(*base.execute(\"SELECT direccion FROM muro_mensaje WHERE autor = 'Ana'\").fetchone()); "
        "base.execute(\"INSERT INTO muro_mensaje (autor, texto, creado) VALUES ('x', 'y', '2026-01-01')\"); "
        "print(base.total_changes); base.rollback()"
    )
    assert as_site(host, parameters["usuario"], "python -c %s", code) == "None\n1"


@pytest.mark.after_step("desactualizar")
def test_nothing_is_left_of_the_new_version(host: Host, parameters: dict[str, str]) -> None:
    """De la versión 2 no queda nada: ni la columna, ni la migración, ni restos del parche; y la base está sana."""
    user = parameters["usuario"]
    assert list(columns(host, user)) == ["id", "autor", "texto", "creado"]
    assert migrations(host, user) == ["[X] 0001_initial"]
    assert as_site(host, user, "python manage.py makemigrations --check --dry-run") == UNCHANGED
    assert host.check_output("find /srv/muro/src -name '*.orig' -o -name '*.rej'") == ""
    assert host.run("grep --recursive --include='*.py' direccion /srv/muro/src/muro/models.py").failed
    assert as_site(host, user, "python -c %s", SOUND) == "('ok',)"


@pytest.mark.after_step("version-vieja")
def test_both_workers_run_the_old_version(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Los dos workers atienden con la versión vieja, y ningún pedido terminó en error."""
    assert eventually(lambda: len(workers(host)) == 2)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        answer = page(site_url, parameters["dominio"])
        assert answer.ok
        assert answer.text.count("<strong>Beto</strong>") == 1
    assert not host.file(log(host)).contains("Internal Server Error")
