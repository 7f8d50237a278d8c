"""The built site in a real browser: on a phone, a tablet and a screen, in light and in dark."""

from __future__ import annotations

import functools
import http.server
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Site

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ROOT = Path(__file__).parents[2]
PAGES = (
    *(("rehearsed", path) for path in ("casos/", "otro/", "como-se-ensaya/", "temas/", "temas/sitio/", "")),
    *(("project", f"{post.stem}/") for post in sorted((ROOT / "posts").glob("*.rst"))),
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Not into the test's output."""


@contextmanager
def served(site: Site) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site.root / "output"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def addresses(rehearsed: Site, project: Site) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield {
            "rehearsed": stack.enter_context(served(rehearsed)),
            "project": stack.enter_context(served(project)),
        }


@pytest.fixture
def address(addresses: dict[str, str]) -> str:
    return addresses["rehearsed"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    profile: Path = tmp_path_factory.mktemp("perfil")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


def show(browser: webdriver.Chrome, url: str, width: int, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(url)


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize(("site", "path"), PAGES)
def test_no_page_is_wider_than_the_screen(
    browser: webdriver.Chrome, addresses: dict[str, str], site: str, path: str, width: int
) -> None:
    show(browser, addresses[site] + path, width, "light")
    for opened in (False, True):
        browser.execute_script(f"document.querySelectorAll('details').forEach(d => d.open = {str(opened).lower()})")
        wide = browser.execute_script(
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


def test_a_long_line_scrolls_inside_its_block(browser: webdriver.Chrome, address: str) -> None:
    show(browser, address + "casos/", 320, "light")
    inner, outer = browser.execute_script(
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
    browser: webdriver.Chrome, addresses: dict[str, str], site: str, path: str, scheme: str
) -> None:
    show(browser, addresses[site] + path, 1440, scheme)
    contrasts: dict[str, float] = browser.execute_script(CONTRASTS)
    assert len(contrasts) >= 3
    # WCAG 2.2, 1.4.3 (AA)
    assert {what: ratio for what, ratio in contrasts.items() if ratio < 4.5} == {}


def test_the_two_schemes_differ(browser: webdriver.Chrome, address: str) -> None:
    papers = []
    for scheme in ("light", "dark"):
        show(browser, address, 1440, scheme)
        papers.append(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert papers[0] != papers[1]


def test_every_request_goes_to_this_site_and_none_fails(browser: webdriver.Chrome, addresses: dict[str, str]) -> None:
    for site, path in PAGES:
        show(browser, addresses[site] + path, 1440, "light")
        resources: list[str] = browser.execute_script(
            "return performance.getEntriesByType('resource').map(entry => entry.name)"
        )
        assert resources
        assert [url for url in resources if not url.startswith(addresses[site])] == []
        fonts: int = browser.execute_script("return document.fonts.size")
        assert fonts == 0  # only what the reader's system has
    logged: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's gap
    assert [entry["message"] for entry in logged] == []


def test_the_keyboard_skips_to_the_content_and_shows_where_it_is(browser: webdriver.Chrome, address: str) -> None:
    show(browser, address + "casos/", 1440, "light")

    def press(key: str, code: int) -> None:
        for kind in ("rawKeyDown", "char", "keyUp"):
            event = {"type": kind, "key": key, "windowsVirtualKeyCode": code, "text": "\r" if key == "Enter" else ""}
            browser.execute_cdp_cmd("Input.dispatchKeyEvent", event)

    press("Tab", 9)
    top, outline = browser.execute_script(
        "const e = document.activeElement;"
        "return [e.getBoundingClientRect().top, getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth]"
    )
    assert top >= 0
    assert outline.startswith("solid")
    press("Enter", 13)
    assert browser.execute_script("return location.hash + document.activeElement.tagName") == "#_contenidoMAIN"


def test_prompts_and_line_numbers_are_not_selected(browser: webdriver.Chrome, address: str) -> None:
    show(browser, address + "casos/", 1440, "light")
    selected = browser.execute_script(
        "return ['#espia .code', '#circus-ini .code'].map(where => {"
        "getSelection().selectAllChildren(document.querySelector(where)); return getSelection().toString() })"
    )
    assert selected[0].strip() == "python3 espia.py"
    assert selected[1].startswith("[circus]\ncheck_delay = 5\n\n[socket:web]\n# <script>")


def test_the_link_at_a_block_leads_to_it(browser: webdriver.Chrome, address: str) -> None:
    show(browser, address + "casos/#termina-mal", 320, "light")
    top = browser.execute_script("return document.querySelector('#termina-mal').getBoundingClientRect().top")
    assert 0 <= top < 900
