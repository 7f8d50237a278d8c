"""Failures in words: what happened, where, what was seen, and the next command to type."""

from __future__ import annotations

import inspect
import os
import shlex
from typing import TYPE_CHECKING

from ensayar.errors import EnsayarError, InfrastructureError, StepError

if TYPE_CHECKING:
    import pytest

INDENT = "    "


def _block(title: str, text: str) -> list[str]:
    return [f"  {title}", *(f"{INDENT}{line}".rstrip() for line in text.split("\n"))] if text else []


def shell_command(source: str, step: str, *, before: bool = True) -> str:
    """The command that opens a shell in the machine right before *step*, or after it."""
    program = os.environ.get("ENSAYAR_COMMAND", "ensayar")
    return f"{program} shell {shlex.quote(source)} --at {step}{' --before' if before else ''}"


def kept_command(source: str) -> str:
    """The command that opens a shell in the machine that ``rehearse --keep`` has kept."""
    return f"{os.environ.get('ENSAYAR_COMMAND', 'ensayar')} shell {shlex.quote(source)} --kept"


def describe(error: EnsayarError, source: str) -> str:
    """*error* over several lines; *source* is the article's file."""
    if isinstance(error, StepError):
        lines = [str(error)]
        lines += _block("command", error.command or "")
        lines += _block("- what the article shows, + what the machine printed, ? why", error.diff)
        lines += _block("the machine's last lines", "\n".join(error.console))
        lines += _block("a shell there", shell_command(source, error.step))
        return "\n".join(lines)
    if isinstance(error, InfrastructureError):
        return "\n".join([f"infrastructure: {error.message}", *_block("what to do", error.remedy)])
    return str(error)


def description_of(item: pytest.Item) -> str:
    """What a check observes: the first sentence of its docstring, else its name in words."""
    function = getattr(item, "function", None)
    text = inspect.getdoc(function) if function else None
    return text.strip().split("\n")[0] if text else item.name.removeprefix("test_").replace("_", " ")
