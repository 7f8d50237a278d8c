"""``.. shared:: name``: a block that an article takes over from the one that it translates, or from another one."""

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
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ensayar.model import Article, Block


class Shared(Directive):
    """``.. shared:: name`` stands for the block of that name in the article that this one is a translation of.

    With ``:from: slug`` it is the block of that other article, which lies beside this one.
    """

    required_arguments = 1
    final_argument_whitespace = True  # so that it is ours to say that there is no such block
    known: ClassVar[frozenset[str]] = opt.PRESENTATION | {"from", "skip"}
    option_spec: ClassVar[Any] = opt.option_spec(known)


def shared_block(directive: Directive, original: Article | None, root: Path, lend: Callable[[str], Article]) -> Block:
    """The raw block that a ``shared`` directive stands for, with caption and reason as said here.

    :param original: whose block it is, unless the directive names another article.
    :param lend: gives that other one by its slug; what it raises is raised here.
    :raises ArticleError: there is none, or the directive is written wrong.
    """
    try:
        opt.check_names(directive.options, Shared.known)
        slug = directive.options.get("from")
        return _shared(directive.arguments[0].strip(), directive.options, lend(slug) if slug else original)
    except ValueError as error:
        raise ArticleError([Problem(location_of(directive, root), str(error))]) from error


def _shared(name: str, options: Mapping[str, str], original: Article | None) -> Block:
    if original is None:
        message = (
            "“shared” takes a block over from the article that this one translates (“slug.xx.rst” from “slug.rst”), "
            "and there is none; write the block, or say of which article it is: “:from: slug”"
        )
        raise ValueError(message)
    blocks = {block.name: block for block in original.blocks if block.name}
    if name not in blocks:
        known = [*blocks, *(() if "from" in options else (shot.name for shot in of(original)))]
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
