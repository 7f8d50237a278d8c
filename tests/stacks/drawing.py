"""How the charts are drawn: bars from zero, with how far the rounds are from each other, and dots where all are shown.

Lengths are in the picture's own unit, which is a pixel where it is shown in its size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from stacks.svg import LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from stacks.measured import Spread

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 440, 78, 14, 8, 62
"""Of a picture, and its margins."""
HEAD, BAR, STEP = 24, 16, 32
"""How high a heading is and a bar, and from one bar to the next."""
BIG, SMALL = 13, 11
ROOM = 1.22
"""How much longer the axis is than what is on it, for the figures at its end."""
PAD = 0.018
"""Of the axis, between what is drawn and its text."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, and what it says."""

    label: str
    """At its beginning."""
    parts: Mapping[str, float]
    """Its pieces by their colours; one of the whole length, or several."""
    whole: Spread
    """Its length, and between what the rounds are."""
    text: str
    """At its end."""
    told: str
    """For who cannot see it."""


@dataclass(frozen=True, slots=True)
class Dots:
    """A row of dots, and what it says."""

    label: str
    colour: str
    values: Sequence[float]
    median: float
    told: str
    """For who cannot see it."""


@dataclass(frozen=True, slots=True)
class Group:
    """What stands below one heading."""

    heading: str
    rows: Sequence[Bar | Dots]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart."""

    figure: Figure
    told: str
    """What it shows, in words."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is written around what is drawn."""

    axis: str
    """What the axis shows."""
    note: str
    """Below all."""
    tick: Callable[[float], str]
    """How a number at the axis is written."""


def draw(groups: Sequence[Group], frame: Frame, key: Mapping[str, str] | None = None) -> Drawn:
    """A chart of *groups* in a *frame*; the *key* says by colour what the pieces of bars are."""
    rows = [row for group in groups for row in group.rows]
    highest = max(row.whole.highest if isinstance(row, Bar) else max(row.values) for row in rows)
    height = HEAD * (len(groups) + bool(key)) + STEP * len(rows)
    figure, axes = _canvas(height, highest, frame)
    end, y = axes.get_xlim()[1], 0.0
    if key:
        _key(axes, key, end)
        y += HEAD
    for group in groups:
        _say(axes, end * PAD, y + HEAD / 2, group.heading, weight="bold")
        y += HEAD
        for row in group.rows:
            if isinstance(row, Bar):
                _bar(axes, row, y + BAR / 2, end)
            else:
                _dots(axes, row, y + BAR / 2)
            y += STEP
    told = (f"{group.heading}: {'; '.join(row.told for row in group.rows)}." for group in groups)
    return Drawn(figure, " ".join(told))


def _canvas(height: float, highest: float, frame: Frame) -> tuple[Figure, Axes]:
    whole = height + TOP + BOTTOM
    figure = Figure(figsize=(WIDTH / 72, whole / 72), facecolor=LIGHT["paper"])
    axes = figure.add_axes((LEFT / WIDTH, BOTTOM / whole, (WIDTH - LEFT - RIGHT) / WIDTH, height / whole))
    axes.set_facecolor("none")
    axes.set_xlim(0, highest * ROOM or 1)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    for name, spine in axes.spines.items():
        spine.set_visible(name == "left")
        spine.set_color(LIGHT["ink"])
    axes.tick_params("x", length=0, pad=4, labelsize=SMALL, labelcolor=LIGHT["ink"])
    axes.grid(visible=True, axis="x", color=LIGHT["rule"], linewidth=1)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: frame.tick(value)))
    axes.set_xlabel(frame.axis, fontsize=BIG, color=LIGHT["ink"], labelpad=3)
    figure.text(0.5, 8 / whole, frame.note, fontsize=SMALL, color=LIGHT["soft"], ha="center", va="bottom")
    return figure, axes


def _key(axes: Axes, key: Mapping[str, str], end: float) -> None:
    for place, (colour, words) in enumerate(key.items()):
        x = end * (PAD + 0.33 * place)
        axes.barh(HEAD / 2, end * 0.03, left=x, height=10, color=LIGHT[colour], linewidth=0)
        _say(axes, x + end * 0.04, HEAD / 2, words, fontsize=SMALL)


def _bar(axes: Axes, bar: Bar, y: float, end: float) -> None:
    left = 0.0
    for colour, length in bar.parts.items():
        edge = LIGHT["paper"] if len(bar.parts) > 1 else "none"
        axes.barh(y, length, left=left, height=BAR, color=LIGHT[colour], edgecolor=edge, linewidth=1.5)
        left += length
    below, cap = y + BAR / 2 + 5, 2.5
    low, high = bar.whole.lowest, bar.whole.highest
    for x in (low, high):
        axes.plot([x, x], [below - cap, below + cap], color=LIGHT["ink"], linewidth=1.5, clip_on=False)
    axes.plot([low, high], [below, below], color=LIGHT["ink"], linewidth=1.5, clip_on=False)
    _label(axes, y, bar.label)
    _say(axes, left + end * PAD, y, bar.text)


def _dots(axes: Axes, dots: Dots, y: float) -> None:
    edge = LIGHT[dots.colour]
    axes.scatter(
        dots.values, [y] * len(dots.values), s=36, facecolors="none", edgecolors=edge, linewidths=1.5, clip_on=False
    )
    axes.plot([dots.median, dots.median], [y - 11, y + 11], color=LIGHT["ink"], linewidth=2)
    _label(axes, y, dots.label)


def _say(axes: Axes, x: float, y: float, text: str, **more: Any) -> None:  # noqa: ANN401  (matplotlib's)
    axes.text(x, y, text, **{"fontsize": BIG, "color": LIGHT["ink"], "va": "center", **more})


def _label(axes: Axes, y: float, text: str) -> None:
    _say(axes, -PAD, y, text, ha="right", transform=axes.get_yaxis_transform())
