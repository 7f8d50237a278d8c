"""That an article also worked with other values for its parameters: ``evidence/variation.json``.

Readers give a page their own values, which were not rehearsed. What can be said is that the article was rehearsed with
values that nobody had chosen. It holds for the steps that were played, and for no others.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ensayar import atomic
from ensayar.digest import chain
from ensayar.errors import UsageError
from ensayar.parameters import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ensayar.evidence import Evidence
    from ensayar.model import Article
    from ensayar.project import Project

FILE_NAME = "variation.json"
"""Beside the evidence of the article."""
SCHEMA_VERSION = 1
PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Variation:
    """A rehearsal of the whole article with other values, in which all went well."""

    article: str
    """Its slug."""
    digest: str
    """Of what it does with its own values, see :func:`digest_of`."""
    parameters: Mapping[str, str]
    """The values."""
    seed: int
    """What they were drawn with."""
    started: str
    """ISO 8601 date and time."""
    accelerator: str
    """Of the machine."""
    steps: int
    """How many passed."""
    checks: int
    """How many passed."""


def digest_of(article: Article) -> str:
    """SHA-256, in hexadecimal, of all that the raw *article* does with its own values; empty without steps."""
    resolved = resolve(article)
    return next(reversed(chain(f"{resolved.platform} {resolved.login}", resolved.steps)), "")


def keep(place: Project, record: Evidence, seed: int, digest: str) -> None:
    """Remember, for the article of *record*, that it worked with the values there, if it did.

    :param digest: of what was rehearsed, see :func:`digest_of`; the article may be another by now.
    """
    if record.outcome != PASSED:
        return
    found = Variation(
        article=record.article,
        digest=digest,
        parameters=record.parameters,
        seed=seed,
        started=record.started,
        accelerator=record.machine.accelerator,
        steps=len(record.steps),
        checks=sum(len(step.checks) for step in record.steps),
    )
    save(place.evidence(record.article) / FILE_NAME, found)


def load(path: Path) -> Variation | None:
    """What is in *path*; ``None`` where there is nothing.

    :raises UsageError: the file is there and cannot be read.
    """
    try:
        return _variation(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); move it out of the way"
        raise UsageError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path}: no record of a rehearsal with other values ({error}); delete it"
        raise UsageError(message) from error


def _variation(data: dict[str, Any]) -> Variation:
    if data.pop("schema") != SCHEMA_VERSION:
        message = f"not of schema {SCHEMA_VERSION}"
        raise ValueError(message)
    found = Variation(**data)
    if not isinstance(found.parameters, dict) or not isinstance(found.digest, str):
        message = "its values or its digest are none"
        raise TypeError(message)
    return found


def save(path: Path, found: Variation) -> None:
    """Write *found* to *path*, all of it or nothing."""
    text = json.dumps({"schema": SCHEMA_VERSION, **asdict(found)}, indent=1, ensure_ascii=False) + "\n"
    atomic.write(path, text)
