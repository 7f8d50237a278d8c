"""The one way in which this package makes an element: escaped unless it is already mark-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

Attribute = str | int | bool | None
_VOID = frozenset({"img", "input", "source"})
"""Of the elements that HTML ends by themselves, those in use here."""


def element(name: str, *children: str | Markup, **attributes: Attribute) -> Markup:
    """``<name …>children</name>``.

    Text is escaped, :class:`~markupsafe.Markup` is not. An attribute that is ``None`` or ``False`` is left out,
    ``True`` has no value; a trailing underscore is dropped and the others become hyphens (``class_``, ``aria_label``).
    """
    written = Markup("").join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup("<{}{}>").format(name, written)
    return Markup("<{}{}>{}</{}>").format(name, written, join(children), name)


def _attribute(key: str, value: Attribute) -> Markup:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return Markup("")
    return Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)


def join(parts: Iterable[str | Markup], between: str = "") -> Markup:
    """The parts, each escaped unless it is mark-up."""
    return escape(between).join(escape(part) for part in parts)
