"""What a committed report of mutation says on an article's page: how many of the faults were noticed.

A score speaks for the article that it was found with, and for all of it. So what comes out is nothing where the steps
have changed since, where only some mutants were asked for, or where one has no verdict yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (a field's type)
from typing import TYPE_CHECKING, Any

from ensayar.errors import UsageError
from ensayar.mutation.report import SCHEMA_VERSION, article_digest

if TYPE_CHECKING:
    from ensayar.model import Article

FILE_NAME = "mutation.json"
"""Beside the evidence of the article."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """The score of a whole article."""

    killed: int
    """Faults that a step or a check noticed, in time or not."""
    total: int
    """These and those that nobody noticed."""
    explained: int
    """Of those that nobody noticed: nothing can, and it is explained why."""
    finished: str
    """ISO 8601 date."""


def load(path: Path, article: Article) -> Noticed | None:
    """The score in *path* of the resolved *article*; ``None`` where there is none that holds.

    :raises UsageError: the file is there and is no such report.
    """
    try:
        return _noticed(json.loads(path.read_text(encoding="utf-8")), article)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); move it out of the way"
        raise UsageError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path}: no report of “ensayar mutate --json” ({error}); delete it, or write it again"
        raise UsageError(message) from error


def _noticed(data: dict[str, Any], article: Article) -> Noticed | None:
    if data["schema"] != SCHEMA_VERSION:
        message = f"report of schema {data['schema']!r}, this version reads {SCHEMA_VERSION}"
        raise ValueError(message)
    wanted = data["selection"]
    some = wanted["steps"] or wanted["operators"] or wanted["only"] or wanted["sample"]
    scores = [data["dropped"], data["altered"]]

    def count(*names: str) -> int:
        return sum(int(found[name]) for found in scores for name in names)

    open_ones = count("undecided", "error", "pending")
    killed, survived = count("killed", "timed_out"), count("survived")
    if some or open_ones or not killed + survived or data.get("digest") != article_digest(article):
        return None
    return Noticed(killed, killed + survived, count("explained"), str(data["finished"]))
