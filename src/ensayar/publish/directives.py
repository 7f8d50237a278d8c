"""Our directives as a page needs them: docutils in, raw HTML nodes out.

docutils knows one registry for the whole process, so nothing is registered here: :func:`bound` makes the classes for
one document, and the caller puts them in force while it is compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.languages import get_language
from docutils.transforms import Transform

from ensayar.errors import ArticleError, Problem
from ensayar.model import ConsoleStep, FileStep, Location
from ensayar.publish.blocks import block_html, listing_html
from ensayar.publish.html import element
from ensayar.publish.look import look_of
from ensayar.publish.marking import Setting
from ensayar.publish.reader import own_value_html, reader_html
from ensayar.publish.screenshots import screenshot_html
from ensayar.publish.summary import summary_html
from ensayar.publish.take_away import books_html, take_away_html
from ensayar.publish.words import say
from ensayar.rst.directives import (
    CODE_DIRECTIVES,
    CodeBlock,
    Declaration,
    Rehearse,
    language_of,
    read_block,
    read_parameter,
)
from ensayar.rst.inclusion import Inclusion
from ensayar.rst.screenshots import Picture
from ensayar.rst.sharing import Shared
from ensayar.screenshots import of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from docutils.parsers.rst import Directive
    from markupsafe import Markup

    from ensayar.model import Block
    from ensayar.publish.page import Page


@dataclass(frozen=True, slots=True)
class Source:
    """Where the text that docutils is given comes from."""

    path: str
    """The file, as it is shown."""
    skipped: int
    """Lines of the file that docutils is not given, before the first that it is."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What docutils is to know while one document is compiled."""

    directives: Mapping[str, type[Directive]]
    """By name."""
    roles: Mapping[str, Callable[..., Any]]
    """By name."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What there is to take away of an article, by address."""

    deployment: str | None = None
    """The deployment as one file."""
    books: Mapping[str, str] = field(default_factory=dict)
    """The article as a book, by format."""


NOTHING = Offers()


def bound(
    page: Page | None, language: str, source: Source, problems: list[Problem], offers: Offers = NOTHING
) -> Registry:
    """The directives and roles for one document.

    :param page: ``None`` for a post that is not executable: its code is only shown.
    :param problems: what is wrong in it is added here, with its place.
    :param offers: what the article offers to take away.
    """
    setting = page.setting if page else Setting({}, language)

    class Code(CodeBlock):
        def run(self) -> Sequence[nodes.Node]:
            return _figure(self, lambda: _block(self, page, setting), source, problems)

    class Beside(Inclusion):
        home = Path(source.path).parent
        root = Path.cwd()

    class Share(Shared):
        def run(self) -> Sequence[nodes.Node]:
            return _figure(self, lambda: _shared(self, page), source, problems)

    class Shot(Picture):
        def run(self) -> Sequence[nodes.Node]:
            return _figure(self, lambda: _shot(self, page), source, problems)

    class Header(Rehearse):
        def run(self) -> Sequence[nodes.Node]:
            return [] if page is None else [_raw(part) for part in _header(page, language, offers)]

    class Value(Declaration):
        def run(self) -> Sequence[nodes.Node]:
            parameter = read_parameter(self)
            value = element("var", parameter.default, data_parameter=parameter.name)
            term = nodes.term("", "", _raw(element("code", parameter.name)))
            definition = nodes.definition()
            self.state.nested_parse(self.content, self.content_offset, definition)
            hint = nodes.paragraph("", "", _raw(say(language, "parameter", value=value)))
            definition += hint
            definition += _raw(own_value_html(parameter, language))
            item = nodes.definition_list_item("", term, definition)
            return [nodes.definition_list("", item, classes=["parameter"])]

    def role(
        _name: str,
        rawtext: str,
        text: str,
        lineno: int,
        inliner: Any,  # noqa: ANN401
        _options: Any = None,  # noqa: ANN401
        _content: Any = None,  # noqa: ANN401
    ) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        value = setting.values.get(text)
        if value is None:
            message = inliner.reporter.error(f"no parameter “{text}” is declared", line=lineno)
            return [inliner.problematic(rawtext, rawtext, message)], [message]
        return [_raw(element("var", value, data_parameter=text))], []

    table: dict[str, type[Directive]] = dict.fromkeys(CODE_DIRECTIVES, Code)
    return Registry(
        table | {"include": Beside, "shared": Share, "screenshot": Shot, "rehearse": Header, "parameter": Value},
        {"param": role},
    )


def _header(page: Page, language: str, offers: Offers) -> Iterator[Markup]:
    yield summary_html(page)
    if offers.deployment:
        yield take_away_html(page, offers.deployment)
    if offers.books:
        yield books_html(offers.books, language)
    yield reader_html(page)


class PlainTables(Transform):
    """Tables without widths of their own, which HTML can only say in a style attribute, in a box that may scroll."""

    default_priority = 880

    def apply(self) -> None:
        """To every table of the document."""
        for table in list(self.document.findall(nodes.table)):
            table["classes"] = [name for name in table["classes"] if name != "colwidths-given"]
            box = nodes.container("", classes=["wide-table"])
            table.replace_self(box)
            box += table


class PlainAdmonitions(Transform):
    """Notes and warnings as boxes: docutils writes asides, each of which would be a landmark of the page."""

    default_priority = 881

    def apply(self) -> None:
        """To every admonition of the document."""
        labels = get_language(self.document.settings.language_code, self.document.reporter).labels
        notes = [node for node in self.document.findall(nodes.Element) if isinstance(node, nodes.Admonition)]
        for note in notes:
            if isinstance(note, nodes.admonition):
                title, *content = note.children
                words = list(title.children)
            else:
                content = note.children
                words = [nodes.Text(labels[note.tagname])]
            heading = nodes.paragraph("", "", *words, classes=["admonition-title"])
            classes = ["admonition", note.tagname, *note["classes"]]
            note.replace_self(nodes.container("", heading, *content, ids=note["ids"], classes=classes))


def _block(directive: CodeBlock, page: Page | None, setting: Setting) -> tuple[Markup, str | None]:
    """The block as HTML, and its name."""
    look = look_of(directive.options, len(directive.content))
    if page is not None:
        block = read_block(directive, Path.cwd())
        if block is not None:
            return block_html(block, page, look), block.name
    text = "".join(f"{line}\n" for line in directive.content)
    return listing_html(text, language_of(directive), Location("", directive.lineno), setting, look), None


def _shared(directive: Shared, page: Page | None) -> tuple[Markup, str]:
    """The block that an edition takes over, as HTML, and its name."""
    name = directive.arguments[0].strip()
    if page is not None and name in {shot.name for shot in of(page.article)}:
        return _shot(directive, page)
    block = next((block for block in page.article.blocks if block.name == name), None) if page else None
    if page is None or block is None:
        message = f"no block “{name}” to share"
        raise ValueError(message)
    return block_html(block, page, look_of(directive.options, _length(block))), name


def _shot(directive: Directive, page: Page | None) -> tuple[Markup, str]:
    """The screenshot as HTML, and its name."""
    name = directive.arguments[0].strip()
    shot = next((shot for shot in of(page.article) if shot.name == name), None) if page else None
    if page is None or shot is None:
        message = f"no screenshot “{name}”; it goes with an article that has “.. rehearse::”"
        raise ValueError(message)
    return screenshot_html(shot, page, look_of(directive.options, 0)), name


def _length(block: Block) -> int:
    """Lines of the raw *block*."""
    if isinstance(block, ConsoleStep):
        shown = [block.expected, *(command.expected for command in block.commands)]
        return sum(map(len, shown)) + sum(command.text.count("\n") + 1 for command in block.commands)
    return (block.content if isinstance(block, FileStep) else block.text).count("\n")


def _figure(
    directive: Directive, make: Callable[[], tuple[Markup, str | None]], source: Source, problems: list[Problem]
) -> list[nodes.Node]:
    """The figure that *make* gives, and its name, in the document; or what is wrong with it, in *problems*."""
    try:
        html, name = make()
    except ArticleError as error:
        problems.extend(error.problems)
        return []
    except ValueError as error:
        problems.append(Problem(_place(directive, source), str(error)))
        return []
    node = _raw(html)
    if name:
        _claim(directive.state.document, node, name)
    return [node]


def _place(directive: Directive, source: Source) -> Location:
    path, line = directive.state_machine.get_source_and_line(directive.lineno)
    if path and Path(path).is_file():
        return Location(path, line or 1)
    return Location(source.path, (line or directive.lineno) + source.skipped)


def _raw(html: Markup) -> nodes.raw:
    return nodes.raw("", str(html), format="html")


def _claim(document: nodes.document, node: nodes.raw, name: str) -> None:
    """Give *name*, as an anchor, to the block; a section that was there first makes room."""
    other = document.ids.get(name)
    if other is not None:
        spare = next(new for new in (f"{name}-{number}" for number in range(1, 1000)) if new not in document.ids)
        other["ids"] = [spare if old == name else old for old in other["ids"]]
        document.ids[spare] = document.ids.pop(name)
        for key, value in document.nameids.items():
            if value == name:
                document.nameids[key] = spare
    node["names"] = [name]
    node["ids"] = [name]
    document.note_explicit_target(node)
