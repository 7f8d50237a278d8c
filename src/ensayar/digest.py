"""Digests of what a step does, so that evidence and checkpoints can tell whether they still speak of it.

Only what acts on the machine counts: captions, highlighting and places in the source do not.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ensayar.model import Account, Command, ConsoleStep

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.model import Step

PRESENTATION = frozenset({"location", "content_line", "language", "caption"})


def _plain(value: object) -> Any:  # noqa: ANN401  (JSON is dynamic)
    if isinstance(value, Account):
        return value.value
    if isinstance(value, Command):
        return {"text": value.text, "account": value.account.value, "expected": list(value.expected)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def step_digest(step: Step) -> str:
    """SHA-256, in hexadecimal, of a resolved step."""
    content = {
        field.name: _plain(getattr(step, field.name)) for field in fields(step) if field.name not in PRESENTATION
    }
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
