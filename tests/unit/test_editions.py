"""Translations of an article: prose of their own, and the article's blocks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar import extract
from ensayar.cli.common import read
from ensayar.errors import ArticleError
from ensayar.model import Skip
from ensayar.project import Project
from ensayar.rst import parse
from ensayar.translations import original_of, translations_of

if TYPE_CHECKING:
    from ensayar.model import Article

HEADER = """\
.. rehearse::
   :platform: debian-13
   :login: @@user@@
   :versions: nginx
   :language: {language}

.. parameter:: user
   :default: muro
   :pattern: [a-z]+

   {user}

"""
FILE = ".. code-block:: ini\n   :name: settings\n   :file: /etc/@@user@@.ini\n   :caption: Ajustes\n\n   a = 1\n\n"
RUN = ".. code-block:: console\n   :name: run\n\n   $ id -un\n   @@user@@\n\n"
SKIPPED = ".. code-block:: bash\n   :name: por-las-dudas\n   :skip: según el gusto\n\n   reboot\n\n"
NAMELESS = ".. code-block:: bash\n   :skip: {reason}\n\n   halt\n\n"
SPANISH = HEADER.format(language="es", user="Quién.") + "Hola.\n\n" + FILE + RUN + SKIPPED
SHARED = [".. shared:: settings\n\n", ".. shared:: run\n\n", ".. shared:: por-las-dudas\n   :skip: to taste\n\n"]
ENGLISH_HEADER = HEADER.format(language="en", user="Who.")
ENGLISH = ENGLISH_HEADER + "Hello.\n\n" + "".join(SHARED)

GONE = "is missing after this;"
BARE = "without its “.. rehearse::”;"
RUN_HAS_TIMEOUT = "posts/a.en.rst:17: unknown option “:timeout:”"
TO_TASTE = "posts/a.en.rst:19: the block “por-las-dudas”"


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.rst").write_text(SPANISH, encoding="utf-8")
    return tmp_path / "posts"


def english(posts: Path, text: str = ENGLISH) -> Article:
    (posts / "a.en.rst").write_text(text, encoding="utf-8")
    found = parse(posts / "a.en.rst", root=posts.parent)
    assert found is not None
    return found


def spanish(posts: Path) -> Article:
    found = parse(posts / "a.rst", root=posts.parent)
    assert found is not None
    return found


def problems(posts: Path, text: str) -> list[str]:
    with pytest.raises(ArticleError) as caught:
        english(posts, text)
    return str(caught.value).splitlines()


def test_an_edition_has_the_blocks_of_its_article_and_its_own_words(posts: Path) -> None:
    edition, article = english(posts), spanish(posts)
    *steps, skip = article.blocks
    assert isinstance(skip, Skip)
    assert edition.blocks == (*steps, replace(skip, reason="to taste"))
    assert (edition.slug, edition.source, edition.language) == ("a", "posts/a.en.rst", "en")
    assert [parameter.description for parameter in edition.parameters] == ["Who."]


def test_a_caption_is_translated(posts: Path) -> None:
    edition = english(posts, ENGLISH.replace(":: settings\n", ":: settings\n   :caption: Some\n      settings\n"))
    assert edition.blocks == (replace(edition.blocks[0], caption="Some settings"), *edition.blocks[1:])
    assert edition.blocks[0].caption == "Some settings"


def test_blocks_may_be_written_out_as_long_as_they_are_the_same(posts: Path) -> None:
    edition = english(posts, SPANISH.replace("según el gusto", "to taste").replace("Ajustes", "Settings"))
    assert [block.name for block in edition.blocks] == ["settings", "run", "por-las-dudas"]
    assert edition.blocks[0].location.path == "posts/a.en.rst"


def test_nested_blocks_are_shared_too(posts: Path) -> None:
    text = ENGLISH_HEADER + SHARED[0] + "#. First:\n\n   .. note::\n\n      .. shared:: run\n\n" + SHARED[2]
    assert english(posts, text).blocks[1] == spanish(posts).blocks[1]


def test_a_skipped_block_without_a_name_is_told_by_its_text(posts: Path) -> None:
    (posts / "a.rst").write_text(SPANISH + NAMELESS.format(reason="porque sí") * 2, encoding="utf-8")
    text = ENGLISH + NAMELESS.format(reason="because") * 2
    assert [block.reason for block in english(posts, text).skips] == ["to taste", "because", "because"]
    assert problems(posts, ENGLISH + NAMELESS.format(reason="because")) == [
        f"posts/a.en.rst:22: a skipped block of posts/a.rst:39 {GONE} give it a name there, and share it here"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            ENGLISH.replace(SHARED[1], ""),
            [f"posts/a.en.rst:15: the block “run” of posts/a.rst:22 {GONE} write “.. shared:: run”"],
        ),
        (
            ENGLISH.replace(SHARED[0], ""),
            [f"posts/a.en.rst:1: the block “settings” of posts/a.rst:15 {GONE} write “.. shared:: settings”"],
        ),
        (
            ENGLISH.replace(SHARED[1], RUN.replace("id -un", "id")),
            ["posts/a.en.rst:17: the block “run” is not what it is in posts/a.rst:22; write “.. shared:: run”"],
        ),
        (
            ENGLISH.replace(SHARED[1], RUN.replace("   @@user@@\n", "   somebody\n")),
            ["posts/a.en.rst:17: the block “run” is not what it is in posts/a.rst:22; write “.. shared:: run”"],
        ),
        (
            ENGLISH.replace(SHARED[2], SKIPPED.replace("reboot", "halt")),
            [f"{TO_TASTE} is not what it is in posts/a.rst:28; write “.. shared:: por-las-dudas”"],
        ),
        (
            ENGLISH + RUN.replace(":name: run", ":name: more"),
            ["posts/a.en.rst:22: the block “more” is not in posts/a.rst, whose edition this is; write it there"],
        ),
        (
            ENGLISH_HEADER + SHARED[1] + SHARED[0] + SHARED[2],
            ["posts/a.en.rst:13: the block “run” comes before the block “settings” here, and after it in the original"],
        ),
        (ENGLISH + SHARED[1], ["posts/a.en.rst:22: the block “run” is here twice; remove one"]),
        (
            ENGLISH.replace(":: run", ":: rum"),
            ["posts/a.en.rst:17: no block “rum” in posts/a.rst; did you mean “run”?"],
        ),
        (
            ENGLISH.replace(":: run", ":: run\n   :timeout: 5"),
            [f"{RUN_HAS_TIMEOUT}; known: caption, class, emphasize-lines, from, linenos, skip"],
        ),
        (
            ENGLISH.replace(":: run", ":: run\n   :skip: no"),
            ["posts/a.en.rst:17: “run” is not skipped in posts/a.rst:22; remove “:skip:”"],
        ),
        (
            ENGLISH.replace("   :skip: to taste\n", ""),
            ["posts/a.en.rst:19: “por-las-dudas” is skipped; say why in this language: “:skip: reason”"],
        ),
        (
            ENGLISH.replace("nginx", "redis"),
            ["posts/a.en.rst:1: “:versions:” is not that of posts/a.rst:1, whose edition this is; write the same"],
        ),
        (
            ENGLISH.replace(":default: muro", ":default: wall"),
            ["posts/a.en.rst:7: parameter “user” is not what it is in posts/a.rst:7; write the same"],
        ),
        (
            ENGLISH.replace(":: user", ":: user\n   :default: a\n\n   x\n\n.. parameter:: more"),
            [
                "posts/a.en.rst:7: parameter “user” is not what it is in posts/a.rst:7; write the same",
                "posts/a.en.rst:12: parameter “more” is not in posts/a.rst, whose edition this is",
            ],
        ),
        (
            "Hello.\n",
            [f"posts/a.en.rst:1: a translation of posts/a.rst {BARE} take it over, with the blocks"],
        ),
        (
            ENGLISH.replace(".. shared:: run", ".. shared: run"),
            [
                f"posts/a.en.rst:15: the block “run” of posts/a.rst:22 {GONE} write “.. shared:: run”",
                "posts/a.en.rst:17: a comment to reStructuredText, which drops it; write “.. shared::” and a blank",
            ],
        ),
    ],
)
def test_what_is_not_the_article_is_refused(posts: Path, text: str, said: list[str]) -> None:
    assert problems(posts, text) == said


def test_an_article_that_is_written_wrong_says_so_once(posts: Path) -> None:
    english(posts)
    (posts / "a.rst").write_text(SPANISH.replace(":file: /etc", ":file: etc"), encoding="utf-8")
    with pytest.raises(ArticleError) as caught:
        extract.read([posts / "a.rst", posts / "a.en.rst"], posts.parent)
    assert str(caught.value).startswith("posts/a.rst:15: ")
    assert len(caught.value.problems) == 1


def test_shared_has_a_meaning_in_translations_only(posts: Path) -> None:
    (posts / "b.rst").write_text(ENGLISH, encoding="utf-8")
    with pytest.raises(ArticleError, match=r"posts/b\.rst:15: “shared” takes a block over from the article that"):
        parse(posts / "b.rst", root=posts.parent)


def test_a_post_that_is_not_executable_shares_nothing(posts: Path) -> None:
    (posts / "b.rst").write_text("Hola.\n", encoding="utf-8")
    (posts / "b.en.rst").write_text("Hello.\n\n.. shared:: run\n", encoding="utf-8")
    with pytest.raises(ArticleError, match=r"posts/b\.en\.rst:3: "):
        parse(posts / "b.en.rst", root=posts.parent)
    (posts / "b.en.rst").write_text("Hello.\n", encoding="utf-8")
    assert parse(posts / "b.en.rst", root=posts.parent) is None


def test_an_executable_translation_of_what_is_not_is_refused(posts: Path) -> None:
    (posts / "a.rst").write_text("Hola.\n", encoding="utf-8")
    with pytest.raises(ArticleError) as caught:
        english(posts, SPANISH)
    assert str(caught.value) == (
        "posts/a.en.rst:1: posts/a.rst is not executable, and this is its translation; "
        "write the directive and the blocks there"
    )
    with pytest.raises(ArticleError, match="is not executable"):
        extract.read([posts / "a.rst"], posts.parent)


def test_each_edition_says_what_is_wrong_in_it(posts: Path) -> None:
    for name in ("a.en.rst", "a.pt.rst"):
        (posts / name).write_text(ENGLISH.replace(SHARED[1], ""), encoding="utf-8")
    with pytest.raises(ArticleError) as caught:
        extract.read([posts / "a.rst"], posts.parent)
    assert [problem.location.path for problem in caught.value.problems] == ["posts/a.en.rst", "posts/a.pt.rst"]


def test_a_caption_with_an_unknown_parameter_is_found_where_it_stands(posts: Path) -> None:
    said = problems(posts, ENGLISH.replace(":: run\n", ":: run\n   :caption: For @@usr@@\n"))
    assert said[0].startswith("posts/a.en.rst:17: parameter “usr” is used and not declared; did you mean “user”?")


def test_a_table_of_comma_separated_values_shares_nothing(posts: Path) -> None:
    said = problems(posts, ENGLISH.replace(SHARED[1], '.. csv-table::\n\n   ".. shared:: run"\n\n'))
    assert said[0].startswith("posts/a.en.rst:17: code in a table of comma-separated values")


def test_an_article_knows_the_files_that_it_was_read_from(posts: Path) -> None:
    (posts / "part.inc").write_text(RUN, encoding="utf-8")
    included = f".. include:: {posts}/part.inc\n\n"
    (posts / "a.rst").write_text(SPANISH.replace(RUN, included), encoding="utf-8")
    assert spanish(posts).files == ("posts/a.rst", "posts/part.inc")
    assert english(posts).files == ("posts/a.en.rst", "posts/a.rst", "posts/part.inc")


def test_a_link_is_what_it_is_called(posts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    english(posts)
    (posts.parent / "else").mkdir()
    (posts / "a.rst").rename(posts.parent / "else" / "real.rst")
    (posts / "a.rst").symlink_to("../else/real.rst")
    monkeypatch.chdir(posts.parent)
    for name in ("posts/a.rst", "posts/a.en.rst"):
        (article,) = read(Project(posts.parent), [Path(name)])
        assert article.source == "posts/a.rst"
    english_source = (posts / "a.en.rst").read_text(encoding="utf-8")
    (posts / "a.en.rst").write_text(english_source.replace(SHARED[1], ""), encoding="utf-8")
    with pytest.raises(ArticleError, match="is missing after this"):
        read(Project(posts.parent), [Path("posts/a.rst")])


def test_a_word_that_is_near_to_shared_is_a_comment(posts: Path) -> None:
    english(posts, ENGLISH + ".. share: this with Ana\n")


def test_a_translation_stands_for_its_article(posts: Path) -> None:
    english(posts)
    place = Project(posts.parent)
    assert place.articles() == (posts / "a.rst",)
    (article,) = extract.read([posts / "a.en.rst", posts / "a.rst"], posts.parent)
    assert article.source == "posts/a.rst"
    (posts / "a.en.rst").write_text(ENGLISH.replace(SHARED[1], ""), encoding="utf-8")
    with pytest.raises(ArticleError, match="is missing after this"):
        extract.read([posts / "a.rst"], posts.parent)


@pytest.mark.parametrize("name", ["a.en.rst", "a.pt_br.rst", "a.zh-Hans.rst"])
def test_which_posts_are_translations(posts: Path, name: str) -> None:
    (posts / name).write_text(ENGLISH, encoding="utf-8")
    assert original_of(posts / name) == posts / "a.rst"
    assert translations_of(posts / "a.rst") == (posts / name,)
    assert translations_of(posts / name) == ()


@pytest.mark.parametrize(
    "name", ["vue.js.rst", "a.old.rst", "a.draft.rst", "ab.en.rst", "a.en.txt", "a.1.rst", "a.rst", "en.rst", "a..rst"]
)
def test_which_posts_are_none(posts: Path, name: str) -> None:
    (posts / name).touch()
    assert original_of(posts / name) is None
    assert translations_of(posts / "a.rst") == ()
