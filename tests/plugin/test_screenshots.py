"""Screenshots in rehearsals: a real browser looks at a real server, which here runs on this computer itself."""

from __future__ import annotations

import http.server
import json
import re
import socket
import sys
import threading
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

import jsonschema
import pytest
from PIL import Image

from plugin.calling import Done, call
from plugin.sample import CONFTEST, KEPT, edit, make, shells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ARTICLE = """\
.. rehearse::
   :platform: debian-13

.. parameter:: word
   :default: Hola

.. code-block:: html
   :name: page
   :file: /index.html

   <!doctype html>
   <html lang="es"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>x</title>
   <style>html { height: 100% } @media (prefers-color-scheme: dark) { h1 { color: gold } }
   h1 { animation: x 1s infinite alternate }
   @keyframes x { to { opacity: .2 } }</style>
   <h1>@@word@@</h1>
   <p><a href="http://sitio.test:PORT/">A link</a></p><time id="now"></time>
   <script>document.getElementById("now").textContent = performance.timeOrigin + performance.now()</script>

.. code-block:: console
   :name: serve
   :background:

   # exec PYTHON -m http.server PORT

.. code-block:: console
   :name: up
   :wait: 20

   # PYTHON -c "import urllib.request as u; u.urlopen('http://127.0.0.1:PORT/')"

.. screenshot:: portada
   :url: http://sitio.test:PORT/
   :alt: La página dice @@word@@.
   :width: 400
   :height: 300
   :mask: time

.. code-block:: console
   :name: later

   # true
"""
NAMES = ["portada-dark.png", "portada-light.png", "screenshots.json"]


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    made = make(tmp_path, CONFTEST)
    for unwanted in ("posts/prose.rst", "tests/deployment/test_a.py"):
        (made / unwanted).unlink()
    text = ARTICLE.replace("PORT", str(free_port())).replace("PYTHON", sys.executable)
    (made / "posts/a.rst").write_text(text, encoding="utf-8")
    yield made
    assert shells(tmp_path) == []


@pytest.fixture
def ensayar(place: Path) -> Callable[..., Done]:
    return partial(call, place)


def pictures(place: Path, directory: str = "tutorial/a/evidence/screenshots") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((place / directory).glob("*"))}


def good(done: Done) -> Done:
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done


def red(done: Done) -> str:
    """The line that says what is wrong with the screenshot of a rehearsal that failed."""
    assert done.returncode == 3, done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "screenshot “portada”" in line]
    return line


def checks(place: Path) -> dict[str, list[tuple[str, bool]]]:
    data = json.loads((place / "tutorial/a/evidence/evidence.json").read_text(encoding="utf-8"))
    return {step["name"]: [(check["name"], check["passed"]) for check in step["checks"]] for step in data["steps"]}


def colour(place: Path, scheme: str) -> tuple[int, int, int]:
    with Image.open(place / f"tutorial/a/evidence/screenshots/portada-{scheme}.png") as picture:
        assert picture.size == (400, 300)
        corner = picture.getpixel((399, 299))
    assert isinstance(corner, tuple)
    red, green, blue = corner
    return red, green, blue


def test_taken_seen_again_changed_and_accepted(place: Path, ensayar: Callable[..., Done]) -> None:
    first = good(ensayar("rehearse"))
    assert "screenshot “portada”: the first of it, kept in tutorial/a/evidence/screenshots/; look at it" in first.stdout
    kept = pictures(place)
    assert [*kept] == NAMES
    assert (colour(place, "light"), colour(place, "dark")) == ((255, 255, 255), (18, 18, 18))
    schema = json.loads((files("ensayar") / "schemas/screenshots.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(kept["screenshots.json"]), schema)
    assert checks(place) == {"page": [], "serve": [], "up": [("posts/a.rst::portada", True)], "later": []}

    good(ensayar("rehearse"))
    assert pictures(place) == kept

    edit(place / "posts/a.rst", "   :default: Hola", "   :default: Chau")
    said = red(ensayar("rehearse"))
    assert re.fullmatch(
        r"posts/a\.rst:32: screenshot “portada”: 0\.\d+% of its pixels differ \(light\), 0\.\d+% of its pixels differ "
        r"\(dark\), and 0\.01% may; look at \.dev/screenshots/a/portada-light\.difference\.png and the new picture "
        r"beside it; if that is right: ensayar accept posts/a\.rst --screenshots",
        said,
    )
    assert pictures(place) == kept
    assert checks(place)["up"] == [("posts/a.rst::portada", False)]
    waiting = pictures(place, ".dev/screenshots/a")
    assert [*waiting] == [
        "portada-dark.difference.png",
        "portada-dark.png",
        "portada-light.difference.png",
        "portada-light.png",
        "screenshots.json",
    ]

    would = ensayar("accept", "posts/a.rst", "--screenshots", "--check")
    assert (would.returncode, would.stdout) == (
        1,
        "posts/a.rst:32: screenshot “portada”: would change (light, dark)\n",
    )
    assert pictures(place) == kept
    done = good(ensayar("accept", "posts/a.rst", "--screenshots"))
    assert done.stdout == "posts/a.rst:32: screenshot “portada”: accepted (light, dark)\n"
    taken = pictures(place)
    assert taken["portada-light.png"] == waiting["portada-light.png"] != kept["portada-light.png"]
    assert pictures(place, ".dev/screenshots/a") == {}
    good(ensayar("rehearse"))
    assert pictures(place) == taken
    nothing = good(ensayar("accept", "posts/a.rst", "--screenshots"))
    assert nothing.stdout == "posts/a.rst: no screenshot to accept; none differed in the last rehearsal\n"


def test_what_comes_after_a_screenshot_that_differs_is_not_reached(place: Path, ensayar: Callable[..., Done]) -> None:
    good(ensayar("rehearse"))
    edit(place / "posts/a.rst", "<h1>", "<h1>Otra cosa: ")
    done = ensayar("rehearse")
    red(done)
    assert "failed: 3 steps, 0 checks, 1 not reached" in done.stdout
    assert "ensayar shell posts/a.rst --at up\n" in done.stderr
    # the article goes on, and what was taken then is of another article
    edit(place / "posts/a.rst", "   # true", "   # cd")
    edit(place / "posts/a.rst", "Otra cosa", "Algo")
    refused = ensayar("accept", "posts/a.rst", "--screenshots")
    assert (refused.returncode, refused.stderr) == (
        1,
        "posts/a.rst:32: screenshot “portada”: the article has changed since it was taken; rehearse again\n",
    )


def test_a_change_within_the_tolerance_leaves_the_pictures_and_what_is_masked_does_not_count(
    place: Path, ensayar: Callable[..., Done]
) -> None:
    good(ensayar("rehearse"))
    kept = pictures(place)
    edit(place / "posts/a.rst", "Hola", "Holi")
    edit(place / "posts/a.rst", "   :mask: time", "   :mask: time\n   :tolerance: 5%")
    good(ensayar("rehearse"))
    again = pictures(place)
    known, now = (json.loads(each["screenshots.json"])["screenshots"]["portada"] for each in (kept, again))
    assert {name: data for name, data in again.items() if name.endswith(".png")} == {
        name: data for name, data in kept.items() if name.endswith(".png")
    }
    assert {key for key in known if known[key] != now[key]} == {"options", "state"}
    # what was masked then, and is masked no longer, is compared
    edit(place / "posts/a.rst", "   :mask: time\n   :tolerance: 5%\n", "   :tolerance: 0%\n")
    assert "% of its pixels differ (light)" in red(ensayar("rehearse"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("/\n   :alt", "/nowhere\n   :alt", r"http://sitio\.test:\d+/nowhere answers with status 404"),
        (
            ":mask: time",
            ":mask: time, .gone",
            r"“:mask: \.gone” matches nothing that can be seen; correct or remove it",
        ),
        (":mask: time", ":mask: time, !", r"“:mask: !” is no selector of CSS"),
        (
            ":mask: time",
            ":mask: html",
            r"“:mask:” leaves out 100% of the page, more than half; mask less",
        ),
        ("sitio.test:PORT/\n   :alt", "sitio.test:1/\n   :alt", r"http://sitio\.test:1/ cannot be shown.*"),
        (
            ".textContent = performance.timeOrigin + performance.now()",
            '; setInterval(() => document.querySelector("h1").textContent = Date.now(), 50)',
            r"http://sitio\.test:\d+/ does not hold still; say what moves with “:mask: selector”",
        ),
    ],
)
def test_a_page_that_cannot_be_looked_at_is_red(
    place: Path, ensayar: Callable[..., Done], before: str, after: str, said: str
) -> None:
    text = (place / "posts/a.rst").read_text(encoding="utf-8")
    port = re.search(r"http\.server (\d+)", text)
    assert port is not None
    if "setInterval" in after:
        edit(place / "posts/a.rst", "   :mask: time\n", "")
    edit(place / "posts/a.rst", before.replace("PORT", port[1]), after)
    assert re.fullmatch(rf"posts/a\.rst:32: screenshot “portada”: {said}", red(ensayar("rehearse")))
    assert pictures(place) == {}


def test_nothing_is_kept_where_no_evidence_is(place: Path, ensayar: Callable[..., Done]) -> None:
    good(ensayar("rehearse", "--no-evidence"))
    assert pictures(place) == {}


def test_a_list_that_cannot_be_read_is_said_before_anything_is_played(
    place: Path, ensayar: Callable[..., Done]
) -> None:
    path = place / "tutorial/a/evidence/screenshots/screenshots.json"
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    done = ensayar("rehearse")
    assert done.returncode == 2
    assert "no list of screenshots" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "machines").exists()


def test_with_other_values_the_page_has_to_be_there_and_is_not_compared(
    place: Path, ensayar: Callable[..., Done]
) -> None:
    good(ensayar("rehearse"))
    kept = pictures(place)
    good(ensayar("rehearse", "-p", "word=Chau"))
    assert pictures(place) == kept
    assert not (place / ".dev").exists()


def test_what_is_no_picture_is_said(place: Path, ensayar: Callable[..., Done]) -> None:
    good(ensayar("rehearse"))
    (place / "tutorial/a/evidence/screenshots/portada-dark.png").write_bytes(b"x")
    line = "tutorial/a/evidence/screenshots/portada-dark.png is no picture; delete it and rehearse again"
    assert red(ensayar("rehearse")) == f"posts/a.rst:32: screenshot “portada”: {line}"
    (place / "tutorial/a/evidence/screenshots/portada-dark.png").unlink()
    good(ensayar("rehearse"))
    assert [*pictures(place)] == NAMES


def test_pictures_of_a_screenshot_that_is_gone_go(place: Path, ensayar: Callable[..., Done]) -> None:
    good(ensayar("rehearse"))
    edit(place / "posts/a.rst", "screenshot:: portada", "screenshot:: inicio")
    good(ensayar("rehearse"))
    assert [*pictures(place)] == ["inicio-dark.png", "inicio-light.png", "screenshots.json"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("selenium", "infrastructure: screenshots need what is not installed (selenium)"),
        ("PIL", "infrastructure: screenshots need what is not installed (PIL)"),
        ("chromium", "infrastructure: screenshots need “chromium”, which is not on this computer"),
    ],
)
def test_what_is_missing_is_said_and_is_not_the_articles_fault(
    place: Path, ensayar: Callable[..., Done], missing: str, said: str
) -> None:
    more = {"PATH": str(place)} if missing == "chromium" else {}
    if not more:
        with (place / "conftest.py").open("a", encoding="utf-8") as stream:
            stream.write(f"\nimport sys\nsys.modules[{missing!r}] = None\n")
    done = ensayar("rehearse", **more)
    assert done.returncode == 4
    assert said in done.stderr.splitlines()
    assert not (place / "tutorial/a/evidence/evidence.json").exists()


class Server(http.server.BaseHTTPRequestHandler):
    """Outside of any machine, so that it goes on when one wakes up."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>x</title><h1>x</h1>")

    def log_message(self, *_arguments: object) -> None:
        """Not into the test's output."""


def test_it_is_taken_again_only_where_something_has_changed(tmp_path: Path) -> None:
    place = make(tmp_path, KEPT)
    (place / "posts/prose.rst").unlink()
    (place / "tests/deployment/test_a.py").unlink()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = (
            ".. rehearse::\n   :platform: debian-13\n\n.. code-block:: console\n   :name: up\n\n   # true\n\n"
            f".. screenshot:: portada\n   :url: http://sitio.test:{server.server_port}/\n   :alt: Algo.\n"
            "   :width: 400\n   :height: 300\n\n.. code-block:: console\n   :name: later\n\n   # true\n"
        )
        (place / "posts/a.rst").write_text(text, encoding="utf-8")

        def rehearsed() -> str:
            return good(call(place, "rehearse")).stdout.splitlines()[-1].rpartition(",")[0]

        # where nothing was kept, nothing is known of it
        good(call(place, "rehearse", "--no-evidence"))
        assert rehearsed() == "passed: 0 steps, 1 checks (and 2 steps, 0 checks known)"
        kept = pictures(place)
        assert [*kept] == NAMES
        known = "passed: 0 steps, 0 checks (and 2 steps, 1 checks known)"
        assert rehearsed() == known
        edit(place / "posts/a.rst", "Algo.", "Otra cosa.")
        edit(place / "posts/a.rst", "later\n\n   # true", "later\n\n   # cd")
        assert rehearsed() == "passed: 1 steps, 0 checks (and 1 steps, 1 checks known)"
        edit(place / "posts/a.rst", "   :height: 300\n", "   :height: 300\n   :tolerance: 0%\n")
        assert rehearsed() == "passed: 0 steps, 1 checks (and 2 steps, 0 checks known)"
        assert rehearsed() == known
        (place / "tutorial/a/evidence/screenshots/portada-dark.png").unlink()
        assert rehearsed() == "passed: 0 steps, 1 checks (and 2 steps, 0 checks known)"
        assert {name: data for name, data in pictures(place).items() if name.endswith("g")} == {
            name: data for name, data in kept.items() if name.endswith("g")
        }
        server.shutdown()


def test_pytest_runs_it_at_its_place(place: Path) -> None:
    done = call(place, "-v", "--import-mode=importlib", "posts/a.rst", program=(sys.executable, "-m", "pytest"))
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"posts/a\.rst::(\S+) PASSED", done.stdout)
    assert found == ["page", "serve", "up", "portada", "later"]
    assert [*pictures(place)] == NAMES


def test_it_is_neither_a_step_nor_a_check_for_the_coverage(ensayar: Callable[..., Done]) -> None:
    done = good(ensayar("coverage", "--format", "json"))
    (article,) = json.loads(done.stdout)["articles"]
    assert [step["name"] for step in article["blocks"]] == ["page", "serve", "up", "later"]
    assert "portada" not in done.stdout


def test_faults_are_put_in_without_a_look(place: Path, ensayar: Callable[..., Done]) -> None:
    text = ".. rehearse::\n   :platform: debian-13\n\n.. code-block:: console\n   :name: only\n\n   # echo a > a\n\n"
    shot = ".. screenshot:: portada\n   :url: http://sitio.test:1/\n   :alt: Nada.\n"
    (place / "posts/a.rst").write_text(text + shot, encoding="utf-8")
    assert "cannot be shown" in red(ensayar("rehearse"))
    done = ensayar("mutate", "posts/a.rst", "--json", "report.json")
    assert done.returncode == 1, done.stdout + done.stderr  # nobody looks at what the step has done
    mutants = json.loads((place / "report.json").read_text(encoding="utf-8"))["mutants"]
    assert {mutant["status"] for mutant in mutants} == {"survived"}
