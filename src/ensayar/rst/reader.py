"""Reads an article with docutils' own parser.

What comes in is a file; what goes out is an :class:`ensayar.model.Article`, or every problem found in it at
once. Blocks are taken from the document tree, so nesting in notes, lists, tables and included files is docutils'
business, not ours.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser, directives, roles
from docutils.utils import new_document

from ensayar.errors import ArticleError, Problem, UsageError
from ensayar.model import Article, Location
from ensayar.rst import memory
from ensayar.rst.collector import Findings, directives_for, is_plain
from ensayar.rst.directives import relative
from ensayar.rst.editions import differences
from ensayar.rst.lenders import Lenders
from ensayar.rst.roles import roles_for
from ensayar.rst.screenshots import illustrated, screenshot_differences, screenshot_problems
from ensayar.rst.source import character_problems, comment_problems, decoded, meant_rehearse
from ensayar.translations import original_of
from ensayar.validate import problems_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REPORT_LEVEL = 2  # warnings and above


@contextmanager
def _lent(registry: dict[str, Any], entries: dict[str, Any]) -> Iterator[None]:
    """*registry* with *entries* in it, for as long as the body runs."""
    before = dict(registry)
    registry.update(entries)
    try:
        yield
    finally:
        registry.clear()
        registry.update(before)


def _read(
    path: Path, root: Path, original: Article | None, reading: tuple[Path, ...]
) -> tuple[Findings, nodes.document]:
    lenders = Lenders(path.parent, (*reading, path), lambda other: _known(other, root, (*reading, path)))
    state = Findings(root, path.parent, original, lenders)
    settings = get_default_settings(Parser)
    settings.report_level = REPORT_LEVEL
    settings.halt_level = 5
    settings.warning_stream = False
    settings.line_length_limit = sys.maxsize  # docutils reads no line of a file with a longer one
    settings.input_encoding = "utf-8-sig"
    document = new_document(str(path), settings)

    def observe(message: nodes.system_message) -> None:
        if message["level"] >= REPORT_LEVEL:
            place = Location(relative(message.get("source"), root), message.get("line") or 1)
            state.problems.append(Problem(place, message.children[0].astext().replace("\n", " ")))

    document.reporter.attach_observer(observe)
    # docutils knows one registry for the whole process; it is given back as it was
    with (
        _lent(vars(directives)["_directives"], directives_for(state)),  # docutils offers no way to unregister
        _lent(vars(roles)["_roles"], roles_for(state)),
    ):
        try:
            Parser().parse(decoded(path), document)
        except UnicodeDecodeError as error:
            message = f"{relative(str(path), root)}: not UTF-8 ({error.reason}); save it as UTF-8"
            raise UsageError(message) from error
    return state, document


def _plain_blocks(document: nodes.document, root: Path) -> Iterable[Problem]:
    """Literal and doctest blocks: code that cannot say what becomes of it."""
    for node in document.findall(is_plain):
        if isinstance(node.parent, nodes.system_message):
            continue  # docutils quotes what it complains about
        source, line = node.source, node.line
        yield Problem(
            Location(relative(source or document["source"], root), line or 1),
            "a literal block cannot say what becomes of it; write “.. code-block::” with “:file:”, "
            "a console, or “:skip: reason”",
        )


def _characters(path: Path, root: Path) -> Iterable[Problem]:
    try:
        yield from character_problems(path, root)
    except UnicodeDecodeError as error:
        yield Problem(Location(relative(str(path), root), 1), f"not UTF-8 ({error.reason}); save it as UTF-8")
    except OSError:
        return  # docutils has said so where it was named


def parse(path: Path, *, root: Path | None = None) -> Article | None:
    """The article in *path*; ``None`` for a post without ``rehearse`` directive.

    A translation of an executable article is one, too, and has that article's blocks; see :mod:`.editions`.

    :param root: the project's directory; locations are relative to it. Default: the working directory.
    :raises ArticleError: with every problem found, in the order of the source.
    :raises UsageError: the file cannot be read.
    """
    return _known(path, (root or Path.cwd()).resolve(), ())


def _known(path: Path, base: Path, reading: tuple[Path, ...]) -> Article | None:
    """The article in *path*, read now or before; *reading* are those that are being read and take blocks from it."""
    full = path if path.is_absolute() else base / path
    translated = original_of(full)
    known = memory.recall((full, base, translated))
    if known is not None:
        return known
    since = time.time()
    article = _parse(path, full, base, translated, reading)
    if article is not None:
        memory.keep((full, base, translated), article, since)
    return article


def _parse(path: Path, full: Path, base: Path, translated: Path | None, reading: tuple[Path, ...]) -> Article | None:
    original = _known(translated, base, reading) if translated else None
    try:
        state, document = _read(full, base, original, reading)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); check the path"
        raise UsageError(message) from error
    if state.header is None:
        if original is not None:
            message = f"a translation of {original.source} without its “.. rehearse::”; take it over, with the blocks"
            raise ArticleError([Problem(Location(relative(str(full), base), 1), message)])
        if state.marked or state.parameters:
            place = state.marked or state.parameters[0].location
            message = "the article has steps or parameters and no “.. rehearse::” directive; add one before them"
            raise ArticleError([Problem(place, message)])
        reasons = [problem for problem in map(meant_rehearse, state.problems) if problem]
        reasons += comment_problems(document, base, ["rehearse"])
        if reasons:
            raise ArticleError(sorted(reasons, key=lambda problem: problem.location))
        return None
    if translated is not None and original is None:
        name = relative(str(translated), base)
        message = f"{name} is not executable, and this is its translation; write the directive and the blocks there"
        raise ArticleError([Problem(state.minimum.location, message)])
    files = [full, *(Path(name) for name in document.settings.record_dependencies.list)]
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
        minimum=state.minimum,
        files=(
            *(relative(str(file), base) for file in files),
            *(original.files if original else ()),
            *state.lenders.files(),
        ),
    )
    article = illustrated(article, state.screenshots)
    problems = [
        *state.problems,
        *state.unclassified,
        *_plain_blocks(document, base),
        *comment_problems(document, base),
        *(problem for file in files for problem in _characters(file, base)),
    ]
    if original is not None and not state.problems:  # a block that is written wrong would be missing, too
        problems += differences(article, state.minimum.location, state.places, original)
        problems += screenshot_differences(article, state.minimum.location, state.screenshot_places, original)
    if original is None or not problems:  # else each difference would be told once more, as a mistake of the original's
        problems += screenshot_problems(article, state.screenshot_places, state.uses)
        found = problems_of(article, state.uses)
        # a block that is right where it is from is wrong here
        problems += (replace(problem, location=state.lenders.here(problem.location)) for problem in found)
    if problems:
        raise ArticleError(sorted(set(problems), key=lambda problem: (problem.location, problem.message)))
    return article
