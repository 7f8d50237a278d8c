"""Where checkpoints and results are kept on this computer, and how much and how old they may be."""

from __future__ import annotations

import os

from ensayar.checkpoints.ledger import Ledger
from ensayar.checkpoints.lineage import Shelf
from ensayar.checkpoints.store import Store
from ensayar.errors import UsageError
from ensayar.machine.paths import checkpoints_directory, results_directory

SIZE_VARIABLE = "ENSAYAR_CHECKPOINTS_GB"
DAYS_VARIABLE = "ENSAYAR_CHECKPOINT_DAYS"
_GIGABYTES = 20.0
_DAYS = 7.0


def default() -> Shelf:
    """The user's own, below the cache directory.

    :raises UsageError: a variable that limits it holds no number.
    """
    max_age = 86400 * _number(DAYS_VARIABLE, _DAYS, "days")
    store = Store(
        checkpoints_directory(), max_bytes=1e9 * _number(SIZE_VARIABLE, _GIGABYTES, "gigabytes"), max_age=max_age
    )
    return Shelf(store, Ledger(results_directory(), fresh=store.fresh))


def _number(variable: str, otherwise: float, unit: str) -> float:
    text = os.environ.get(variable, "")
    try:
        number = float(text) if text else otherwise
    except ValueError:
        number = -1.0
    if not number >= 0:  # nor is “nan”
        message = f"{variable}={text}: a number of {unit} is expected"
        raise UsageError(message)
    return number
