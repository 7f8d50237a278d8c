"""The picture that stands for a page where its link is shared: the title under the site's awning, as PNG.

Drawn with the library and the font that come with the project, so that the same title gives the same bytes, and
nothing is fetched.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

WIDTH, HEIGHT = 1200, 630
"""Pixels; what the places where links are shared ask for."""
FONT = "zilla-slab-latin-700-normal.woff"
"""Zilla Slab, bold; docs/dependencies.rst says where it is from."""
_SCALE = 2  # drawn larger and made smaller: smooth edges
_PAPER, _INK, _SOFT, _RULE = "#fdfbf7", "#221d2b", "#5b5468", "#dcd3c8"
_STRIPES = ("#b3261e", "#c98a1b")
_EDGE = 80
_STRIPE = 40
_LEADING = 1.12
_NOT_IN_ANY_FONT = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Shape:
    """What room there is, in pixels."""

    width: int
    """Of the picture."""
    height: int
    """Of the picture."""
    sizes: tuple[int, ...]
    """Of the title's letters, from the largest to the smallest."""
    top: int
    """Where the title begins."""
    bottom: int
    """Where it has to end."""

    @property
    def line(self) -> int:
        """The width of a line of the title, as it is drawn."""
        return (self.width - 2 * _EDGE) * _SCALE


CARD = Shape(WIDTH, HEIGHT, (92, 80, 70, 62, 54, 46), 215, 560)


def card_png(title: str, site: str, shape: Shape = CARD) -> bytes:
    """The card of the page called *title* on *site*."""
    picture = Image.new("RGB", (shape.width * _SCALE, shape.height * _SCALE), _PAPER)
    draw = ImageDraw.Draw(picture)
    _awning(draw, shape)
    _brand(draw, site)
    font, lines = _fitting(title, shape)
    for number, line in enumerate(lines):
        place = (_EDGE * _SCALE, shape.top * _SCALE + round(number * font.size * _LEADING))
        draw.text(place, line, font=font, fill=_INK)
    _rope(draw, shape)
    file = io.BytesIO()
    words = PngInfo()
    for key, text in _words(title, site).items():
        words.add_itxt(key, text)
    # of the ways to get there the quick ones: a site of a thousand articles has a thousand cards
    small = picture.reduce(_SCALE).quantize(64, method=Image.Quantize.FASTOCTREE)
    small.save(file, "PNG", compress_level=6, pnginfo=words)
    return file.getvalue()


def shows(path: Path, title: str, site: str) -> bool:
    """Whether *path* is the card of the page called *title* on *site*, drawn as it would be now."""
    try:
        with Image.open(path) as picture:
            return _words(title, site).items() <= picture.info.items()
    except (OSError, UnidentifiedImageError):
        return False


def _words(title: str, site: str) -> dict[str, str]:
    """What a card says of itself, under the keywords of the PNG specification."""
    return {"Title": title, "Author": site, "Software": f"ensayar {_code()}"}


@cache
def _code() -> str:
    """Digest of what draws."""
    return hashlib.sha256(Path(__file__).read_bytes() + _typeface()).hexdigest()


@cache
def _typeface() -> bytes:
    return (importlib.resources.files("ensayar") / "fonts" / FONT).read_bytes()


def _font(size: int) -> ImageFont.FreeTypeFont:
    # the simple layout, which is the same wherever the library is
    return ImageFont.truetype(io.BytesIO(_typeface()), size * _SCALE, layout_engine=ImageFont.Layout.BASIC)


def _awning(draw: ImageDraw.ImageDraw, shape: Shape) -> None:
    side = _STRIPE * _SCALE
    for number, left in enumerate(range(0, shape.width * _SCALE, side)):
        colour = _STRIPES[number % 2]
        draw.rectangle((left, 0, left + side - 1, side * 3 // 4), fill=colour)
        draw.ellipse((left, side // 4, left + side - 1, side * 5 // 4), fill=colour)


def _brand(draw: ImageDraw.ImageDraw, site: str) -> None:
    """The ring, and the site's name beside it."""
    centre, x = 140 * _SCALE, (_EDGE + 26) * _SCALE
    for radius, colour in ((26, _STRIPES[0]), (16, _PAPER), (12, _STRIPES[1]), (6, _PAPER)):
        size = radius * _SCALE
        draw.ellipse((x - size, centre - size, x + size, centre + size), fill=colour)
    draw.text((x + 44 * _SCALE, centre), _drawable(site, _font(48)), font=_font(48), fill=_SOFT, anchor="lm")


def _rope(draw: ImageDraw.ImageDraw, shape: Shape) -> None:
    y, radius = (shape.height - 35) * _SCALE, 7 * _SCALE
    for x in range(_EDGE * _SCALE + radius, (shape.width - _EDGE) * _SCALE, 32 * _SCALE):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=_RULE, width=3 * _SCALE)


def _drawable(text: str, font: ImageFont.FreeTypeFont) -> str:
    """*text* without what the font does not have."""
    missing = bytes(font.getmask(_NOT_IN_ANY_FONT))
    kept = (char if char.isspace() or bytes(font.getmask(char)) != missing else " " for char in text)
    return " ".join("".join(kept).split())


def _fitting(title: str, shape: Shape) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest font in which *title* has room, and its lines; what does not fit in the smallest is cut off."""
    for size in shape.sizes:
        font = _font(size)
        lines = _broken(_drawable(title, font), font, shape.line)
        room = int((shape.bottom - shape.top) / (size * _LEADING))
        if len(lines) <= room and all(font.getlength(line) <= shape.line for line in lines):
            return font, lines
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{lines[room - 1]}…"]
    return font, lines


def _broken(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
