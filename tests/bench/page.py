"""The figures for readers: tables in reStructuredText that ``docs/bench.rst`` includes, and on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from bench.model import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.model import Figure, Report, Section

MACHINE = "machine.inc"
_STYLE = {SHORT: "red"}
_DIGITS = ((100, 0), (10, 1), (0.1, 2))


def number(value: float) -> str:
    """*value* as it is read: as many digits as mean something."""
    if value == int(value):
        return f"{value:,.0f}"
    digits = next((digits for least, digits in _DIGITS if abs(value) >= least), 3)
    return f"{value:,.{digits}f}"


def _words(figure: Figure) -> tuple[str, str, str, str]:
    value = f"{number(figure.value)} {figure.unit}".strip()
    bounds = [f"{sign} {number(each)} {figure.unit}".strip() for sign, each in _bounds(figure) if each is not None]
    return value, ", ".join(bounds), figure.verdict, _how(figure)


def _bounds(figure: Figure) -> tuple[tuple[str, float | None], ...]:
    return ("≥", figure.least), ("≤", figure.bound)


def _how(figure: Figure) -> str:
    if len(figure.samples) > 1:
        return f"{figure.how} ({number(min(figure.samples))} to {number(max(figure.samples))})"
    return figure.how


def table(section: Section) -> Table:
    """For the console."""
    made = Table(title=f"({section.key}) {section.title}", title_justify="left", title_style="bold", show_edge=False)
    for name in ("", "measured", "bound", "verdict", "how"):
        made.add_column(name, justify="right" if name in {"measured", "bound"} else "left")
    for figure in section.figures:
        value, bound, verdict, how = _words(figure)
        made.add_row(figure.what, value, bound, verdict, how, style=_STYLE.get(verdict))
    return made


def _list_table(widths: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [".. list-table::", *(["   :header-rows: 1"] if header else []), f"   :widths: {widths}", ""]
    for row in [*([header] if header else []), *rows]:
        for index, cell in enumerate(row):
            lines.append(f"   {'*' if index == 0 else ' '} - {cell}".rstrip())
    return "\n".join(lines) + "\n"


def included(section: Section) -> str:
    """What ``docs/bench.rst`` includes for *section*."""
    rows = []
    for figure in section.figures:
        value, bound, verdict, how = _words(figure)
        rows.append((figure.what, value, bound, f"**{verdict}**" if verdict == SHORT else verdict, how))
    made = _list_table("40 14 12 13 21", ("", "measured", "bound", "verdict", "how"), rows)
    return f"{made}\nMeasured on {section.measured}, commit ``{section.commit}``.\n"


def _machine(report: Report) -> str:
    first = next(iter(report.sections.values()), None)
    return _list_table("25 75", (), first.machine.items()) if first else "Nothing was measured yet.\n"


def files(report: Report, keys: Iterable[str]) -> dict[str, str]:
    """Name to text of each file that is included; *keys* are those of all sections there can be."""
    found = {MACHINE: _machine(report)}
    for key in keys:
        section = report.sections.get(key)
        found[f"{key}.inc"] = included(section) if section else "Not measured on this machine.\n"
    return found
