"""``./dev bench``: measures, shows, and writes ``docs/bench/``.

Exit codes: 0 measured (whatever the verdicts), 1 something that was measured failed, 2 called wrong, 4 the machine
could not be had, 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from bench import page, surroundings
from bench.model import Report, Section, load
from bench.sections import TITLES, Order, measure
from ensayar import atomic
from ensayar.errors import EXIT_INTERRUPTED, EXIT_USAGE, EnsayarError
from ensayar.project import Project

ROOT = Path(__file__).parents[2]
FIGURES = "figures.json"


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _keys(_context: click.Context, _parameter: click.Parameter, value: str | None) -> frozenset[str]:
    keys = frozenset(TITLES if value is None else value.replace(",", " ").split())
    unknown = sorted(keys - TITLES.keys())
    if unknown or not keys:
        message = f"{', '.join(unknown) or 'nothing'}: there is {', '.join(TITLES)}"
        raise click.BadParameter(message)
    return keys


def _article(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> str:
    path = value.resolve() if value else Project(ROOT).articles()[0]
    if not path.is_relative_to(ROOT):
        message = f"{value} does not lie in this project"
        raise click.BadParameter(message)
    return str(path.relative_to(ROOT))


def write(report: Report, directory: Path) -> None:
    """The JSON, and what is made of it."""
    texts = {FIGURES: report.dump(), **page.files(report, TITLES)}
    for name, text in texts.items():
        atomic.write(directory / name, text)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", "keys", callback=_keys, metavar="a,g", help="These sections; the others stay as they are.")
@click.option(
    "--quick",
    is_flag=True,
    help="Everything once, extraction and sites of up to 100 articles; writes no documentation.",
)
@click.option(
    "--article",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_article,
    help="Instead of the first of posts/.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="Keep the rehearsed copy of the project there; the next run with it need not begin with a cold rehearsal.",
)
@click.option("--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there, too.")
def main(keys: frozenset[str], article: str, keep: Path | None, target: Path | None, *, quick: bool) -> None:
    """Measure how fast the author's loop is, and write the figures to docs/bench/."""
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console(highlight=False)
    started = time.monotonic()

    def say(line: str) -> None:
        elapsed = int(time.monotonic() - started)
        console.print(f"{elapsed // 60}:{elapsed % 60:02} {line}", markup=False, soft_wrap=True)

    directory = ROOT / "docs" / "bench"
    report = Report() if quick else load(directory / FIGURES)
    load_average = os.getloadavg()[0]
    machine = surroundings.machine(say)
    commit = surroundings.commit(ROOT)  # now: what is edited meanwhile is not what is measured
    fresh = Report()
    if load_average > 0.5 * (os.cpu_count() or 1):
        say(f"this computer is busy (load {load_average:.1f}): figures in seconds will be larger than they have to be")
    for key, figures in measure(Order(keys, quick, ROOT, article, keep), say):
        section = Section(
            key=key,
            title=TITLES[key],
            measured=datetime.now(UTC).date().isoformat(),
            commit=commit,
            machine=machine,
            figures=tuple(figures),
        )
        fresh.add(section)
        dropped = report.add(section)
        if dropped:
            say(f"({', '.join(dropped)}) were measured on another machine, and go")
        console.print(page.table(section))
        if not quick:
            write(report, directory)
    if target:
        target.write_text(fresh.dump(), encoding="utf-8")


main.help = f"{main.help}\n\n\b\n" + "\n".join(f"({key}) {title}" for key, title in TITLES.items())

if __name__ == "__main__":
    try:
        main(standalone_mode=False, prog_name="./dev bench")
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except EnsayarError as error:
        click.echo(f"./dev bench: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):  # before the next: an Abort is one
        click.echo("interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except RuntimeError as error:
        click.echo(f"./dev bench: {error}", err=True)
        sys.exit(1)
