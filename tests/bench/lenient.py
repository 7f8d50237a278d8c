"""Directives and a role of our names that take everything: for docutils and Nikola where they are measured alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECTIVES = ("code-block", "rehearse", "parameter", "screenshot", "shared")
ROLE = "param"


class Everything(dict[str, Any]):
    """Options of any name."""

    def __missing__(self, key: str) -> Callable[[str | None], str]:
        return lambda text: text or ""


class Nothing(Directive):
    """Takes everything, makes nothing of it."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = Everything(name=str)

    def run(self) -> list[nodes.Node]:
        return []


class Shown(Nothing):
    """Takes everything, and shows what is in it as it is written."""

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        return [nodes.literal_block(text, text)] if text else []


def literally(*arguments: Any) -> tuple[list[nodes.Node], list[nodes.system_message]]:  # noqa: ANN401  (docutils')
    """A role that shows its text."""
    return [nodes.literal(arguments[1], arguments[2])], []


def register() -> None:
    """Make docutils in this process show articles; called by the settings of a site without our plugin."""
    for name in DIRECTIVES:
        directives.register_directive(name, Shown)
    roles.register_local_role(ROLE, literally)  # type: ignore[arg-type]  # typed narrower than docutils uses it
