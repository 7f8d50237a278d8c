"""The built site in a real browser: on a phone, a tablet and a screen, in light and in dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.common.exceptions import JavascriptException

if TYPE_CHECKING:
    from .conftest import Window

ROOT = Path(__file__).parents[2]
PAGES = (
    *(("rehearsed", path) for path in ("casos/", "otro/", "como-se-ensaya/", "temas/", "temas/sitio/", "")),
    *(("project", f"{post.stem}/") for post in sorted((ROOT / "posts").glob("*.rst"))),
)


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize(("site", "path"), PAGES)
def test_no_page_is_wider_than_the_screen(
    window: Window, addresses: dict[str, str], site: str, path: str, width: int
) -> None:
    window.show(addresses[site] + path, width, "light")
    for opened in (False, True):
        window.js(f"document.querySelectorAll('details').forEach(d => d.open = {str(opened).lower()})")
        wide = window.js(
            """
            const limit = document.documentElement.clientWidth;
            const scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
            return [document.documentElement.scrollWidth - limit,
                    [...document.body.querySelectorAll('*')]
                      .filter(e => e.getBoundingClientRect().right > limit + 1 && !scrolls(e))
                      .map(e => e.outerHTML.slice(0, 80))];
            """
        )
        assert wide == [0, []]


def test_a_long_line_scrolls_inside_its_block(window: Window, address: str) -> None:
    window.show(address + "casos/", 320, "light")
    inner, outer = window.js(
        "const e = document.querySelector('#circus-ini .code'); return [e.scrollWidth, e.clientWidth]"
    )
    assert inner > outer


CONTRASTS = """
const lum = ([r, g, b]) => [r, g, b].map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const rgb = text => text.match(/[\\d.]+/g).map(Number);
const paper = e => {
  for (; e; e = e.parentElement) {
    const colour = rgb(getComputedStyle(e).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
  }
  return null;
};
document.querySelectorAll('details').forEach(d => d.open = true);
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = {};
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || e.closest('.skip')) continue;
  const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(paper(e))].sort((x, y) => y - x);
  const key = e.tagName.toLowerCase() + '.' + e.className;
  seen[key] = Math.min(seen[key] ?? 99, (a + 0.05) / (b + 0.05));
}
return seen;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("site", "path"), PAGES)
def test_all_text_has_enough_contrast(
    window: Window, addresses: dict[str, str], site: str, path: str, scheme: str
) -> None:
    window.show(addresses[site] + path, 1440, scheme)
    contrasts: dict[str, float] = window.js(CONTRASTS)
    assert len(contrasts) >= 3
    # WCAG 2.2, 1.4.3 (AA)
    assert {what: ratio for what, ratio in contrasts.items() if ratio < 4.5} == {}


def test_the_two_schemes_differ(window: Window, address: str) -> None:
    papers = []
    for scheme in ("light", "dark"):
        window.show(address, 1440, scheme)
        papers.append(window.js("return getComputedStyle(document.body).backgroundColor"))
    assert papers[0] != papers[1]


def test_every_request_goes_to_this_site_and_none_fails(window: Window, addresses: dict[str, str]) -> None:
    for site, path in PAGES:
        window.show(addresses[site] + path, 1440, "light")
        resources: list[str] = window.js("return performance.getEntriesByType('resource').map(entry => entry.name)")
        assert resources
        assert [url for url in resources if not url.startswith(addresses[site])] == []
        fonts: int = window.js("return document.fonts.size")
        assert fonts == 0  # only what the reader's system has
    assert window.complaints() == []


def test_the_keyboard_skips_to_the_content_and_shows_where_it_is(window: Window, address: str) -> None:
    window.show(address + "casos/", 1440, "light")

    window.press("Tab")
    top, outline = window.js(
        "const e = document.activeElement;"
        "return [e.getBoundingClientRect().top, getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth]"
    )
    assert top >= 0
    assert outline.startswith("solid")
    window.press("Enter")
    assert window.js("return location.hash + document.activeElement.tagName") == "#_contenidoMAIN"


def test_prompts_and_line_numbers_are_not_selected(window: Window, address: str) -> None:
    window.show(address + "casos/", 1440, "light")
    selected = window.js(
        "return ['#espia .code', '#circus-ini .code'].map(where => {"
        "getSelection().selectAllChildren(document.querySelector(where)); return getSelection().toString() })"
    )
    assert selected[0].strip() == "python3 espia.py"
    assert selected[1].startswith("[circus]\ncheck_delay = 5\n\n[socket:web]\n# <script>")


def test_the_link_at_a_block_leads_to_it(window: Window, address: str) -> None:
    window.show(address + "casos/#termina-mal", 320, "light")
    top = window.js("return document.querySelector('#termina-mal').getBoundingClientRect().top")
    assert 0 <= top < 900


def test_a_script_cannot_turn_text_into_mark_up_or_fetch_from_elsewhere(window: Window, address: str) -> None:
    window.show(address + "casos/")
    with pytest.raises(JavascriptException, match="TrustedHTML"):
        window.js("document.querySelector('h1').innerHTML = '<b>no</b>'")
    window.js("const image = new Image(); image.src = 'http://127.0.0.2:1/x.png'; document.body.append(image)")
    assert any("violates the following Content Security Policy" in line for line in window.complaints())
