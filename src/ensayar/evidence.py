"""The record of a rehearsal, as values and as JSON.

What comes in are results as a rehearsal yields them; what goes out is ``evidence.json``, described by
``schemas/evidence.schema.json``. Reading trusts the schema version and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path  # noqa: TC003  (a field's type)
from typing import Any

from ensayar import atomic
from ensayar.errors import UsageError

SCHEMA_VERSION = 1
MIRROR = "<mirror>"
"""Stands in outputs for the address of a package mirror."""
FILE_NAME = "evidence.json"


@dataclass(frozen=True, slots=True)
class CommandEvidence:
    """One command as it ran."""

    command: str
    """The text that was run, parameters resolved."""
    account: str
    """``#`` for root, ``$`` for the login user."""
    exit_status: int | None
    """``None``: it ran into its time limit."""
    output: str
    """As the machine printed it, with ``<mirror>`` for the addresses of package mirrors; may hold anything, never
    trust it as mark-up."""
    duration: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class CheckEvidence:
    """One check bound to a step."""

    name: str
    """pytest's node id without its directory."""
    description: str
    """First line of the check's docstring, or its name in words."""
    passed: bool
    """Whether it held."""
    duration: float
    """Seconds."""
    recorded: str | None = None
    """ISO 8601, UTC, seconds: when it was made, where that was in an earlier rehearsal."""


@dataclass(frozen=True, slots=True)
class StepEvidence:
    """What became of one step."""

    name: str
    """The step's name."""
    kind: str
    """``file`` or ``console``."""
    location: str
    """``file:line`` of the block."""
    digest: str
    """Of what the step does, see :func:`ensayar.digest.step_digest`; tells stale evidence."""
    status: str
    """``passed``, ``failed`` or ``not reached``."""
    duration: float
    """Seconds, checks not included."""
    commands: tuple[CommandEvidence, ...]
    """For a console step."""
    checks: tuple[CheckEvidence, ...]
    """What was observed after it."""
    recorded: str | None = None
    """ISO 8601, UTC, seconds: when it ran, where that was in an earlier rehearsal whose result still holds."""
    acts: str = ""
    """Digest of what the step does without the output that it shows, see :func:`ensayar.digest.act_digest`; empty in
    records from before there was any."""


@dataclass(frozen=True, slots=True)
class SkipEvidence:
    """A block that nothing verified."""

    location: str
    """``file:line`` of the block."""
    reason: str
    """The author's reason."""


@dataclass(frozen=True, slots=True)
class MachineEvidence:
    """Where it ran."""

    driver: str
    """``qemu``."""
    accelerator: str
    """``kvm``, ``hvf`` or ``tcg``."""
    platform: str
    """``debian-13``."""
    image: str
    """Digest of the image's recipe."""
    cpus: int
    """Virtual processors."""
    memory: int
    """MiB."""
    adaptations: tuple[str, ...]
    """What the host lent to the machine before step 1, one sentence each."""


@dataclass(frozen=True, slots=True)
class CheckpointEvidence:
    """The state of an earlier rehearsal that the machine woke up from."""

    step: str
    """The step after which it was kept."""
    born: str
    """ISO 8601, UTC, seconds: when the first step of that machine ran."""
    age: float
    """Seconds from then to the start of this rehearsal."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One rehearsal of one article."""

    article: str
    """Slug."""
    source: str
    """Source file."""
    outcome: str
    """``passed``, ``failed`` or ``interrupted``."""
    started: str
    """ISO 8601, UTC, seconds."""
    duration: float
    """Seconds from start to the last check, the start of the machine included."""
    parameters: dict[str, str]
    """The values used."""
    versions: dict[str, str]
    """Name to version of what matters in the machine, read from it at the end."""
    machine: MachineEvidence
    """Where it ran."""
    steps: tuple[StepEvidence, ...]
    """In article order."""
    skips: tuple[SkipEvidence, ...]
    """In article order."""
    checkpoint: CheckpointEvidence | None = None
    """Where the machine woke up, if it was not started afresh."""

    def speaks_of(self, other: Evidence) -> bool:
        """Whether it saw the same steps and checks pass as *other*, with the same values."""
        return _gist(self) == _gist(other)

    def moved_to(self, other: Evidence) -> Evidence:
        """The record itself, with the places in the article that *other* names."""
        steps = zip(self.steps, other.steps, strict=True)
        return replace(
            self,
            source=other.source,
            steps=tuple(replace(step, location=moved.location) for step, moved in steps),
            skips=other.skips,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the schema's version."""
        return {"schema": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Evidence:
        """The inverse of :meth:`as_dict`; :class:`ValueError` for another schema version."""
        if data.get("schema") != SCHEMA_VERSION:
            message = f"evidence of schema {data.get('schema')!r}, this version reads {SCHEMA_VERSION}"
            raise ValueError(message)
        return cls(
            **{
                **{key: value for key, value in data.items() if key != "schema"},
                "machine": MachineEvidence(**{**data["machine"], "adaptations": tuple(data["machine"]["adaptations"])}),
                "steps": tuple(
                    StepEvidence(
                        **{
                            **step,
                            "commands": tuple(CommandEvidence(**c) for c in step["commands"]),
                            "checks": tuple(CheckEvidence(**c) for c in step["checks"]),
                        }
                    )
                    for step in data["steps"]
                ),
                "skips": tuple(SkipEvidence(**skip) for skip in data["skips"]),
                "checkpoint": CheckpointEvidence(**data["checkpoint"]) if data.get("checkpoint") else None,
            }
        )


def load(path: Path) -> Evidence | None:
    """The evidence in *path*, ``None`` where there is none.

    :class:`ensayar.errors.UsageError` where the file is there and cannot be read as evidence.
    """
    try:
        return Evidence.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); move it out of the way and rehearse again"
        raise UsageError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path}: not usable as evidence ({error}); delete it and rehearse again"
        raise UsageError(message) from error


def save(path: Path, evidence: Evidence) -> bool:
    """Write *evidence* to *path* unless what is there says the same of the same day; tell whether it was written.

    Durations and the machine's outputs differ from run to run and alone are no reason to write; the outputs of a step
    that failed are, because they may be what the author is going to accept.
    """
    before = load(path)
    if before is not None and _lasting(before) == _lasting(evidence):
        return False
    text = json.dumps(evidence.as_dict(), indent=1, ensure_ascii=False) + "\n"
    atomic.write(path, text)
    return True


def _gist(evidence: Evidence) -> tuple[object, ...]:
    steps = [
        (step.name, step.digest, step.status, sorted((check.name, check.passed) for check in step.checks))
        for step in evidence.steps
    ]
    return evidence.outcome, steps, evidence.parameters, evidence.versions


def _lasting(evidence: Evidence) -> dict[str, Any]:
    data = evidence.as_dict()
    data["started"] = data["started"][:10]
    data["duration"] = 0
    data["checkpoint"] = data["checkpoint"] is not None
    for step in data["steps"]:
        step["duration"], step["recorded"] = 0, step["recorded"] is not None
        for command in step["commands"]:
            command["duration"] = 0
            if step["status"] != "failed":
                command["output"] = ""
        for check in step["checks"]:
            check["duration"], check["recorded"] = 0, check["recorded"] is not None
    return data
