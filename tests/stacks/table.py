"""The rows of the article's tables, made of what was measured: the article says these and no others.

A figure is the median of the rounds, and in brackets the lowest and the highest where they differ from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stacks.measured import Spread, cpu_per_thousand, delays, figure, memory
from stacks.stack import CIRCUS, CLASSIC, STACKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Found = Mapping[str, Any]

LANGUAGES = ("es", "en")
OF = {"es": "de", "en": "of"}
_SWAPPED = str.maketrans(",.", ".,")


def number(value: float, digits: int, language: str) -> str:
    """*value* with so many *digits* after the point, as it is written in *language*."""
    text = f"{value:,.{digits}f}"
    return text.translate(_SWAPPED) if language == "es" else text


def spread(found: Spread, digits: int, language: str, unit: str = "") -> str:
    """The median, and how far the rounds are from each other."""
    middle, low, high = (number(value, digits, language) for value in (found.median, found.lowest, found.highest))
    return f"{middle}{unit}" if low == middle == high else f"{middle}{unit} ({low}\N{EN DASH}{high})"


@dataclass(frozen=True, slots=True)
class Figure:
    """A row with a figure of each stack."""

    es: str
    en: str
    value: Callable[[Found, str], Spread]
    """Of the document and the name of a stack."""
    digits: int
    unit: str = ""


def _path(path: str) -> Callable[[Found, str], Spread]:
    return lambda found, stack: figure(found, stack, path)


def _lines(kind: str) -> Callable[[Found, str], Spread]:
    return lambda found, stack: Spread(*[found["lines"][stack][kind]] * 3)


FIGURES = (
    Figure("Páginas por segundo", "Pages a second", _path("nginx.per_second"), 1),
    Figure("La mitad tarda hasta", "Half of them take at most", _path("nginx.median"), 2, " s"),
    Figure("El 99 % tarda hasta", "99 % take at most", _path("nginx.p99"), 2, " s"),
    Figure(
        "Páginas por segundo, sin Nginx ni cifrado",
        "Pages a second, without Nginx and encryption",
        _path("socket.per_second"),
        1,
    ),
    Figure(
        "Procesador cada mil páginas",
        "Processor time for a thousand pages",
        lambda found, stack: cpu_per_thousand(found, stack, "nginx"),
        1,
        " s",
    ),
    Figure("Memoria", "Memory", memory, 0, " MiB"),
    Figure("Arranque, hasta la primera página", "Start, to the first page", _path("startup"), 1, " s"),
    Figure("Líneas de configuración", "Lines of configuration", _lines("configuration"), 0),
    Figure("Líneas de programa", "Lines of programs", _lines("programs"), 0),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What something is called in the article."""

    es: str
    en: str


DISTURBANCES = {
    "reload": Words("Recargar", "Reload"),
    "restart": Words("Reiniciar la aplicación", "Restart the application"),
    "worker_killed": Words("Un worker, con ``kill -9``", "One worker, with ``kill -9``"),
    "supervisor_killed": Words("circusd o supervisord, con ``kill -9``", "circusd or supervisord, with ``kill -9``"),
}
NAMES = {
    CIRCUS.name: Words("Circus, Chaussette y waitress", "Circus, Chaussette and waitress"),
    CLASSIC.name: Words("supervisor y Gunicorn", "supervisor and Gunicorn"),
}
CHANNELS = {
    "zeromq": Words("Circus: un suscriptor de ZeroMQ", "Circus: a ZeroMQ subscriber"),
    "xmlrpc": Words("supervisor: preguntar por XML-RPC", "supervisor: asking by XML-RPC"),
    "listener": Words("supervisor: un *event listener*", "supervisor: an event listener"),
}


def figures(found: Found, language: str) -> list[str]:
    """What, Circus, classic."""
    return [
        _row(
            getattr(each, language),
            *(spread(each.value(found, stack.name), each.digits, language, each.unit) for stack in STACKS),
        )
        for each in FIGURES
    ]


def disturbances(found: Found, language: str) -> list[str]:
    """What, which stack, how many failed of all requests, for how long, the slowest answer, when all was well again."""
    rows = []
    for name, words in DISTURBANCES.items():
        for stack in (each.name for each in STACKS):
            failed, sent = (
                number(sum(each[stack][name][what] for each in found["rounds"]), 0, language)
                for what in ("failed", "requests")
            )
            times = [
                spread(figure(found, stack, f"{name}.{what}"), 1, language, " s")
                for what in ("away", "slowest", "seconds")
            ]
            what, which = getattr(words, language), getattr(NAMES[stack], language)
            rows.append(_row(what, which, f"{failed} {OF[language]} {sent}", *times))
    return rows


def watching(found: Found, language: str) -> list[str]:
    """By which channel, how late one learns of a death, how many messages or answers a second one gets at most."""
    return [
        _row(
            getattr(CHANNELS[channel], language),
            spread(delays(found, stack.name, channel), 2, language, " s"),
            spread(figure(found, stack.name, f"channels.{channel}.per_second"), 0, language),
        )
        for stack in STACKS
        for channel in stack.channels
    ]


TABLES = (figures, disturbances, watching)


def lines(found: Found) -> Iterable[str]:
    """All of it for a terminal."""
    for table in TABLES:
        for row in table(found, "en"):
            yield "  ".join(cell.strip(" *-") for cell in row.split("\n"))


def all_rows(found: Found) -> Iterable[str]:
    """All of it for the article, in its languages."""
    for language in LANGUAGES:
        for table in TABLES:
            yield f"{table.__name__} ({language}):"
            yield from table(found, language)


def _row(*cells: str) -> str:
    return "\n".join(f"   {'  -' if place else '* -'} {cell}" for place, cell in enumerate(cells))
