r"""Cases as prose: a module that names its file of cases in ``CASES`` gets each as ``case``: input and outcome.

In the file a case is its title, a line with a dot, the input, a dot, the expected outcome, a dot. ``→`` stands for a
tab, ``␣`` for a blank at the end of a line, ``\u{85}`` for a character that could not be seen.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Article

# Hypothesis looks for wrong answers, not for slow ones (computers are noisy).
settings.register_profile("ensayar", deadline=None)
settings.load_profile("ensayar")

FIXTURES = Path(__file__).parent / "fixtures"


def _text(lines: list[str]) -> str:
    text = "".join(f"{line}\n" for line in lines).replace("→", "\t").replace("␣", " ")
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda match: chr(int(match[1], 16)), text)


def cases(path: Path) -> list[tuple[str, str, str]]:
    """Title, input and expected outcome of each case in *path*."""
    found: list[tuple[str, str, str]] = []
    parts: list[list[str]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line != ".":
            parts[-1].append(line)
        elif len(parts) < 3:
            parts.append([])
        else:
            title = next(words for words in reversed(parts[0]) if words.strip())
            found.append((title, _text(parts[1]), _text(parts[2])))
            parts = [[]]
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        found = cases(FIXTURES / metafunc.module.CASES)
        metafunc.parametrize(
            "case", [(given, wanted) for _, given, wanted in found], ids=[title for title, _, _ in found]
        )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is a project, and the working directory."""
    (tmp_path / "posts").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def read(project: Path) -> Callable[..., Article | None]:
    """Parses a text as ``posts/a.rst`` of a project; further files by their names."""

    def parsed(text: str | bytes, **files: str) -> Article | None:
        for name, content in files.items():
            (project / "posts" / f"{name}.txt").write_text(content, encoding="utf-8")
        path = project / "posts" / "a.rst"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return parse(path, root=project)

    return parsed


EVERYTHING = """\
.. rehearse::
   :platform: debian-13
   :login: @@user@@
   :language: es
   :versions: nginx /srv/venv:Django

.. parameter:: user
   :default: muro
   :pattern: [a-z]+

   Who runs it.

.. code-block:: ini
   :name: file
   :file: /etc/@@user@@/a.ini
   :owner: root:@@user@@
   :mode: 0640

   user = @@user@@

.. code-block:: sh
   :name: tool
   :file: /usr/local/bin/tool
   :mode: 0755

   #!/bin/sh
   echo año

.. code-block:: ini
   :name: file-again
   :file: /etc/@@user@@/a.ini
   :replaces: file

   user = root

.. code-block:: console
   :name: run
   :exit-status: 3

   # id -un
   root
   $ exit 3

.. code-block:: console
   :name: spy
   :background:

   $ journalctl --follow

.. code-block:: console
   :name: seen
   :output-of: spy
   :wait: 2.5
   :stop:

   ...
   reap <pid>

.. code-block:: console
   :name: wait
   :wait: 5

   # systemctl is-active nginx
   active

.. code-block:: console
   :name: restart
   :reboot:

   # systemctl reboot

.. code-block:: bash
   :skip: no two machines here

   ssh other
"""
"""An article with a block of every kind."""


@pytest.fixture
def everything(project: Path) -> Path:
    """``posts/everything.rst`` of the project."""
    path = project / "posts" / "everything.rst"
    path.write_text(EVERYTHING, encoding="utf-8")
    return path


@pytest.fixture
def article(everything: Path, project: Path) -> Article:
    """The article with a block of every kind, raw."""
    found = parse(everything, root=project)
    assert found is not None
    return found
