"""An article is parsed once as long as no byte of it changes, and again as soon as one does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import ArticleError
from ensayar.rst import parse, source

if TYPE_CHECKING:
    from pathlib import Path

ARTICLE = """\
.. rehearse::
   :platform: debian-13

.. include:: more.txt

.. code-block:: console
   :name: one

   # true
"""
MORE = """\
.. code-block:: console
   :name: zero

   # id -u
   0
"""
ENGLISH = """\
.. rehearse::
   :platform: debian-13
   :language: en

.. shared:: zero

.. shared:: one
"""


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that docutils reads."""
    names: list[str] = []
    inner = source.decoded

    def decoded(path: Path) -> str:
        names.append(path.name)
        return inner(path)

    monkeypatch.setattr("ensayar.rst.reader.decoded", decoded)
    return names


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An article with a part of its own file, and its translation."""
    for name, text in (("a.rst", ARTICLE), ("more.txt", MORE), ("a.en.rst", ENGLISH)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        os.utime(tmp_path / name, (1e9, 1e9))
    return tmp_path


def test_what_has_not_changed_is_not_parsed_again(place: Path, parsed: list[str]) -> None:
    first = parse(place / "a.rst", root=place)
    assert parse(place / "a.rst", root=place) is first
    assert parse(place / "a.en.rst", root=place) is parse(place / "a.en.rst", root=place)
    assert parsed == ["a.rst", "a.en.rst"]


@pytest.mark.parametrize("name", ["a.rst", "more.txt"])
def test_an_edit_is_seen_even_where_the_time_of_the_file_stays(place: Path, name: str) -> None:
    before = parse(place / "a.rst", root=place)
    english = parse(place / "a.en.rst", root=place)
    path = place / name
    old, then = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(old.replace("# true", "# test").replace("id -u", "id -g"), encoding="utf-8")
    os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))
    after = parse(place / "a.rst", root=place)
    assert before is not None
    assert after is not None
    assert after.steps != before.steps
    again = parse(place / "a.en.rst", root=place)
    assert english is not None
    assert again is not None
    assert [step.name for step in again.steps] == [step.name for step in english.steps]
    assert again.steps != english.steps  # the translation has the original's blocks


def test_a_mistake_is_told_each_time(place: Path) -> None:
    parse(place / "a.rst", root=place)
    (place / "a.rst").write_text(ARTICLE.replace(":name: one", ":nme: one"), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ArticleError, match="nme"):
            parse(place / "a.rst", root=place)
    (place / "more.txt").unlink()
    (place / "a.rst").write_text(ARTICLE, encoding="utf-8")
    with pytest.raises(ArticleError, match=r"more\.txt"):
        parse(place / "a.rst", root=place)


def test_a_translation_whose_original_is_gone_is_another_article(place: Path) -> None:
    assert parse(place / "a.en.rst", root=place) is not None
    (place / "a.rst").unlink()
    with pytest.raises(ArticleError):
        parse(place / "a.en.rst", root=place)


def test_what_is_saved_while_it_is_read_is_read_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = source.decoded

    def decoded(path: Path) -> str:
        text = inner(path)
        path.write_text(ARTICLE.replace("# true", "# false"), encoding="utf-8")
        return text

    with monkeypatch.context() as patched:
        patched.setattr("ensayar.rst.reader.decoded", decoded)
        parse(place / "a.rst", root=place)
    article = parse(place / "a.rst", root=place)
    assert article is not None
    assert "false" in str(article.steps[-1])
