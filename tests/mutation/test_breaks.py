"""The test of the tests: the article is broken on purpose, and each time the suite must turn red at the right step.

Every broken article is rehearsed by the session that ``ensayar rehearse`` uses, with the same checks: from the nearest
checkpoint of the sound article before the step that was broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.errors import EXIT_STEP_FAILED
from mutation import breaking
from mutation.breaking import Break

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.vm

SOUND = breaking.SOURCE.read_text(encoding="utf-8") if breaking.SOURCE.exists() else ""

BREAKS = (
    Break(
        "a package is missing",
        "nginx redis-server python3-venv curl",
        "nginx redis-server python3-venv",
        "instalar-paquetes",
    ),
    Break(
        "the output shown is not the output",
        "   enabled\n   enabled\n",
        "   enabled\n   disabled\n",
        "redis-y-nginx",
        "systemctl is-enabled nginx redis-server",
    ),
    Break(
        "the settings ask the environment for another name",
        'ALLOWED_HOSTS = os.environ["MURO_DOMINIOS"]',
        'ALLOWED_HOSTS = os.environ["MURO_DOMINIO"]',
        "check-deploy",
        "muro python manage.py check --deploy",
    ),
    Break(
        "the environment belongs to the wrong group",
        "   :file: /etc/muro/muro.env\n   :owner: root:@@usuario@@\n",
        "   :file: /etc/muro/muro.env\n   :owner: root:root\n",
        "entorno",
    ),
    Break(
        "the database is not migrated",
        "$ muro python manage.py migrate\n"
        "   Operations to perform:\n"
        "     Apply all migrations: muro\n"
        "   Running migrations:\n"
        "     Applying muro.0001_initial... OK\n",
        "$ muro python manage.py check\n",
        "migrar",
    ),
    Break(
        "the directory of the sockets is closed to Nginx",
        "d /run/muro 2750",
        "d /run/muro 2700",
        "tmpfiles",
    ),
    Break(
        "a typo in circus.ini leaves the socket open to all",
        "   umask = 7\n",
        "   umasc = 7\n",
        "permisos-de-los-sockets",
        "stat -c '%A %U:%G %n' /run/muro/*.sock",
    ),
    Break(
        "the workers do not get the environment",
        "   copy_env = True\n",
        "   copy_env = False\n",
        "pedido-al-socket",
        "curl --silent --unix-socket /run/muro/web.sock http://@@dominio@@/ | grep -A 1 Visita",
    ),
    Break(
        "Nginx looks for the socket elsewhere",
        "server unix:/run/muro/web.sock fail_timeout=0;",
        "server unix:/run/muro/otro.sock fail_timeout=0;",
        "activar-sitio",
    ),
    Break(
        "a wrong path in the unit",
        "ExecStart=/srv/muro/venv/bin/circusd /etc/muro/circus.ini",
        "ExecStart=/srv/muro/venv/bin/circus /etc/muro/circus.ini",
        "unidad",
    ),
    Break(
        "the service is started and not enabled",
        "# systemctl enable --now muro\n   Created symlink ...\n",
        "# systemctl start muro\n",
        "arrancar-servicio",
    ),
    Break(
        "the site needs Redis after all",
        "       except RedisError as error:\n",
        "       except KeyError as error:\n",
        "sin-redis",
        "curl --silent --header 'Host: @@dominio@@' http://127.0.0.1/ | grep -A 1 contador",
    ),
)


# from the fault to where it shows is most of the article
FAR = "the site needs Redis after all"


def cases() -> Iterator[object]:
    """Each break, under its name."""
    for each in BREAKS:
        marks = [pytest.mark.long] if each.name == FAR else []
        yield pytest.param(each, id=each.name.replace(" ", "-"), marks=marks)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The article as it is was rehearsed, now or before, and all of it passed."""
    code, failures = breaking.rehearse(breaking.make_project(tmp_path_factory.mktemp("sound"), SOUND))
    assert (code, failures) == (0, [])


def test_there_are_at_least_ten_ways_to_break_it() -> None:
    assert len({each.name for each in BREAKS}) == len(BREAKS) >= 10


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("spoilt", tuple(cases()))
def test_a_broken_article_turns_red_at_the_right_step(spoilt: Break, tmp_path: Path) -> None:
    text = spoilt.apply(SOUND)
    code, failures = breaking.rehearse(breaking.make_project(tmp_path, text))
    assert code == EXIT_STEP_FAILED, failures
    where = f"posts/{breaking.SOURCE.name}:{spoilt.line(text)}: step “{spoilt.step}”: "
    assert failures[0].startswith(where), f"expected {where}\nfirst failure: {failures[0]}"
