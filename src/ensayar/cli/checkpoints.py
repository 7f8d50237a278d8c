"""``ensayar checkpoints``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from ensayar.ages import age
from ensayar.testing import shelves

if TYPE_CHECKING:
    from collections.abc import Sequence

_GIGABYTE = 1e9


@click.group(invoke_without_command=True)
@click.pass_context
def checkpoints(ctx: click.Context) -> None:
    """List the states of machines that rehearsals have kept, the last used first, and the disk that they take."""
    if ctx.invoked_subcommand is not None:
        return
    store = shelves.default().store
    now = time.time()
    rows = [("article", "after step", "steps", "age", "used", "disk", "kept in")]
    total = 0
    for entry in store.entries():
        size = entry.size()
        total += size
        stale = "" if store.fresh(entry.born) else ", too old"
        rows.append(
            (
                entry.article,
                entry.step or "(kept as it was)",
                str(entry.number) if entry.number else "",
                age(now - entry.born) + stale,
                f"{age(now - entry.used())} ago",
                f"{size / 1e6:.0f} MB",
                f"{entry.seconds:.1f} s",
            )
        )
    if len(rows) > 1:
        click.echo(_table(rows))
    limit, days = store.max_bytes / _GIGABYTE, store.max_age / 86400
    click.echo(
        f"{len(rows) - 1} checkpoints, {total / _GIGABYTE:.2f} GB of at most {limit:g} GB, used for {days:g} days, "
        f"in {store.directory}"
    )


@checkpoints.command()
def clear() -> None:
    """Remove them all, and what is known of steps and checks; those that a machine is using stay."""
    shelf = shelves.default()
    shelf.ledger.clear()
    removed, left = shelf.store.clear()
    rest = f"; {left} in use left" if left else ""
    click.echo(f"{removed} checkpoints removed{rest}")


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
