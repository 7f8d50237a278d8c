"""The roles that an article may use, bound to one document's findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

from ensayar.model import Location
from ensayar.rst.directives import relative

if TYPE_CHECKING:
    from ensayar.rst.collector import Findings

NIKOLA_ROLES = ("doc",)


def _parameter_role(state: Findings) -> Any:  # noqa: ANN401  (docutils' role protocol is untyped)
    def role(
        _name: str,
        rawtext: str,
        text: str,
        lineno: int,
        inliner: Any,  # noqa: ANN401
        _options: Any = None,  # noqa: ANN401
        _content: Any = None,  # noqa: ANN401
    ) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        source, line = inliner.reporter.get_source_and_line(lineno)
        state.uses.append((f"@@{text}@@", Location(relative(source, state.root), line or lineno)))
        return [nodes.literal(rawtext, text)], []

    return role


def _plain_role(*arguments: Any) -> tuple[list[nodes.Node], list[nodes.system_message]]:  # noqa: ANN401
    return [nodes.literal(arguments[1], arguments[2])], []


def roles_for(state: Findings) -> dict[str, Any]:
    """The roles, bound to *state*."""
    return {"param": _parameter_role(state)} | dict.fromkeys(NIKOLA_ROLES, _plain_role)
