"""The rows of the article's table, made of what was measured: the article says these and no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, as the article says it, and the operation that it is."""

    es: str
    en: str
    operation: str


ROWS = (
    Row("Recargar todos a la vez: ``circusctl reload web``", "Reload all at once: ``circusctl reload web``", "reload"),
    Row(
        "Recargar de a uno: ``systemctl reload muro``",
        "Reload one by one: ``systemctl reload muro``",
        "reload_sequential",
    ),
    Row("Un worker más y uno menos: ``incr``, ``decr``", "One worker more, one less: ``incr``, ``decr``", "scale"),
    Row("Publicar una versión nueva", "Put a new release out", "release"),
    Row("Recargar Nginx", "Reload Nginx", "nginx_reload"),
    Row("Matar un worker con ``kill -9``", "Kill a worker with ``kill -9``", "worker_killed"),
    Row(
        "Recargar de a uno, sin el final cortés de ``servidor.py``",
        "Reload one by one, without the polite ending of ``servidor.py``",
        "reload_without_patience",
    ),
)
THOUSANDS = {"es": ".", "en": ","}
OF = {"es": "de", "en": "of"}


def rows(operations: Iterable[Mapping[str, Any]], language: str = "es") -> list[str]:
    """The rows of a ``list-table`` of what was measured, in the order of :data:`ROWS`.

    :param language: ``es`` or ``en``.
    """
    known = {each["operation"]: each for each in operations}
    return [_row(getattr(row, language), known[row.operation], language) for row in ROWS if row.operation in known]


def _row(what: str, measured: Mapping[str, Any], language: str) -> str:
    sent = f"{measured['requests']:,}".replace(",", THOUSANDS[language])
    slowest = f"{measured['slowest']:.1f} s"
    cells = (
        what,
        str(measured["times"]),
        f"{measured['failed']} {OF[language]} {sent}",
        slowest.replace(".", ",") if language == "es" else slowest,
    )
    return "\n".join(f"   {'* -' if cell is what else '  -'} {cell}" for cell in cells)
