"""Screenshots on the page: the picture of the scheme that is in force, and what is claimed of it."""

from __future__ import annotations

import io
import subprocess
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from pypdf import PdfReader

from ensayar import album
from ensayar.album import Picture
from ensayar.errors import EXIT_STALE
from ensayar.evidence import CheckEvidence
from ensayar.parameters import resolve
from ensayar.rst import parse
from ensayar.screenshots import SCHEMES, options_digest, resolved, state_digest
from visit.axe import RUN

from .conftest import make_site, served
from .test_books import EPUBCHECK
from .validity import problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from bs4 import BeautifulSoup, Tag

    from .conftest import Site, Window

HEADER = """\
.. title: {title}
.. slug: capturas
.. date: 2026-11-20 12:00:00 UTC-03:00
.. description: x

.. rehearse::
   :platform: debian-13
   :language: {language}

.. parameter:: dominio
   :default: muro.example

   x

"""
SPANISH = """\
.. code-block:: console
   :name: servir

   # true

.. screenshot:: portada
   :url: http://@@dominio@@/
   :alt: El muro de "@@dominio@@", con un saludo & nada más.
   :caption: La portada
   :width: 800
   :height: 500

.. code-block:: console
   :name: seguir

   # true

.. screenshot:: final
   :url: http://localhost:8000/fin
   :alt: La despedida.
   :width: 800
   :height: 500
"""
ENGLISH = """\
.. shared:: servir

.. shared:: portada
   :alt: The wall of @@dominio@@.
   :caption: The front page

.. shared:: seguir

.. shared:: final
   :alt: The farewell.
"""
COLOURS = {"light": (250, 250, 250), "dark": (10, 20, 30)}


def png(colour: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (800, 500), colour).save(stream, "PNG")
    return stream.getvalue()


def illustrate(site: Site, *names: str) -> None:
    """Leave the pictures called *names* where a rehearsal would, and evidence that they were seen."""
    raw = parse(site.root / "posts/capturas.rst", root=site.root)
    assert raw is not None
    article = resolve(raw)
    found = {
        shot.name: Picture(
            options_digest(shot),
            state_digest(article, shot.after),
            "2026-11-23T21:04:05Z",
            "Chromium 1",
            shot.width,
            shot.height,
            {scheme: {} for scheme in SCHEMES},
        )
        for shot in resolved(article)
        if shot.name in names
    }
    directory = site.root / "tutorial/capturas/evidence/screenshots"
    files = {album.picture_path(directory, name, scheme): png(COLOURS[scheme]) for name in found for scheme in SCHEMES}
    directory.mkdir(parents=True, exist_ok=True)
    album.write(directory, "capturas", found, files, names)
    record(site, dict.fromkeys(names, True))


def record(site: Site, seen: dict[str, bool]) -> None:
    """Evidence of a rehearsal that came to its end, in which the screenshots *seen* were taken and held, or not."""
    evidence = site.evidence("capturas")
    for step, name in (("servir", "portada"), ("seguir", "final")):
        checks = [CheckEvidence(f"posts/capturas.rst::{name}", "x", seen[name], 0.1)] if name in seen else []
        evidence = site.with_step(evidence, step, checks=tuple(checks))
    site.save(evidence)


def made(folder: Path, books: Collection[str] = ()) -> Site:
    site = make_site(folder, bilingual=True, books=books)
    site.write("posts/capturas.rst", HEADER.format(title="Capturas", language="es") + SPANISH)
    site.write("posts/capturas.en.rst", HEADER.format(title="Screenshots", language="en") + ENGLISH)
    return site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return made(tmp_path / "sitio")


@pytest.fixture(scope="module")
def illustrated(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site whose screenshots were taken; not to be changed."""
    site = made(tmp_path_factory.mktemp("capturas") / "sitio")
    illustrate(site, "portada", "final")
    site.build("--invariant")
    return site


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site with books, in which one of the screenshots was taken."""
    site = made(tmp_path_factory.mktemp("capturas") / "sitio", ("epub", "pdf"))
    illustrate(site, "portada")
    site.build("--invariant", expected=(0, EXIT_STALE))
    return site


@pytest.fixture(scope="module")
def place(illustrated: Site) -> Iterator[str]:
    """Where it can be visited."""
    with served(illustrated) as address:
        yield address


def figure(page: BeautifulSoup, name: str) -> Tag:
    found = page.select(f"figure#{name}.block.screenshot")
    assert len(found) == 1
    return found[0]


def verdict(page: BeautifulSoup, name: str) -> str:
    (found,) = figure(page, name).select(".verdict")
    return " ".join(found.get_text().split())


def test_a_picture_for_each_scheme_with_its_size_and_its_words(illustrated: Site) -> None:
    for url, alt, caption in (
        ("capturas", 'El muro de "muro.example", con un saludo & nada más.', "La portada"),
        ("en/capturas", "The wall of muro.example.", "The front page"),
    ):
        shown = figure(illustrated.page(url), "portada")
        (picture,) = shown.select("picture")
        source, image = picture.select("*")
        assert source.attrs == {
            "srcset": "screenshots/portada-dark.png",
            "media": "screen and (prefers-color-scheme: dark)",
            "width": "800",
            "height": "500",
        }
        assert image.attrs == {
            "src": "screenshots/portada-light.png",
            "alt": alt,
            "loading": "lazy",
            "decoding": "async",
            "width": "800",
            "height": "500",
        }
        assert [title.get_text() for title in shown.select(".title")] == [caption]
        assert [path.get_text() for path in shown.select(".path")] == ["http://muro.example/"]
        assert [value["data-parameter"] for value in shown.select(".path var")] == ["dominio"]
        assert [link["href"] for link in shown.select("a.anchor")] == ["#portada"]
        outputs = illustrated.outputs()
        for scheme in SCHEMES:
            assert outputs[f"{url}/screenshots/portada-{scheme}.png"] == png(COLOURS[scheme])


def test_the_page_says_when_it_looked_like_this(illustrated: Site) -> None:
    assert verdict(illustrated.page("capturas"), "portada") == (
        "✓ Tomada en la máquina del ensayo; así se vio el 23 de noviembre de 2026"
    )
    assert verdict(illustrated.page("en/capturas"), "portada") == (
        "✓ Taken in the rehearsed machine; it looked like this on 23 November 2026"
    )


def test_the_pages_are_valid_and_a_screenshot_is_no_step(illustrated: Site) -> None:
    for url in ("capturas", "en/capturas"):
        page = illustrated.page(url)
        assert problems((illustrated.root / "output" / url / "index.html").read_text(encoding="utf-8")) == []
        assert len(page.select(".tick")) == 2
        assert page.select(".screenshot .tick, .screenshot .copies") == []
    assert "2 de 2 verificados" in illustrated.page("capturas").select_one("aside.rehearsal").get_text()  # type: ignore[union-attr]  # every rehearsed article has one


def test_without_a_picture_the_page_says_so_and_what_it_would_show(site: Site) -> None:
    site.build()
    page = site.page("capturas")
    assert page.select("picture, .screenshot img") == []
    assert figure(page, "final").select_one("p.missing").get_text() == "La despedida."  # type: ignore[union-attr]  # as said above
    none = "○ Sin verificar: la captura todavía no se tomó; arriba dice lo que muestra"
    assert verdict(page, "final") == none
    found = site.outputs()["assets/search/texts/capturas.js"]
    assert "La despedida." in found.decode()
    illustrate(site, "portada")
    site.build()
    page = site.page("capturas")
    assert (len(page.select("picture")), verdict(page, "final")) == (1, none)
    # what is found does not depend on a rehearsal
    assert site.outputs()["assets/search/texts/capturas.js"] == found


def test_pictures_come_change_and_go_with_the_evidence_and_cost_nothing_in_between(site: Site) -> None:
    illustrate(site, "portada", "final")
    site.build()
    before = site.times()
    site.build()
    assert site.times() == before
    path = "capturas/screenshots/final-dark.png"
    (site.root / "tutorial/capturas/evidence/screenshots/final-dark.png").write_bytes(png((1, 2, 3)))
    site.build()
    assert site.outputs()[path] == png((1, 2, 3))
    illustrate(site, "portada")
    site.build()
    names = {name for name in site.outputs() if "screenshots/" in name}
    assert names == {
        f"{prefix}capturas/screenshots/portada-{scheme}.png" for prefix in ("", "en/") for scheme in SCHEMES
    }


@pytest.mark.parametrize(
    ("before", "after", "portada", "final"),
    [
        (":alt: La despedida.", ":alt: Un adiós.", "✓ Tomada", "✓ Tomada"),
        ("8000/fin", "8000/otro", "✓ Tomada", "○ Sin verificar: cambió después del ensayo"),
        (
            "seguir\n\n   # true",
            "seguir\n\n   # false",
            "✓ Tomada",
            "○ Sin verificar: cambió algún paso anterior después del ensayo",
        ),
        (
            "servir\n\n   # true",
            "servir\n\n   # false",
            "○ Sin verificar: cambió algún paso anterior después del ensayo",
            "○ Sin verificar: cambió algún paso anterior después del ensayo",
        ),
    ],
)
def test_what_no_longer_fits_is_not_verified(site: Site, before: str, after: str, portada: str, final: str) -> None:
    illustrate(site, "portada", "final")
    text = (site.root / "posts/capturas.rst").read_text(encoding="utf-8")
    assert before in text
    site.write("posts/capturas.rst", text.replace(before, after))
    site.build(expected=(0, EXIT_STALE))
    page = site.page("capturas")
    assert verdict(page, "portada").startswith(portada)
    assert verdict(page, "final").startswith(final)


def test_a_strict_build_ends_with_a_picture_of_something_else(site: Site) -> None:
    illustrate(site, "portada", "final")
    assert "rehearse it" not in site.build()
    text = (site.root / "posts/capturas.rst").read_text(encoding="utf-8")
    site.write("posts/capturas.rst", text.replace(":url: http://localhost:8000/fin", ":url: http://localhost:8000/"))
    printed = site.build(expected=EXIT_STALE)
    line = text[: text.index(".. screenshot:: final")].count("\n") + 1
    said = (
        f"posts/capturas.rst:{line}: screenshot “final”: it has changed since its picture was taken; "
        "rehearse it: ensayar rehearse posts/capturas.rst\n"
    )
    assert printed.count(said) == 1
    assert said in site.build(strict=False)
    illustrate(site, "portada", "final")
    assert "rehearse it" not in site.build()


def test_what_the_last_rehearsal_saw_differ_or_did_not_look_at(site: Site) -> None:
    illustrate(site, "portada", "final")
    record(site, {"portada": False})
    site.build()
    page = site.page("capturas")
    assert verdict(page, "portada") == "✗ El ensayo del 23 de noviembre de 2026 vio otra cosa"
    assert verdict(page, "final") == "○ Sin verificar: el ensayo del 23 de noviembre de 2026 no llegó a mirarlo"
    other = site.with_step(site.evidence("capturas"), "servir", status="failed", checks=())
    site.save(replace(site.with_step(other, "seguir", status="not reached", checks=()), outcome="failed"))
    site.build()
    assert verdict(site.page("capturas"), "final") == (
        "○ Sin verificar: el ensayo del 23 de noviembre de 2026 no llegó a mirarlo"
    )


SHOWN = """
const done = arguments[0], image = document.querySelector('#portada img');
image.scrollIntoView({behavior: 'instant'});
const say = () => requestAnimationFrame(() => done(image.currentSrc));
const look = () => setTimeout(() => image.decode().then(say), 100);
image.complete ? look() : image.addEventListener('load', look);
"""


@pytest.mark.parametrize("system", SCHEMES)
def test_the_picture_follows_the_system_and_the_readers_choice(window: Window, place: str, system: str) -> None:
    other = {"light": "dark", "dark": "light"}[system]
    window.show(place + "capturas/", 1440, system)
    window.js("localStorage.clear()")
    window.show(place + "capturas/", 1440, system)
    assert window.later(SHOWN).endswith(f"/portada-{system}.png")
    choose = (
        "const box = document.querySelector('.scheme select'); box.value = arguments[0];"
        "box.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    for choice, expected in ((other, other), ("", system), (other, other)):
        window.js(choose, choice)
        assert window.later(SHOWN).endswith(f"/portada-{expected}.png")
    window.show(place + "capturas/", 1440, system)
    assert window.later(SHOWN).endswith(f"/portada-{other}.png")
    window.js("localStorage.clear()")
    assert window.complaints() == []


@pytest.mark.parametrize("system", SCHEMES)
def test_it_needs_no_script(window: Window, place: str, system: str) -> None:
    window.show("about:blank")
    window.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        window.show(place + "capturas/", 1440, system)
        window.command("Emulation.setScriptExecutionDisabled", value=False)
        assert window.js("return document.documentElement.className") == ""
        assert window.later(SHOWN).endswith(f"/portada-{system}.png")
    finally:
        window.command("Emulation.setScriptExecutionDisabled", value=False)


def test_its_place_is_there_before_it_is_and_it_fits_a_phone(window: Window, place: str) -> None:
    window.command("Network.enable")
    window.command("Network.setBlockedURLs", urls=["*.png"])
    try:
        window.show(place + "capturas/", 320, "light")
        boxes = window.js(
            "return [...document.querySelectorAll('.screenshot img')].map(each => each.getBoundingClientRect())"
            ".map(each => [each.width, each.height, each.right])"
        )
    finally:
        window.command("Network.setBlockedURLs", urls=[])
        window.command("Network.disable")
        window.complaints()
    assert len(boxes) == 2
    for width, height, right in boxes:
        assert width > 250
        assert right <= 320
        assert height == pytest.approx(width * 500 / 800, abs=1)


@pytest.mark.parametrize("path", ["capturas/", "en/capturas/"])
def test_axe_finds_nothing_wrong_in_either_scheme(window: Window, place: str, axe: str, path: str) -> None:
    window.command("Page.setBypassCSP", enabled=True)  # axe evaluates code; the page does not
    try:
        for scheme in SCHEMES:
            window.show(place + path, 1440, scheme)
            window.js(axe)
            result = window.later(RUN)
            assert result["violations"] == [], scheme
            assert result["rules"] >= 15
    finally:
        window.command("Page.setBypassCSP", enabled=False)
        window.complaints()


def pictures(book: Path) -> list[bytes]:
    """Those of an EPUB that are of the size of ours; its cover is larger."""
    with zipfile.ZipFile(book) as archive:
        found = [archive.read(name) for name in archive.namelist() if name.endswith(".png")]
    return [data for data in found if Image.open(io.BytesIO(data)).size == (800, 500)]


@pytest.mark.parametrize("name", ["capturas", "en/capturas"])
def test_books_have_the_light_picture_and_none_where_there_is_none(name: str, bound: Site) -> None:
    folder = bound.root / "output" / name
    book = folder / "capturas.epub"
    command = ["java", "-jar", EPUBCHECK, "--failonwarnings", str(book)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(book) as archive:
        text = "".join(archive.read(entry).decode() for entry in archive.namelist() if entry.endswith(".xhtml"))
    assert pictures(book) == [png(COLOURS["light"])]
    assert "<picture" not in text
    assert "<source" not in text
    shown = [picture.image for page in PdfReader(folder / "capturas.pdf").pages for picture in page.images]
    assert {image.convert("RGB").getpixel((9, 9)) for image in shown if image} == {COLOURS["light"]}


def test_another_picture_is_in_the_books_with_the_next_build(bound: Site) -> None:
    picture = album.picture_path(bound.root / "tutorial/capturas/evidence/screenshots", "portada", "light")
    picture.write_bytes(png((200, 10, 10)))
    bound.build("--invariant", expected=(0, EXIT_STALE))
    assert pictures(bound.root / "output/capturas/capturas.epub") == [png((200, 10, 10))]
