"""The rows of the article's table, made of what was measured: the article says these and no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, as the article says it, and the faults that are that; of several the worst counts."""

    es: str
    en: str
    faults: tuple[str, ...]


ROWS = (
    Row(
        "Un worker, con ``kill -9``",
        "One worker, with ``kill -9``",
        ("worker_killed[first]", "worker_killed[second]"),
    ),
    Row("Todos los workers a la vez", "All workers at once", ("all_workers_killed",)),
    Row("Un worker, por falta de memoria", "One worker, for want of memory", ("worker_out_of_memory",)),
    Row("circusd", "circusd", ("circusd_killed",)),
    Row("El proceso principal de Nginx", "Nginx's main process", ("nginx_master_killed",)),
    Row("Un worker de Nginx", "A worker of Nginx", ("nginx_worker_killed",)),
    Row("Redis", "Redis", ("redis_killed",)),
    Row("El Redis del freno", "The brake's Redis", ("brake_killed",)),
    Row("El vigía", "The lookout", ("lookout_killed",)),
    Row("Redis apagado diez segundos", "Redis switched off for ten seconds", ("redis_stopped",)),
    Row("Redis colgado diez segundos", "Redis hung for ten seconds", ("redis_hangs",)),
    Row("Un worker congelado quince segundos", "One worker frozen for fifteen seconds", ("worker_frozen",)),
    Row("Todos congelados", "All frozen", ("all_workers_frozen",)),
    Row(
        "Pedidos que no terminan nunca, en todos los hilos",
        "Requests that never end, in every thread",
        ("requests_that_never_end",),
    ),
    Row(
        "Una versión que no carga",
        "A release that does not load",
        (
            "release_does_not_start[syntax]",
            "release_does_not_start[import]",
            "release_does_not_start[settings]",
        ),
    ),
    Row("El disco lleno, desde que se libera", "A full disk, from when it is freed", ("disk_full",)),
    Row("Un diluvio de logs", "A flood of logs", ("log_flood",)),
    Row(
        "El reloj salta un día, y muere un worker",
        "The clock jumps by a day, and a worker dies",
        ("clock_jumps[forward]", "clock_jumps[backward]"),
    ),
    Row("Reiniciar la máquina", "Restarting the machine", ("reboot",)),
    Row("Cortar la luz mientras escriben", "A power cut while people write", ("power_cut_during_writes",)),
)
OF = {"es": "de", "en": "of"}


def rows(faults: Iterable[Mapping[str, Any]], language: str = "es") -> list[str]:
    """The rows of a ``list-table``, in the order of :data:`ROWS`.

    :param language: ``es`` or ``en``.
    """
    known = {fault["fault"]: fault for fault in faults}
    return [_row(getattr(row, language), [known[name] for name in row.faults], language) for row in ROWS]


def _row(what: str, faults: list[Mapping[str, Any]], language: str) -> str:
    answers, whole = (max(fault[key] for fault in faults) for key in ("answers", "whole"))
    failed, sent = (
        sum(fault[f"pages{suffix}"] + fault[f"entries{suffix}"] for fault in faults) for suffix in ("_failed", "")
    )
    cells = (what, _seconds(answers, language), _seconds(whole, language), f"{failed} {OF[language]} {sent}")
    return "\n".join(f"   {'* -' if cell is what else '  -'} {cell}" for cell in cells)


def _seconds(value: float, language: str) -> str:
    text = f"{value:.1f} s"
    return text.replace(".", ",") if language == "es" else text
