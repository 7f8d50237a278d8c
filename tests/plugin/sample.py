"""A project for tests: an article of four steps, a post without any, and checks, played on ``local_machine``."""

from __future__ import annotations

from pathlib import Path

CONFTEST = """
import pytest
from pathlib import Path
from ensayar.errors import InfrastructureError
from ensayar.testing.stage import stage_of
from plugin.local_machine import LocalMachine

ROOT = Path(__file__).parent

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    def factory(article):
        if (ROOT / "no-machine").exists():
            raise InfrastructureError("no machine to be had", "buy one")
        with (ROOT / "machines").open("a") as stream:
            stream.write(article.slug + "\\n")
        return LocalMachine.start(ROOT / "run")
    stage_of(config).factory = factory
"""
KEPT = """
import os
import pytest
from pathlib import Path
from ensayar.checkpoints import lineage
from ensayar.checkpoints.ledger import Ledger
from ensayar.checkpoints.lineage import Shelf
from ensayar.checkpoints.store import Store
from ensayar.errors import InfrastructureError, UsageError
from ensayar.testing.stage import stage_of
from plugin.local_machine import LocalMachine

ROOT = Path(__file__).parent
lineage.LEAST, lineage.OVERHEAD = float(os.environ.get("LEAST", "0")), 1e9

class Room:
    def note(self, what):
        with (ROOT / "machines").open("a") as stream:
            stream.write(what + "\\n")

    def start(self, article):
        self.note("fresh")
        return LocalMachine.start(ROOT / "run")

    def resume(self, directory):
        if (directory / "spoilt").exists():
            raise InfrastructureError("it does not wake up")
        self.note("resumed")
        return LocalMachine.resume(directory, ROOT / "run")

    def origin(self, article):
        if (ROOT / "wrong").exists():
            raise UsageError("VARIABLE=x: a number is expected")
        if (ROOT / "no-image").exists():
            raise InfrastructureError("no image", "build one")
        return (ROOT / "origin").read_text() if (ROOT / "origin").exists() else "here"

    def shelf(self):
        store = Store(ROOT / "checkpoints", max_bytes=1e9, max_age=float(os.environ.get("AGE", "1000")))
        return Shelf(store, Ledger(ROOT / "results", fresh=store.fresh))

    def presence(self):
        return ROOT / "presence"

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    stage_of(config).furnish(Room())
"""
ARTICLE = """\
.. rehearse::
   :platform: debian-13
   :login: muro

.. parameter:: word
   :default: hello

.. code-block:: console
   :name: one

   # echo @@word@@ > one
   # echo one >> log

.. code-block:: console
   :name: two

   $ cat one
   hello
   # echo two >> log

.. code-block:: text
   :name: three
   :file: /three

   @@word@@

.. code-block:: console
   :name: four

   # echo four >> log
"""
CHECKS = '''
import pytest

pytestmark = pytest.mark.article("a")

def read(machine, name):
    return machine.get("/" + name).decode()

@pytest.mark.after_step("four")
@pytest.mark.final
def test_log_is_complete(ensayar_machine):
    assert read(ensayar_machine, "log") == "one\\ntwo\\nfour\\n"

@pytest.mark.after_step("one")
def test_one_is_there(ensayar_machine, parameters):
    """The file one holds the word.

    More of it.
    """
    assert read(ensayar_machine, "one") == parameters["word"] + "\\n"

@pytest.mark.after_step("one")
def test_only_one_was_played(ensayar_machine):
    assert read(ensayar_machine, "log") == "one\\n"

@pytest.mark.after_step("three")
def test_three_is_there(ensayar_machine, site_url, secure_url):
    assert read(ensayar_machine, "three") == "hello\\n"
    assert (site_url, secure_url) == ("http://127.0.0.1:80", "https://127.0.0.1:443")
'''


def make(path: Path, conftest: str = CONFTEST) -> Path:
    """The project in *path*."""
    (path / "posts").mkdir()
    (path / "tests" / "deployment").mkdir(parents=True)
    (path / "conftest.py").write_text(conftest, encoding="utf-8")
    (path / "posts" / "a.rst").write_text(ARTICLE, encoding="utf-8")
    (path / "posts" / "prose.rst").write_text("Only words.\n", encoding="utf-8")
    (path / "tests" / "deployment" / "test_a.py").write_text(CHECKS, encoding="utf-8")
    return path


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def shells(place: Path) -> list[str]:
    """Processes that a machine of *place* has left."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={place}/run".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return found
