"""``ensayar mutate``."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console

from ensayar import atomic, project
from ensayar.cli.common import ARTICLE, read
from ensayar.errors import EXIT_INFRASTRUCTURE, InfrastructureError, UsageError
from ensayar.mutation import equivalent, published, report
from ensayar.mutation.generate import looking, mutants
from ensayar.mutation.journal import Journal, Published
from ensayar.mutation.report import Report
from ensayar.mutation.selection import Selection, select
from ensayar.mutation.verdict import Status
from ensayar.parameters import resolve
from ensayar.progress import Progress

if TYPE_CHECKING:
    from ensayar.model import Article
    from ensayar.mutation.model import Mutant
    from ensayar.mutation.verdict import Verdict

JOURNALS = ".dev/mutation"
EQUIVALENTS = "tests/mutation"
EXIT_SURVIVED = 1


@click.command()
@ARTICLE
@click.option("--list", "listing", is_flag=True, help="Only print the mutants; no machine.")
@click.option("--step", "steps", multiple=True, metavar="STEP", help="Only mutants of this step (may be repeated).")
@click.option("--operator", "operators", multiple=True, metavar="NAME", help="Only this kind of fault (likewise).")
@click.option("--only", type=click.Choice(["dropped", "altered"]), help="Only dropped steps, or only altered ones.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Only so many of them, drawn by lot.")
@click.option("--all-dropped", is_flag=True, help="With --sample: of the altered ones, and every dropped one besides.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which lot: the same seed draws the same ones.")
@click.option(
    "--at-most",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Leave a mutant undecided that nothing has noticed after so long.",
)
@click.option("--fresh", is_flag=True, help="Believe nothing that earlier runs found out.")
@click.option("--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write a report as JSON, too.")
@click.option("--quiet", "-q", is_flag=True, help="No line for each mutant; survivors and the score only.")
def mutate(  # noqa: PLR0913  (one per option)
    article: Path,
    *,
    steps: tuple[str, ...],
    operators: tuple[str, ...],
    only: str | None,
    sample: int | None,
    all_dropped: bool,
    seed: int,
    at_most: float | None,
    target: Path | None,
    listing: bool,
    fresh: bool,
    quiet: bool,
) -> None:
    """Put faults into ARTICLE, one at a time, and see whether its steps and checks notice.

    Each acting step is dropped once, and altered in many ways. A mutant is rehearsed from the state before its step
    until something goes red. An interrupted run goes on where it was when the same command is run again.

    Exits with 1 where a mutant survives that tests/mutation/<slug>.equivalent.toml does not explain, where one stays
    undecided, or where that list is wrong; with 3 where the article itself is red; with 4 where the machine failed.
    """
    place = project.find(Path.cwd())
    (raw,) = read(place, [article])
    sound = resolve(raw)
    everything = mutants(sound)
    if all_dropped and (sample is None or only is not None):
        message = "--all-dropped goes with --sample, and without --only"
        raise UsageError(message)
    wanted = Selection(steps, operators, only, sample, all_dropped, seed)
    chosen = select(everything, wanted)
    entries = equivalent.load(place.root / EQUIVALENTS / f"{sound.slug}.equivalent.toml", place.root)
    problems = equivalent.strays(entries, everything)
    if target is not None and not target.absolute().parent.is_dir():
        message = f"{target}: there is no such directory; create it first"
        raise UsageError(message)
    if listing:
        _list(chosen, sound, problems=[str(problem) for problem in problems])
    from ensayar.testing import mutation  # noqa: PLC0415  (a list needs no pytest)
    from ensayar.testing.positions import Positions  # noqa: PLC0415  (likewise)

    # of its own, because pytest takes standard output away while a test runs
    console = Console(file=os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"), highlight=False)
    progress = Progress(console, quiet=quiet)
    positions = Positions(place, sound, progress)
    path = place.root / JOURNALS / f"{sound.slug}.jsonl"
    before = _published(place.evidence(sound.slug) / published.FILE_NAME, fresh=fresh)
    trouble: BaseException | None = None
    with Journal(path, before) as journal:
        runner = mutation.Runner(positions, everything, journal, _Lines(progress, sound))
        try:
            if chosen:
                runner.run(chosen, fresh=fresh, at_most=at_most)
        except (InfrastructureError, KeyboardInterrupt) as error:
            trouble = error
        finally:
            progress.close()
            positions.close()
    limits = {"factor": mutation.FACTOR, "floor": mutation.FLOOR, "at_most": at_most}
    found = Report(
        sound,
        chosen,
        journal.verdicts,
        journal.bases,
        journal.green,
        positions.check_places,
        positions.check_digests,
        _population(everything),
        entries,
        tuple(problems),
        looking(sound),
        wanted,
        limits,
        runner.facts,
        datetime.now(UTC).date().isoformat(),
    )
    for line in report.summary_lines(found):
        click.echo(line)
    if target is not None and (trouble is None or runner.facts is not None):  # else what is there may know more
        _write(target, report.dump(found))
    if isinstance(trouble, KeyboardInterrupt):
        click.echo("the same command goes on from here", err=True)
    if trouble is not None:
        raise trouble
    sys.exit(exit_code(found))


def _published(path: Path, *, fresh: bool) -> Published:
    try:
        return published.known(path)
    except UsageError:
        if fresh:
            return Published()
        raise


def _population(mutants: tuple[Mutant, ...]) -> dict[str, int]:
    dropped = sum(mutant.dropped for mutant in mutants)
    return {"dropped": dropped, "altered": len(mutants) - dropped}


def _write(target: Path, text: str) -> None:
    try:
        atomic.write(target, text)
    except OSError as error:
        message = f"{target}: cannot be written ({error.strerror}); run this again with another file, nothing is lost"
        raise UsageError(message) from error


def exit_code(found: Report) -> int:
    """0: every mutant was noticed or is explained."""
    if found.unexplained or found.wrong or found.those(Status.UNDECIDED):
        return EXIT_SURVIVED
    return EXIT_INFRASTRUCTURE if found.those(Status.ERROR, Status.PENDING) else 0


def _list(chosen: tuple[Mutant, ...], article: Article, problems: list[str]) -> NoReturn:
    for mutant in chosen:
        click.echo(str(mutant))
    for name in looking(article):
        click.echo(f"{article.step(name).location}: {name} only looks: no mutants", err=True)
    for problem in problems:
        click.echo(problem, err=True)
    numbers = _population(chosen)
    click.echo(f"{numbers['dropped']} dropped, {numbers['altered']} altered", err=True)
    sys.exit(EXIT_SURVIVED if problems else 0)


class _Lines:
    """A line or two for each mutant; on a terminal, also what is being rehearsed."""

    def __init__(self, progress: Progress, article: Article) -> None:
        self._progress = progress
        self._article = article
        self._title = ""

    def started(self, mutant: Mutant, number: int, total: int) -> None:
        """The living line."""
        self._title = f"[{number}/{total}]"
        if self._progress.console.is_terminal and not self._progress.quiet:
            self._progress.phase(f"{self._title} {mutant.id}")

    def ended(self, mutant: Mutant, verdict: Verdict) -> None:
        """The lines that stay."""
        self._progress.close()
        first, *rest = report.verdict_lines(mutant, verdict, self._article)
        style = "red" if verdict.status is Status.SURVIVED else ""
        self._progress.line(f"{self._progress.elapsed()} {self._title} {first}", style)
        for line in rest:
            self._progress.line(line, "dim")
