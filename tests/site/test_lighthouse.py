"""Lighthouse, with its defaults (a phone), finds nothing to improve on any kind of page.

The scores of these three categories are the same each time. That for performance is not; ``./dev bench`` measures it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from visit import lighthouse
from visit.addresses import frames, kinds, others
from visit.lighthouse import ACCESSIBILITY, PRACTICES, SEO, Lighthouse
from visit.server import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Site

CATEGORIES = (ACCESSIBILITY, PRACTICES, SEO)


@pytest.fixture(scope="module")
def visitor() -> Iterator[Lighthouse]:
    with lighthouse.started() as started:
        yield started


def faults(visitor: Lighthouse, url: str, categories: tuple[str, ...] = CATEGORIES) -> tuple[str, ...]:
    """What keeps the page at *url* from 100 points in each of the *categories*."""
    found = visitor.look(url, categories)
    assert found.scores.keys() == set(categories)
    wanting = tuple(f"{name}: {score}" for name, score in found.scores.items() if score != 100)
    return wanting + found.failing


@pytest.mark.parametrize(
    "path", [*kinds().values(), *(pytest.param(path, marks=pytest.mark.long) for path in others())]
)
def test_a_page_has_all_points(visitor: Lighthouse, addresses: dict[str, str], path: str) -> None:
    # nobody is to find what is not there, and its page says so
    categories = tuple(each for each in CATEGORIES if each != SEO or not path.endswith("404.html"))
    found = faults(visitor, addresses["project"] + path, categories)
    assert not found, "\n".join(found)


def test_no_page_is_of_another_kind(project: Site) -> None:
    pages = {name.removesuffix("index.html") for name in project.outputs() if name.endswith(".html")}
    topics = {page for page in pages if re.fullmatch(r"(temas|en/topics)/[a-z]+/", page)}
    assert topics & {*kinds().values()}
    assert pages - topics == {*kinds().values(), *others(), *frames()} - topics


def test_what_keeps_a_page_from_all_points_is_told(visitor: Lighthouse, tmp_path: Path) -> None:
    page = (
        "<!DOCTYPE html><html><title>x</title><body><img src='x.png'><script>console.error('no')</script></body></html>"
    )
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    with served(tmp_path) as address:
        found = faults(visitor, address)
    names = {line.partition(": ")[0] for line in found[:3]}
    assert names == set(CATEGORIES), found
    told = "\n".join(found[3:])
    assert re.search(r"^accessibility: image-alt: .*<img src=", told, re.MULTILINE), told
    assert re.search(r"^accessibility: html-has-lang: ", told, re.MULTILINE), told
    assert re.search(r"^best-practices: errors-in-console: ", told, re.MULTILINE), told
    assert re.search(r"^seo: meta-description: ", told, re.MULTILINE), told


def test_a_page_that_cannot_be_looked_at_is_no_page_without_faults(visitor: Lighthouse, tmp_path: Path) -> None:
    with served(tmp_path) as address, pytest.raises(RuntimeError, match="404"):
        visitor.look(f"{address}none.html", CATEGORIES)
