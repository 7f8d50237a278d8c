"""What a site says to those who do not look at its pages: feeds, search engines, places where links are shared."""

from __future__ import annotations

import io
import json
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlparse
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ensayar.publish.card import HEIGHT, WIDTH, card_png, shows

from .conftest import make_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Site

BASE = "https://ensayar.example/"
ATOM = "{http://www.w3.org/2005/Atom}"
SITE_MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(params=["rehearsed", "project", "bilingual", "many"])
def site(request: pytest.FixtureRequest) -> Site:
    built: Site = request.getfixturevalue(request.param)
    return built


@pytest.fixture(scope="session")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with an English edition, of which one post and the search exist; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("bilingue") / "sitio", "casos", "otro")
    conf = site.root / "conf.py"
    conf.write_text(conf.read_text(encoding="utf-8") + '\nTRANSLATIONS = {"es": "", "en": "./en"}\n', encoding="utf-8")
    source = (site.root / "posts/otro.rst").read_text(encoding="utf-8")
    english = {
        "Otro artículo": "Another article",
        "slug: otro": "slug: another",
        "Un artículo que no se ensaya.": "An article that is not rehearsed.",
        "Este artículo no se ensaya, y muestra código igual.": "Not rehearsed, and shows code all the same.",
    }
    for old, new in english.items():
        assert old in source
        source = source.replace(old, new)
    site.write("posts/otro.en.rst", source)
    search = (
        ".. title: Search\n.. slug: search\n.. template: search.tmpl\n.. searchable: no\n.. description: A search.\n"
    )
    site.write("pages/buscar.en.rst", search)
    site.build()
    return site


def pages(site: Site) -> dict[str, BeautifulSoup]:
    """By address, all pages that search engines may show."""
    shown = {name: page for name, page in site.pages().items() if not page.select("meta[name=robots][content=noindex]")}
    assert set(site.pages()) - set(shown) <= {"404.html", "en/404.html"}
    return {BASE + name.removesuffix("index.html"): page for name, page in shown.items()}


def content(page: BeautifulSoup, name: str) -> str:
    found = page.select(f'head > meta[property="{name}"], head > meta[name="{name}"]')
    assert len(found) == 1, name
    return str(found[0]["content"])


# -- feeds


def feeds(site: Site) -> dict[str, ET.Element]:
    return {
        name: ET.fromstring(data)  # noqa: S314  (our own file)
        for name, data in site.outputs().items()
        if name.endswith(".xml") and b"<rss" in data
    }


def test_a_feed_has_what_readers_of_feeds_need(site: Site) -> None:
    found = feeds(site)
    addresses = set(pages(site))
    assert len(found) >= 3
    for name, feed in found.items():
        assert feed.get("version") == "2.0"
        (channel,) = feed
        # RSS 2.0: required of a channel; and the profile's recommendation to name itself
        assert all((channel.findtext(tag) or "").strip() for tag in ("title", "link", "description")), name
        itself = channel.find(f"{ATOM}link")
        assert itself is not None
        assert (itself.get("href"), itself.get("rel")) == (BASE + name, "self")
        language = "en" if name.startswith("en/") else "es"
        assert channel.findtext("language") == language
        items = channel.findall("item")
        assert items, name
        for item in items:
            link = item.findtext("link") or ""
            assert urljoin(BASE, link) == link
            assert link in addresses
            assert item.findtext("guid") == link  # a permalink, as it is by default
            assert parsedate_to_datetime(item.findtext("pubDate") or "").tzinfo is not None
            assert (item.findtext("title") or "").strip()


def test_what_a_feed_shows_leads_to_the_site_from_anywhere(site: Site) -> None:
    urls: list[str] = []
    for feed in feeds(site).values():
        for item in feed.iter("item"):
            shown = BeautifulSoup(item.findtext("description") or "", "lxml")
            assert shown.get_text(strip=True)
            urls += [str(found.get("href") or found.get("src")) for found in shown.select("[href], [src]")]
            assert shown.select("aside, nav, section, button, script, [style], [class*=rehearsal]") == []
    assert urls
    assert [url for url in urls if not re.match(r"https?://", url)] == []


def test_every_page_names_the_feed_of_its_language(site: Site) -> None:
    for name, page in site.pages().items():
        address = BASE + name
        named = [urljoin(address, str(link["href"])) for link in page.select("link[type='application/rss+xml']")]
        home = f"{BASE}en/" if page.html and page.html["lang"] == "en" else BASE
        assert named == [f"{home}rss.xml"]


# -- search engines


def test_the_site_map_holds_every_page_once_and_no_other(site: Site) -> None:
    outputs = site.outputs()
    site_map = ET.fromstring(outputs["sitemap.xml"])  # noqa: S314  (our own file)
    places = [element.text for element in site_map.iter(f"{SITE_MAP}loc")]
    assert sorted(map(str, places)) == sorted(pages(site))
    index = ET.fromstring(outputs["sitemapindex.xml"])  # noqa: S314
    assert f"{BASE}sitemap.xml" in {element.text for element in index.iter(f"{SITE_MAP}loc")}
    assert f"Sitemap: {BASE}sitemapindex.xml" in outputs["robots.txt"].decode("utf-8").splitlines()


def test_every_page_says_where_it_is_and_what_it_is_about(site: Site) -> None:
    for address, page in pages(site).items():
        (canonical,) = page.select("link[rel=canonical]")
        assert canonical["href"] == address
        assert len(content(page, "description")) >= 7
        assert content(page, "og:description") == content(page, "description")


def alternates(page: BeautifulSoup) -> dict[str, str]:
    found = [(str(link["hreflang"]), str(link["href"])) for link in page.select("head > link[hreflang]")]
    assert len(found) == len(dict(found))
    return dict(found)


def test_pages_of_two_languages_name_each_other_and_the_default(bilingual: Site) -> None:
    found = pages(bilingual)
    pairs = {
        "otro/": "en/another/",
        "": "en/",
        "archivo/": "en/archive/",
        "buscar/": "en/search/",
        "temas/": "en/topics/",
    }
    for spanish, english in pairs.items():
        expected = {"es": BASE + spanish, "en": BASE + english, "x-default": BASE + spanish}
        assert alternates(found[BASE + spanish]) == expected
        assert alternates(found[BASE + english]) == expected
    for alone in ("casos/", "como-se-ensaya/"):
        assert alternates(found[BASE + alone]) == {}
    for address, page in found.items():
        assert page.html is not None
        assert page.html["lang"] == ("en" if address.startswith(f"{BASE}en/") else "es")


def test_a_site_of_one_language_names_no_other(rehearsed: Site) -> None:
    for page in rehearsed.pages().values():
        assert alternates(page) == {}


def test_a_page_in_english_says_nothing_in_spanish(bilingual: Site) -> None:
    page = bilingual.page("en/another")
    text = page.get_text(" ", strip=True)
    for word in ("Copiar", "Artículos", "Buscar", "licencia", "Colores", "noviembre"):
        assert word not in text, word
    (license_link,) = page.select("footer.site a[rel=license]")
    assert str(license_link["href"]).endswith(".en")
    assert "Search" in bilingual.page("en/search").get_text()


# -- where links are shared


def test_every_page_has_a_picture_and_words_for_where_its_link_is_shared(site: Site) -> None:
    outputs = site.outputs()
    for address, page in pages(site).items():
        assert content(page, "og:url") == address
        assert content(page, "og:title")
        assert content(page, "og:type") == ("article" if page.select("article.post") else "website")
        assert content(page, "og:locale") == ("en_US" if page.html and page.html["lang"] == "en" else "es_AR")
        picture = content(page, "og:image")
        assert picture.startswith(BASE)
        image = Image.open(io.BytesIO(outputs[urlparse(picture).path.lstrip("/")]))
        size = int(content(page, "og:image:width")), int(content(page, "og:image:height"))
        assert (image.format, image.size) == ("PNG", size)
        alternative = content(page, "og:image:alt")
        assert alternative.endswith("· ensayar")
        if page.select("article:not(.report)"):  # a report has the site's
            assert page.h1 is not None
            assert alternative == f"{page.h1.get_text()} · ensayar"


def test_an_article_has_a_picture_of_its_own(rehearsed: Site) -> None:
    pictures = [content(rehearsed.page(name), "og:image") for name in ("casos", "otro", "")]
    assert len({rehearsed.outputs()[urlparse(url).path.lstrip("/")] for url in pictures}) == 3
    for name, url in zip(("casos", "otro"), pictures, strict=False):
        data = json.loads(rehearsed.page(name).select("script[type='application/ld+json']")[0].get_text())
        assert data["image"] == url
        assert data["license"] == "https://creativecommons.org/licenses/by-sa/4.0/deed.es"


def test_a_new_title_draws_its_picture_anew_and_no_other(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.build()
    before, times = site.outputs(), site.times()
    source = (site.root / "posts/otro.rst").read_text(encoding="utf-8")
    site.write("posts/otro.rst", source.replace("Otro artículo", "El mismo artículo", 1))
    site.build()
    after = site.outputs()
    cards = {name for name in after if name.startswith("assets/cards/")}
    assert {name for name in cards if site.times()[name] != times[name]} == {"assets/cards/otro.png"}
    assert before["assets/cards/otro.png"] != after["assets/cards/otro.png"]


TITLES = st.text(st.characters(codec="utf-8"), max_size=400)


@settings(deadline=None, max_examples=25)
@given(TITLES)
def test_any_title_can_be_drawn_within_the_edges_and_always_gives_the_same_bytes(title: str) -> None:
    data = card_png(title, "ensayar")
    assert card_png(title, "ensayar") == data
    assert len(data) < 120_000
    image = Image.open(io.BytesIO(data)).convert("L")
    assert image.size == (WIDTH, HEIGHT)
    for box in ((0, 180, 78, 570), (WIDTH - 78, 180, WIDTH, 570)):
        darkest, _ = image.crop(box).getextrema()
        assert isinstance(darkest, int)
        assert darkest > 200


@pytest.mark.parametrize("title", ["Señal", "", "dos\nlíneas", "nada\0", "x" * 5000])
def test_a_picture_knows_what_it_shows(tmp_path: Path, title: str) -> None:
    path = tmp_path / "card.png"
    assert not shows(path, title, "ensayar")
    path.write_bytes(card_png(title, "ensayar"))
    assert shows(path, title, "ensayar")
    assert not shows(path, f"{title}s", "ensayar")
    assert not shows(path, title, "otro")


def test_what_the_font_lacks_is_left_out_of_the_picture() -> None:
    titles = ("Señal \N{CIRCUS TENT} \N{CJK UNIFIED IDEOGRAPH-4E00}", "Señal", "Senal")
    lacking, bare, other = (Image.open(io.BytesIO(card_png(title, "ensayar"))).convert("RGB") for title in titles)
    assert lacking.tobytes() == bare.tobytes()
    assert other.tobytes() != bare.tobytes()
