"""The rows of the article's table, made of what was measured: the article says these and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROWS = {
    "Un worker, con ``kill -9``": ("worker_killed[first]", "worker_killed[second]"),
    "Todos los workers a la vez": ("all_workers_killed",),
    "Un worker, por falta de memoria": ("worker_out_of_memory",),
    "circusd": ("circusd_killed",),
    "El proceso principal de Nginx": ("nginx_master_killed",),
    "Un worker de Nginx": ("nginx_worker_killed",),
    "Redis": ("redis_killed",),
    "Redis apagado diez segundos": ("redis_stopped",),
    "Redis colgado diez segundos": ("redis_hangs",),
    "Un worker congelado quince segundos": ("worker_frozen",),
    "Todos congelados, y a los quince segundos ``systemctl restart muro``": ("all_workers_frozen",),
    "Pedidos que no terminan nunca, en todos los hilos": ("requests_that_never_end",),
    "Una versión que no carga": (
        "release_does_not_start[syntax]",
        "release_does_not_start[import]",
        "release_does_not_start[settings]",
    ),
    "El disco lleno, desde que se libera": ("disk_full",),
    "Un diluvio de logs": ("log_flood",),
    "El reloj salta un día, y muere un worker": ("clock_jumps[forward]", "clock_jumps[backward]"),
    "Reiniciar la máquina": ("reboot",),
    "Cortar la luz mientras escriben": ("power_cut_during_writes",),
}
"""What was done, as the article says it, and the faults that are that; of several the worst counts."""


def rows(faults: Iterable[Mapping[str, Any]]) -> list[str]:
    """The rows of a ``list-table``, in the order of :data:`ROWS`."""
    known = {fault["fault"]: fault for fault in faults}
    return [_row(what, [known[name] for name in names]) for what, names in ROWS.items()]


def _row(what: str, faults: list[Mapping[str, Any]]) -> str:
    answers, whole = (max(fault[key] for fault in faults) for key in ("answers", "whole"))
    failed, sent = (
        sum(fault[f"pages{suffix}"] + fault[f"entries{suffix}"] for fault in faults) for suffix in ("_failed", "")
    )
    cells = (what, _seconds(answers), _seconds(whole), f"{failed} de {sent}")
    return "\n".join(f"   {'* -' if cell is what else '  -'} {cell}" for cell in cells)


def _seconds(value: float) -> str:
    return f"{value:.1f} s".replace(".", ",")
