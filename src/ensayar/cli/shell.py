"""``ensayar shell``."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ensayar import project
from ensayar.cli.common import ARTICLE, PARAMETERS, given_parameters, known_step, read
from ensayar.errors import UsageError
from ensayar.parameters import resolve
from ensayar.progress import Progress
from ensayar.testing.report import kept_command
from ensayar.testing.stage import Stage

if TYPE_CHECKING:
    from ensayar.checkpoints.lineage import Lineage
    from ensayar.model import Article
    from ensayar.scene import RehearsalScene


@click.command()
@ARTICLE
@click.option("--at", "step", metavar="STEP", help="After this step; default: after the last.")
@click.option("--before", is_flag=True, help="Right before that step.")
@click.option("--kept", is_flag=True, help="In the machine that “rehearse --keep” has kept.")
@click.option("--fresh", is_flag=True, help="From the beginning, without a checkpoint.")
@click.option("--user", help="Whose shell; default: the article's login user, or root before there is one.")
@PARAMETERS
def shell(  # noqa: PLR0913  (one per option)
    article: Path,
    step: str | None,
    user: str | None,
    parameters: tuple[str, ...],
    *,
    before: bool,
    kept: bool,
    fresh: bool,
) -> None:
    """Open a shell in the machine as it is after a step of ARTICLE, from the nearest checkpoint.

    What is done there is gone when the shell ends; checkpoints stay as they are.
    """
    if kept and (step or before or fresh):
        message = "--kept is the machine as it was left; it takes no step"
        raise UsageError(message)
    place = project.find(Path.cwd())
    (raw,) = read(place, [article])
    resolved = resolve(raw, given_parameters(parameters))
    names = [item.name for item in resolved.steps]
    wanted = known_step(step or names[-1], [raw])
    steps = names[: names.index(wanted) + (0 if before else 1)]
    progress = Progress(Console(highlight=False, stderr=True))
    stage = Stage({}, place.root, looking=True)
    stage.on_notice = progress.notice
    stage.on_progress, stage.observer, stage.forget = progress.phase, progress, fresh
    scene = stage.rehearsal(resolved)
    try:
        if kept:
            _wake_aside(scene, resolved)
        elif steps:
            scene.advance(steps[-1])
        machine = scene.machine
        who = user or (
            resolved.login if machine.run(f"id -- {shlex.quote(resolved.login)}").exit_status == 0 else "root"
        )
        progress.close()
        sys.exit(subprocess.run(machine.ssh_arguments(who), check=False).returncode)
    finally:
        progress.close()
        scene.stop()


def _wake_aside(scene: RehearsalScene, article: Article) -> None:
    lineage: Lineage | None = scene.lineage
    entry = lineage.aside() if lineage else None
    if entry is None:
        command = kept_command(article.source).replace(" shell ", " rehearse ").replace(" --kept", " --keep")
        message = f"{article.source}: no machine was kept; type: {command}"
        raise UsageError(message)
    scene.wake(entry)
