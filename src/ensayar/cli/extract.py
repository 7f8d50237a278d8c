"""``ensayar extract``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ensayar import extract, project, transaction
from ensayar.cli.common import ARTICLES, read
from ensayar.errors import EXIT_DIFFERENCE


@click.command("extract")
@ARTICLES
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where tutorial/ differs from the articles.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would be done.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Instead of tutorial/.")
def extract_command(articles: tuple[Path, ...], output: Path | None, *, check: bool, dry_run: bool) -> None:
    """Write the deployment of ARTICLES (default: all posts) to tutorial/.

    All of it is written or nothing.
    """
    place = project.find(Path.cwd())
    found = read(place, articles)
    target = output or place.tutorial
    todo = extract.actions(found, target)
    orphans = extract.orphans(found, target) if not articles else ()
    for action in todo:
        click.echo(str(action))
    for orphan in orphans:
        click.echo(f"{orphan}: its article is gone; delete the directory", err=True)
    strays = extract.strays(found, target)
    for stray in strays:
        click.echo(f"{stray}: no article writes this file; delete it", err=True)
    if check:
        sys.exit(EXIT_DIFFERENCE if todo or orphans or strays else 0)
    if not dry_run:
        transaction.run(todo, target)
