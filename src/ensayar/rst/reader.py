"""Reads an article with docutils' own parser.

What comes in is a file; what goes out is an :class:`ensayar.model.Article`, or every problem found in it at
once. Blocks are taken from the document tree, so nesting in notes, lists, tables and included files is docutils'
business, not ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser, directives, roles
from docutils.utils import new_document

from ensayar.errors import ArticleError, Problem, UsageError
from ensayar.model import Article, Block, Location, Parameter
from ensayar.rst.directives import (
    CODE_DIRECTIVES,
    PLATFORMS,
    CodeBlock,
    Declaration,
    Rehearse,
    content_lines,
    language_of,
    location_of,
    read_block,
    read_parameter,
    relative,
)
from ensayar.rst.options import CONSOLE_ONLY, FILE_ONLY, check_names
from ensayar.validate import problems_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REPORT_LEVEL = 2  # warnings and above
EXECUTABLE_OPTIONS = frozenset({"file", "skip"}) | CONSOLE_ONLY | FILE_ONLY
NIKOLA_DIRECTIVES = (
    "chart",
    "doc",
    "gist",
    "graph",
    "listing",
    "media",
    "post-list",
    "slides",
    "soundcloud",
    "thumbnail",
    "vimeo",
    "youtube",
)
NIKOLA_ROLES = ("doc",)


class _State:
    """What the directives of one document leave behind."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blocks: list[Block] = []
        self.parameters: list[Parameter] = []
        self.header: dict[str, str] | None = None
        self.problems: list[Problem] = []
        self.unclassified: list[Problem] = []
        self.uses: list[tuple[str, Location]] = []
        self.marked: Location | None = None

    def add_block(self, directive: CodeBlock) -> None:
        """Keep the block that *directive* stands for, or what is wrong with it."""
        place = location_of(directive, self.root)
        if self.marked is None and EXECUTABLE_OPTIONS & directive.options.keys():
            self.marked = place
        self.problems.extend(_tabs(directive, self.root))
        try:
            block = read_block(directive, self.root)
        except ArticleError as error:
            self.problems.extend(error.problems)
            return
        if block is None:
            message = (
                f"nothing says what becomes of this “{language_of(directive)}” block; make it a file "
                "(“:file: /path”), a console block, or say “:skip: reason”"
            )
            self.unclassified.append(Problem(place, message))
        else:
            self.blocks.append(block)

    def add_header(self, directive: Rehearse) -> None:
        """Keep what the ``rehearse`` directive says."""
        place = location_of(directive, self.root)
        if self.header is not None:
            self.problems.append(Problem(place, "a second “rehearse” directive; an article has one"))
            return
        self.header = dict(directive.options)
        if directive.arguments or directive.content:
            self.problems.append(Problem(place, "“rehearse” takes options only; remove the other text below it"))
        try:
            check_names(directive.options, directive.known)
        except ValueError as error:
            self.problems.append(Problem(place, str(error)))
        platform = directive.options.get("platform", "")
        if platform not in PLATFORMS:
            known = ", ".join(sorted(PLATFORMS))
            self.problems.append(Problem(place, f"“:platform: {platform}” is not known; known: {known}"))
        self.uses.extend((directive.options.get(name, ""), place) for name in ("login", "versions"))

    def add_parameter(self, directive: Declaration) -> None:
        """Keep the parameter that *directive* declares."""
        try:
            self.parameters.append(read_parameter(directive, self.root))
        except ArticleError as error:
            self.problems.extend(error.problems)


def _directives(state: _State) -> dict[str, type[Any]]:
    """The directives, bound to *state*."""

    class Code(CodeBlock):
        def run(self) -> Sequence[nodes.Node]:
            state.add_block(self)
            return []

    class Header(Rehearse):
        def run(self) -> Sequence[nodes.Node]:
            state.add_header(self)
            return []

    class Param(Declaration):
        def run(self) -> Sequence[nodes.Node]:
            state.add_parameter(self)
            return []

    class Container(CodeBlock):
        """A directive of the site's that the core need not know; code in it is still found."""

        def run(self) -> Sequence[nodes.Node]:
            node = nodes.container()
            self.state.nested_parse(self.content, self.content_offset, node)
            return [node]

    table: dict[str, type[Any]] = dict.fromkeys(NIKOLA_DIRECTIVES, Container)
    table |= dict.fromkeys(CODE_DIRECTIVES, Code)
    return table | {"rehearse": Header, "parameter": Param}


def _tabs(directive: CodeBlock, root: Path) -> Iterable[Problem]:
    """The parser turns tabs into blanks; a block that held any would not be what the author wrote."""
    for _, place in content_lines(directive, root):
        path = root / place.path
        if path.is_file():
            lines = path.read_text(encoding="utf-8").split("\n")
            if place.line <= len(lines) and "\t" in lines[place.line - 1]:
                yield Problem(
                    place, "a tab, which reStructuredText turns into blanks; use blanks, or printf in a command"
                )
                return


def _parameter_role(state: _State) -> Any:  # noqa: ANN401  (docutils' role protocol is untyped)
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


def _read(path: Path, root: Path) -> tuple[_State, nodes.document]:
    state = _State(root)
    settings = get_default_settings(Parser)
    settings.report_level = REPORT_LEVEL
    settings.halt_level = 5
    settings.warning_stream = False
    document = new_document(str(path), settings)

    def observe(message: nodes.system_message) -> None:
        if message["level"] >= REPORT_LEVEL:
            place = Location(relative(message.get("source"), root), message.get("line") or 1)
            state.problems.append(Problem(place, message.children[0].astext().replace("\n", " ")))

    document.reporter.attach_observer(observe)
    known_roles = {"param": _parameter_role(state)} | dict.fromkeys(NIKOLA_ROLES, _plain_role)
    # docutils knows one registry for the whole process; it is given back as it was
    with (
        patch.dict(vars(directives)["_directives"], _directives(state)),  # docutils offers no way to unregister
        patch.dict(vars(roles)["_roles"], known_roles),
    ):
        try:
            Parser().parse(path.read_text(encoding="utf-8"), document)
        except UnicodeDecodeError as error:
            message = f"{relative(str(path), root)}: not UTF-8 ({error.reason}); save it as UTF-8"
            raise UsageError(message) from error
    return state, document


def _plain_blocks(document: nodes.document, root: Path) -> Iterable[Problem]:
    """Literal and doctest blocks: code that cannot say what becomes of it."""
    for node in document.findall(lambda n: isinstance(n, nodes.literal_block | nodes.doctest_block)):
        if isinstance(node.parent, nodes.system_message):
            continue  # docutils quotes what it complains about
        source, line = node.source, node.line
        yield Problem(
            Location(relative(source or document["source"], root), line or 1),
            "a literal block cannot say what becomes of it; write “.. code-block::” with “:file:”, "
            "a console, or “:skip: reason”",
        )


def parse(path: Path, *, root: Path | None = None) -> Article | None:
    """The article in *path*; ``None`` for a post without ``rehearse`` directive.

    :param root: the project's directory; locations are relative to it. Default: the working directory.
    :raises ArticleError: with every problem found, in the order of the source.
    :raises UsageError: the file cannot be read.
    """
    base = (root or Path.cwd()).resolve()
    full = path if path.is_absolute() else base / path
    try:
        state, document = _read(full, base)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); check the path"
        raise UsageError(message) from error
    if state.header is None:
        if state.marked or state.parameters:
            place = state.marked or state.parameters[0].location
            message = "the article has steps or parameters and no “.. rehearse::” directive; add one before them"
            raise ArticleError([Problem(place, message)])
        return None
    article = Article(
        slug=full.name.split(".")[0],
        source=relative(str(full), base),
        language=state.header.get("language", "en"),
        platform=state.header.get("platform", ""),
        login=state.header.get("login", "root"),
        versions=tuple(state.header.get("versions", "").split()),
        parameters=tuple(state.parameters),
        values=(),
        blocks=tuple(state.blocks),
    )
    problems = [*state.problems, *state.unclassified, *_plain_blocks(document, base), *problems_of(article, state.uses)]
    if problems:
        raise ArticleError(sorted(set(problems), key=lambda problem: (problem.location, problem.message)))
    return article
