"""The command line: one module per command; :mod:`ensayar.cli.group` is the door that they hang on.

Exit codes: 0 well; 1 ``extract --check`` found a difference, ``coverage`` less than the minimum; 2 the command or the
article is written wrong; 3 the article failed; 4 the infrastructure failed; 130 interrupted.
"""

from __future__ import annotations

from ensayar.cli import coverage, extract, image, rehearse, shell
from ensayar.cli.group import main

main.add_command(extract.extract_command)
main.add_command(rehearse.rehearse)
main.add_command(shell.shell)
main.add_command(coverage.coverage)
main.add_command(image.image)

__all__ = ["main"]
