"""What a reader can do with a block: buttons that hold, as data, exactly what they hand over.

The text is the article's, raw, taken when the page is made; the browser puts the reader's values in place of the marks
and guesses nothing from what it shows. Without JavaScript none of this is visible.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ensayar.publish.html import element, join
from ensayar.publish.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

    from ensayar.model import Account, Command, FileStep

# what HTML cannot carry (WHATWG HTML, 13.2.3.5), or reads as a newline
_LOST = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def carried(text: str) -> bool:
    """Whether an attribute can hold *text* and give it back as it is."""
    return _LOST.search(text) is None


def runs_of(commands: Iterable[Command]) -> list[tuple[Account, str]]:
    """What is typed into one terminal without a break: the account, and its commands one below the other.

    No newline at the end: the reader presses Enter.
    """
    return [
        (account, "\n".join(command.text for command in run))
        for account, run in groupby(commands, key=lambda command: command.account)
    ]


def copy_runs(commands: Sequence[Command], name: str | None, language: str) -> Markup:
    """A copy button for each run of *commands*: two accounts are two terminals."""
    runs = runs_of(commands)
    if len(runs) == 1:
        return copy_text(runs[0][1], name, language)
    return join(
        (_copy(text, name, language, "copy-run", prompt=account.value) for account, text in runs),
        " ",
    )


def copy_text(text: str, name: str | None, language: str) -> Markup:
    """The copy button for the whole of a raw *text*."""
    return _copy(text, name, language, "copy")


def _copy(text: str, name: str | None, language: str, key: str, **values: str) -> Markup:
    if not carried(text):
        return join([])  # better no button than one that hands over something else
    label = str(say(language, f"{key}-of", name=name, **values)) if name else None
    words = say(language, key, **values)
    return element("button", words, class_="copy", type="button", data_text=text, aria_label=label)


def file_tools(step: FileStep, language: str) -> list[Markup]:
    """What can be had of a file besides its text: a download, and the command that writes it."""
    name = PurePosixPath(step.path).name
    return [
        element(
            "button",
            say(language, "download"),
            class_="download",
            type="button",
            data_name=name,
            aria_label=str(say(language, "download-of", name=step.name)),
        ),
        element(
            "button",
            say(language, "here-document"),
            class_="here-document",
            type="button",
            data_path=step.path,
            data_owner=f"{step.owner}:{step.group}",
            data_mode=f"{step.mode:04o}",
            title=str(say(language, "here-document-hint")),
            aria_label=str(say(language, "here-document-of", name=step.name)),
        ),
    ]


def tools_html(tools: Iterable[Markup]) -> Markup:
    """The row of tools under a block."""
    return element("div", join(tools, " "), class_="tools")
