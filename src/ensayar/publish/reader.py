"""What a page offers for the reader's own run: values for the parameters, how far they got, and where to go on.

All of it needs JavaScript, and is not there without. What it says of the rehearsal is what was rehearsed: the values
in the evidence, never the reader's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.deploy import parts_of, script_of
from ensayar.publish.html import element, join
from ensayar.publish.marking import safe
from ensayar.publish.script import as_json
from ensayar.publish.words import DEFAULT, WORDS, date, platform_name, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from ensayar.model import Parameter, Step
    from ensayar.publish.page import Page


def reader_html(page: Page) -> Markup:
    """The box about the reader's own run, under the one about the rehearsal."""
    language = page.language
    words = WORDS.get(language, WORDS[DEFAULT])
    script = script_of(page.article)
    return element(
        "section",
        _personal(page),
        element(
            "p",
            element("span", class_="so-far", data_phrase=words["so-far"], data_all=words["so-far-all"]),
            " ",
            element("a", say(language, "go-on", link=element("code")), class_="go-on"),
            " ",
            element("button", say(language, "start-over"), class_="start-over", type="button"),
            class_="progress",
            hidden=True,
        ),
        class_="reader",
        data_article=page.article.slug,
        data_head=as_json(script.head),
        data_done=script.done,
        data_as_rehearsed=words["as-rehearsed"],
        aria_label=str(say(language, "reader")),
    )


def _personal(page: Page) -> Markup:
    """What the reader's own values mean for the promise of the page."""
    language, article = page.language, page.article
    if not article.parameters:
        return join([])
    if page.evidence is None:
        words = say(language, "personal-never", values=_values(page.values))
    else:
        rehearsed = _values(page.evidence.parameters)
        words = say(language, "personal", date=date(language, page.evidence.started), values=rehearsed)
    if page.variation is not None:
        others, day = _values(page.variation.parameters), date(language, page.variation.started)
        phrase = "personal-others" if page.evidence else "personal-only-others"
        more = say(language, phrase, date=day, values=others)
        words = join([words, " ", more]) if page.evidence else more
    command = join(
        [
            f"ensayar rehearse {article.source}",
            *(
                join([" --parameter ", name, "=", element("var", value, data_parameter=name, data_quoted=True)])
                for name, value in page.values.items()
            ),
        ]
    )
    return element(
        "p", words, " ", say(language, "personal-how", command=element("code", command)), class_="personal", hidden=True
    )


def _values(values: Mapping[str, str]) -> Markup:
    return join((element("code", safe(f"{name}={value}")) for name, value in values.items()), ", ")


def own_value_html(parameter: Parameter, language: str) -> Markup:
    """Where the reader types a value for *parameter*."""
    name = parameter.name
    refusal = f"_valor-{name}"
    return element(
        "div",
        element(
            "label",
            element("span", say(language, "own-value", name=element("code", name))),
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
        element(
            "button",
            say(language, "own-value-reset", value=element("code", parameter.default)),
            type="button",
            class_="reset",
            hidden=True,
        ),
        element(
            "p",
            element(
                "span",
                say(language, "own-value-refused", pattern=element("code", parameter.pattern)),
                class_="refused",
                hidden=True,
            ),
            element(
                "span",
                say(language, "own-value-taken", value=element("code", parameter.default)),
                class_="taken",
                hidden=True,
            ),
            id=refusal,
            role="status",
        ),
        class_="own",
    )


def tick_html(name: str, language: str) -> Markup:
    """The box that the reader ticks when the step called *name* is done."""
    box = element("input", type="checkbox", aria_label=str(say(language, "tick-of", name=name)))
    return element("label", box, " ", say(language, "tick"), class_="tick")


def script_button(step: Step, page: Page) -> Markup:
    """The button that copies all steps up to the raw *step* as a script."""
    return element(
        "button",
        say(page.language, "so-far-script"),
        class_="script",
        type="button",
        data_script=as_json(parts_of(step, page.article.language)),
        title=str(say(page.language, "so-far-script-hint", platform=platform_name(page.article.platform))),
        aria_label=str(say(page.language, "so-far-script-of", name=step.name)),
    )
