"""``ensayar record``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ensayar import project, recordings
from ensayar.cli.common import ARTICLE, read
from ensayar.digest import step_digest
from ensayar.model import FileStep
from ensayar.parameters import resolve
from ensayar.progress import Progress
from ensayar.recordings import Recording, to_be_seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ensayar.model import Article
    from ensayar.recording.play import Take


@click.command()
@ARTICLE
@click.option("--fresh", is_flag=True, help="Record all steps anew, also those whose recordings hold.")
@click.option("--quiet", "-q", is_flag=True, help="Only failures and the last line.")
def record(article: Path, *, fresh: bool, quiet: bool) -> None:
    """Play ARTICLE on real terminals in a fresh virtual machine, and keep how its console steps looked.

    Every command is typed at a prompt, as a reader does it, and has to do there what the article says. The recordings
    go to tutorial/<slug>/evidence/recordings/. Those that hold stay as they are; where all do, no machine is started.
    Exits with 3 where a step fails on a terminal, and with 4 where the machine does.
    """
    place = project.find(Path.cwd())
    (raw,) = read(place, [article])
    sound = resolve(raw)
    directory = place.evidence(sound.slug) / recordings.DIRECTORY
    known = recordings.load(directory)
    wanted = _wanted(sound, {} if fresh else known)
    if not wanted:
        click.echo(f"{sound.source}: all {len(known)} recordings hold; --fresh makes them anew")
        return
    from ensayar.machine import qemu  # noqa: PLC0415  (where all hold, no driver is needed)
    from ensayar.recording.play import play  # noqa: PLC0415  (likewise)
    from ensayar.testing.stage import HOST_NAME  # noqa: PLC0415  (likewise)

    progress = Progress(Console(highlight=False), quiet=quiet)
    try:
        with qemu.start(name=HOST_NAME, platform=sound.platform, on_progress=progress.phase) as machine:
            accelerator = machine.facts.accelerator
            takes = play(sound, machine, progress)
    finally:
        progress.close()
        sys.stdout.flush()  # before what goes to standard error
    new = {name: takes[name] for name in wanted}
    _write(directory, sound, {name: each for name, each in known.items() if name not in new}, new, accelerator)
    click.echo(f"{sound.source}: {len(new)} steps recorded, {progress.elapsed()}")


def _wanted(article: Article, known: Mapping[str, Recording]) -> tuple[str, ...]:
    """The steps to be recorded: those that are typed and have no recording that holds."""
    return tuple(
        step.name
        for step in article.steps
        if to_be_seen(step) and not (step.name in known and known[step.name].holds_for(step))
    )


def _write(
    directory: Path, article: Article, kept: Mapping[str, Recording], new: Mapping[str, Take], accelerator: str
) -> None:
    """Put *new* beside *kept*, and take away what no step has any more: all of it or nothing."""
    from ensayar.recording import tape  # noqa: PLC0415  (where all hold, it is not needed)

    said = _words(article)
    found = dict(kept)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{directory.name}-", dir=directory.parent) as name:
        place = Path(name) / directory.name
        place.mkdir()
        for step in article.steps:
            if step.name in new:
                events = tape.without_servers(new[step.name].events, said)
                began = new[step.name].began
                text = tape.dump(events, step.name, int(began))
                recordings.cast_path(place, step.name).write_text(text, encoding="utf-8")
                found[step.name] = Recording(
                    digest=step_digest(step),
                    recorded=datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                    seconds=round(tape.seconds_of(events), 1),
                    accelerator=accelerator,
                )
            elif step.name in kept:
                shutil.copyfile(recordings.cast_path(directory, step.name), recordings.cast_path(place, step.name))
        names = [step.name for step in article.steps if step.name in found]
        recordings.save(place, article.slug, {step: found[step] for step in names})
        old = Path(name) / "old"
        if directory.exists():
            directory.replace(old)
        try:
            place.replace(directory)
        except BaseException:
            if old.exists():
                old.replace(directory)
            raise


def _words(article: Article) -> str:
    """All that the article itself says: addresses in it are nobody's secret."""
    parts: list[str] = []
    for step in article.steps:
        if isinstance(step, FileStep):
            parts.append(step.content)
        else:
            commands: Sequence[str] = [text for each in step.commands for text in (each.text, *each.expected)]
            parts += [*commands, *step.expected]
    return "\n".join(parts)
