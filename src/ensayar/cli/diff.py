"""``ensayar diff``."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from ensayar import inventory, project
from ensayar.cli.common import ARTICLE, PARAMETERS, given_parameters, known_step, read
from ensayar.parameters import resolve
from ensayar.progress import Progress
from ensayar.testing.stage import Stage


@click.command()
@ARTICLE
@click.argument("step")
@PARAMETERS
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def diff(article: Path, step: str, parameters: tuple[str, ...], *, as_json: bool) -> None:
    """Show what STEP of ARTICLE changes in the machine: files, packages, services, listening sockets, accounts.

    The machine starts from the nearest checkpoint, and is gone afterwards.
    """
    place = project.find(Path.cwd())
    (raw,) = read(place, [article])
    resolved = resolve(raw, given_parameters(parameters))
    names = [item.name for item in resolved.steps]
    index = names.index(known_step(step, [raw]))
    progress = Progress(Console(highlight=False, stderr=True))
    stage = Stage({}, place.root, looking=True)
    stage.on_notice = progress.notice
    stage.on_progress, stage.observer = progress.phase, progress
    scene = stage.rehearsal(resolved)
    try:
        if index:
            scene.advance(names[index - 1])
        progress.phase("looking at the machine")
        before = inventory.take(scene.machine)
        scene.advance(step, playing=True)
        progress.phase("looking at the machine again")
        changes = inventory.compare(before, inventory.take(scene.machine))
    finally:
        progress.close()
        scene.stop()
    if as_json:
        click.echo(json.dumps([change.as_dict() for change in changes], indent=1, ensure_ascii=False))
    elif changes:
        click.echo("\n".join(inventory.lines(changes)))
    else:
        click.echo(f"“{step}” changes nothing that is looked at")
