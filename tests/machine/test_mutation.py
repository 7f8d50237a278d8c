"""Mutation on a real machine: what lives in terminals and in the background is there again for every mutant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.vm

CONFTEST = """
import os
from pathlib import Path
import pytest
from ensayar.machine.qemu import resume
from ensayar.testing.stage import stage_of

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    stage_of(config).factory = lambda article: resume(Path(os.environ["KEPT"]))

@pytest.fixture
def host(ensayar_host):
    return ensayar_host
"""
ARTICLE = """\
.. rehearse::
   :platform: debian-13
   :login: ana

.. code-block:: console
   :name: user

   # useradd --create-home --shell /bin/bash ana

.. code-block:: console
   :name: place

   $ cd /tmp
   $ word=hello

.. code-block:: console
   :name: spy
   :background:

   $ echo ready; sleep 600

.. code-block:: ini
   :name: conf
   :file: /etc/prueba.ini
   :owner: root:ana
   :mode: 0640

   [a]
   count = 5

.. code-block:: console
   :name: use
   :timeout: 20

   $ grep count /etc/prueba.ini > $word && pwd
   /tmp

.. code-block:: console
   :name: seen
   :output-of: spy
   :wait: 10
   :stop:

   ready
"""
CHECKS = """
import pytest

pytestmark = pytest.mark.article("a")

@pytest.mark.after_step("conf")
def test_conf(host):
    conf = host.file("/etc/prueba.ini")
    assert (conf.user, conf.group) == ("root", "ana")
    assert conf.mode & 0o007 == 0

@pytest.mark.after_step("seen")
def test_count(host):
    assert host.check_output("cat /tmp/hello") == "count = 5"
"""


def test_faults_are_noticed_from_saved_states(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "tests" / "deployment").mkdir(parents=True)
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "posts" / "a.rst").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "tests" / "deployment" / "test_a.py").write_text(CHECKS, encoding="utf-8")
    steps = [word for step in ("place", "spy", "conf") for word in ("--step", step)]
    done = subprocess.run(
        [sys.executable, "-m", "ensayar.cli", "mutate", "posts/a.rst", "--json", "r.json", *steps],
        cwd=tmp_path,
        env={**os.environ, "KEPT": str(kept)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    found = {
        f"{mutant['step']} {mutant['operator']}: {mutant['description'].split(' → ')[0]}": (
            mutant["status"],
            mutant["killer"] and mutant["killer"]["name"].rpartition("::")[2],
        )
        for mutant in report["mutants"]
    }
    assert found == {
        "place drop: cd /tmp": ("killed", "use"),
        "place command-lost: cd /tmp": ("killed", "use"),
        "place command-lost: word=hello": ("killed", "use"),
        "spy drop: echo ready; sleep 600": ("killed", "seen"),
        "conf drop: /etc/prueba.ini": ("killed", "test_conf"),
        # the login user reads it by its group
        "conf mode-tightened: 0640": ("killed", "use"),
        "conf mode-loosened: 0640": ("killed", "test_conf"),
        "conf owner-changed: root": ("killed", "test_conf"),
        "conf group-changed: ana": ("killed", "test_conf"),
        "conf directive-lost: count = 5": ("killed", "use"),
        "conf value-changed: count = 5": ("killed", "test_count"),
    }
    assert done.returncode == 0
