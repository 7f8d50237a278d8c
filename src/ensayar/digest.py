"""Digests of what a step does, so that evidence and checkpoints can tell whether they still speak of it.

Only what acts on the machine counts: captions, highlighting and places in the source do not.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ensayar.model import EXACTLY, Account, Command, Comparison, ConsoleStep

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.model import Step

PRESENTATION = frozenset({"location", "content_line", "language", "caption"})


EXPECTATION = frozenset({"expected", "comparison"})


def _plain(value: object) -> Any:  # noqa: ANN401  (JSON is dynamic)
    if isinstance(value, Account):
        return value.value
    if isinstance(value, Command):
        return {"text": value.text, "account": value.account.value, "expected": list(value.expected)}
    if isinstance(value, Comparison):
        return {"normalise": list(value.normalise), "any_order": value.any_order}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def step_digest(step: Step) -> str:
    """SHA-256, in hexadecimal, of a resolved step."""
    content = {
        field.name: _plain(getattr(step, field.name)) for field in fields(step) if field.name not in PRESENTATION
    }
    if content.get("comparison") == _plain(EXACTLY):
        del content["comparison"]  # it says nothing, and digests from before there was any stay true
    return _hashed(step, content)


def act_digest(step: Step) -> str:
    """Like :func:`step_digest` without the output that the step shows: as long as the machine does the same."""
    content = {
        field.name: _plain(getattr(step, field.name))
        for field in fields(step)
        if field.name not in PRESENTATION | EXPECTATION
    }
    if isinstance(step, ConsoleStep):
        content["commands"] = [
            {key: value for key, value in _plain(command).items() if key not in EXPECTATION}
            for command in step.commands
        ]
    return _hashed(step, content)


def _hashed(step: Step, content: dict[str, Any]) -> str:
    content["kind"] = "console" if isinstance(step, ConsoleStep) else "file"
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def chain(origin: str, steps: Iterable[Step]) -> tuple[str, ...]:
    """For each step the digest of everything that led there: *origin* (the image, the host's
    adaptations), all steps before it, and itself.
    """
    digests: list[str] = []
    current = origin
    for step in steps:
        current = hashlib.sha256(f"{current}\n{step_digest(step)}".encode()).hexdigest()
        digests.append(current)
    return tuple(digests)
