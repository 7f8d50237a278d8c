"""(a) to (d) and (f): the author's loop on a real article, against the same commands run by hand."""

from __future__ import annotations

import json
import secrets
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.memory import watched
from bench.model import Figure, ratio, seconds
from bench.place import processor_seconds, run
from ensayar import deploy
from ensayar.deploy_scene import SCRIPT_PATH, SCRIPT_TIMEOUT
from ensayar.machine import qemu, saved
from ensayar.model import ConsoleStep
from ensayar.testing.stage import HOST_NAME

if TYPE_CHECKING:
    from bench.place import Place
    from ensayar.model import Article

OVERHEAD = 1.10
"""(a) A cold rehearsal, times the same commands by hand."""
LAST_SECONDS, LAST_SHARE = 10.0, 1 / 40
"""(b) An edit of the last step: seconds, and as a share of cold."""
MORE_SECONDS = 10.0
"""(c) An edit in the middle: seconds beyond those of the steps from there."""
NOTHING_SECONDS = 2.0
"""(d) No edit."""
_MEGABYTE = 1e6
_NOTE = "cold.json"


@dataclass(frozen=True, slots=True)
class Times:
    """Where the seconds of a rehearsal went."""

    whole: float
    """From the key stroke to the verdict."""
    steps: float
    """Of the steps that were played."""
    checks: float
    """Of their checks."""
    keeping: float
    """Of keeping checkpoints."""

    @property
    def rest(self) -> float:
        """Of all else: the program's start, the machine's, its end."""
        return self.whole - self.steps - self.checks - self.keeping


@dataclass(frozen=True, slots=True)
class Cold:
    """What came of a rehearsal from nothing."""

    times: Times
    """Where the seconds went."""
    peak: int
    """Bytes of memory that the virtual machine took at most."""
    ended: float
    """When; wall clock, seconds since 1970."""


def rehearse_cold(place: Place) -> Cold:
    """Rehearse where nothing is known; in a place that was kept, what came of it then."""
    note = place.root.parent / _NOTE
    if note.is_file():
        data = json.loads(note.read_text(encoding="utf-8"))
        return Cold(Times(**data["times"]), data["peak"], data["ended"])
    assert not place.checkpoints()
    with watched(place.cache) as peak:
        whole = place.rehearse()
    found = Cold(_times(place, whole, 0, 0.0), peak.bytes, time.time())
    note.write_text(json.dumps(asdict(found)), encoding="utf-8")
    place.say(f"cold: {whole:.0f} s, of which {found.times.steps:.0f} s steps, {found.times.checks:.0f} s checks")
    return found


def _times(place: Place, whole: float, first: int, kept_before: float) -> Times:
    """Of a rehearsal that played the steps from number *first*."""
    played = place.evidence().steps[first:]
    return Times(
        whole,
        sum(step.duration for step in played),
        sum(check.duration for step in played for check in step.checks),
        _kept(place) - kept_before,
    )


def _kept(place: Place) -> float:
    return sum(entry.seconds for entry in place.checkpoints())


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person waits for who logs in to a fresh machine and types ``bash deploy.sh``."""

    boot: float
    """Until the machine lets in."""
    script: float
    """Until the script has ended."""
    restart: float
    """Until the machine is up again, which the article does on its way and the script leaves to its reader."""

    @property
    def whole(self) -> float:
        """All of it."""
        return self.boot + self.script + self.restart


def by_hand(article: Article, place: Place) -> ByHand:
    """``bash deploy.sh`` in a fresh machine of the same image.

    :raises RuntimeError: the script failed.
    """
    started = time.monotonic()
    with qemu.start(name=HOST_NAME, platform=article.platform) as machine:
        booted = time.monotonic()
        machine.put(deploy.script(article).encode(), SCRIPT_PATH, owner="root", group="root", mode=0o700)
        outcome = machine.terminal("root").run(f"bash {SCRIPT_PATH}", timeout=SCRIPT_TIMEOUT)
        if outcome.exit_status != 0:
            message = f"deploy.sh ended with {outcome.exit_status}:\n{outcome.output[-2000:]}"
            raise RuntimeError(message)
        done = time.monotonic()
        if any(isinstance(step, ConsoleStep) and step.reboot for step in article.steps):
            machine.reboot()
        found = ByHand(booted - started, done - booted, time.monotonic() - done)
    place.say(f"by hand: {found.whole:.0f} s, of which {found.script:.0f} s deploy.sh")
    return found


def overhead(cold: Cold, hand: ByHand) -> list[Figure]:
    """(a)."""
    times = cold.times
    return [
        seconds("cold rehearsal, from the key stroke to the verdict", [times.whole]),
        seconds("of which: the steps", [times.steps]),
        seconds("of which: their checks, which nobody makes by hand", [times.checks]),
        seconds("of which: keeping checkpoints", [times.keeping]),
        seconds("of which: the rest (the machine's boot, the program's start, versions)", [times.rest]),
        seconds("by hand: boot, bash deploy.sh, restart", [hand.whole]),
        seconds("of which: bash deploy.sh", [hand.script]),
        ratio(
            "the same commands: rehearsal without its checks ÷ by hand",
            (times.whole - times.checks) / hand.whole,
            OVERHEAD,
        ),
        ratio("all that a rehearsal does, checks included ÷ by hand", times.whole / hand.whole, OVERHEAD),
    ]


def edit_last(place: Place, cold: Cold, repeats: int) -> list[Figure]:
    """(b)."""
    article = place.article
    first = len(article.steps) - 1
    found = _edits(place, first, repeats)
    whole = seconds("edit of the last step, to the verdict", [each.whole for each in found], LAST_SECONDS)
    return [
        whole,
        *_parts(found),
        ratio("edit of the last step ÷ cold", whole.value / cold.times.whole, LAST_SHARE),
    ]


def edit_middle(place: Place, repeats: int) -> list[Figure]:
    """(c): the console step in the middle of the article."""
    steps = place.article.steps
    middle = len(steps) // 2
    first = next(number for number in range(middle, len(steps)) if _editable(steps[number]))
    found = _edits(place, first, repeats)
    return [
        seconds(f"edit of step {first + 1} of {len(steps)}, to the verdict", [each.whole for each in found]),
        *_parts(found),
        seconds("beyond the steps from there", [each.whole - each.steps for each in found], MORE_SECONDS),
        seconds(
            "beyond the steps from there and their checks",
            [each.whole - each.steps - each.checks for each in found],
            MORE_SECONDS,
        ),
    ]


def _editable(step: object) -> bool:
    """Whether a comment may stand at the end of its first command, and nothing else depends on how it was typed."""
    return (
        isinstance(step, ConsoleStep)
        and bool(step.commands)
        and "\n" not in step.commands[0].text
        and not (step.background or step.reboot)
    )


def _edits(place: Place, first: int, repeats: int) -> list[Times]:
    step = place.article.steps[first]
    if not _editable(step):
        message = f"{step.location}: the benchmark edits a console step, and this is none that it can"
        raise RuntimeError(message)
    name = step.name
    found = []
    for _ in range(repeats):
        kept = _kept(place)
        with place.edited(name, f"bench {secrets.token_hex(4)}"):  # nothing that another run has played here
            found.append(_times(place, place.rehearse(), first, kept))
        assert found[-1].rest > 0, "nothing was played"
        place.say(f"edit of “{name}”: {found[-1].whole:.1f} s")
    return found


def _parts(found: list[Times]) -> list[Figure]:
    return [
        seconds("of which: the steps from there", [each.steps for each in found]),
        seconds("of which: their checks", [each.checks for each in found]),
        seconds("of which: keeping checkpoints", [each.keeping for each in found]),
        seconds(
            "of which: the rest (the program's start, waking the machine up, versions)", [each.rest for each in found]
        ),
    ]


def no_edit(place: Place, project: Path, repeats: int) -> list[Figure]:
    """(d)."""
    place.rehearse()  # after the edits: the article is again what it was, and known
    found, worked = [], []
    for _ in range(repeats):
        before = processor_seconds()
        found.append(place.rehearse())
        worked.append(processor_seconds() - before)
    place.say(f"no edit: {min(found):.2f} to {max(found):.2f} s")
    ours = str(Path(sys.executable).with_name("ensayar"))
    inside = [run([ours, "--version"], project, place.environment()) for _ in range(repeats)]
    outside = [
        run([str(project / "dev"), "ensayar", "--version"], project, place.environment()) for _ in range(repeats)
    ]
    return [
        seconds("no edit, to the verdict", found, NOTHING_SECONDS),
        seconds("the processor's part of it; the rest is waiting for one", worked),
        seconds("ensayar --version", inside),
        seconds("what ./dev adds to any command", [most - least for most, least in zip(outside, inside, strict=True)]),
    ]


def room(place: Place, cold: Cold) -> list[Figure]:
    """(f): of what the cold rehearsal has kept."""
    entries = [entry for entry in place.checkpoints() if entry.made <= cold.ended]  # other runs' edits left some, too
    sizes = [entry.size() / _MEGABYTE for entry in entries]
    memory = [_allocated(entry.path / saved.MEMORY) / _MEGABYTE for entry in entries]
    results = sum(path.stat().st_blocks * 512 for path in (place.cache / "results").iterdir()) / _MEGABYTE

    peak = cold.peak / _MEGABYTE

    def megabytes(what: str, value: float, how: str) -> Figure:
        return Figure(what, round(value, 1), "MB", how)

    return [
        Figure("checkpoints of a cold rehearsal", len(entries), "", "counted"),
        megabytes("disk that they take", sum(sizes), "the sum"),
        megabytes("of which: memory of the machines, compressed", sum(memory), "the sum"),
        megabytes("the smallest", min(sizes), "one"),
        megabytes("the largest", max(sizes), "one"),
        seconds("to keep one", [entry.seconds for entry in entries]),
        megabytes("results of steps and checks", results, "the sum"),
        *(
            [megabytes("memory of this computer that the machine takes at most", peak, "looked at once a second")]
            if peak
            else []
        ),
    ]


def _allocated(path: Path) -> int:
    return path.stat().st_blocks * 512
