"""What a reader can watch: console steps as they went on a real terminal, ``evidence/recordings/``.

One file in asciicast 2 for each step, and ``recordings.json`` with what each of them is a recording of. A recording
holds for the step it was made of, and for no other.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ensayar import atomic
from ensayar.digest import step_digest
from ensayar.errors import UsageError
from ensayar.model import ConsoleStep

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ensayar.model import Step

DIRECTORY = "recordings"
"""Beside the evidence of the article."""
FILE_NAME = "recordings.json"
SUFFIX = ".cast"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Recording:
    """One step, recorded."""

    digest: str
    """Of the step, see :func:`ensayar.digest.step_digest`."""
    recorded: str
    """ISO 8601, UTC, seconds: when."""
    seconds: float
    """How long it took."""
    accelerator: str
    """Of the machine: ``kvm``, ``hvf`` or ``tcg``."""

    def holds_for(self, step: Step) -> bool:
        """Whether it shows what *step*, resolved, does."""
        return self.digest == step_digest(step)


def to_be_seen(step: Step) -> bool:
    """Whether *step* is typed and shows something: not where it starts what later steps watch, or ends the terminal."""
    return isinstance(step, ConsoleStep) and not (step.background or step.reboot)


def cast_path(directory: Path, step: str) -> Path:
    """Where in *directory* the recording of *step* lies."""
    return directory / f"{step}{SUFFIX}"


def load(directory: Path) -> dict[str, Recording]:
    """What is recorded in *directory*, by step; only what has a file.

    :raises UsageError: the list is there and cannot be read.
    """
    path = directory / FILE_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = _recordings(data)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); move it out of the way"
        raise UsageError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path}: no list of recordings ({error}); delete {directory} and record again"
        raise UsageError(message) from error
    return {step: recording for step, recording in found.items() if cast_path(directory, step).is_file()}


def _recordings(data: dict[str, Any]) -> dict[str, Recording]:
    if data["schema"] != SCHEMA_VERSION:
        message = f"not of schema {SCHEMA_VERSION}"
        raise ValueError(message)
    return {str(step): Recording(**recording) for step, recording in data["recordings"].items()}


def save(directory: Path, article: str, found: Mapping[str, Recording]) -> None:
    """Write the list of *found* for the article with this slug, all of it or nothing."""
    recordings = {step: asdict(found[step]) for step in found}
    text = json.dumps(
        {"schema": SCHEMA_VERSION, "article": article, "recordings": recordings}, indent=1, ensure_ascii=False
    )
    atomic.write(directory / FILE_NAME, text + "\n")
