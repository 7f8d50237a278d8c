"""Screenshots: looks at the machine with a browser, at their place in the article, after the step before it.

A screenshot is no step: the machine does the same with and without it, and no later step's digest knows of it. What it
was of is told by two digests, that of its own options and that of all steps that led there.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from ensayar.digest import chain
from ensayar.errors import Problem
from ensayar.model import Article
from ensayar.parameters import defaults, substitute
from ensayar.verdict import CHANGES, NEVER, Standing, Verdict, command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ensayar.album import Picture
    from ensayar.model import Location

SCHEMES = ("light", "dark")
"""What a page is asked to prefer; each is a picture of its own."""
_ADDRESS = re.compile(
    r"(?:http://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?)?(?P<path>/(?!/)[!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_INSIDE = frozenset({"localhost", "127.0.0.1"})
_HTTP = 80
_PORTS = 65_535
_PRESENTATION = frozenset({"name", "location", "after", "alt", "caption"})


@dataclass(frozen=True, slots=True)
class Screenshot:
    """One look; raw like a block, see :func:`resolved`."""

    name: str
    """Unique among the article's blocks and screenshots; the anchor on the page and the item in pytest."""
    location: Location
    """The line of the directive."""
    after: str
    """The step that stands before it."""
    url: str
    """As the author wrote it, see :func:`target`."""
    host_name: str
    """The name by which the browser asks for the page, where it is not that of ``url``; empty: it is."""
    width: int
    """CSS pixels, as the picture's."""
    height: int
    """CSS pixels, as the picture's."""
    tolerance: float
    """The share of the pixels that may differ, from 0 to 1."""
    masks: tuple[str, ...]
    """CSS selectors of what is not compared."""
    alt: str
    """What the picture shows, for who cannot see it; presentation only."""
    caption: str
    """Presentation only."""


@dataclass(frozen=True, slots=True)
class IllustratedArticle(Article):
    """An article with screenshots."""

    screenshots: tuple[Screenshot, ...] = ()
    """In the order of the source; raw, whatever the blocks are."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a browser goes."""

    url: str
    """What it is told to visit."""
    host: str
    """The host that *url* names."""
    port: int
    """Of the machine."""
    inside: bool
    """Whether the server is asked from the machine itself, which reaches what listens there for nobody else."""


def of(article: Article) -> tuple[Screenshot, ...]:
    """The screenshots of *article*, raw."""
    return article.screenshots if isinstance(article, IllustratedArticle) else ()


def resolved(article: Article) -> tuple[Screenshot, ...]:
    """The screenshots of *article* with the values of its parameters, or their defaults while it is raw."""
    values = dict(article.values) or defaults(article.parameters)
    return tuple(
        replace(
            shot,
            url=substitute(shot.url, values),
            host_name=substitute(shot.host_name, values),
            alt=substitute(shot.alt, values),
            caption=substitute(shot.caption, values),
        )
        for shot in of(article)
    )


def target(shot: Screenshot) -> Target:
    """Where the browser goes for the resolved *shot*.

    :raises ValueError: its address is none.
    """
    found = _ADDRESS.fullmatch(shot.url)
    port = int(found["port"] or _HTTP) if found else 0
    if not shot.url or found is None or port > _PORTS:
        message = f"“:url: {shot.url}” is neither “http://localhost:8000/path” nor “/path” (plain http, ASCII)"
        raise ValueError(message)
    if shot.host_name and not _HOST.fullmatch(shot.host_name):
        message = f"“:host-name: {shot.host_name}” is not the name of a host"
        raise ValueError(message)
    named = (found["host"] or "localhost").lower()
    host = (shot.host_name or named).lower()
    place = host if port == _HTTP else f"{host}:{port}"
    return Target(f"http://{place}{found['path'] or '/'}", host, port, named in _INSIDE)


def options_digest(shot: Screenshot) -> str:
    """SHA-256, in hexadecimal, of what the resolved *shot* asks for; its words are none of it."""
    asked = {each.name: getattr(shot, each.name) for each in fields(shot) if each.name not in _PRESENTATION}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def state_digest(article: Article, step: str) -> str:
    """SHA-256, in hexadecimal, of what the resolved *article* does up to *step*: the machine that is looked at."""
    names = [each.name for each in article.steps]
    return chain(f"{article.platform} {article.login}", article.steps[: names.index(step) + 1])[-1]


def has_own_values(article: Article) -> bool:
    """Whether the resolved *article* has the values that it shows: with others its pages look otherwise."""
    return dict(article.values) == defaults(article.parameters)


def verdict(shot: Screenshot, article: Article, picture: Picture | None, of_step: Verdict) -> Verdict:
    """What is known about the resolved *shot* of the resolved *article*.

    :param picture: what is kept of it.
    :param of_step: on the step before it.
    """
    if picture is None:
        return NEVER
    if picture.options != options_digest(shot):
        return Verdict(Standing.CHANGED, of_step.started, None)
    if picture.state != state_digest(article, shot.after):
        return Verdict(Standing.AFTER_CHANGE, of_step.started, None)
    if of_step.evidence is None:
        standing = Standing.NEVER if of_step.standing is Standing.NEVER else Standing.AFTER_CHANGE
        return Verdict(standing, of_step.started, None)
    made = [check for check in of_step.evidence.checks if check.name.endswith(f".rst::{shot.name}")]
    if not made:
        return Verdict(Standing.NOT_REACHED, of_step.started, None)
    passed = all(check.passed for check in made)
    return Verdict(Standing.VERIFIED if passed else Standing.FAILED, of_step.started, None)


def change(article: Article, pictures: Mapping[str, Picture], known: Mapping[str, Verdict]) -> Problem | None:
    """The first screenshot of the resolved *article* whose picture is no longer one of it, and what to do.

    :param pictures: what is kept of its screenshots, by name.
    :param known: the verdict on each step, by name.
    """
    for shot in resolved(article):
        found = verdict(shot, article, pictures.get(shot.name), known.get(shot.after, NEVER))
        if found.standing in CHANGES:
            what = "it has changed" if found.standing is Standing.CHANGED else "what comes before it has changed"
            message = f"screenshot “{shot.name}”: {what} since its picture was taken; rehearse it: {command(article)}"
            return Problem(shot.location, message)
    return None
