"""``.. screenshot:: name``: a look at the machine with a browser, see :mod:`ensayar.screenshots`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import Directive

from ensayar.errors import ArticleError, Problem
from ensayar.model import Skip
from ensayar.parameters import NAME
from ensayar.rst import options as opt
from ensayar.rst.directives import location_of
from ensayar.screenshots import IllustratedArticle, Screenshot, of, options_digest, resolved, target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ensayar.model import Article, Block, Location

DEFAULT_WIDTH, DEFAULT_HEIGHT = 1280, 800
DEFAULT_TOLERANCE = 0.0001
"""A hundredth of a per cent: of 1280 by 800 pixels about a hundred, a few letters."""
SIZES = range(200, 4001)
MOST = 20.0
"""Per cent that may differ; with more, a picture could be one of anything."""
_PER_CENT = re.compile(r"(\d+(?:\.\d+)?) ?%", re.ASCII)


class Picture(Directive):
    """``.. screenshot:: name`` takes a picture of a page that the machine serves."""

    # optional, so that it is ours to say what is missing
    optional_arguments = 1
    final_argument_whitespace = True
    known: ClassVar[frozenset[str]] = frozenset(
        {"url", "alt", "caption", "width", "height", "tolerance", "host-name", "mask", "class"}
    )
    option_spec: ClassVar[Any] = opt.option_spec(known)
    has_content = True


def read_screenshot(directive: Directive, blocks: Sequence[Block], root: Path) -> Screenshot:
    """The raw screenshot that *directive* asks for, after the last step of *blocks*.

    :raises ArticleError: it is written wrong.
    """
    location = location_of(directive, root)
    try:
        opt.check_names(directive.options, Picture.known)
        return _read(directive, _step_before(blocks), location)
    except ValueError as error:
        raise ArticleError([Problem(location, str(error))]) from error


def shared_screenshot(directive: Directive, shot: Screenshot, blocks: Sequence[Block], root: Path) -> Screenshot:
    """*shot* of the original, with what ``shared`` says of it in this language.

    :raises ArticleError: it is written wrong.
    """
    try:
        opt.check_names(directive.options, frozenset({"alt", "caption", "class"}))
        return _shared(directive.options, shot, _step_before(blocks))
    except ValueError as error:
        raise ArticleError([Problem(location_of(directive, root), str(error))]) from error


def _shared(options: Mapping[str, str], shot: Screenshot, after: str) -> Screenshot:
    alt = opt.prose(options, "alt")
    if not alt:
        message = f"“{shot.name}” is a screenshot; say in this language what it shows: “:alt: text”"
        raise ValueError(message)
    caption = opt.prose(options, "caption") if "caption" in options else shot.caption
    return replace(shot, after=after, alt=alt, caption=caption)


def _step_before(blocks: Sequence[Block]) -> str:
    name = next((block.name for block in reversed(blocks) if not isinstance(block, Skip)), None)
    if name is None:
        message = "a screenshot before the first step: there is nothing to look at yet; move it behind a step"
        raise ValueError(message)
    return name


def _read(directive: Directive, after: str, location: Location) -> Screenshot:
    options: Mapping[str, str] = directive.options
    name = directive.arguments[0].strip() if directive.arguments else ""
    if not NAME.fullmatch(name):
        message = (
            f"“{name}” is not a screenshot's name; write “.. screenshot:: some-words”: lower-case letters, digits, “-” "
            "and “_”, beginning with a letter"
        )
        raise ValueError(message)
    if directive.content:
        message = "“screenshot” takes options only; what the picture shows goes to “:alt:”, a title to “:caption:”"
        raise ValueError(message)
    for needed, what in (("url", "the address of the page"), ("alt", "what the picture shows, for who cannot see it")):
        if not opt.prose(options, needed):
            message = f"a screenshot needs {what}: “:{needed}: …”"
            raise ValueError(message)
    return Screenshot(
        name=name,
        location=location,
        after=after,
        url=options["url"],
        host_name=_valued(options, "host-name"),
        width=_size(options, "width", DEFAULT_WIDTH),
        height=_size(options, "height", DEFAULT_HEIGHT),
        tolerance=_tolerance(options),
        masks=selectors(_valued(options, "mask")),
        alt=opt.prose(options, "alt"),
        caption=opt.prose(options, "caption"),
    )


def selectors(text: str) -> tuple[str, ...]:
    """The selectors of a list of them; a comma in brackets is part of one."""
    parts, depth = [""], 0
    for char in " ".join(text.split()):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return tuple(filter(None, map(str.strip, parts)))


def _valued(options: Mapping[str, str], name: str) -> str:
    if name in options and not options[name]:
        message = f"option “:{name}:” needs a value; write one or remove it"
        raise ValueError(message)
    return options.get(name, "")


def _size(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) in SIZES):
        message = f"“:{name}: {text}” is not a number of pixels from {SIZES[0]} to {SIZES[-1]}"
        raise ValueError(message)
    return int(text)


def _tolerance(options: Mapping[str, str]) -> float:
    if "tolerance" not in options:
        return DEFAULT_TOLERANCE
    found = _PER_CENT.fullmatch(options["tolerance"])
    if found is None or float(found[1]) > MOST:
        message = f"“:tolerance: {options['tolerance']}” is not a share of the pixels from 0% to {MOST:g}%, as “0.5%”"
        raise ValueError(message)
    return float(found[1]) / 100


def illustrated(article: Article, shots: Sequence[Screenshot]) -> Article:
    """*article* with *shots*, which may be none."""
    if not shots:
        return article
    values = {name: getattr(article, name) for name in type(article).__dataclass_fields__}
    return IllustratedArticle(**values, screenshots=tuple(shots))


def screenshot_problems(
    article: Article, places: Sequence[Location], uses: list[tuple[str, Location]]
) -> Iterator[Problem]:
    """What is wrong in the screenshots of *article*; their texts join *uses*, which may name parameters.

    :param places: where each of them stands.
    """
    taken = {block.name: block.location for block in article.blocks if block.name}
    for raw, shot, place in zip(of(article), resolved(article), places, strict=True):
        uses.append((f"{raw.url} {raw.host_name} {raw.alt} {raw.caption}", place))
        if shot.name in taken:
            yield Problem(place, f"the name “{shot.name}” is taken at {taken[shot.name]}; choose another")
        taken.setdefault(shot.name, place)
        try:
            target(shot)
        except ValueError as error:
            if "@@" not in f"{shot.url}{shot.host_name}":  # a parameter that is not declared is another problem
                yield Problem(place, str(error))


def screenshot_differences(
    article: Article, header: Location, places: Sequence[Location], original: Article
) -> Iterator[Problem]:
    """Where the screenshots of the raw *article*, an edition, are not those of the raw *original*.

    :param header: where the edition says that it is executable.
    :param places: where each screenshot of *article* stands in the edition.
    """
    ours: dict[str, tuple[Screenshot, Location]] = {}
    for shot, place in zip(of(article), places, strict=True):
        ours.setdefault(shot.name, (shot, place))  # one that is there twice is another problem
    for shot in of(original):
        mine, where = ours.pop(shot.name, (None, header))
        called, advice = f"the screenshot “{shot.name}”", f"write “.. shared:: {shot.name}”"
        if mine is None:
            yield Problem(header, f"{called} of {shot.location} is missing; {advice}")
        elif mine.after != shot.after:
            message = f"{called} comes after “{mine.after}” here, and after “{shot.after}” in the original"
            yield Problem(where, message)
        elif options_digest(mine) != options_digest(shot):
            yield Problem(where, f"{called} is not what it is in {shot.location}; {advice}")
    for shot, place in ours.values():
        yield Problem(place, f"the screenshot “{shot.name}” is not in {original.source}, whose edition this is")
