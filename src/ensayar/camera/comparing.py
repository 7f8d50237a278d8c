"""What differs between two pictures, as a share of their pixels and as a picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.album import Box

NOTICEABLE = 16
"""A pixel differs where its red, green or blue does by more than this, of 255."""
_FADE = 0.75
_SIGNAL = (214, 0, 92)
_END = b"IEND\xaeB`\x82"
"""How every whole PNG ends. Pillow may have been told to take half a picture for one: WeasyPrint does so on import."""


class UnreadableError(Exception):
    """No picture."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two pictures."""

    share: float
    """Of all pixels, from 0 to 1, those that differ outside of what is masked."""
    sizes: tuple[tuple[int, int], tuple[int, int]]
    """Width and height of both, in pixels."""
    picture: bytes
    """PNG: the later one faded, what differs in a signal colour, what is masked in grey."""


def compare(before: bytes, after: bytes, masked: Iterable[Box] = ()) -> Difference:
    """How *after* differs from *before*, both PNG; of two sizes all of it does.

    :raises UnreadableError: *before* is no picture.
    """
    earlier, later = _opened(before), _opened(after)
    faded = Image.blend(later, Image.new("RGB", later.size, "white"), _FADE)
    if earlier.size != later.size:
        return Difference(1.0, (earlier.size, later.size), encoded(faded))
    channels = ImageChops.difference(earlier, later).split()
    most = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    differs = most.point([255 if value > NOTICEABLE else 0 for value in range(256)])
    for box in masked:
        differs.paste(0, box)
        faded.paste("grey", box)
    faded.paste(_SIGNAL, (0, 0), differs)
    count = differs.histogram()[255]
    return Difference(count / (later.width * later.height), (earlier.size, later.size), encoded(faded))


def covered(size: tuple[int, int], masked: Iterable[Box]) -> float:
    """The share of a picture of this width and height that is masked, from 0 to 1."""
    mask = Image.new("L", size)
    for box in masked:
        mask.paste(255, box)
    return mask.histogram()[255] / (size[0] * size[1])


def normal(picture: bytes) -> bytes:
    """A PNG with the same pixels, small and without a word about where it comes from."""
    return encoded(_opened(picture))


def encoded(picture: Image.Image) -> bytes:
    """*picture* as PNG."""
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _opened(data: bytes) -> Image.Image:
    if not data.endswith(_END):
        message = "no whole PNG"
        raise UnreadableError(message)
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadableError(str(error)) from error
