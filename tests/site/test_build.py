"""How a site is built: the same bytes everywhere, only what changed, and never from a faulty article."""

from __future__ import annotations

import gzip
import re
import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Site


@pytest.mark.parametrize("options", [(), ("--invariant",)])
def test_two_builds_in_two_places_are_byte_identical(new_site: Callable[..., Site], options: tuple[str, ...]) -> None:
    built = []
    for folder in ("uno", "otro/lugar"):
        site = new_site("casos", "otro", folder=folder)
        site.save(site.evidence("casos"))
        site.build(*options)
        built.append(site.outputs())
        time.sleep(1.1)  # what depends on the second shows
    assert built[0].keys() == built[1].keys()
    assert [name for name in built[0] if built[0][name] != built[1][name]] == []
    assert b"2038" not in built[0]["sitemap.xml"] or options


def test_building_again_does_nothing(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    site.build()
    before = site.times()
    printed = site.build()
    assert not re.search(r"^\.  ", printed, re.MULTILINE), printed
    assert site.times() == before


def rewritten(site: Site, before: dict[str, int]) -> set[str]:
    return {name for name, written in site.times().items() if before.get(name) != written}


def test_a_change_in_one_article_rebuilds_that_article_only(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.build()
    before, bytes_before = site.times(), site.outputs()
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace("Y otro elemento.", "Y un elemento más."))
    site.build()
    written = rewritten(site, before)
    assert "casos/index.html" in written
    assert not written & {"otro/index.html", "como-se-ensaya/index.html", "assets/css/pista.css"}
    after = site.outputs()
    texts = {"assets/search/es.js", "assets/search/texts/casos.js"}
    assert {name for name in after if after[name] != bytes_before[name]} == {"casos/index.html", *texts}


def test_evidence_that_comes_changes_or_goes_rebuilds_its_article_only(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.build()
    path = site.root / "tutorial/casos/evidence/evidence.json"
    evidence = site.evidence("casos")

    def changed() -> set[str]:
        before, bytes_before = site.times(), site.outputs()
        site.build()
        after = site.outputs()
        assert "otro/index.html" not in rewritten(site, before)
        names = after.keys() | bytes_before.keys()
        return {name for name in names if after.get(name) != bytes_before.get(name)}

    pages = {"casos/index.html", "casos/ensayo/index.html", "casos/ensayo/evidence.json"}
    maps = {"sitemap.xml"}  # it names the report
    site.save(evidence)
    assert changed() == pages | maps
    path.write_text(path.read_text(encoding="utf-8").replace("1.26.3", "1.28.0"), encoding="utf-8")
    assert changed() == pages
    path.unlink()
    assert changed() == pages | maps
    assert not (site.root / "output/casos/ensayo").exists()
    assert b"ensayo" not in site.outputs()["sitemap.xml"].replace(b"como-se-ensaya", b"").replace(b"ensayar", b"")
    site.build()
    assert changed() == set()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (":mode: 0640", ":mode: 0698", r"posts/casos\.rst:54: .*“:mode: 0698” is not octal"),
        (
            ":name: plantilla",
            ":nmae: plantilla",
            r"posts/casos\.rst:71: unknown option “:nmae:”; did you mean “name”\?",
        ),
        (":emphasize-lines: 2,5-6", ":emphasize-lines: 2,5-60", r"posts/casos\.rst:54: .*within lines 1 to 6"),
        (".. code-block:: python", ".. code-block:: pyton", r"posts/casos\.rst:84: no highlighter is called “pyton”"),
        (":class: destacado", ":class: <b>", r"posts/casos\.rst:84: .*“:class: <b>”"),
        (":skip: Es para leer", ":caption: x", r"posts/casos\.rst:157: nothing says what becomes of this “diff” block"),
        (":param:`usuario`", ":param:`usuraio`", r"posts/casos\.rst:34: .*usuraio"),
        ("Instalar Nginx\n==============", "Instalar Nginx\n=====", r"posts/casos\.rst:32: .*underline too short"),
    ],
)
def test_a_faulty_article_stops_the_build_with_its_place(
    new_site: Callable[..., Site], old: str, new: str, complaint: str
) -> None:
    site = new_site("casos", "otro")
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    assert old in source
    site.write("posts/casos.rst", source.replace(old, new, 1))
    printed = site.build(expected=2)
    assert re.search(f"^{complaint}", printed, re.MULTILINE), printed
    assert "Traceback" not in printed
    assert not (site.root / "output/casos/index.html").exists()


def test_a_faulty_page_stops_the_build_too(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    site.write("pages/mala.rst", ".. title: Mala\n.. slug: mala\n\nTítulo largo\n====\n\n.. youtube:: abc\n")
    printed = site.build(expected=2, strict=False)
    assert re.search(r"^pages/mala\.rst:\d+: Unknown directive type “?\"?youtube", printed, re.MULTILINE), printed


def test_after_a_repair_the_build_goes_on(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace(":mode: 0640", ":mode: 0698"))
    site.build(expected=2)
    site.write("posts/casos.rst", source)
    site.build()
    assert len(site.page("casos").select("figure.block")) == 12


@pytest.mark.parametrize("name", ["posts/partes/saludo.txt", "partes/saludo.txt"])
@pytest.mark.parametrize("post", ["otro", "casos"])
def test_an_included_file_rebuilds_the_article(new_site: Callable[..., Site], post: str, name: str) -> None:
    site = new_site("casos", "otro")
    site.write("posts/partes/saludo.txt", "Un saludo de afuera.\n\n.. include:: hondo/fin.txt\n")
    site.write("posts/partes/hondo/fin.txt", "Y otro de más adentro.\n")
    source = (site.root / f"posts/{post}.rst").read_text(encoding="utf-8")
    site.write(f"posts/{post}.rst", f"{source}\n.. include:: {name}\n")
    site.build()
    assert "Un saludo de afuera." in site.page(post).get_text()
    assert "Y otro de más adentro." in site.page(post).get_text()
    site.write("posts/partes/saludo.txt", "Otro saludo.\n")
    site.build()
    assert "Otro saludo." in site.page(post).get_text()


def test_feeds_and_site_map_are_well_formed_and_hold_the_pages(rehearsed: Site) -> None:
    feed = ET.fromstring(rehearsed.outputs()["rss.xml"])  # noqa: S314  (our own file)
    assert [item.findtext("link") for item in feed.iter("item")] == [
        "https://ensayar.example/otro/",
        "https://ensayar.example/casos/",
    ]
    beginning = feed.findtext("channel/item[2]/description") or ""
    assert "Un párrafo de entrada" in beginning
    assert "Instalar Nginx" not in beginning
    assert "<aside" not in beginning
    site_map = ET.fromstring(rehearsed.outputs()["sitemap.xml"])  # noqa: S314
    places = {element.text for element in site_map.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    known = {"casos/", "casos/ensayo/", "como-se-ensaya/"}
    assert {f"https://ensayar.example/{path}" for path in known} <= places


def test_a_feed_holds_an_article_s_introduction_only(project: Site) -> None:
    feed = project.outputs()["rss.xml"]
    assert b"<item>" in feed
    assert b"code-block" not in feed
    assert b"&lt;figure" not in feed
    assert b"&lt;button" not in feed
    assert len(feed) < 20_000


def test_style_and_script_of_an_article_keep_to_their_budget(rehearsed: Site) -> None:
    outputs = rehearsed.outputs()
    page = rehearsed.page("casos")
    for selector, attribute, limit in (("link[rel=stylesheet]", "href", 15_000), ("script[src]", "src", 6_000)):
        names = [str(item[attribute]).replace("../", "") for item in page.select(selector)]
        assert len(names) == 1
        assert len(gzip.compress(outputs[names[0]])) <= limit
    for name in ("pista", "informe"):
        style = outputs[f"assets/css/{name}.css"]
        assert b"url(" not in style
        assert b"@import" not in style


def test_a_report_has_a_style_sheet_of_its_own_and_no_script(rehearsed: Site) -> None:
    page = rehearsed.page("casos/ensayo")
    styles = [str(item["href"]).replace("../", "") for item in page.select("link[rel=stylesheet]")]
    assert styles == ["assets/css/pista.css", "assets/css/informe.css"]
    outputs = rehearsed.outputs()
    assert sum(len(gzip.compress(outputs[name])) for name in styles) <= 15_000
    assert len(page.select("script[src]")) == 1


def test_the_licence_stands_on_every_page(rehearsed: Site) -> None:
    for url in ("casos", "otro", "como-se-ensaya", ""):
        footer = rehearsed.page(url).select_one("body > footer a[rel=license]")
        assert footer is not None
        assert footer["href"] == "https://creativecommons.org/licenses/by-sa/4.0/deed.es"
