"""A block as HTML: a figure with its caption, what it holds, what the reader must know, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.model import Account, ConsoleStep, FileStep
from ensayar.parameters import substitute
from ensayar.publish.code import coloured
from ensayar.publish.console import recordings_html, transcript_html, turns_of, turns_of_text
from ensayar.publish.html import element, join
from ensayar.publish.look import Look
from ensayar.publish.marking import with_values
from ensayar.publish.playing import recording_html
from ensayar.publish.reader import script_button, tick_html
from ensayar.publish.standing import skip_html, verdict_html
from ensayar.publish.tools import copy_runs, copy_text, file_tools, tools_html
from ensayar.publish.words import duration, language_name, say
from ensayar.verdict import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.model import Block, Location, Step
    from ensayar.publish.marking import Setting
    from ensayar.publish.page import Page

PLAIN = Look()
NOTHING = Markup()
NARROW = 34
"""Characters of code that fit at 320 CSS pixels; a longer block scrolls, and has to be reachable by keyboard."""
CONSOLE_LANGUAGES = frozenset({"console", "shell-session"})


def block_html(block: Block, page: Page, look: Look = PLAIN) -> Markup:
    """The figure for a raw *block* of *page*.

    :raises ValueError: no highlighter knows the block's language.
    """
    if isinstance(block, FileStep):
        return _file(block, page, look)
    if isinstance(block, ConsoleStep):
        return _console(block, page, look)
    setting = page.setting
    copy = _copy(block.text, block.language, block.location, block.name, page.language)
    return _figure(
        "skipped",
        look,
        block.name,
        _caption(block.language, setting, _title(block.caption, setting), name=block.name, copy=copy),
        _listing(block.text, block.language, block.location, setting, look),
        skip_html(block.reason, page.language),
    )


def listing_html(text: str, code: str, location: Location, setting: Setting, look: Look = PLAIN) -> Markup:
    """The figure for code in a post that is not executable: only shown.

    :raises ValueError: no highlighter knows the language *code*.
    """
    copy = _copy(text, code, location, None, setting.language)
    caption = _caption(code, setting, _title(look.caption, setting), copy=copy)
    return _figure("listing", look, None, caption, _listing(text, code, location, setting, look))


def _figure(kind: str, look: Look, name: str | None, *parts: Markup) -> Markup:
    return element("figure", *parts, class_=" ".join(("block", kind, *look.classes)), id=name)


def _caption(
    code: str,
    setting: Setting,
    where: Iterable[Markup] = (),
    *,
    name: str | None = None,
    copy: Markup = NOTHING,
) -> Markup:
    parts = [*where]
    kind = element("span", language_name(setting.language, code), class_="language")
    if name:
        label = str(say(setting.language, "anchor", name=name))
        kind = join([kind, element("a", "§", class_="anchor", href=f"#{name}", aria_label=label)], " ")
    if copy:
        kind = join([kind, element("span", copy, class_="copies")], " ")
    parts.append(element("span", kind, class_="kind"))
    return element("figcaption", join(parts, " "))


def _title(title: str, setting: Setting) -> list[Markup]:
    return [element("strong", with_values(title, setting.values), class_="title")] if title else []


def _scroller(content: Markup, longest: int) -> Markup:
    return element("div", content, class_="code", tabindex=0 if longest > NARROW else None)


def _longest(text: str) -> int:
    return max(map(len, text.split("\n")))


def _source(raw: str, code: str, setting: Setting, look: Look) -> Markup:
    """The code of a file: its text, and no other character, can be selected."""
    ends = raw.endswith("\n")
    lines = coloured(raw, code, setting.values)
    if ends:
        lines.pop()
    if look.first_line is not None or look.emphasised:
        lines = [
            element(
                "span",
                line,
                class_="line emphasised" if number in look.emphasised else "line",
                data_line=None if look.first_line is None else look.first_line + number - 1,
            )
            for number, line in enumerate(lines, start=1)
        ]
    text = join(lines, "\n") + ("\n" if ends else "")
    numbered = "numbered" if look.first_line is not None else None
    return _scroller(element("pre", element("code", text), class_=numbered), _longest(substitute(raw, setting.values)))


def _listing(text: str, code: str, location: Location, setting: Setting, look: Look) -> Markup:
    turns = turns_of_text(text, location) if code in CONSOLE_LANGUAGES else None
    if turns:
        return _scroller(transcript_html(turns, setting), _longest(substitute(text, setting.values)))
    return _source(text, code, setting, look)


def _copy(text: str, code: str, location: Location, name: str | None, language: str) -> Markup:
    """The copy buttons of a block that is only shown."""
    turns = turns_of_text(text, location) if code in CONSOLE_LANGUAGES else None
    if turns:
        return copy_runs([turn.command for turn in turns if turn.command], name, language)
    return copy_text(text, name, language)


def _file(step: FileStep, page: Page, look: Look) -> Markup:
    owner = element("code", with_values(f"{step.owner}:{step.group}", page.values))
    where = [
        *_title(step.caption, page.setting),
        element("code", with_values(step.path, page.values), class_="path"),
        element("span", say(page.language, "owner", owner=owner), class_="owner"),
        element("span", say(page.language, "mode", mode=element("code", f"{step.mode:04o}")), class_="mode"),
    ]
    notes = []
    if step.replaces:
        notes.append(say(page.language, "replaces", link=step_link(step.replaces)))
    return _figure(
        "file",
        look,
        step.name,
        _caption(
            step.language,
            page.setting,
            where,
            name=step.name,
            copy=copy_text(step.content, step.name, page.language),
        ),
        _source(step.content, step.language, page.setting, look),
        _notes(notes),
        _tools(step, page, file_tools(step, page.language)),
        verdict_html(page.verdict(step.name), page.language, _whole(step, page), page.spoken),
    )


def _console(step: ConsoleStep, page: Page, look: Look) -> Markup:
    verdict = page.verdict(step.name)
    terminal = element("span", _terminal(step, page), class_="terminal")
    turns = turns_of(step, verdict.evidence if verdict.standing is Standing.VERIFIED else None, page.values)
    lines = [
        line for turn in turns for line in (*(turn.command.text.split("\n") if turn.command else ()), *turn.expected)
    ]
    return _figure(
        "console",
        look,
        step.name,
        _caption(
            "console",
            page.setting,
            [*_title(step.caption, page.setting), terminal],
            name=step.name,
            copy=copy_runs(step.commands, step.name, page.language) if step.commands else NOTHING,
        ),
        _scroller(transcript_html(turns, page.setting), max(map(len, lines)) + 2),
        _notes(_what_to_know(step, page.language)),
        _tools(step, page),
        recording_html(step, page),
        recordings_html(turns, page.setting, page.record_of(step.name)),
        verdict_html(verdict, page.language, _whole(step, page), page.spoken),
    )


def _tools(step: Step, page: Page, more: Iterable[Markup] = ()) -> Markup:
    return tools_html([tick_html(step.name, page.language), *more, script_button(step, page)])


def _terminal(step: ConsoleStep, page: Page) -> Markup:
    """Whose terminal the block is typed into."""
    login = element("code", with_values(page.article.login, page.values))
    if step.output_of:
        return say(page.language, "output-of", link=step_link(step.output_of))
    accounts = {command.account for command in step.commands}
    if step.background:
        return say(page.language, "background", login=element("code", "root") if Account.ROOT in accounts else login)
    if accounts == {Account.ROOT}:
        return say(page.language, "terminal-root")
    return say(page.language, "terminal-user" if accounts == {Account.USER} else "terminals", login=login)


def _what_to_know(step: ConsoleStep, language: str) -> list[Markup]:
    """What the rehearsal does that the commands alone do not say."""
    notes = []
    if step.wait is not None:
        key = "note-wait-output" if step.output_of else "note-wait"
        notes.append(say(language, key, duration=duration(language, step.wait)))
    if step.background:
        notes.append(say(language, "note-background"))
    if step.stop:
        notes.append(say(language, "note-stop"))
    if step.exit_status:
        notes.append(say(language, "note-exit-status", status=step.exit_status))
    if step.comparison.any_order:
        notes.append(say(language, "note-any-order"))
    if step.reboot:
        notes.append(say(language, "note-reboot"))
    return notes


def _whole(step: Step, page: Page) -> Markup | None:
    """A link to all that was seen in *step*."""
    address = page.record_of(step.name)
    if address is None:
        return None
    label = str(say(page.language, "full-step-of", name=step.name))
    return element("a", say(page.language, "full-step"), href=address, class_="full", aria_label=label)


def _notes(notes: Iterable[Markup]) -> Markup:
    return join(element("p", note, class_="remark") for note in notes)


def step_link(name: str) -> Markup:
    """A link to the block called *name*."""
    return element("a", element("code", name), href=f"#{name}")
