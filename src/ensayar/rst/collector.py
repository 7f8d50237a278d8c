"""Collects what an article holds while docutils parses it: directives and roles, bound to one document's findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst.directives.tables import CSVTable
from docutils.parsers.rst.states import SubstitutionDef

from ensayar.errors import ArticleError, Problem
from ensayar.model import Location, Minimum
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
)
from ensayar.rst.inclusion import Inclusion
from ensayar.rst.options import ACCOUNT, CONSOLE_ONLY, FILE_ONLY, MINIMUMS, check_names, per_cent
from ensayar.rst.screenshots import Picture, read_screenshot, shared_screenshot
from ensayar.rst.sharing import Shared, shared_block
from ensayar.rst.source import tab_problem
from ensayar.screenshots import of
from ensayar.validate import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from docutils.parsers.rst import Directive

    from ensayar.model import Article, Block, Parameter
    from ensayar.rst.lenders import Lenders
    from ensayar.screenshots import Screenshot

EXECUTABLE_OPTIONS = frozenset({"file", "skip"}) | CONSOLE_ONLY | FILE_ONLY
NIKOLA_DIRECTIVES = (
    "chart",
    "doc",
    "graph",
    "media",
    "post-list",
    "slides",
    "soundcloud",
    "thumbnail",
    "vimeo",
    "youtube",
)
CODE_IN_CSV = "code in a table of comma-separated values has no line of its own; use “list-table”"
SHOWS_CODE = ("gist", "listing")


def is_plain(node: nodes.Node) -> bool:
    """Whether *node* is code that cannot say what becomes of it."""
    return isinstance(node, nodes.literal_block | nodes.doctest_block)


class Findings:
    """What the directives of one document leave behind."""

    def __init__(self, root: Path, home: Path, original: Article | None, lenders: Lenders) -> None:
        """*root* is the project's directory, *home* that of the document."""
        self.root = root
        self.home = home
        self.original = original
        self.lenders = lenders
        self.blocks: list[Block] = []
        self.places: list[Location] = []
        self.screenshots: list[Screenshot] = []
        self.screenshot_places: list[Location] = []
        self.parameters: list[Parameter] = []
        self.header: dict[str, str] | None = None
        self.minimum = Minimum(0, 0, Location("<string>", 1))
        self.problems: list[Problem] = []
        self.unclassified: list[Problem] = []
        self.uses: list[tuple[str, Location]] = []
        self.marked: Location | None = None
        self.csv_table: Location | None = None

    def add_block(self, directive: CodeBlock) -> None:
        """Keep the block that *directive* stands for, or what is wrong with it."""
        place = location_of(directive, self.root)
        if self.marked is None and EXECUTABLE_OPTIONS & directive.options.keys():
            self.marked = place
        if isinstance(directive.state, SubstitutionDef):
            self.problems.append(Problem(place, "a code block inside a substitution; write it where it belongs"))
            return
        if self.csv_table:
            self.problems.append(Problem(self.csv_table, CODE_IN_CSV))
            return
        tab = tab_problem(content_lines(directive, self.root), self.root)
        self.problems.extend([tab] if tab else [])
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
            self._keep(block, place)

    def add_shared(self, directive: Shared) -> None:
        """Keep the block of the original that *directive* stands for."""
        place = location_of(directive, self.root)
        self.marked = self.marked or place
        if self.csv_table:
            self.problems.append(Problem(self.csv_table, CODE_IN_CSV))
            return
        own = self.original if "from" not in directive.options else None
        named = [shot for shot in of(own) if shot.name == directive.arguments[0].strip()] if own else []
        if named:
            self.add_screenshot(directive, lambda: shared_screenshot(directive, named[0], self.blocks, self.root))
            return
        try:
            block = shared_block(directive, self.original, self.root, self.lenders.lend)
        except ArticleError as error:
            self.problems.extend(error.problems)
            return
        if block.name in {known.name for known in self.blocks}:
            self.problems.append(Problem(place, f"the block “{block.name}” is here twice; remove one"))
            return
        if "from" in directive.options:
            self.lenders.taken(block, place)
        # a caption of the edition's own stands here and not where the block is
        self.uses.append((str(directive.options.get("caption", "")), place))
        self._keep(block, place)

    def add_screenshot(self, directive: Directive, read: Callable[[], Screenshot]) -> None:
        """Keep the screenshot that *directive* stands for, as it is *read*, or what is wrong with it."""
        place = location_of(directive, self.root)
        self.marked = self.marked or place
        if isinstance(directive.state, SubstitutionDef) or self.csv_table:
            self.problems.append(
                Problem(self.csv_table or place, "a screenshot has a place of its own; write it there")
            )
            return
        try:
            shot = read()
        except ArticleError as error:
            self.problems.extend(error.problems)
            return
        self.screenshots.append(shot)
        self.screenshot_places.append(place)

    def _keep(self, block: Block, place: Location) -> None:
        self.blocks.append(block)
        self.places.append(place)

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
        language = directive.options.get("language", "en")
        if language not in LANGUAGES:
            known = ", ".join(sorted(LANGUAGES))
            self.problems.append(Problem(place, f"“:language: {language}” is not known; known: {known}"))
        login = directive.options.get("login", "root")
        if login and not ACCOUNT.fullmatch(login):
            self.problems.append(Problem(place, f"“:login: {login}” is not the name of a user"))
        self.uses.extend((directive.options.get(name, ""), place) for name in ("login", "versions"))
        run, observed = (self._per_cent(directive, name, place) for name in MINIMUMS)
        self.minimum = Minimum(run, observed, place)

    def _per_cent(self, directive: Rehearse, name: str, place: Location) -> int:
        try:
            return per_cent(directive.options, name)
        except ValueError as error:
            self.problems.append(Problem(place, str(error)))
            return 0

    def add_parameter(self, directive: Declaration) -> None:
        """Keep the parameter that *directive* declares."""
        try:
            self.parameters.append(read_parameter(directive, self.root))
        except ArticleError as error:
            self.problems.extend(error.problems)


def _watched(state: Findings) -> dict[str, type[Any]]:
    """Directives of docutils' and Nikola's own that code could slip through."""

    class Listing(CodeBlock):
        """Shows code that is elsewhere."""

        def run(self) -> Sequence[nodes.Node]:
            message = f"“{self.name}” shows code that nothing verifies; write a “code-block”"
            state.unclassified.append(Problem(location_of(self, state.root), message))
            return []

    class Csv(CSVTable):
        """Its cells know no lines, so that what is in them stands for the directive."""

        def run(self) -> list[Any]:
            state.csv_table = location_of(self, state.root)
            try:
                result = [*super().run()]
            finally:
                place, state.csv_table = state.csv_table, None
            for node in result:
                for block in node.findall(is_plain):
                    block.source, block.line = str(state.root / place.path), place.line
            return result

    class Watched(Inclusion):
        """But for the options after which docutils miscounts the lines."""

        home = state.home
        root = state.root

        def run(self) -> Sequence[nodes.Node]:
            for name in sorted({"start-line", "start-after"} & self.options.keys()):
                message = f"“:{name}:” of “include” makes all lines after it miscount; split the file instead"
                state.problems.append(Problem(location_of(self, state.root), message))
            if {"code", "literal", "parser"} & self.options.keys():
                message = "“include” cannot say what becomes of this code; write a “code-block”"
                if "parser" in self.options:
                    message = "“:parser:” of “include” hides what is wrong in the file; remove it"
                state.unclassified.append(Problem(location_of(self, state.root), message))
                return []
            return super().run()

    return dict.fromkeys(SHOWS_CODE, Listing) | {"csv-table": Csv, "include": Watched}


def directives_for(state: Findings) -> dict[str, type[Any]]:
    """The directives, bound to *state*."""

    class Code(CodeBlock):
        def run(self) -> Sequence[nodes.Node]:
            state.add_block(self)
            return []

    class Shot(Picture):
        def run(self) -> Sequence[nodes.Node]:
            state.add_screenshot(self, lambda: read_screenshot(self, state.blocks, state.root))
            return []

    class Share(Shared):
        def run(self) -> Sequence[nodes.Node]:
            state.add_shared(self)
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
    table |= _watched(state)
    table |= dict.fromkeys(CODE_DIRECTIVES, Code)
    return table | {"shared": Share, "screenshot": Shot, "rehearse": Header, "parameter": Param}
