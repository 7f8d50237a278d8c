"""The command line: one module per command; :mod:`ensayar.cli.group` is the door that they hang on.

Exit codes: 0 well; 1 ``--check`` found a difference, ``coverage`` less than the minimum, ``accept`` left an output
alone, or a mutant survived; 2 the command or the article is written wrong; 3 the article failed; 4 the infrastructure
failed; 130 interrupted.
"""

from __future__ import annotations

from ensayar.cli import accept, checkpoints, coverage, diff, extract, image, mutate, record, rehearse, shell, watch
from ensayar.cli.group import main

main.add_command(extract.extract_command)
main.add_command(rehearse.rehearse)
main.add_command(record.record)
main.add_command(accept.accept)
main.add_command(shell.shell)
main.add_command(checkpoints.checkpoints)
main.add_command(diff.diff)
main.add_command(coverage.coverage)
main.add_command(image.image)
main.add_command(mutate.mutate)
main.add_command(watch.watch)

__all__ = ["main"]
