"""From a scene and the reports of its checks to :class:`ensayar.evidence.Evidence`."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ensayar.digest import act_digest, step_digest
from ensayar.errors import InfrastructureError
from ensayar.evidence import (
    MIRROR,
    CheckEvidence,
    CheckpointEvidence,
    CommandEvidence,
    Evidence,
    MachineEvidence,
    SkipEvidence,
    StepEvidence,
)
from ensayar.model import Article, FileStep, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ensayar.checkpoints.ledger import Seen
    from ensayar.machine.protocol import Machine
    from ensayar.rehearsal import StepRecord
    from ensayar.scene import RehearsalScene

VERSION_TIMEOUT = 120.0

# Which server gave a package is the host's affair, and may be a private one; the evidence is published.
_FROM_MIRROR = re.compile(
    r"^(\s*(?:(?:Get|Hit|Ign|Err):\d+|[EW]: Failed to fetch|Looking in (?:indexes|links):|Downloading)) "
    r"\w+://[^\s,]+(?:, *\w+://[^\s,]+)*",
    re.MULTILINE,
)


def without_mirrors(output: str) -> str:
    """*output* with :data:`MIRROR` for the addresses that apt and pip name."""
    return _FROM_MIRROR.sub(rf"\1 {MIRROR}", output)


def _split(probe: str) -> tuple[str, str]:
    """Directory of the virtual environment (empty: a package of Debian's) and name of what *probe* asks for."""
    directory, colon, distribution = probe.partition(":")
    return (directory, distribution) if colon else ("", probe)


def probe_names(probes: Sequence[str]) -> tuple[str, ...]:
    """What *probes* ask for the versions of."""
    return tuple(_split(probe)[1] for probe in probes)


def version_command(probes: Sequence[str]) -> str:
    """The shell command that finds them all: to start Python for each would take seconds under emulation.

    It prints a line per find: directory of the environment, name, version, with tabs between them.
    """
    asked: dict[str, list[str]] = {}
    for directory, name in map(_split, probes):
        asked.setdefault(directory, []).append(name)
    commands = []
    for directory, names in asked.items():
        words = [
            *(["dpkg-query", "--show", r"--showformat=\t${Package}\t${Version}\n", "--"] if not directory else []),
            *([f"{directory}/bin/python", "-c", _DISTRIBUTIONS, directory] if directory else []),
            *names,
        ]
        commands.append(f"{shlex.join(words)} 2>/dev/null")
    return "; ".join(commands)


_DISTRIBUTIONS = """\
import importlib.metadata as m, sys
for name in sys.argv[2:]:
    try:
        print(sys.argv[1], name, m.version(name), sep="\\t")
    except m.PackageNotFoundError:
        pass"""


def versions(machine: Machine, probes: Sequence[str]) -> dict[str, str]:
    """What *probes* find in *machine*; what is not there is left out."""
    if not probes:
        return {}
    printed = machine.run(version_command(probes), timeout=VERSION_TIMEOUT).output
    lines = [line.split("\t") for line in printed.splitlines()]
    found = {(line[0], line[1]): line[2] for line in lines if len(line) == 3}  # noqa: PLR2004  (as printed above)
    return {name: found[place, name] for place, name in map(_split, probes) if (place, name) in found}


def _step(
    scene: RehearsalScene, step: Step, record: StepRecord | None, checks: Sequence[CheckEvidence]
) -> StepEvidence:
    if record is None:
        status = "not reached"
    elif record.error or scene.failed_step == step.name:
        status = "failed"
    else:
        status = "passed"
    return StepEvidence(
        name=step.name,
        kind="file" if isinstance(step, FileStep) else "console",
        location=str(step.location),
        digest=step_digest(step),
        status=status,
        duration=round(record.duration, 3) if record else 0.0,
        commands=tuple(
            CommandEvidence(
                command=item.command.text,
                account=item.command.account.value,
                exit_status=item.exit_status,
                output=without_mirrors(item.output),
                duration=round(item.duration, 3),
            )
            for item in (record.commands if record else ())
        ),
        checks=tuple(checks),
        recorded=moment(record.finished) if record and record.finished is not None else None,
        acts=act_digest(step),
    )


def _known(record: StepRecord | None, checks: Sequence[Seen]) -> list[CheckEvidence]:
    """What *checks* said of a step in an earlier rehearsal, if that has passed now as well."""
    if record is None or record.error is not None:
        return []
    return [replace(seen.check, recorded=moment(seen.finished)) for seen in checks]


def moment(seconds: float) -> str:
    """ISO 8601, UTC, seconds; *seconds* since 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _checkpoint(scene: RehearsalScene) -> CheckpointEvidence | None:
    entry = scene.lineage.resumed if scene.lineage is not None else None
    if entry is None:
        return None
    return CheckpointEvidence(entry.step, moment(entry.born), round(scene.started.timestamp() - entry.born, 1))


def evidence(
    scene: RehearsalScene,
    *,
    found: Mapping[str, str],
    known: Mapping[str, Sequence[Seen]] | None = None,
    interrupted: bool = False,
) -> Evidence:
    """The record of *scene* as it stands, with the versions *found* in the machine.

    *known* is, per step, what checks of earlier rehearsals said that were not made again.
    """
    article: Article = scene.article
    facts = scene.facts()
    records = scene.records()
    steps = tuple(
        _step(
            scene,
            step,
            records.get(step.name),
            [*_known(records.get(step.name), (known or {}).get(step.name, ())), *scene.checks.get(step.name, ())],
        )
        for step in article.steps
    )
    whole = all(step.status == "passed" for step in steps)
    broken = isinstance(scene.failure, InfrastructureError) or interrupted
    return Evidence(
        article=article.slug,
        source=article.source,
        outcome="passed" if whole else "interrupted" if broken else "failed",
        started=scene.started.isoformat(timespec="seconds"),
        duration=round(scene.elapsed, 1),
        parameters=dict(article.values),
        versions=dict(found),
        machine=MachineEvidence(
            driver=facts.driver,
            accelerator=facts.accelerator,
            platform=facts.platform,
            image=facts.image,
            cpus=facts.cpus,
            memory=facts.memory,
            adaptations=tuple(item.description for item in facts.adaptations),
        ),
        steps=steps,
        skips=tuple(SkipEvidence(str(skip.location), skip.reason) for skip in article.skips),
        checkpoint=_checkpoint(scene),
    )
