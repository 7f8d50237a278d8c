"""What a terminal leaves of what was printed to it: no colours, and nothing of what was overwritten."""

from __future__ import annotations

import re

from ensayar.matching import lines_of

# ECMA-48, 8.3.117 (SGR) and 8.3.41 (EL)
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_ERASE = re.compile(r"\x1b\[[012]?K")


def terminal_lines(output: str) -> list[str]:
    """The lines as a terminal shows them: without colours, and what follows a carriage return overwrites."""
    return lines_of("\n".join(map(_left, _COLOUR.sub("", output).split("\n"))))


def _left(line: str) -> str:
    """What is left of *line* when all its carriage returns are obeyed; from the last part to the first, so that many
    of them take no longer.
    """
    shown = ""
    for part in reversed(line.split("\r")):
        erases = _ERASE.match(part)
        text = _ERASE.sub("", part)
        shown += text[len(shown) :]
        if erases:
            break
    return shown.rstrip()
