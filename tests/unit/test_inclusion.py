"""``include`` leads to the same file for whoever reads the article, and from wherever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.errors import ArticleError
from ensayar.rst import parse

if TYPE_CHECKING:
    from pathlib import Path

ARTICLE = ".. rehearse::\n   :platform: debian-13\n\n.. include:: {name}\n"
STEP = ".. code-block:: console\n   :name: {name}\n\n   # id -u\n   0\n"


@pytest.mark.parametrize("name", ["parts/one.txt", "posts/parts/one.txt"])
def test_it_may_be_named_from_the_article_or_from_the_project(project: Path, tmp_path: Path, name: str) -> None:
    parts = project / "posts" / "parts"
    parts.mkdir()
    (project / "posts" / "a.rst").write_text(ARTICLE.format(name=name), encoding="utf-8")
    (parts / "one.txt").write_text(f"{STEP.format(name='one')}\n.. include:: two.txt\n", encoding="utf-8")
    (parts / "two.txt").write_text(STEP.format(name="two"), encoding="utf-8")
    article = parse(project / "posts" / "a.rst", root=tmp_path)
    assert article is not None
    assert [step.name for step in article.steps] == ["one", "two"]
    assert [str(step.location) for step in article.steps] == ["posts/parts/one.txt:1", "posts/parts/two.txt:1"]
    assert article.files == ("posts/a.rst", "posts/parts/one.txt", "posts/parts/two.txt")


def test_the_nearer_file_wins(project: Path) -> None:
    for place in (project, project / "posts"):
        (place / "part.txt").write_text(STEP.format(name=f"in-{place.name}"), encoding="utf-8")
    (project / "posts" / "a.rst").write_text(ARTICLE.format(name="part.txt"), encoding="utf-8")
    article = parse(project / "posts" / "a.rst", root=project)
    assert article is not None
    assert [step.name for step in article.steps] == ["in-posts"]


def test_what_is_nowhere_is_named_with_its_place(project: Path) -> None:
    (project / "posts" / "a.rst").write_text(ARTICLE.format(name="gone.txt"), encoding="utf-8")
    with pytest.raises(ArticleError, match=r"posts/a\.rst:4: .*gone\.txt"):
        parse(project / "posts" / "a.rst", root=project)
