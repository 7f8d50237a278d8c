"""How pages are laid out, measured in the browser, and pictures of them for people to look at.

No picture is compared with one from before: the same page has other pixels with the next version of the browser, of
FreeType or of a font, and Debian 12 and 13 differ in all three. What must not change is measured instead.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from visit.addresses import address_of, sources

if TYPE_CHECKING:
    from .conftest import Window

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".dev" / "screenshots"
WIDTHS = (320, 768, 1440)
SCHEMES = ("light", "dark")
TALLEST = 8000
"""Pixels of a page that are pictured; of an article the introduction, the box and the first steps."""
POSTS = tuple(map(address_of, sources()))
PATHS = ("", "archivo/", "buscar/?q=circus", "como-se-ensaya/", "temas/", "temas/circus/", "404.html", *POSTS)


def show(window: Window, address: str, path: str, width: int, scheme: str = "light") -> None:
    window.show(address + path, width, scheme)
    if "?q=" in path:
        window.later(
            "const done = arguments[0]; const look = () =>"
            "document.querySelector('.found li') ? done() : setTimeout(look, 50); look()"
        )


LINES = """
const results = [];
for (const box of document.querySelectorAll('main :is(p, li, dd)')) {
  if (box.closest('.block, .tools, nav, table')) continue;
  if (box.querySelector('p, ul, ol, dl, div, figure, table, pre')) continue;
  const range = document.createRange();
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const lines = new Map();
  while (walker.nextNode()) {
    for (let at = 0; at < walker.currentNode.length; at += 1) {
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + 1);
      const [place] = range.getClientRects();
      if (!place?.width) continue;
      const line = Math.round((place.top + place.bottom) / 16);
      lines.set(line, (lines.get(line) ?? 0) + 1);
    }
  }
  const full = [...lines.values()].slice(0, -1);
  if (full.length >= 2) results.push([full.reduce((sum, count) => sum + count, 0) / full.length, box.textContent]);
}
return results;
"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["como-se-ensaya/", *POSTS])
def test_lines_of_text_are_neither_too_long_nor_too_short_to_read(
    window: Window, addresses: dict[str, str], path: str, width: int
) -> None:
    show(window, addresses["project"], path, width)
    lines: list[tuple[float, str]] = window.js(LINES)
    assert len(lines) >= 5
    # Bringhurst, 2.1.2: 45 to 75 characters; WCAG 2.2, 1.4.8 (AAA): 80 at most
    assert [(round(mean), text[:60]) for mean, text in lines if mean > 75] == []
    middle = sorted(mean for mean, _ in lines)[len(lines) // 2]
    assert middle >= (45 if width > 700 else 25), middle


SETTLED = """
const done = arguments[0]; let before = ''; let same = 0;
const look = () => {
  const now = `${document.readyState} ${document.documentElement.scrollHeight} ${document.documentElement.scrollWidth}`;
  same = now === before && now.startsWith('complete') ? same + 1 : 0;
  before = now;
  if (same < 5) requestAnimationFrame(look); else done();
};
look();
"""
LEAST = 0.1
"""Of a pixel; what differs by less is the same."""
PLACES = """
return [...document.body.querySelectorAll('*')].filter(e => e.getClientRects().length).map(e => {
  const { left, top, width, height } = e.getBoundingClientRect();
  return [e.tagName, left, top, width, height];
});
"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_the_schemes_differ_in_nothing_but_colours(
    window: Window, addresses: dict[str, str], path: str, width: int
) -> None:
    found = []
    # whether a box that scrolls has got a bar depends on how far the page had come when it was laid out first
    window.command("Emulation.setScrollbarsHidden", hidden=True)
    try:
        for scheme in SCHEMES:
            show(window, addresses["project"], path, width, scheme)
            window.later(SETTLED)
            found.append(window.js(PLACES))
    finally:
        window.command("Emulation.setScrollbarsHidden", hidden=False)
    light, dark = found
    assert len(light) >= 15
    # compared before they are rounded: a half would go now up, now down
    assert dark == [[name, *(pytest.approx(place, abs=LEAST) for place in places)] for name, *places in light]


OVERLAPS = """
const groups = ['header.site > *', 'header.site li', '.tags li', '.prose > *', '.prose > section > *', '.entries > li',
                '.block > figcaption > *', '.tools > *', '.found > ol > li', '.found ul > li', '.rehearsal dl > div'];
const found = [];
for (const group of groups) {
  const byParent = Map.groupBy(document.querySelectorAll(group), e => e.parentElement);
  for (const siblings of byParent.values()) {
    const boxes = siblings.map(e => [e, e.getBoundingClientRect()])
      .filter(([, box]) => box.width > 1 && box.height > 1);
    for (let i = 0; i < boxes.length; i += 1) {
      for (let j = i + 1; j < Math.min(boxes.length, i + 40); j += 1) {
        const [[a, x], [b, y]] = [boxes[i], boxes[j]];
        const across = Math.min(x.right, y.right) - Math.max(x.left, y.left);
        const down = Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top);
        if (across > 1 && down > 1) found.push([group, a.outerHTML.slice(0, 60), b.outerHTML.slice(0, 60)]);
      }
    }
  }
}
return found;
"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_nothing_lies_on_top_of_anything_else(window: Window, addresses: dict[str, str], path: str, width: int) -> None:
    show(window, addresses["project"], path, width)
    assert window.js(OVERLAPS) == []


@pytest.mark.parametrize("path", PATHS)
def test_no_text_is_too_small_to_read(window: Window, addresses: dict[str, str], path: str) -> None:
    show(window, addresses["project"], path, 320)
    small = window.js(
        """
        document.querySelectorAll('details').forEach(d => d.open = true);
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const found = new Set();
        while (walker.nextNode()) {
          const e = walker.currentNode.parentElement;
          const size = parseFloat(getComputedStyle(e).fontSize);
          if (walker.currentNode.data.trim() && e.getClientRects().length && size < 11.5)
            found.add(`${e.tagName}.${e.className}: ${size}`);
        }
        return [...found];
        """
    )
    assert small == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_a_picture_of_each_page_can_be_looked_at(
    window: Window, addresses: dict[str, str], path: str, width: int, scheme: str
) -> None:
    show(window, addresses["project"], path, width, scheme)
    height = min(TALLEST, window.js("return document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    shot = window.command("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
    data = base64.b64decode(shot["data"])
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = path.partition("?")[0].strip("/").replace("/", "-").removesuffix(".html") or "portada"
    (PICTURES / f"{name}-{width}-{scheme}.png").write_bytes(data)
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert picture.size == (width, height)
    # paper on the edge, most of the way down (on a phone blocks reach it); the awning on top; something in between
    paper = (253, 251, 247) if scheme == "light" else (23, 20, 28)
    assert sum(picture.getpixel((2, y)) == paper for y in range(height)) > height / 2
    assert picture.getpixel((10, 3)) != paper
    counts = picture.getcolors(maxcolors=1 << 24)
    assert counts is not None
    assert len(counts) > 30
    most, _ = max(counts)
    assert most < 0.995 * width * height
