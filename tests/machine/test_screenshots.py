"""A screenshot of a page that a real machine serves to nobody but itself."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.vm

# Perl, because a fresh Debian has it
ARTICLE = r"""
.. rehearse::
   :platform: debian-13

.. code-block:: perl
   :name: program
   :file: /srv/serve.pl

   use IO::Socket::INET;
   my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8000, Listen => 9, ReuseAddr => 1) or die;
   while (my $visitor = $server->accept) {
       while (<$visitor>) { last if /^\r$/ }
       open my $page, "<", "/srv/index.html";
       print $visitor "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n", <$page>;
       close $visitor;
   }

.. code-block:: console
   :name: serve
   :background:

   # exec perl /srv/serve.pl

.. code-block:: console
   :name: up
   :wait: 60

   # perl -MIO::Socket::INET -e 'IO::Socket::INET->new("127.0.0.1:8000") or exit 1'

.. code-block:: html
   :name: page
   :file: /srv/index.html

   <!doctype html><html lang="es"><meta name="color-scheme" content="light dark"><title>x</title><h1>Hola</h1>
   <script>document.write("<p>" + location.host + " " + performance.now())</script>

.. screenshot:: portada
   :url: http://localhost:8000/
   :alt: Un saludo.
   :width: 400
   :height: 300
   :mask: p
"""


def test_taken_seen_again_changed_and_accepted(tmp_path: Path) -> None:
    post = tmp_path / "posts" / "a.rst"
    post.parent.mkdir()
    post.write_text(ARTICLE, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "ENSAYAR_COMMAND"}

    def call(module: str, *arguments: str, expected: int = 0) -> str:
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout + done.stderr

    def pictures() -> dict[str, bytes]:
        place = tmp_path / "tutorial/a/evidence/screenshots"
        return {path.name: path.read_bytes() for path in sorted(place.iterdir())}

    assert "screenshot “portada”: the first of it" in call("ensayar.cli", "rehearse", "posts/a.rst")
    first = pictures()
    assert [*first] == ["portada-dark.png", "portada-light.png", "screenshots.json"]
    assert first["portada-dark.png"] != first["portada-light.png"]

    # nothing has changed: nothing is looked at, unless somebody asks for it
    assert "0 steps, 0 checks (and 4 steps, 1 checks known)" in call("ensayar.cli", "rehearse", "posts/a.rst")
    assert "1 passed" in call("pytest", "-p", "no:cacheprovider", "--import-mode=importlib", "posts/a.rst::portada")
    assert pictures() == first

    post.write_text(ARTICLE.replace("Hola", "Chau"), encoding="utf-8")
    said = call("ensayar.cli", "rehearse", "posts/a.rst", expected=3)
    line = 1 + ARTICLE.split("\n").index(".. screenshot:: portada")
    assert f"\nposts/a.rst:{line}: screenshot “portada”: " in said
    assert "% of its pixels differ (light)" in said
    assert pictures() == first
    assert (tmp_path / ".dev/screenshots/a/portada-light.difference.png").is_file()

    call("ensayar.cli", "accept", "posts/a.rst", "--screenshots")
    second = pictures()
    assert second["portada-light.png"] != first["portada-light.png"]
    call("ensayar.cli", "rehearse", "posts/a.rst")
    assert pictures() == second
