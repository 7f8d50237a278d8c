"""What a committed report of mutation says on an article's page: how many of the faults were noticed.

A score speaks for the article that it was found with, and for all of it. So what comes out is nothing where the steps
have changed since, where only faults of some steps or kinds were asked for, or where one has no verdict yet. Where they
were drawn by lot, it says of how many. And what a report knows, a later run need not find again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (a field's type)
from typing import TYPE_CHECKING, Any, TypeVar

from ensayar.errors import UsageError
from ensayar.mutation.journal import Known, Published
from ensayar.mutation.report import SCHEMA_VERSION, article_digest
from ensayar.mutation.verdict import Killer, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ensayar.model import Article

Found = TypeVar("Found")

FILE_NAME = "mutation.json"
"""Beside the evidence of the article."""

PORTABLE = frozenset({Status.KILLED, Status.SURVIVED})
"""What holds on any computer: another one might have been in time."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of faults of one kind."""

    killed: int
    """Those that a step or a check noticed, in time or not."""
    total: int
    """These and those that nobody noticed."""
    possible: int
    """How many there are to choose from."""

    @property
    def drawn(self) -> bool:
        """Whether only some were tried."""
        return self.total < self.possible


@dataclass(frozen=True, slots=True)
class Noticed:
    """The score of a whole article."""

    dropped: Tried
    """Steps that were left out."""
    altered: Tried
    """Steps that were altered."""
    explained: int
    """Of those that nobody noticed: nothing can, and it is explained why."""
    finished: str
    """ISO 8601 date."""


def load(path: Path, article: Article) -> Noticed | None:
    """The score in *path* of the resolved *article*; ``None`` where there is none that holds.

    :raises UsageError: the file is there and is no such report.
    """
    return _read(path, lambda data: _noticed(data, article))


def known(path: Path) -> Published:
    """What the report in *path* knows; nothing where there is no such file.

    :raises UsageError: the file is there and is no such report.
    """
    return _read(path, _published) or Published()


def _read(path: Path, take: Callable[[dict[str, Any]], Found]) -> Found | None:
    try:
        return take(_of_this_version(json.loads(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); move it out of the way"
        raise UsageError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        message = f"{path}: no report of “ensayar mutate --json” of this version ({error}); delete it"
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
    return Noticed(
        _tried(data["dropped"], data["population"]["dropped"]),
        _tried(data["altered"], data["population"]["altered"]),
        count("explained"),
        str(data["finished"]),
    )


def _tried(found: dict[str, Any], possible: Any) -> Tried:  # noqa: ANN401  (JSON is dynamic)
    killed = int(found["killed"]) + int(found["timed_out"])
    tried = Tried(killed, killed + int(found["survived"]), int(possible))
    if not 0 <= tried.killed <= tried.total <= tried.possible:
        message = f"{tried.killed} of {tried.total} of {tried.possible}"
        raise ValueError(message)
    return tried


def _published(data: dict[str, Any]) -> Published:
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    sound = data["sound"]
    return Published(tuple(_known(data)), str(sound) if sound else None, digest)


def _known(data: dict[str, Any]) -> Iterator[Known]:
    checks = {str(name): str(digest) for name, digest in data["checks"].items()}
    for each in data["mutants"]:
        status = Status(each["status"])
        if status not in PORTABLE or not each["basis"]:
            continue
        killer = each["killer"] and Killer(
            each["killer"]["kind"],
            str(each["killer"]["name"]),
            str(each["killer"]["step"]),
            str(each["killer"]["location"]) if each["killer"]["kind"] == "check" else "",
            int(each["killer"]["offset"]),
        )
        seen = checks if status is Status.SURVIVED else {}
        verdict = Verdict(str(each["id"]), status, killer or None, str(each["message"]), float(each["seconds"]), seen)
        yield Known(verdict, str(each["basis"]))
