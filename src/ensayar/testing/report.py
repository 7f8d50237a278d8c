"""Failures in words: what happened, where, what was seen, and the next command to type."""

from __future__ import annotations

import os
import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING

from ensayar.errors import EnsayarError, InfrastructureError, ScreenshotError, StepError

if TYPE_CHECKING:
    from collections.abc import Mapping


INDENT = "    "
NOTHING: Mapping[str, str] = MappingProxyType({})


def _block(title: str, text: str) -> list[str]:
    return [f"  {title}", *(f"{INDENT}{line}".rstrip() for line in text.split("\n"))] if text else []


def shell_command(source: str, step: str, given: Mapping[str, str] = NOTHING, *, before: bool = True) -> str:
    """The command that opens a shell in the machine right before *step*, or after it; *given* as in the rehearsal."""
    return _shell(source, given, f" --at {step}{' --before' if before else ''}")


def kept_command(source: str, given: Mapping[str, str] = NOTHING) -> str:
    """The command that opens a shell in the machine that ``rehearse --keep`` has kept."""
    return _shell(source, given, " --kept")


def _shell(source: str, given: Mapping[str, str], rest: str) -> str:
    program = os.environ.get("ENSAYAR_COMMAND", "ensayar")
    parameters = "".join(f" -p {shlex.quote(f'{name}={value}')}" for name, value in given.items())
    return f"{program} shell {shlex.quote(source)}{rest}{parameters}"


def describe(error: EnsayarError, source: str, given: Mapping[str, str] = NOTHING) -> str:
    """*error* over several lines; *source* is the article's file, *given* the parameters of the rehearsal."""
    if isinstance(error, StepError):
        lines = [str(error)]
        lines += _block("command", error.command or "")
        lines += _block("- what the article shows, + what the machine printed, ? why", error.diff)
        lines += _block("the machine's last lines", "\n".join(error.console))
        before = not isinstance(error, ScreenshotError)
        lines += _block("a shell there", shell_command(source, error.step, given, before=before))
        return "\n".join(lines)
    if isinstance(error, InfrastructureError):
        return "\n".join([f"infrastructure: {error.message}", *_block("what to do", error.remedy)])
    return str(error)
