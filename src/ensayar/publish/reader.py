"""What a page offers for the reader's own run: values for the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.publish.html import element
from ensayar.publish.words import say

if TYPE_CHECKING:
    from markupsafe import Markup

    from ensayar.model import Parameter


def own_value_html(parameter: Parameter, language: str) -> Markup:
    """Where the reader types a value for *parameter*; all of it needs JavaScript."""
    name = parameter.name
    refusal = f"_valor-{name}"
    value = element("code", parameter.default)
    return element(
        "div",
        element(
            "label",
            say(language, "own-value", name=element("code", name)),
            " ",
            element(
                "input",
                type="text",
                value=parameter.default,
                data_parameter=name,
                data_pattern=parameter.pattern,
                aria_describedby=refusal,
                autocomplete="off",
                autocapitalize="off",
                spellcheck="false",
            ),
        ),
        " ",
        element("button", say(language, "own-value-reset", value=value), type="button", class_="reset", hidden=True),
        element(
            "p",
            element(
                "span",
                say(language, "own-value-refused", pattern=element("code", parameter.pattern)),
                hidden=True,
            ),
            id=refusal,
            class_="refusal",
            aria_live="polite",
        ),
        class_="own",
    )
