"""The cover of an EPUB: the card of its article, upright."""

from __future__ import annotations

from ensayar.publish.card import Shape, card_png

COVER = Shape(1200, 1800, (128, 112, 98, 86, 76, 66), 360, 1640)
"""Two by three, as reading systems show their shelves."""


def cover_png(title: str, site: str) -> bytes:
    """The cover of the book called *title*, from *site*."""
    return card_png(title, site, COVER)
