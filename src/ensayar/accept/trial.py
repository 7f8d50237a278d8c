"""Tries edits on a copy of the project: the articles must read as before, but for the outputs that were meant."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.errors import ArticleError
from ensayar.model import Article, ConsoleStep, FileStep, Location
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ensayar.accept.editing import Edit
    from ensayar.model import Block

_NOWHERE = Location("", 0)


def shadow(root: Path, files: Mapping[Path, bytes], copy: Path) -> None:
    """Make *copy* look like *root* with other content in *files*, which lie below it; the rest are links."""
    inner: dict[Path, set[str]] = {}
    for path in files:
        for parent, name in zip(path.parents, [path.name, *(parent.name for parent in path.parents)], strict=False):
            inner.setdefault(parent, set()).add(name)
            if parent == root:
                break
    for directory, ours in inner.items():
        place = copy / directory.relative_to(root)
        place.mkdir(parents=True, exist_ok=True)
        for entry in os.scandir(directory):
            if entry.name not in ours:
                (place / entry.name).symlink_to(directory / entry.name)
    for path, data in files.items():
        (copy / path.relative_to(root)).write_bytes(data)


def _plain(block: Block) -> Block:
    """*block* without its place."""
    if isinstance(block, FileStep):
        return replace(block, location=_NOWHERE, content_line=0)
    if isinstance(block, ConsoleStep):
        commands = tuple(replace(command, location=_NOWHERE) for command in block.commands)
        return replace(block, location=_NOWHERE, commands=commands)
    return replace(block, location=_NOWHERE)


def _comparable(article: Article) -> Article:
    return replace(
        article,
        parameters=tuple(replace(parameter, location=_NOWHERE) for parameter in article.parameters),
        blocks=tuple(map(_plain, article.blocks)),
    )


def _wanted(article: Article, edits: Sequence[Edit]) -> Article:
    """*article* as it should read afterwards."""
    outputs = {(edit.step, edit.location): tuple(line.text for line in edit.lines) for edit in edits}

    def block(old: Block) -> Block:
        if not isinstance(old, ConsoleStep):
            return old
        commands = tuple(
            replace(command, expected=outputs.get((old.name, command.location), command.expected))
            for command in old.commands
        )
        expected = outputs.get((old.name, old.location), old.expected) if old.output_of else old.expected
        return replace(old, commands=commands, expected=expected)

    return replace(article, blocks=tuple(map(block, article.blocks)))


def complaint(
    root: Path, files: Mapping[Path, bytes], articles: Sequence[tuple[Article, Sequence[Edit]]]
) -> str | None:
    """What would be wrong with the raw *articles*, each with its edits, if *files* held these bytes."""
    with tempfile.TemporaryDirectory(prefix="ensayar-accept-") as directory:
        copy = Path(directory).resolve()
        shadow(root, files, copy)
        for article, edits in articles:
            try:
                found = parse(copy / article.source, root=copy)
            except ArticleError as error:
                return str(error.problems[0].message)
            if found is None or _comparable(found) != _comparable(_wanted(article, edits)):
                return f"{article.source} would not read as it should"
    return None
