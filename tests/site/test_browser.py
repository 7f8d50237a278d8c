"""The built site in a real browser: on a phone, a tablet and a screen, in light and in dark."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.common.exceptions import JavascriptException

from visit.addresses import address_of, reports, sources
from visit.axe import RUN

if TYPE_CHECKING:
    from .conftest import Window

ROOT = Path(__file__).parents[2]
PAGES = (
    *(
        ("rehearsed", path)
        for path in (
            "casos/",
            "casos/ensayo/",
            "otro/",
            "como-se-ensaya/",
            "archivo/",
            "buscar/",
            "temas/",
            "temas/sitio/",
            "",
            "404.html",
            "no/hay/nada",
        )
    ),
    *(("project", path) for path in (*map(address_of, sources()), *reports(), "en/", "en/search/")),
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


# every page of the project's own site is asked in test_axe.py, at two widths
@pytest.mark.parametrize(("site", "path"), [(site, path) for site, path in PAGES if site != "project"])
def test_axe_finds_nothing_wrong_in_either_scheme(
    window: Window, addresses: dict[str, str], axe: str, site: str, path: str
) -> None:
    window.command("Page.setBypassCSP", enabled=True)  # axe evaluates code; the page does not
    try:
        for scheme in ("light", "dark"):
            window.show(addresses[site] + path, 1440, scheme)
            window.js(axe)
            result = window.later(RUN)
            assert result["violations"] == [], scheme
            assert result["rules"] >= 15
    finally:
        window.command("Page.setBypassCSP", enabled=False)
        window.complaints()


@pytest.mark.parametrize("path", ["casos/", "casos/ensayo/", "otro/", ""])
def test_what_can_be_pressed_is_large_enough(window: Window, address: str, path: str) -> None:
    window.show(address + path, 320)
    # WCAG 2.2, 2.5.8 (AA): 24 by 24 pixels; a link within a sentence may be smaller
    small = window.js(
        """
        document.querySelectorAll('[hidden]').forEach(e => e.hidden = false);
        return [...document.querySelectorAll('button, select, input, .tick, summary, nav a, .anchor, .brand a')]
          .filter(e => !(e.type === 'checkbox' && e.closest('label'))).filter(e => e.getClientRects().length)
          .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24).map(([html, box]) => [html, box.width, box.height]);
        """
    )
    assert small == []


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_reader_s_choice_of_colours_wins_and_is_remembered(window: Window, address: str, system: str) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    window.show(address, 1440, "light")
    light = window.js(paper)
    window.show(address, 1440, "dark")
    dark = window.js(paper)
    assert light != dark
    window.show(address, 1440, system)
    choose = (
        "const box = document.querySelector('.scheme select'); box.value = arguments[0];"
        "box.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    for choice, expected in (("dark", dark), ("light", light), ("", {"light": light, "dark": dark}[system])):
        window.js(choose, choice)
        assert window.js(paper) == expected
        window.show(address + "otro/", 1440, system)
        assert window.js(paper) == expected
        assert window.js("return document.querySelector('.scheme select').value") == choice


def test_the_chosen_colours_are_in_force_before_anything_is_painted(window: Window, address: str) -> None:
    window.show(address, 1440, "light")
    window.js("localStorage.setItem('ensayar:scheme', 'dark')")
    # what the page's first line has done by the time that its body begins
    script = (
        "new MutationObserver((_, observer) => { if (document.body) { observer.disconnect();"
        "window.atFirst = document.documentElement.dataset.scheme + document.documentElement.className } })"
        ".observe(document, {childList: true, subtree: true})"
    )
    added = window.command("Page.addScriptToEvaluateOnNewDocument", source=script)
    try:
        window.show(address, 1440, "light")
        assert window.js("return window.atFirst") == "darkjs"
    finally:
        window.command("Page.removeScriptToEvaluateOnNewDocument", **added)


@pytest.mark.parametrize("chosen", ["light", "dark"])
def test_diagrams_follow_the_colours(window: Window, addresses: dict[str, str], chosen: str) -> None:
    other = {"light": "dark", "dark": "light"}[chosen]
    window.show(addresses["project"], 1440, other)
    window.js("localStorage.setItem('ensayar:scheme', arguments[0])", chosen)
    post = address_of(sources()[0])
    window.show(addresses["project"] + post, 1440, other)
    box = window.js(
        "const image = document.querySelector('img[src$=\".svg\"]'); image.scrollIntoView({behavior: 'instant'});"
        "const {left, top} = image.getBoundingClientRect(); return [left + scrollX, top + scrollY]"
    )
    clip = {"x": box[0] + 20, "y": box[1] + 12, "width": 1, "height": 1, "scale": 1}
    picture = base64.b64decode(window.command("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])
    luminance = sum(pixel(picture)) / 3
    assert (luminance > 200) == (chosen == "light"), luminance


def pixel(png: bytes) -> tuple[int, int, int]:
    """The only pixel of a picture (PNG, third edition, 11.2)."""
    data = b""
    position = 8
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        if png[position + 4 : position + 8] == b"IDAT":
            data += png[position + 8 : position + 8 + length]
        position += 12 + length
    _filter, red, green, blue = zlib.decompress(data)[:4]
    return red, green, blue


def test_who_asks_for_less_motion_gets_none(window: Window, address: str) -> None:
    moving = (
        "return [document.documentElement, ...document.body.querySelectorAll('*')].filter(e => {"
        "const s = getComputedStyle(e);"
        "return s.scrollBehavior === 'smooth' || parseFloat(s.transitionDuration) || s.animationName !== 'none'"
        "}).length"
    )
    window.show(address + "casos/")
    assert window.js(moving) > 0
    window.show(address + "casos/", prefers_reduced_motion="reduce")
    assert window.js(moving) == 0


def test_on_paper_there_are_no_tools_and_no_code_is_cut_off(window: Window, address: str) -> None:
    window.show(address + "casos/", 1440, "dark")
    window.command("Emulation.setEmulatedMedia", media="print")
    try:
        window.command("Emulation.setDeviceMetricsOverride", width=680, height=900, deviceScaleFactor=1, mobile=False)
        shown = window.js(
            "return [...document.querySelectorAll('button, input, select, nav, .tools')]"
            ".filter(e => e.getClientRects().length).map(e => e.outerHTML.slice(0, 80))"
        )
        assert shown == []
        cut = window.js(
            "return [...document.querySelectorAll('.code')].filter(e => e.scrollWidth > e.clientWidth + 1)"
            ".map(e => e.closest('figure').id)"
        )
        assert cut == []
        assert window.js("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    finally:
        window.command("Emulation.setEmulatedMedia", media="")


def test_a_page_that_is_not_there_is_styled_and_leads_on(window: Window, address: str) -> None:
    window.show(address + "no/hay/tal/cosa")
    assert window.js("return document.querySelector('h1').textContent") == "Acá no hay función"
    assert window.js("return getComputedStyle(document.querySelector('.brand')).fontWeight") == "700"
    links = window.js("return [...document.querySelectorAll('main a')].map(a => a.href)")
    assert links == [address, address + "buscar/", address + "como-se-ensaya/"]


def test_the_two_schemes_differ(window: Window, address: str) -> None:
    papers = []
    for scheme in ("light", "dark"):
        window.show(address, 1440, scheme)
        papers.append(window.js("return getComputedStyle(document.body).backgroundColor"))
    assert papers[0] != papers[1]


def test_every_request_goes_to_this_site_and_none_fails(window: Window, addresses: dict[str, str]) -> None:
    for site, path in PAGES:
        if path == "no/hay/nada":
            continue  # the browser logs that it is not there
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


def test_prompts_line_numbers_and_output_are_not_selected(window: Window, address: str) -> None:
    window.show(address + "casos/", 1440, "light")
    selected = window.js(
        "return ['#espia .code', '#circus-ini .code', '#instalar-nginx .code'].map(where => {"
        "getSelection().selectAllChildren(document.querySelector(where)); return getSelection().toString() })"
    )
    assert selected[0].strip() == "python3 espia.py"
    assert [line for line in selected[2].split("\n") if line] == [
        "apt-get install --yes nginx-light",
        "systemctl is-active nginx",
        "systemctl show --property=MainPID nginx",
        "cat /etc/os-release",
    ]
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


@pytest.mark.parametrize(("site", "path"), [item for item in PAGES if item[1] not in {"404.html", "no/hay/nada"}])
def test_what_scrolls_on_a_phone_can_be_reached_by_keyboard(
    window: Window, addresses: dict[str, str], site: str, path: str
) -> None:
    window.show(addresses[site] + path, 320)
    unreachable = window.js(
        "return [...document.querySelectorAll('main *')]"
        ".filter(e => /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1)"
        ".filter(e => e.tabIndex < 0).map(e => [e.className, e.textContent.slice(0, 80)])"
    )
    assert unreachable == []
