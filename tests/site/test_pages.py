"""What holds for every page of a site: the test site's and the project's own."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlparse

import pytest

from visit.addresses import address_of, sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from bs4 import BeautifulSoup

    from .conftest import Site


@pytest.fixture(params=["rehearsed", "project", "many"])
def site(request: pytest.FixtureRequest) -> Site:
    built: Site = request.getfixturevalue(request.param)
    return built


@pytest.fixture
def pages(site: Site) -> dict[str, BeautifulSoup]:
    found = site.pages()
    assert len(found) >= 5
    assert "404.html" in found
    return found


@pytest.fixture
def frames(site: Site) -> dict[str, BeautifulSoup]:
    """What articles show in a frame."""
    found = site.frames()
    assert bool(found) == any(name.endswith(".cast") for name in site.outputs())
    return found


@pytest.fixture
def everything(pages: dict[str, BeautifulSoup], frames: dict[str, BeautifulSoup]) -> dict[str, BeautifulSoup]:
    return {**pages, **frames}


def fetched_by(page: BeautifulSoup) -> list[str]:
    """What the browser asks for by itself."""
    found = [str(element["src"]) for element in page.select("[src]")]
    for element in page.select("[srcset]"):
        found += [candidate.split()[0] for candidate in str(element["srcset"]).split(",")]
    links = page.select("link[rel~=stylesheet], link[rel~=icon], link[rel~=preload]")
    return [*found, *(str(link["href"]) for link in links)]


def test_no_page_asks_anyone_else_for_anything(everything: dict[str, BeautifulSoup]) -> None:
    for name, page in everything.items():
        fetched = fetched_by(page)
        assert len(fetched) >= 3
        assert [url for url in fetched if re.match(r"[a-z]+:|//", url)] == [], name


def test_a_page_keeps_to_its_own_strict_content_security_policy(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        stated = page.select_one("head > meta[http-equiv=Content-Security-Policy]")
        assert stated is not None, name
        policy = str(stated["content"])
        assert "unsafe" not in policy
        assert page.select("style, [style], iframe, object, embed, base, form") == [], name
        assert [element for element in page.find_all() if any(key.startswith("on") for key in element.attrs)] == [], (
            name
        )
        inline = [element.string or "" for element in page.select("script:not([src], [type])")]
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
        assert digests == re.findall("'sha256-(.+?)'", policy), name
        loaded = page.select("script[src]")
        own = ["buscar.js"] if name in {"buscar/index.html", "en/search/index.html"} else []
        assert [Path(str(script["src"])).name for script in loaded] == ["pista.js", *own], name
        assert all(script.has_attr("defer") for script in loaded), name


def test_the_documented_header_says_what_the_pages_say(pages: dict[str, BeautifulSoup], policies: list[str]) -> None:
    page, *_others = policies
    for name, made in pages.items():
        stated = made.select_one("meta[http-equiv=Content-Security-Policy]")
        assert stated is not None
        assert page == f"{stated['content']}; frame-ancestors 'none'", name


def test_ids_are_unique_and_no_accident(everything: dict[str, BeautifulSoup]) -> None:
    for name, page in everything.items():
        ids = [str(element["id"]) for element in page.select("[id]")]
        assert len(ids) == len(set(ids)), name
        assert [value for value in ids if re.search(r"[0-9a-f]{16}", value)] == [], name


def test_every_link_and_all_that_is_fetched_within_the_site_leads_somewhere(
    site: Site, everything: dict[str, BeautifulSoup]
) -> None:
    outputs = site.outputs()
    anchors = {name: {element["id"] for element in page.find_all(id=True)} for name, page in everything.items()}
    for name, page in everything.items():
        links = [element for element in page.select("a[href], link[href]") if element.get("rel") != ["canonical"]]
        for address in [*(str(element["href"]) for element in links), *fetched_by(page)]:
            url = urlparse(urljoin(f"/{name}", address))
            if url.scheme or url.netloc:
                assert url.scheme in {"http", "https", "mailto"}, f"{name}: {address}"
                continue
            path = unquote(url.path).lstrip("/")
            target = path if path in outputs else f"{path}index.html"
            assert target in outputs, f"{name}: {address}"
            if url.fragment and url.fragment != "top":
                assert url.fragment in anchors[target], f"{name}: {address}"


def test_images_have_a_text_alternative(everything: dict[str, BeautifulSoup]) -> None:
    for name, page in everything.items():
        assert [image for image in page.select("img") if not str(image.get("alt", "")).strip()] == [], name


def test_headings_begin_with_one_and_leave_none_out(everything: dict[str, BeautifulSoup]) -> None:
    for name, page in everything.items():
        levels = [int(heading.name[1]) for heading in page.select("h1, h2, h3, h4, h5, h6")]
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False)), (name, levels)


def test_a_page_knows_its_language_title_and_address(
    pages: dict[str, BeautifulSoup], frames: dict[str, BeautifulSoup]
) -> None:
    for name, page in {**pages, **frames}.items():
        assert page.html is not None
        assert page.html["lang"] == ("en" if re.match(r"en/|.*/en\.html", name) else "es")
        assert page.title is not None
        assert page.title.get_text().endswith("ensayar")
        canonical = page.select_one("link[rel=canonical]")
        nowhere = name in frames or name.endswith("404.html")
        assert bool(page.select("meta[name=robots][content=noindex]")) == nowhere, name
        stated = f"https://ensayar.example/{name.removesuffix('index.html')}"
        assert (canonical and canonical["href"]) == (None if nowhere else stated), name


def test_every_article_has_a_description_and_a_figure_for_each_block(project: Site) -> None:
    for source in sources():
        page = project.page(address_of(source))
        assert page.select_one("meta[name=description][content]") is not None
        figures = page.select("figure.block")
        text = source.read_text(encoding="utf-8")
        blocks = re.findall(r"^ *\.\. (?:code-block|shared|screenshot)::", text, re.MULTILINE)
        assert len(figures) == len(blocks)
        assert len(page.select("figure.block > .verdict")) == len(figures)


def test_the_page_for_what_is_not_there_is_for_no_search_engine(site: Site) -> None:
    outputs = site.outputs()
    assert b"404" not in outputs["sitemap.xml"]
    names = [name for name in outputs if name.endswith("404.html")]
    assert len(names) == 1 + any(name.startswith("en/") for name in outputs)
    for name in names:
        page = outputs[name].decode("utf-8")
        assert '<meta name="robots" content="noindex">' in page
        assert "canonical" not in page
        links = re.findall(r'(?:href|src)="([^"#]*)"', page)
        assert len(links) >= 8
        # it is shown at any address
        assert [link for link in links if not link.startswith(("/", "https://creativecommons.org/"))] == []


def test_an_article_describes_itself_to_machines(rehearsed: Site, project: Site) -> None:
    for site, name in ((rehearsed, "casos"), (project, project.articles()[0].stem)):
        page = site.page(name)
        scripts = page.select("head > script[type='application/ld+json']")
        assert len(scripts) == 1
        data = json.loads(scripts[0].get_text())
        assert data["@type"] == "TechArticle"
        assert page.h1 is not None
        assert data["headline"] == page.h1.get_text()
        assert data["url"] == f"https://ensayar.example/{name}/"
        assert data["inLanguage"] == "es"
        assert re.match(r"20\d\d-\d\d-\d\dT", data["datePublished"])
        assert data["dateModified"] >= data["datePublished"]
        assert data["keywords"]


def test_a_title_stays_text_wherever_it_goes(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    title = 'Un "título" con </script><b>negrita</b> & más'
    source = (site.root / "posts/otro.rst").read_text(encoding="utf-8")
    site.write("posts/otro.rst", source.replace("Otro artículo", title, 1))
    site.build()
    page = site.page("otro")
    assert page.h1 is not None
    assert page.h1.get_text() == title
    assert page.select("b") == []
    data = page.select_one("script[type='application/ld+json']")
    assert data is not None
    assert json.loads(data.get_text())["headline"] == title


@pytest.mark.parametrize(
    ("path", "language"), [("no/hay/nada", "es"), ("en/nothing/here", "en"), ("en/", "en"), ("entonces/", "es")]
)
def test_what_is_not_there_is_said_in_the_language_of_its_address(
    addresses: dict[str, str], path: str, language: str
) -> None:
    try:
        with urllib.request.urlopen(addresses["project"] + path) as answer:  # noqa: S310  (our own server)
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    assert status == (200 if path == "en/" else 404)
    assert f'<html lang="{language}"' in text
