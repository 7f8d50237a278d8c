"""``ensayar coverage``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ensayar import evidence, project
from ensayar.cli.common import ARTICLES, read
from ensayar.coverage import Report, measure
from ensayar.coverage_formats import FORMATS
from ensayar.errors import EXIT_DIFFERENCE
from ensayar.model import Minimum
from ensayar.parameters import resolve
from ensayar.testing.collection import checks_of


@click.command()
@ARTICLES
@click.option(
    "--format", "form", type=click.Choice([*FORMATS]), default="text", show_default=True, help="Of the report."
)
@click.option("--verified", is_flag=True, help="Hold the minimum against what the last rehearsal verified.")
@click.option(
    "--fail-under",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="The minimum of both measures, instead of each article's own.",
)
@click.option("--quiet", "-q", is_flag=True, help="No report, only what is missing.")
def coverage(articles: tuple[Path, ...], form: str, fail_under: int | None, *, verified: bool, quiet: bool) -> None:
    """Show what becomes of each block of ARTICLES (default: all posts), and which checks observe each step.

    No machine is started. What is planned is told apart from what the last rehearsal verified.

    Exits with 1 where an article falls short of the minimum that it demands, and names what is missing.
    """
    place = project.find(Path.cwd())
    found = sorted((resolve(article) for article in read(place, articles)), key=lambda article: article.source)
    checks = checks_of(place, found)
    measured = []
    for article in found:
        recorded = evidence.load(place.evidence(article.slug) / evidence.FILE_NAME)
        own = article.minimum
        minimum = own if fail_under is None else Minimum(fail_under, fail_under, own.location)
        measured.append(measure(article, checks.get(article.source, ()), recorded, minimum))
    report = Report(tuple(measured), verified)
    if not quiet:
        for line in FORMATS[form](report):
            click.echo(line)
    for problem in report.shortfalls:
        click.echo(str(problem), err=True)
    sys.exit(EXIT_DIFFERENCE if report.shortfalls else 0)
