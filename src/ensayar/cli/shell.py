"""``ensayar shell``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console

from ensayar import project
from ensayar.cli.common import ARTICLE, PARAMETERS, given_parameters, known_step, read
from ensayar.parameters import resolve
from ensayar.progress import Progress
from ensayar.scene import RehearsalScene
from ensayar.testing.stage import Stage


@click.command()
@ARTICLE
@click.option("--at", "step", metavar="STEP", help="After this step; default: after the last.")
@click.option("--before", is_flag=True, help="Right before that step.")
@click.option("--user", help="Whose shell; default: root.")
@PARAMETERS
def shell(article: Path, step: str | None, user: str | None, parameters: tuple[str, ...], *, before: bool) -> None:
    """Play ARTICLE up to a step and open a shell in the machine as it is then.

    The machine is gone when the shell ends.
    """
    place = project.find(Path.cwd())
    (raw,) = read(place, [article])
    resolved = resolve(raw, given_parameters(parameters))
    names = [item.name for item in resolved.steps]
    wanted = known_step(step or names[-1], [raw])
    steps = names[: names.index(wanted) + (0 if before else 1)]
    progress = Progress(Console(highlight=False, stderr=True))
    stage = Stage({})
    stage.on_progress = progress.phase
    scene = RehearsalScene(resolved, stage.factory, progress)
    try:
        arguments = scene.machine.ssh_arguments(user or "root")
        if steps:
            scene.advance(steps[-1])
        progress.close()
        sys.exit(subprocess.run(arguments, check=False).returncode)
    finally:
        progress.close()
        scene.stop()
