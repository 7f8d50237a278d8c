"""The deployment's manifest: what the extracted tree holds, for programs.

JSON, described by ``schemas/manifest.schema.json``. It names steps, not lines, so that an edit of the prose
changes nothing in it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ensayar.digest import step_digest
from ensayar.model import ConsoleStep, FileStep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ensayar.model import Article, Step
    from ensayar.transaction import Content

SCHEMA_VERSION = 1
FILE_NAME = "manifest.json"


def _step(step: Step) -> dict[str, Any]:
    common = {"name": step.name, "digest": step_digest(step)}
    if isinstance(step, FileStep):
        return common | {
            "kind": "file",
            "path": step.path,
            "owner": step.owner,
            "group": step.group,
            "mode": f"{step.mode:04o}",
            "sha256": hashlib.sha256(step.content.encode()).hexdigest(),
        }
    return common | _console(step)


def _console(step: ConsoleStep) -> dict[str, Any]:
    return {
        "kind": "console",
        "commands": [
            {"account": command.account.value, "command": command.text, "expected": list(command.expected)}
            for command in step.commands
        ],
        "timeout": step.timeout,
        "wait": step.wait,
        "background": step.background,
        "output_of": step.output_of,
        "expected": list(step.expected),
        "stop": step.stop,
        "reboot": step.reboot,
        "exit_status": step.exit_status,
        **({"normalise": list(step.comparison.normalise)} if step.comparison.normalise else {}),
        **({"any_order": True} if step.comparison.any_order else {}),
    }


def build(article: Article, files: Mapping[str, Content]) -> dict[str, Any]:
    """The manifest of a resolved *article* whose tree holds *files* (paths relative to the tree)."""
    return {
        "schema": SCHEMA_VERSION,
        "article": article.slug,
        "source": article.source,
        "language": article.language,
        "platform": article.platform,
        "login": article.login,
        "parameters": [
            {
                "name": parameter.name,
                "default": parameter.default,
                "pattern": parameter.pattern,
                "description": parameter.description,
            }
            for parameter in article.parameters
        ],
        "steps": [_step(step) for step in article.steps],
        "skips": [
            {"name": skip.name, "reason": skip.reason, "sha256": hashlib.sha256(skip.text.encode()).hexdigest()}
            for skip in article.skips
        ],
        "files": {
            name: {"sha256": hashlib.sha256(content.data).hexdigest(), "executable": content.executable}
            for name, content in sorted(files.items())
        },
    }


def dump(manifest: dict[str, Any]) -> bytes:
    """The manifest's bytes, the same for the same manifest."""
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
