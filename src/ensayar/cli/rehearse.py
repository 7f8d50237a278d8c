"""``ensayar rehearse``."""

from __future__ import annotations

import gc
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ensayar import evidence, project, variation
from ensayar.cli.common import ARTICLES, PARAMETERS, given_parameters, known_step, read
from ensayar.cli.draw import draw
from ensayar.errors import EXIT_INTERRUPTED, UsageError
from ensayar.parameters import resolve
from ensayar.progress import Progress
from ensayar.testing import session as rehearsals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ensayar.model import Article


@click.command()
@ARTICLES
@click.option("--until", metavar="STEP", help="Stop after this step and its checks; writes no evidence.")
@PARAMETERS
@click.option(
    "--parameters", "drawn", type=click.Choice(["random"]), help="Other values for all parameters that are not given."
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="What they are drawn with; default: a new one.")
@click.option("--fresh", is_flag=True, help="Use nothing that earlier rehearsals have left: play and check everything.")
@click.option("--from-failure", is_flag=True, help="From the step that failed the last time; writes no evidence.")
@click.option("--keep", is_flag=True, help="Keep the machine as it is at the end; “ensayar shell --kept” opens it.")
@click.option("--no-evidence", is_flag=True, help="Leave the evidence of the last rehearsal alone.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write a JUnit report, too.")
@click.option("--quiet", "-q", is_flag=True, help="Only failures and the last line.")
def rehearse(  # noqa: PLR0913  (one per option)
    articles: tuple[Path, ...],
    *,
    until: str | None,
    parameters: tuple[str, ...],
    drawn: str | None,
    seed: int | None,
    junit: Path | None,
    fresh: bool,
    from_failure: bool,
    keep: bool,
    no_evidence: bool,
    quiet: bool,
) -> None:
    """Play ARTICLES (default: all posts) in a virtual machine, with their checks, and keep the evidence.

    Steps and checks that passed before, and that nothing has touched since, are not repeated; the machine starts
    from the nearest checkpoint. Exits with 3 where an article fails and with 4 where the machine does.
    """
    # what is imported by now stays: to look through it again and again is a seventh of a rehearsal without an edit
    gc.freeze()
    place = project.find(Path.cwd())
    found = read(place, articles)
    if until is not None:
        known_step(until, found)
    given = given_parameters(parameters)
    if drawn:
        seed = random.randrange(10**6) if seed is None else seed  # noqa: S311  (to be repeated, not to be secret)
        given = _drawn(found, seed, given)
        click.echo(f"seed {seed}: " + ", ".join(f"{name}={value}" for name, value in given.items()))
    elif seed is not None:
        message = "--seed goes with “--parameters random”; add it"
        raise UsageError(message)
    for article in found:
        resolve(article, given)
    # of its own, because pytest takes standard output away while a test runs
    console = Console(file=os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"), highlight=False)
    progress = Progress(console, expected=_expected(place, found), quiet=quiet)
    wishes = rehearsals.Wishes(
        until=until,
        start=_failed_step(place, found) if from_failure else None,
        fresh=fresh,
        keep=keep,
        write_evidence=not no_evidence and not parameters,  # what somebody has chosen speaks for nobody else
        drawn=(seed, variation.digest_of(found[0])) if seed is not None else None,
    )
    session = rehearsals.RehearsalSession(place, progress, wishes)
    sources = [place.root / article.source for article in found]
    values = [f"{name}={value}" for name, value in given.items()]
    code = rehearsals.run(sources, session, parameters=values, junit=junit)
    for failure in session.tally.failures:
        click.echo(f"\n{failure}", err=True)
    tally = session.tally
    rest = f", {tally.not_reached} not reached" if tally.not_reached else ""
    word = {0: "passed", EXIT_INTERRUPTED: "interrupted"}.get(code, "failed")
    known = f" (and {tally.known_steps} steps, {tally.known_checks} checks known)" if tally.known_steps else ""
    click.echo(f"{word}: {tally.steps} steps, {tally.checks} checks{known}{rest}, {progress.elapsed()}")
    sys.exit(code)


def _drawn(articles: Sequence[Article], seed: int, given: Mapping[str, str]) -> dict[str, str]:
    """Values for the parameters of the only one of *articles*: those that are *given*, and others for the rest.

    :raises UsageError: there are several, or one of its parameters can have no other value.
    """
    if len(articles) != 1:
        message = "--parameters takes one article"
        raise UsageError(message)
    (article,) = articles
    if not article.parameters:
        message = f"{article.source}: it has no parameters; leave “--parameters” out"
        raise UsageError(message)
    return {**given, **draw([each for each in article.parameters if each.name not in given], seed)}


def _failed_step(place: project.Project, articles: Sequence[Article]) -> str:
    """The step that failed in the last rehearsal of the only one of *articles*.

    :raises UsageError: there is none.
    """
    if len(articles) != 1:
        message = "--from-failure takes one article"
        raise UsageError(message)
    (article,) = articles
    last = evidence.load(place.evidence(article.slug) / evidence.FILE_NAME)
    failed = next((step.name for step in last.steps if step.status == "failed"), None) if last else None
    if failed is None:
        message = f"{article.source}: its last rehearsal did not fail; leave “--from-failure” out"
        raise UsageError(message)
    return known_step(failed, articles)


def _expected(place: project.Project, articles: Sequence[Article]) -> dict[str, float]:
    """Seconds that each step took in the last rehearsal."""
    times: dict[str, float] = {}
    for article in articles:
        last = evidence.load(place.evidence(article.slug) / evidence.FILE_NAME)
        names = {step.name for step in article.steps}
        if last is not None:
            times |= {step.name: step.duration for step in last.steps if step.name in names}
    return times
