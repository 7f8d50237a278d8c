"""A chart of matplotlib's as the site wants its pictures: two colour schemes, text as text, told to who cannot see it.

What comes in is drawn in the light colours of :data:`COLOURS`; each becomes a class, which a style sheet in the picture
colours for either scheme. What goes out is the same bytes for the same chart: no day, no program's name, no chance.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

COLOURS = {
    "paper": ("#fdfbf7", "#1c1922"),
    "ink": ("#221d2b", "#f2eef7"),
    "soft": ("#5b5468", "#b5adc4"),
    "rule": ("#dcd3c8", "#3d3648"),
    "circus": ("#b3261e", "#ff8a80"),
    "classic": ("#3c4fb8", "#a9b8ff"),
    "workers": ("#2f6b45", "#7fc79a"),
    "keepers": ("#7a4f9a", "#c9a2e6"),
    "others": ("#8a5a00", "#e0b25c"),
}
"""By name: light and dark. All but the paper's and the rule's are at least 3:1 on either ground."""
LIGHT = {name: light for name, (light, _) in COLOURS.items()}
_SVG = "http://www.w3.org/2000/svg"
_NAMES = {light: name for name, light in LIGHT.items()}


@contextmanager
def plain() -> Iterator[None]:
    """A place for drawing: what this computer wants of matplotlib is of no account, and neither is chance.

    Text is laid out in the font that comes with matplotlib, which is as wide as any, and shown in the reader's.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["svg.fonttype"] = "none"
        mpl.rcParams["svg.hashsalt"] = "ensayar"
        yield


def picture(figure: Figure, title: str, description: str) -> bytes:
    """*figure* as an SVG called *title*, which the *description* tells to who cannot see it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    root = etree.fromstring(buffer.getvalue(), etree.XMLParser(remove_blank_text=True, remove_comments=True))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", "titulo detalle")
    for element in list(root.iter(f"{{{_SVG}}}metadata", f"{{{_SVG}}}style")):
        element.getparent().remove(element)
    for element in root.iter(f"{{{_SVG}}}*"):
        _dress(element)
    for place, (name, content, attributes) in enumerate(
        (("title", title, {"id": "titulo"}), ("desc", description, {"id": "detalle"}), ("style", _style(), {}))
    ):
        element = etree.Element(f"{{{_SVG}}}{name}", attributes)
        element.text = content
        root.insert(place, element)
    etree.cleanup_namespaces(root)
    text: bytes = etree.tostring(root, encoding="utf-8", pretty_print=True)
    return text


def _style() -> str:
    """Colours by class, and the site's font."""

    def rules(scheme: int) -> str:
        return "".join(
            f"\n    .f-{name} {{ fill: {both[scheme]}; }} .s-{name} {{ stroke: {both[scheme]}; }}"
            for name, both in COLOURS.items()
        )

    return (
        "\n    * { stroke-linejoin: round; stroke-linecap: butt; }"
        f"\n    text {{ font-family: system-ui, sans-serif; }}{rules(0)}"
        f"\n    @media (prefers-color-scheme: dark) {{{rules(1)}\n    }}\n  "
    )


def _dress(element: Any) -> None:  # noqa: ANN401  (lxml has no types)
    """Take colours and font out of an element's own style, which would prevail over any style sheet."""
    style = element.attrib.pop("style", "")
    classes, kept = [], []
    for name, _, value in (part.partition(":") for part in style.split(";")):
        prop, said = name.strip(), value.strip()
        if prop in {"fill", "stroke"} and said in _NAMES:
            classes.append(f"{prop[0]}-{_NAMES[said]}")
        elif prop and prop != "font-family":
            kept.append(f"{prop}: {said}")
    if classes:
        element.set("class", " ".join(classes))
    if kept:
        element.set("style", "; ".join(kept))
