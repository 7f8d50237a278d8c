"""The page that says that the site answers; and Circus's plugin that asks for it, and what it does where none comes."""

from __future__ import annotations

import ast
import configparser
from typing import TYPE_CHECKING

import pytest
import requests

from finished.articles import BOTH, CIRCUS
from finished.asking import WORKER, as_site, eventually, options, workers

if TYPE_CHECKING:
    from testinfra.host import Host

pytestmark = CIRCUS

SETTINGS = {"use": "vigia.Vigia", "cada": "5", "paciencia": "8", "veces": "3", "close_child_stderr": ""}
SAID = "journalctl --unit muro --boot --quiet --output cat --grep 'no contesta'"


def states(host: Host) -> list[str]:
    """The state of each worker as ``ps`` has it: T is stopped."""
    found: str = host.run("ps --no-headers --format stat --pid %s", ",".join(workers(host)) or "1").stdout
    return [each[0] for each in found.split()]


@BOTH
@pytest.mark.after_step("salud")
def test_health_has_an_address(host: Host, parameters: dict[str, str]) -> None:
    """Django encuentra la página de salud y la contesta sin preguntarle nada a nadie."""
    code = (
        "import django; django.setup(); from django.urls import resolve; "
        "answer = resolve('/salud/').func(None); print(answer.status_code, answer['Content-Type'], answer.content)"
    )
    assert as_site(host, parameters["usuario"], "python -c %s", code) == "200 text/plain b'bien\\n'"
    assert as_site(host, parameters["usuario"], "python manage.py check") == (
        "System check identified no issues (0 silenced)."
    )


@pytest.mark.after_step("vigia")
def test_plugin_is_there_and_root_owned(host: Host) -> None:
    """El plugin es de root y define la clase que circus.ini va a nombrar."""
    file = host.file("/srv/muro/src/vigia.py")
    assert (file.user, file.mode) == ("root", 0o644)
    assert "Vigia" in {getattr(each, "name", "") for each in ast.parse(file.content_string).body}


@pytest.mark.after_step("vigia-circus")
def test_circusd_can_import_the_plugin(host: Host, parameters: dict[str, str]) -> None:
    """circus.ini nombra al plugin con sus plazos, y con ese entorno se lo puede importar desde cualquier directorio."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(host.file("/etc/muro/circus.ini").content_string)
    assert dict(ini["plugin:vigia"]) == SETTINGS
    code = "import os; os.chdir('/'); import sys; sys.path.remove(''); import vigia; print(vigia.Vigia.name)"
    assert as_site(host, parameters["usuario"], "python -c %s", code) == "vigia"


@pytest.mark.after_step("vigia-listo")
def test_plugin_runs_as_the_user(host: Host, parameters: dict[str, str]) -> None:
    """El vigía es un proceso del usuario, y circusd le dio los plazos que pide circus.ini."""
    assert eventually(lambda: host.run("pgrep --full -- %s", "vigia.Vigia").succeeded)
    pid = host.check_output("pgrep --full -- %s", "vigia.Vigia").split()[0]
    assert host.check_output("ps --no-headers --format user:32 --pid %s", pid).strip() == parameters["usuario"]
    said = options(host, parameters["usuario"], "plugin:vigia")
    periods = ("cada", "paciencia", "veces")
    assert [said.get(name) for name in periods] == [SETTINGS[name] for name in periods]


@pytest.mark.after_step("salud-lista")
def test_asking_for_health_is_no_visit(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Preguntar por la salud no suma visitas; ni nuestras preguntas ni las del vigía."""
    before = host.check_output("redis-cli -n 1 get :1:visitas")
    for _ in range(3):
        answer = requests.get(f"{site_url}/salud/", headers={"Host": parameters["dominio"]}, timeout=60)
        assert (answer.status_code, answer.text) == (requests.codes.ok, "bien\n")
        assert answer.headers["Content-Type"] == "text/plain"
    assert host.check_output("redis-cli -n 1 get :1:visitas") == before


@pytest.mark.after_step("vigia-despierto")
def test_lookout_kills_nobody_while_all_is_well(host: Host) -> None:
    """Mientras el sitio anda, el vigía no dice nada y los workers son los mismos."""
    assert eventually(lambda: len(workers(host)) == 2)
    before = workers(host)
    assert not eventually(lambda: workers(host) != before, 15)
    assert host.run(SAID).stdout == ""


@pytest.mark.after_step("congelar")
def test_workers_are_frozen(host: Host) -> None:
    """Los dos workers están congelados, o el vigía ya lo notó."""
    assert states(host) == ["T", "T"] or host.run(SAID).succeeded


@pytest.mark.after_step("descongelado")
def test_new_workers_serve(host: Host) -> None:
    """Hay dos workers nuevos, más jóvenes que circusd, y ninguno congelado."""
    assert eventually(lambda: len(workers(host)) == 2 and "T" not in states(host))
    circusd = host.check_output("systemctl show --value --property=MainPID muro")
    age = int(host.check_output("ps --no-headers --format etimes --pid %s", circusd))
    for pid in workers(host):
        assert int(host.check_output("ps --no-headers --format etimes --pid %s", pid)) < age - 10


@pytest.mark.after_step("log-vigia")
def test_lookout_goes_on_looking(host: Host, site_url: str, parameters: dict[str, str]) -> None:
    """Después de la primera vez, el vigía sigue: congelados de nuevo, los vuelve a cambiar."""
    answer = requests.get(f"{site_url}/salud/", headers={"Host": parameters["dominio"]}, timeout=60)
    assert answer.text == "bien\n"
    said = host.run(SAID).stdout.count("(3 de 3)")
    before = set(workers(host))
    assert eventually(lambda: "T" not in states(host) and len(workers(host)) == 2)
    host.check_output("pkill --signal STOP --full -- %s", WORKER)
    assert eventually(lambda: host.run(SAID).stdout.count("(3 de 3)") == said + 1, 150)
    assert eventually(lambda: len(workers(host)) == 2 and not before & set(workers(host)))
    answer = requests.get(f"{site_url}/salud/", headers={"Host": parameters["dominio"]}, timeout=120)
    assert answer.text == "bien\n"
