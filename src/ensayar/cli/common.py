"""What several commands ask of their arguments: articles, steps, parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ensayar import extract
from ensayar.errors import UsageError
from ensayar.parameters import did_you_mean
from ensayar.translations import original_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.model import Article
    from ensayar.project import Project

ARTICLES = click.argument("articles", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
ARTICLE = click.argument("article", type=click.Path(exists=True, dir_okay=False, path_type=Path))
PARAMETERS = click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="Another value.")


def paths_of(place: Project, articles: Sequence[Path]) -> tuple[Path, ...]:
    """*articles*, or all of the project's where none is named.

    :raises UsageError: there is none.
    """
    paths = tuple(path.absolute() for path in articles) or place.articles()
    if not paths:
        message = f"{place.posts}: no articles (*.rst) here; write one"
        raise UsageError(message)
    return paths


def read(place: Project, articles: Sequence[Path]) -> tuple[Article, ...]:
    """The executable articles among *articles* (default: all posts), raw; for a translation what it translates.

    :raises ArticleError: one is written wrong.
    :raises UsageError: one that was named is not executable.
    """
    found = extract.read(paths_of(place, articles), place.root)
    sources = {(place.root / article.source).resolve() for article in found}
    for path in articles:
        if (original_of(path.absolute()) or path.absolute()).resolve() not in sources:
            message = f"{path}: not an executable article; it has no “.. rehearse::” directive"
            raise UsageError(message)
    return found


def known_step(name: str, articles: Sequence[Article]) -> str:
    """*name*, which one of *articles* has a step of.

    :raises UsageError: none has.
    """
    names = [step.name for article in articles for step in article.steps]
    if name not in names:
        where = f"{articles[0].source}: " if len(articles) == 1 else ""
        message = f"{where}no step “{name}”; {did_you_mean(name, names)}"
        raise UsageError(message)
    return name


def given_parameters(given: Sequence[str]) -> dict[str, str]:
    """The values of ``--parameter NAME=VALUE``.

    :raises UsageError: one is not of that form.
    """
    values: dict[str, str] = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign:
            message = f"--parameter {item}: write NAME=VALUE"
            raise UsageError(message)
        values[name] = value
    return values
