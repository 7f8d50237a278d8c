"""The command line: ``ensayar extract``, ``rehearse``, ``shell``, ``image``.

Exit codes: 0 well; 1 ``--check`` found a difference; 2 the command or the article is written wrong; 3 the article
failed; 4 the infrastructure failed; 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console

from ensayar import __version__, evidence, extract, project, transaction
from ensayar.errors import EXIT_INTERRUPTED, EnsayarError, UsageError
from ensayar.parameters import did_you_mean, resolve
from ensayar.progress import Progress
from ensayar.scene import RehearsalScene
from ensayar.testing import session as rehearsals
from ensayar.testing.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.model import Article


class _Commands(click.Group):
    """Turns our errors into one line and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  (click's)
        """Run the command."""
        try:
            return super().invoke(ctx)
        except EnsayarError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(EXIT_INTERRUPTED)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ensayar")
def main() -> None:
    """Articles that rehearse themselves."""
    # a polite kill cleans up as Ctrl-C does
    signal.signal(signal.SIGTERM, _interrupt)


def _paths(place: project.Project, articles: Sequence[Path]) -> tuple[Path, ...]:
    paths = tuple(path.resolve() for path in articles) or place.articles()
    if not paths:
        message = f"{place.posts}: no articles (*.rst) here; write one"
        raise UsageError(message)
    return paths


def _read(place: project.Project, articles: Sequence[Path]) -> tuple[Article, ...]:
    found = extract.read(_paths(place, articles), place.root)
    for path in articles:
        if not any((place.root / article.source).resolve() == path.resolve() for article in found):
            message = f"{path}: not an executable article; it has no “.. rehearse::” directive"
            raise UsageError(message)
    return found


ARTICLES = click.argument("articles", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))


@main.command("extract")
@ARTICLES
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where tutorial/ differs from the articles.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would be done.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Instead of tutorial/.")
def extract_command(articles: tuple[Path, ...], output: Path | None, *, check: bool, dry_run: bool) -> None:
    """Write the deployment of ARTICLES (default: all posts) to tutorial/.

    All of it is written or nothing.
    """
    place = project.find(Path.cwd())
    found = _read(place, articles)
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
        sys.exit(1 if todo or orphans or strays else 0)
    if not dry_run:
        transaction.run(todo, target)


@main.command()
@ARTICLES
@click.option("--until", metavar="STEP", help="Stop after this step and its checks; writes no evidence.")
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="Another value.")
@click.option("--no-evidence", is_flag=True, help="Leave the evidence of the last rehearsal alone.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write a JUnit report, too.")
@click.option("--quiet", "-q", is_flag=True, help="Only failures and the last line.")
def rehearse(  # noqa: PLR0913  (one per option)
    articles: tuple[Path, ...],
    until: str | None,
    parameters: tuple[str, ...],
    junit: Path | None,
    *,
    no_evidence: bool,
    quiet: bool,
) -> None:
    """Play ARTICLES (default: all posts) on a fresh virtual machine, with their checks, and keep the evidence.

    Exits with 3 where an article fails and with 4 where the machine does.
    """
    place = project.find(Path.cwd())
    found = _read(place, articles)
    if until is not None:
        names = [step.name for article in found for step in article.steps]
        if until not in names:
            message = f"no step “{until}”; {did_you_mean(until, names)}"
            raise UsageError(message)
    given = _parameters(parameters)
    for article in found:
        resolve(article, given)
    # of its own, because pytest takes standard output away while a test runs
    console = Console(file=os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"), highlight=False)
    progress = Progress(console, expected=_expected(place, found), quiet=quiet)
    keep = not no_evidence and not parameters
    session = rehearsals.RehearsalSession(place, progress, until=until, write_evidence=keep)
    sources = [place.root / article.source for article in found]
    code = rehearsals.run(sources, session, parameters=parameters, junit=junit)
    for failure in session.tally.failures:
        click.echo(f"\n{failure}", err=True)
    tally = session.tally
    rest = f", {tally.not_reached} not reached" if tally.not_reached else ""
    word = {0: "passed", EXIT_INTERRUPTED: "interrupted"}.get(code, "failed")
    click.echo(f"{word}: {tally.steps} steps, {tally.checks} checks{rest}, {progress.elapsed()}")
    sys.exit(code)


def _parameters(given: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign:
            message = f"--parameter {item}: write NAME=VALUE"
            raise UsageError(message)
        values[name] = value
    return values


def _expected(place: project.Project, articles: Sequence[Article]) -> dict[str, float]:
    """Seconds that each step took in the last rehearsal."""
    times: dict[str, float] = {}
    for article in articles:
        last = evidence.load(place.evidence(article.slug) / evidence.FILE_NAME)
        names = {step.name for step in article.steps}
        if last is not None:
            times |= {step.name: step.duration for step in last.steps if step.name in names}
    return times


@main.command()
@click.argument("article", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--at", "step", metavar="STEP", help="After this step; default: after the last.")
@click.option("--before", is_flag=True, help="Right before that step.")
@click.option("--user", help="Whose shell; default: root.")
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="Another value.")
def shell(article: Path, step: str | None, user: str | None, parameters: tuple[str, ...], *, before: bool) -> None:
    """Play ARTICLE up to a step and open a shell in the machine as it is then.

    The machine is gone when the shell ends.
    """
    place = project.find(Path.cwd())
    (raw,) = _read(place, [article])
    resolved = resolve(raw, _parameters(parameters))
    names = [item.name for item in resolved.steps]
    wanted = step or names[-1]
    if wanted not in names:
        message = f"{raw.source}: no step “{wanted}”; {did_you_mean(wanted, names)}"
        raise UsageError(message)
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


@main.group()
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


if __name__ == "__main__":
    main()
