"""``ensayar image``."""

from __future__ import annotations

import click
from rich.console import Console

from ensayar.progress import Progress


@click.group()
def image() -> None:
    """The machine's image: built when first needed, kept in the cache."""


@image.command("build")
def image_build() -> None:
    """Build the image unless the cache holds a fresh one, and print where it is."""
    from ensayar.machine import image as images  # noqa: PLC0415  (the other commands need no driver)

    progress = Progress(Console(highlight=False, stderr=True))
    try:
        built = images.ensure(progress.phase)
    finally:
        progress.close()
    click.echo(str(built.disk))
