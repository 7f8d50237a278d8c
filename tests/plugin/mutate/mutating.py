"""A project whose article is mutated on a machine that is this computer, and what a run leaves in it."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = json.loads((files("ensayar") / "schemas" / "mutation.schema.json").read_text(encoding="utf-8"))
ARTICLE = """\
.. rehearse::
   :platform: debian-13
   :login: muro

.. code-block:: console
   :name: start

   $ mkdir sub
   $ cd sub
   $ word=hello

.. code-block:: console
   :name: spy
   :background:

   $ echo ready; sleep 600

.. code-block:: ini
   :name: conf
   :file: /conf

   count = 5
   go = yes
   idle = no

.. code-block:: console
   :name: here

   $ echo $word > here

.. code-block:: console
   :name: look

   # cat conf | head -n 1
   count = 5

.. code-block:: console
   :name: spied
   :output-of: spy
   :wait: 2
   :stop:

   ready

.. code-block:: console
   :name: last

   # cp sub/here last
   # ls last
   last
"""
CHECKS = '''
import pytest

pytestmark = pytest.mark.article("a")

def read(machine, name):
    return machine.get("/" + name).decode()

@pytest.mark.after_step("conf")
def test_conf(ensayar_machine):
    """The file conf says go."""
    assert "go = yes" in read(ensayar_machine, "conf")

@pytest.mark.after_step("last")
def test_last(ensayar_machine):
    assert read(ensayar_machine, "last") == "hello\\n"
'''
# the fault of not having a user is this computer's, not the article's
ONLY_CONTENT = ("--step", "conf", "--operator", "directive-lost", "--operator", "value-changed")


def command(*arguments: str, floor: float = 30.0) -> list[str]:
    program = f"from ensayar.testing import mutation; mutation.FLOOR = {floor}; from ensayar.cli import main; main()"
    return [sys.executable, "-c", program, "mutate", "posts/a.rst", *arguments]


def report(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "r.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


def statuses(place: Path) -> dict[str, str]:
    """Step, operator and the text in question, with the status."""
    return {
        f"{mutant['step']} {mutant['operator']} {mutant['description'].split(' → ')[0]}": mutant["status"]
        for mutant in report(place)["mutants"]
    }


def ids(place: Path) -> dict[str, str]:
    return {
        f"{mutant['operator']} {mutant['description'].split(' → ')[0]}": mutant["id"]
        for mutant in report(place)["mutants"]
    }


def machines(place: Path) -> int:
    return len((place / "machines").read_text(encoding="utf-8").splitlines())


def journal(place: Path) -> list[dict[str, Any]]:
    text = (place / ".dev" / "mutation" / "a.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def explain(place: Path, *ids: str) -> Path:
    path = place / "tests" / "mutation" / "a.equivalent.toml"
    lines = [f'"{name}" = "nobody reads it"' for name in ids]
    path.write_text("# why\n[equivalent]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path
