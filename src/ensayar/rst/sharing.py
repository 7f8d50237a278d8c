"""``.. shared:: name``: a block that an edition takes over from the article that it translates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import Directive

from ensayar.errors import ArticleError, Problem
from ensayar.model import Skip
from ensayar.parameters import did_you_mean
from ensayar.rst import options as opt
from ensayar.rst.directives import location_of
from ensayar.screenshots import of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ensayar.model import Article, Block


class Shared(Directive):
    """``.. shared:: name`` stands for the block of that name in the article that this one is a translation of."""

    required_arguments = 1
    final_argument_whitespace = True  # so that it is ours to say that there is no such block
    known: ClassVar[frozenset[str]] = opt.PRESENTATION | {"skip"}
    option_spec: ClassVar[Any] = opt.option_spec(known)


def shared_block(directive: Directive, original: Article | None, root: Path) -> Block:
    """The raw block of *original* that a ``shared`` directive stands for, with caption and reason as said here.

    :raises ArticleError: there is none, or the directive is written wrong.
    """
    try:
        opt.check_names(directive.options, Shared.known)
        return _shared(directive.arguments[0].strip(), directive.options, original)
    except ValueError as error:
        raise ArticleError([Problem(location_of(directive, root), str(error))]) from error


def _shared(name: str, options: Mapping[str, str], original: Article | None) -> Block:
    if original is None:
        message = (
            "“shared” takes a block over from the article that this one translates (“slug.xx.rst” from “slug.rst”), "
            "and there is none; write the block"
        )
        raise ValueError(message)
    blocks = {block.name: block for block in original.blocks if block.name}
    if name not in blocks:
        known = [*blocks, *(shot.name for shot in of(original))]
        message = f"no block “{name}” in {original.source}; {did_you_mean(name, known)}"
        raise ValueError(message)
    block = blocks[name]
    if "caption" in options:
        block = replace(block, caption=opt.prose(options, "caption"))
    if not isinstance(block, Skip):
        if "skip" in options:
            message = f"“{name}” is not skipped in {block.location}; remove “:skip:”"
            raise ValueError(message)
        return block
    if not options.get("skip"):
        message = f"“{name}” is skipped; say why in this language: “:skip: reason”"
        raise ValueError(message)
    return replace(block, reason=opt.prose(options, "skip"))
