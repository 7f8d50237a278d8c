"""What a committed report of mutation says on an article's page: how many of the faults were noticed.

A score speaks for the article that it was found with, and for all of it. So what comes out is nothing where the steps
have changed since, where only faults of some steps or kinds were asked for, or where one has no verdict yet. Where they
were drawn by lot, it says of how many. And what a report knows, a later run need not find again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (a field's type)
from typing import TYPE_CHECKING, Any, TypeVar

from ensayar.errors import UsageError
from ensayar.mutation.journal import Known
from ensayar.mutation.report import SCHEMA_VERSION, article_digest
from ensayar.mutation.verdict import DECIDED, Killer, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ensayar.model import Article

Found = TypeVar("Found")

FILE_NAME = "mutation.json"
"""Beside the evidence of the article."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """The score of a whole article."""

    killed: int
    """Faults that a step or a check noticed, in time or not."""
    total: int
    """These and those that nobody noticed."""
    possible: int
    """How many faults there are to choose from."""
    explained: int
    """Of those that nobody noticed: nothing can, and it is explained why."""
    finished: str
    """ISO 8601 date."""


def load(path: Path, article: Article) -> Noticed | None:
    """The score in *path* of the resolved *article*; ``None`` where there is none that holds.

    :raises UsageError: the file is there and is no such report.
    """
    return _read(path, lambda data: _noticed(data, article))


def known(path: Path) -> tuple[Known, ...]:
    """The verdicts in *path*; none where there is no such file.

    :raises UsageError: the file is there and is no such report.
    """
    return _read(path, lambda data: tuple(_known(data))) or ()


def _read(path: Path, take: Callable[[dict[str, Any]], Found]) -> Found | None:
    try:
        return take(_of_this_version(json.loads(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); move it out of the way"
        raise UsageError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path}: no report of “ensayar mutate --json” ({error}); delete it, or write it again"
        raise UsageError(message) from error


def _of_this_version(data: dict[str, Any]) -> dict[str, Any]:
    if data["schema"] != SCHEMA_VERSION:
        message = f"report of schema {data['schema']!r}, this version reads {SCHEMA_VERSION}"
        raise ValueError(message)
    return data


def _noticed(data: dict[str, Any], article: Article) -> Noticed | None:
    wanted = data["selection"]
    some = wanted["steps"] or wanted["operators"] or wanted["only"]
    scores = [data["dropped"], data["altered"]]

    def count(*names: str) -> int:
        return sum(int(found[name]) for found in scores for name in names)

    open_ones = count("undecided", "error", "pending")
    killed, survived = count("killed", "timed_out"), count("survived")
    if some or open_ones or not killed + survived or data.get("digest") != article_digest(article):
        return None
    possible = sum(int(number) for number in data["population"].values())
    return Noticed(killed, killed + survived, possible, count("explained"), str(data["finished"]))


def _known(data: dict[str, Any]) -> Iterator[Known]:
    for each in data["mutants"]:
        status = Status(each["status"])
        if status not in DECIDED or not each["basis"]:
            continue
        killer = each["killer"] and Killer(
            each["killer"]["kind"],
            str(each["killer"]["name"]),
            str(each["killer"]["step"]),
            str(each["killer"]["location"]) if each["killer"]["kind"] == "check" else "",
            int(each["killer"]["offset"]),
        )
        verdict = Verdict(str(each["id"]), status, killer or None, str(each["message"]), float(each["seconds"]))
        yield Known(verdict, str(each["basis"]))
