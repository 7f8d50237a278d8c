"""Every page is valid HTML, keeps to its budget, and weighs no more than it has to."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlparse

import pytest
from bs4 import BeautifulSoup

from .conftest import FRAMES
from .validity import problems

if TYPE_CHECKING:
    from .conftest import Site

START = "<!DOCTYPE html><html lang='es'><head><title>x</title></head><body>"
END = "</body></html>"


@pytest.fixture(params=["rehearsed", "project", "many"])
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    """By name, every page of a site."""
    site: Site = request.getfixturevalue(request.param)
    return {name: data.decode("utf-8") for name, data in site.outputs().items() if name.endswith(".html")}


def test_every_page_is_valid(pages: dict[str, str]) -> None:
    assert len(pages) >= 7
    assert {name: found[:5] for name, html in pages.items() if (found := problems(html))} == {}


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<p>a<div>b</div></p>", "unexpected-end-tag"),
        ("<b><i>x</b></i>", "adoption-agency"),
        ("<p>&nosuch;</p>", "named-entity"),
        ('<p id="a" id="b">x</p>', "duplicate-attribute"),
        ("<ul><p>x</p></ul>", "<p> may not be in <ul>"),
        ("<ul>x<li>y</li></ul>", "text right in <ul>"),
        ("<dl><div><p>x</p></div></dl>", "<p> may not be in <div>"),
        ("<span><div>x</div></span>", "<div> may not be in <span>"),
        ("<button><ul><li>x</li></ul></button>", "<ul> may not be in <button>"),
        ('<a href="#x"><span><button type="button">x</button></span></a>', "<button> within <a>"),
        ('<label for="no">x</label>', "for names no element: no"),
        ('<p aria-describedby="no">x</p>', "aria-describedby names no element: no"),
        ('<input type="checkbox" autocomplete="off">', "attribute autocomplete"),
        ('<p align="left">x</p>', "attribute align"),
        ('<p style="color: red">x</p>', "attribute style"),
        ('<p onclick="x()">x</p>', "attribute onclick"),
        ('<img src="x.png">', "no alt"),
        ("<details>x</details>", "without <summary>"),
        ("<figure><p>a</p><figcaption>b</figcaption><p>c</p></figure>", "neither first nor last"),
        ("<marquee>x</marquee>", "<marquee> may not be in <body>"),
        ("<summary>x</summary>", "<summary> may not be in <body>"),
        ('<p id="a b">x</p>', "id is empty or holds a blank"),
    ],
)
def test_what_is_not_valid_is_noticed(body: str, complaint: str) -> None:
    assert problems(f"{START}{END}") == []
    found = problems(f"{START}{body}{END}")
    assert any(complaint in line for line in found), found


def test_style_and_script_of_every_page_keep_to_their_budget(request: pytest.FixtureRequest) -> None:
    for name in ("rehearsed", "project", "many"):
        site: Site = request.getfixturevalue(name)
        outputs = site.outputs()
        for page, data in outputs.items():
            if not page.endswith(".html") or page.startswith(FRAMES):  # the player comes only with a press
                continue
            parsed = BeautifulSoup(data.decode("utf-8"), "lxml")
            limits = {"link[rel=stylesheet][href]": 15_000, "script[src]": 6_000}
            if page in {"buscar/index.html", "en/search/index.html"}:
                limits["script[src]"] += 4_000  # the search itself
            for selector, limit in limits.items():
                urls = [str(item.get("href") or item.get("src")) for item in parsed.select(selector)]
                paths = [urlparse(urljoin(f"/{page}", url)).path.lstrip("/") for url in urls]
                assert paths, page
                assert sum(len(gzip.compress(outputs[path], mtime=0)) for path in paths) <= limit, page
