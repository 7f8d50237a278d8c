"""The language editions of an article: ``slug.rst``, and translated beside it ``slug.xx.rst``, which shares its blocks.

An edition has prose of its own and no code of its own: what it shows must be what the original does, block for block.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ensayar.digest import step_digest
from ensayar.errors import Problem
from ensayar.model import Skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ensayar.model import Article, Block, Location


def differences(article: Article, header: Location, places: Sequence[Location], original: Article) -> Iterator[Problem]:
    """Where the raw *article*, an edition, does not do what the raw *original* does.

    :param header: where the edition says that it is executable.
    :param places: where each block of *article* stands in the edition.
    """
    for name in ("platform", "login", "versions"):
        if getattr(article, name) != getattr(original, name):
            message = f"“:{name}:” is not that of {original.minimum.location}, whose edition this is; write the same"
            yield Problem(header, message)
    yield from _parameters(article, header, original)
    ours, theirs = _keyed(article.blocks), _keyed(original.blocks)
    known = dict(zip(ours, places, strict=True))
    before = header
    for key, block in theirs.items():
        if key not in ours:
            yield Problem(before, f"{_called(block)} of {block.location} is missing after this; {_advice(block)}")
            continue
        before = known[key]
        if _digest(ours[key]) != _digest(block):
            yield Problem(before, f"{_called(block)} is not what it is in {block.location}; {_advice(block)}")
    for key, block in ours.items():
        if key not in theirs:
            message = f"{_called(block)} is not in {original.source}, whose edition this is; write it there"
            yield Problem(known[key], message)
    yield from _order([key for key in ours if key in theirs], [key for key in theirs if key in ours], known, theirs)


def _parameters(article: Article, header: Location, original: Article) -> Iterator[Problem]:
    ours = {parameter.name: parameter for parameter in article.parameters}
    for parameter in original.parameters:
        mine = ours.pop(parameter.name, None)
        if mine is None:
            yield Problem(header, f"parameter “{parameter.name}” of {parameter.location} is missing; declare it too")
        elif (mine.default, mine.pattern) != (parameter.default, parameter.pattern):
            message = f"parameter “{mine.name}” is not what it is in {parameter.location}; write the same"
            yield Problem(mine.location, message)
    for mine in ours.values():
        yield Problem(mine.location, f"parameter “{mine.name}” is not in {original.source}, whose edition this is")


def _order(
    ours: Sequence[str], theirs: Sequence[str], known: Mapping[str, Location], blocks: Mapping[str, Block]
) -> Iterator[Problem]:
    for mine, other in zip(ours, theirs, strict=True):
        if mine != other:
            message = (
                f"{_called(blocks[mine])} comes before {_called(blocks[other])} here, and after it in the original"
            )
            yield Problem(known[mine], message)
            return


def _keyed(blocks: Iterable[Block]) -> dict[str, Block]:
    """The blocks by name; those without one by their text, and which of the same it is."""
    seen: Counter[str] = Counter()
    keyed: dict[str, Block] = {}
    for block in blocks:
        text = block.name or f"\n{block.text if isinstance(block, Skip) else ''}"
        keyed[f"{text}\n{seen[text]}"] = block
        seen[text] += 1
    return keyed


def _called(block: Block) -> str:
    return f"the block “{block.name}”" if block.name else "a skipped block"


def _advice(block: Block) -> str:
    return f"write “.. shared:: {block.name}”" if block.name else "give it a name there, and share it here"


def _digest(block: Block) -> str:
    """Of what the block does; a reason and a caption are prose."""
    return f"\n{block.text}" if isinstance(block, Skip) else step_digest(block)
