"""Blocks that an article takes over from another one, which is no translation of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.digest import chain
from ensayar.errors import ArticleError
from ensayar.parameters import resolve
from ensayar.rst import parse

from .test_editions import HEADER, SPANISH

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

OWN = HEADER.format(language="es", user="Quién.") + "Lo mismo, y después otra cosa.\n\n"
SETTINGS = ".. shared:: settings\n   :from: a\n\n"
RUN = ".. shared:: run\n   :from: a\n\n"
MORE = ".. code-block:: console\n   :name: more\n\n   # true\n\n"
PLACE = len(OWN.splitlines()) + 1


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.rst").write_text(SPANISH, encoding="utf-8")
    return tmp_path / "posts"


def read(posts: Path, text: str, name: str = "b.rst") -> Article:
    (posts / name).write_text(text, encoding="utf-8")
    found = parse(posts / name, root=posts.parent)
    assert found is not None
    return found


def problems(posts: Path, text: str, name: str = "b.rst") -> list[str]:
    with pytest.raises(ArticleError) as caught:
        read(posts, text, name)
    return [str(problem) for problem in caught.value.problems]


def test_what_two_articles_begin_with_is_the_same_on_the_machine(posts: Path) -> None:
    other = read(posts, SPANISH, "a.rst")
    article = read(posts, OWN + SETTINGS + RUN + MORE)
    assert [step.name for step in article.steps] == ["settings", "run", "more"]
    assert article.blocks[:2] == other.blocks[:2]
    ours, theirs = (chain("image", resolve(each).steps) for each in (article, other))
    assert ours[:2] == theirs[:2]


def test_a_caption_is_the_borrower_s(posts: Path) -> None:
    article = read(posts, OWN + SETTINGS.replace("\n\n", "\n   :caption: Otro título\n\n") + RUN)
    assert [block.caption for block in article.blocks] == ["Otro título", ""]


def test_a_translation_of_the_borrower_has_the_blocks_from_it(posts: Path) -> None:
    read(posts, OWN + SETTINGS + RUN + MORE)
    english = HEADER.format(language="en", user="Who.") + "The same.\n\n.. shared:: settings\n\n.. shared:: run\n\n"
    article = read(posts, english + ".. shared:: more\n", "b.en.rst")
    assert [step.name for step in article.steps] == ["settings", "run", "more"]
    assert article.files == ("posts/b.en.rst", "posts/b.rst", "posts/a.rst")


def test_it_is_read_again_when_the_other_article_changes(posts: Path) -> None:
    before = read(posts, OWN + SETTINGS)
    (posts / "a.rst").write_text(SPANISH.replace("a = 1", "a = 2"), encoding="utf-8")
    after = parse(posts / "b.rst", root=posts.parent)
    assert after is not None
    assert before.blocks != after.blocks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SETTINGS.replace("from: a", "from: c"), "no article “c” beside this one; known: a, plain"),
        (SETTINGS.replace("from: a", "from: ../posts/a"), "no article “../posts/a” beside this one; "),
        (SETTINGS.replace("from: a", "from:"), "option “:from:” needs a value; "),
        (SETTINGS.replace("from: a", "from: b"), "“b” takes blocks from this article, or is it; write the block"),
        (SETTINGS.replace("settings", "setings"), "no block “setings” in posts/a.rst; did you mean “settings”?"),
        (SETTINGS.replace(":from: a", ":form: a"), "unknown option “:form:”; did you mean “from”?"),
        (SETTINGS.replace("   :from: a\n", ""), "“shared” takes a block over from the article that"),
        (".. shared:: por-las-dudas\n   :from: a\n", "“por-las-dudas” is skipped; say why in this language"),
        (SETTINGS.replace("from: a", "from: plain"), "“plain” is not executable and has no blocks; write the block"),
    ],
)
def test_what_cannot_be_taken_over_is_refused_where_it_is_written(posts: Path, text: str, said: str) -> None:
    (posts / "plain.rst").write_text("Nada que correr.\n", encoding="utf-8")
    found = problems(posts, OWN + text)
    assert len(found) == 1
    assert found[0].startswith(f"posts/b.rst:{PLACE}: {said}")


def test_two_articles_cannot_take_blocks_from_each_other(posts: Path) -> None:
    (posts / "a.rst").write_text(SPANISH + ".. shared:: more\n   :from: b\n", encoding="utf-8")
    (said,) = problems(posts, OWN + SETTINGS + MORE)
    assert said.startswith(f"posts/a.rst:{len(SPANISH.splitlines()) + 1}: “b” takes blocks from this article")


def test_a_mistake_in_the_other_article_is_told_once_and_there(posts: Path) -> None:
    (posts / "a.rst").write_text(SPANISH.replace("$ id -un", "id -un"), encoding="utf-8")
    found = problems(posts, OWN + SETTINGS + RUN)
    assert len(found) == 1
    assert found[0].startswith("posts/a.rst:")


def test_what_is_wrong_with_a_block_only_here_is_told_here(posts: Path) -> None:
    without = OWN.replace("@@user@@", "root")
    start = without.index(".. parameter::")
    found = problems(posts, without[:start] + "Lo mismo.\n\n" + SETTINGS + RUN)
    place = (without[:start] + "Lo mismo.\n\n").count("\n") + 1
    message = "parameter “user” is used and not declared; "
    assert [line.partition(message)[0] for line in found] == [f"posts/b.rst:{place}: ", f"posts/b.rst:{place + 3}: "]


def test_a_block_taken_over_twice_is_told(posts: Path) -> None:
    (said,) = problems(posts, OWN + SETTINGS + SETTINGS)
    assert said == f"posts/b.rst:{PLACE + 3}: the block “settings” is here twice; remove one"
