"""From articles to their deployments under ``tutorial/<slug>/``: ``files/``, ``deploy.sh`` and the manifest.

Everything is worked out in memory first; :mod:`ensayar.transaction` then writes all of it or nothing.
``evidence/`` beside them belongs to rehearsals and is left alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ensayar import deploy, manifest
from ensayar.errors import ArticleError, Problem, UsageError
from ensayar.model import FileStep, Location
from ensayar.parameters import resolve
from ensayar.project import EVIDENCE
from ensayar.rst import parse
from ensayar.transaction import TEMPORARY, Action, Content, plan
from ensayar.translations import original_of, translations_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ensayar.model import Article


def read(paths: Iterable[Path], root: Path) -> tuple[Article, ...]:
    """The executable articles among *paths*, raw.

    A translation stands for the article that it translates; those beside an article are read with it, so that one that
    no longer has the article's blocks is found.

    :raises ArticleError: with the problems of all of them.
    """
    problems: list[Problem] = []
    articles: dict[str, Article] = {}
    for path in dict.fromkeys(original_of(path) or path for path in paths):
        try:
            article = parse(path, root=root)
        except ArticleError as error:
            problems.extend(error.problems)
            continue
        for translation in translations_of(path):
            try:
                parse(translation, root=root)
            except ArticleError as error:
                problems.extend(error.problems)
        if article is None:
            continue
        if article.slug in articles:
            other = articles[article.slug].source
            problems.append(Problem(Location(article.source, 1), f"the slug “{article.slug}” is also that of {other}"))
        articles[article.slug] = article
    if problems:
        raise ArticleError(problems)
    return tuple(articles.values())


def _name(step: FileStep) -> str:
    return f"files{step.path}"


def _names(article: Article) -> tuple[str, ...]:
    """What :func:`tree` has, without working it out."""
    files = (_name(step) for step in resolve(article).steps if isinstance(step, FileStep))
    return (*files, "deploy.sh", manifest.FILE_NAME)


def tree(article: Article) -> dict[str, Content]:
    """The deployment of a raw *article* with its default parameters: paths relative to its directory."""
    resolved = resolve(article)
    files: dict[str, Content] = {}
    for step in resolved.steps:
        if isinstance(step, FileStep):
            files[_name(step)] = Content(step.content.encode(), executable=bool(step.mode & 0o111))
    files["deploy.sh"] = Content(deploy.script(resolved).encode(), executable=True)
    files[manifest.FILE_NAME] = Content(manifest.dump(manifest.build(resolved, files)))
    return files


def _owned(directory: Path) -> tuple[str, ...]:
    """What an earlier extraction wrote into *directory*, by its manifest."""
    path = directory / manifest.FILE_NAME
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["files"]
        return (*(str(name) for name in names), manifest.FILE_NAME)
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path}: not a manifest ({error}); delete all beside it but “evidence”, and extract again"
        raise UsageError(message) from error
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); remove it and extract again"
        raise UsageError(message) from error


def actions(articles: Sequence[Article], output: Path) -> tuple[Action, ...]:
    """What has to change under *output* (``tutorial/``) so that it says what the raw *articles* say.

    :raises UsageError: something of another's is in the way.
    """
    collected: list[Action] = []
    for article in articles:
        directory = output / article.slug
        collected.extend(plan(directory, tree(article), _owned(directory)))
    return tuple(collected)


def strays(articles: Sequence[Article], output: Path) -> tuple[Path, ...]:
    """Files in the deployments under *output* that no article and no rehearsal writes; links are none of ours."""
    found: list[Path] = []
    for article in articles:
        directory = output / article.slug
        ours = {directory / name for name in (*_names(article), *_owned(directory))}
        found.extend(
            path
            for path in directory.rglob("*")
            if (path.is_symlink() or not path.is_dir())
            and path not in ours
            and not path.name.startswith(TEMPORARY)
            and path.relative_to(directory).parts[0] != EVIDENCE
        )
    return tuple(sorted(found))


def orphans(articles: Sequence[Article], output: Path) -> tuple[Path, ...]:
    """Deployments under *output* whose article is gone."""
    slugs = {article.slug for article in articles}
    return tuple(
        sorted(path.parent for path in output.glob(f"*/{manifest.FILE_NAME}") if path.parent.name not in slugs)
    )
