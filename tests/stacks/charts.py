"""The charts of the classic article, made of ``stacks.json``: ``files/images/pilas-*.svg`` and ``.en.svg``.

``./dev bench-stacks charts`` draws them anew from what is committed, without a machine. Every axis begins at zero, and
every chart shows how far the rounds are from each other.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensayar import atomic
from stacks.drawing import Bar, Dots, Drawn, Frame, Group, draw
from stacks.measured import FILE_NAME, Spread, delays, figure, memory, spread
from stacks.stack import CIRCUS, CLASSIC, STACKS
from stacks.svg import picture, plain
from stacks.table import CHANNELS, DISTURBANCES, Words, number
from stacks.table import spread as written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Found = Mapping[str, Any]

ROOT = Path(__file__).parents[2]
IMAGES = "files/images"
SHORT = {CIRCUS.name: Words("Circus", "Circus"), CLASSIC.name: Words("Clásica", "Classic")}
NOTE = Words(
    "Mediana de {} rondas; la línea de abajo, de la más baja a la más alta",
    "Median of {} rounds; the line below, from the lowest to the highest",
)
NOTE_OF_DEATHS = Words("Un punto por cada muerte; la raya, su mediana", "A dot for each death; the bar, their median")
WAYS = {
    "nginx": Words("Por Nginx, con HTTPS", "By Nginx, with HTTPS"),
    "socket": Words("Directo al socket", "Straight at the socket"),
}
SHARES = {
    "workers": (Words("workers", "workers"), ("worker",)),
    "keepers": (Words("quien los cuida", "who keeps them"), ("circusd", "supervisord", "gunicorn")),
    "others": (Words("lo demás", "the rest"), ("redis", "vigia", "flapping")),
}
PAGES = Words("páginas por segundo", "pages a second")
MEMORY = Words("MiB", "MiB")
WHOLE = Words("Memoria de todos sus procesos", "Memory of all its processes")
FAILING = Words("segundos en los que hubo páginas que fallaron", "seconds in which pages failed")
SINCE = Words("segundos desde la muerte", "seconds since the death")


def _in(language: str, words: Words) -> str:
    found: str = getattr(words, language)
    return found


def _frame(found: Found, language: str, axis: Words, note: Words = NOTE) -> Frame:
    def tick(value: float) -> str:
        return f"{value:g}".replace(".", "," if language == "es" else ".")

    return Frame(_in(language, axis), _in(language, note).format(len(found["rounds"])), tick)


def _bar(stack: str, value: Spread, digits: int, unit: str, language: str) -> Bar:
    label = _in(language, SHORT[stack])
    return Bar(
        label=label,
        parts={stack: value.median},
        whole=value,
        text=f"{number(value.median, digits, language)}{unit}",
        told=f"{label} {written(value, digits, language, unit)}",
    )


def speed(found: Found, language: str) -> Drawn:
    """Pages a second, by either way."""
    groups = [
        Group(
            _in(language, words),
            [_bar(stack.name, figure(found, stack.name, f"{way}.per_second"), 1, "", language) for stack in STACKS],
        )
        for way, words in WAYS.items()
    ]
    return draw(groups, _frame(found, language, PAGES))


def outages(found: Found, language: str) -> Drawn:
    """For how long pages failed while something was done."""
    groups = [
        Group(
            _in(language, words).replace("``", ""),
            [_bar(stack.name, figure(found, stack.name, f"{name}.away"), 1, " s", language) for stack in STACKS],
        )
        for name, words in DISTURBANCES.items()
    ]
    return draw(groups, _frame(found, language, FAILING))


def weight(found: Found, language: str) -> Drawn:
    """Memory, by what it is for."""
    key = {share: _in(language, words) for share, (words, _) in SHARES.items()}
    bars = []
    for name in (stack.name for stack in STACKS):
        parts = {share: _share(found, name, roles) for share, (_, roles) in SHARES.items()}
        told = ", ".join(f"{key[share]} {number(part, 0, language)}" for share, part in parts.items())
        plain = _bar(name, memory(found, name), 0, " MiB", language)
        bars.append(Bar(plain.label, parts, plain.whole, plain.text, f"{plain.told}: {told}"))
    return draw([Group(_in(language, WHOLE), bars)], _frame(found, language, MEMORY), key)


def _share(found: Found, stack: str, roles: tuple[str, ...]) -> float:
    """MiB of some *roles*, the median of the rounds."""
    each = (sum(turn[stack]["memory"].get(role, 0) for role in roles) / 1024 for turn in found["rounds"])
    return spread(each).median


def notice(found: Found, language: str) -> Drawn:
    """How late who watches learns of each death."""
    groups = []
    for stack, channel in ((each.name, channel) for each in STACKS for channel in each.channels):
        heading = _in(language, CHANNELS[channel]).replace("*", "").partition(": ")[2]
        values = [value for each in found["rounds"] for value in each[stack]["channels"][channel]["delays"]]
        late, label = delays(found, stack, channel), _in(language, SHORT[stack])
        told = f"{label} {written(late, 2, language, ' s')}"
        groups.append(Group(heading[:1].upper() + heading[1:], [Dots(label, stack, values, late.median, told)]))
    return draw(groups, _frame(found, language, SINCE, NOTE_OF_DEATHS))


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture."""

    drawn: Callable[[Found, str], Drawn]
    title: Words


CHARTS = {
    "velocidad": Chart(speed, Words("Páginas por segundo de las dos pilas", "Pages a second of both stacks")),
    "memoria": Chart(weight, Words("Memoria de las dos pilas", "Memory of both stacks")),
    "caidas": Chart(outages, Words("Cuánto tiempo fallaron páginas", "For how long pages failed")),
    "avisos": Chart(notice, Words("Cuánto tarda en saberse una muerte", "How long it takes to learn of a death")),
}


def pictures(found: Found) -> dict[str, bytes]:
    """Every picture, by its path in the project."""
    made = {}
    for name, chart in CHARTS.items():
        for language, ending in (("es", ""), ("en", ".en")):
            with plain():
                drawn = chart.drawn(found, language)
                content = picture(drawn.figure, _in(language, chart.title), drawn.told)
            made[f"{IMAGES}/pilas-{name}{ending}.svg"] = content
    return made


def write(found: Found, root: Path) -> None:
    """Draw them all, and put them where they belong in the project at *root*."""
    for path, content in pictures(found).items():
        atomic.write(root / path, content)


def main() -> None:
    """Draw anew what is committed."""
    path = ROOT / "tutorial" / CLASSIC.slug / "evidence" / FILE_NAME
    if not path.is_file():
        sys.exit(f"{path} is not there yet; type: ./dev bench-stacks")
    write(json.loads(path.read_text(encoding="utf-8")), ROOT)


if __name__ == "__main__":
    main()
