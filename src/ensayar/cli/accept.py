"""``ensayar accept``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ensayar import evidence, project, transaction
from ensayar.accept import editions_of, plan
from ensayar.accept.pictures import take_over, waiting
from ensayar.accept.proposing import shows_output
from ensayar.cli.common import ARTICLE, known_step, read
from ensayar.errors import UsageError
from ensayar.parameters import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.accept import Plan
    from ensayar.evidence import Evidence
    from ensayar.model import Article

EXIT_DIFFERENT = 1


@click.command("accept")
@ARTICLE
@click.option("--step", "names", multiple=True, metavar="NAME", help="Only this step's output; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would change, as a unified diff.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where something would change.")
@click.option("--screenshots", is_flag=True, help="Take over the screenshots that differed, and no output.")
def accept(article: Path, names: tuple[str, ...], *, dry_run: bool, check: bool, screenshots: bool) -> None:
    """Make ARTICLE, in all its languages, show what its commands printed in the last rehearsal.

    What still fits stays as it was written, wildcards and normalisers included. Exits with 1 where an output differs
    and is left alone; the reason is said. Screenshots that differed wait in .dev/screenshots/, to be looked at.
    """
    place = project.find(Path.cwd())
    (original,) = read(place, [article])
    if screenshots:
        if names:
            message = "--screenshots does not go with --step; leave one of them out"
            raise UsageError(message)
        sys.exit(_accept_pictures(resolve(original), place, write=not (dry_run or check), check=check))
    editions = editions_of(article.absolute(), place.root)
    for name in names:
        _must_show_output(name, editions)
    made = plan(editions, _last(place, editions[0]), place.root, frozenset(names) or None)
    if dry_run:
        click.echo(made.diff(place.root), nl=False)
    elif not check:
        transaction.run(made.actions(), place.root)
    if not dry_run:
        _say(made, editions[0], done=not check)
    for problem in made.refused:
        click.echo(str(problem), err=True)
    missing = [name for name in names if name in made.unknown]
    for name in missing:
        step = editions[0].step(name)
        click.echo(f"{step.location}: step “{name}”: the last rehearsal did not get there; rehearse again", err=True)
    sys.exit(EXIT_DIFFERENT if made.refused or missing or (check and made.after) else 0)


def _accept_pictures(article: Article, place: project.Project, *, write: bool, check: bool) -> int:
    """Take over the screenshots of the resolved *article* that differed; an exit code."""
    found, refused = waiting(article, place)
    if write and found:
        take_over(article, place, found)
    for each in found:
        schemes = ", ".join(each.files)
        what = "accepted" if write else "would change"
        click.echo(f"{each.shot.location}: screenshot “{each.shot.name}”: {what} ({schemes})")
    if not found and not refused:
        click.echo(f"{article.source}: no screenshot to accept; none differed in the last rehearsal")
    for problem in refused:
        click.echo(str(problem), err=True)
    return EXIT_DIFFERENT if refused or (check and found) else 0


def _must_show_output(name: str, editions: Sequence[Article]) -> None:
    known_step(name, editions[:1])
    step = editions[0].step(name)
    if not shows_output(step):
        message = f"{step.location}: step “{name}” shows no output; there is nothing to accept"
        raise UsageError(message)


def _last(place: project.Project, article: Article) -> Evidence:
    path = place.evidence(article.slug) / evidence.FILE_NAME
    last = evidence.load(path)
    if last is None:
        where = path.relative_to(place.root)
        message = f"{article.source}: not rehearsed yet ({where} is not there); run “ensayar rehearse {article.source}”"
        raise UsageError(message)
    return last


def _say(made: Plan, article: Article, *, done: bool) -> None:
    for edit in made.edits:
        new = [line.text for line in edit.lines]
        same = sum(line.row is not None and line.text == edit.expected[line.row] for line in edit.lines)
        gone = len(edit.expected) - same
        what = f"-{gone} +{len(new) - same} lines" if new else "nothing was printed, all lines go"
        click.echo(f"{edit.location}: step “{edit.step}”: {'accepted' if done else 'would change'} ({what})")
    if not made.edits and not made.refused:
        click.echo(f"{article.source}: nothing to accept; it shows what was printed")
    if made.unknown:
        click.echo(f"{article.source}: the last rehearsal did not get to {', '.join(made.unknown)}")
