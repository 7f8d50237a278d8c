"""The group of commands: turns our errors into one line and their exit code."""

from __future__ import annotations

import signal
from typing import Any, NoReturn

import click

from ensayar import __version__
from ensayar.errors import EXIT_INTERRUPTED, EnsayarError


class _Commands(click.Group):
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
