"""A small article recorded on a real machine: accounts, a restart, what goes on in the background."""

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

ARTICLE = """\
.. rehearse::
   :platform: debian-13
   :login: ana

.. code-block:: console
   :name: user

   # useradd --create-home --shell /bin/bash ana

.. code-block:: ini
   :name: conf
   :file: /etc/prueba.ini
   :owner: root:ana
   :mode: 0640

   [a]
   count = 5

.. code-block:: console
   :name: spy
   :background:

   $ echo ready; sleep 600

.. code-block:: console
   :name: use

   $ cd /etc && grep --color=always count prueba.ini
   count = 5
   # id --user
   0

.. code-block:: console
   :name: seen
   :output-of: spy
   :wait: 30
   :stop:

   ready

.. code-block:: console
   :name: restart
   :reboot:

   # systemctl reboot

.. code-block:: console
   :name: after
   :wait: 120

   $ systemctl is-system-running
   running
"""


def test_an_article_is_recorded_and_recorded_once(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.rst").write_text(ARTICLE, encoding="utf-8")
    command = [sys.executable, "-m", "ensayar.cli", "record", "posts/a.rst"]
    environment = {key: value for key, value in os.environ.items() if key != "ENSAYAR_COMMAND"}

    def record() -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "posts/a.rst: 4 steps recorded" in record()
    place = tmp_path / "tutorial/a/evidence/recordings"
    assert sorted(path.name for path in place.iterdir()) == [
        "after.cast",
        "recordings.json",
        "seen.cast",
        "use.cast",
        "user.cast",
    ]
    header, *events = map(json.loads, (place / "use.cast").read_text(encoding="utf-8").splitlines())
    assert (header["version"], header["title"]) == (2, "use")
    text = "".join(event[2] for event in events)
    assert "\x1b[01;31m" in text, "grep was asked for colours"
    assert text.index("ana@debian") < text.index("count") < text.index("root@debian") < text.index("id --user")
    assert [event[0] for event in events] == sorted(event[0] for event in events)
    assert "^C" in (place / "seen.cast").read_text(encoding="utf-8")
    assert list(place.parent.iterdir()) == [place]
    before = {path: path.read_bytes() for path in place.iterdir()}
    assert record() == "posts/a.rst: all 4 recordings hold; --fresh makes them anew\n"
    assert {path: path.read_bytes() for path in place.iterdir()} == before
