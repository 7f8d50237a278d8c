from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docutils.parsers.rst import directives, roles
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ensayar.errors import EXIT_USAGE, ArticleError, UsageError
from ensayar.model import Account, Command, ConsoleStep, FileStep, Location, Parameter, Skip
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Article

    Read = Callable[..., Article | None]

HEADER = ".. rehearse::\n   :platform: debian-13\n\n"
STEP = ".. code-block:: console\n   :name: a\n\n   # true\n"


def test_an_article_holds_all_that_its_text_says(read: Read) -> None:
    article = read(
        """\
.. title: An article

.. rehearse::
   :platform: debian-13
   :login: @@user@@
   :language: es
   :versions: nginx
      /srv/venv:Django

.. parameter:: user
   :default: muro
   :pattern: [a-z]+

   Who runs it,
   in two lines.

.. code-block:: ini
   :name: file
   :file: /etc/@@user@@.ini
   :owner: root:@@user@@
   :mode: 0640
   :caption: A caption

   user = @@user@@

.. code-block:: console
   :name: run

   $ id -un
   @@user@@

.. code-block:: bash
   :name: never
   :skip: no two machines here

   ssh other
"""
    )
    assert article is not None
    assert (article.slug, article.source, article.language, article.platform) == ("a", "posts/a.rst", "es", "debian-13")
    assert (article.login, article.versions, article.values) == ("@@user@@", ("nginx", "/srv/venv:Django"), ())
    place = "posts/a.rst"
    assert article.parameters == (
        Parameter("user", "muro", "[a-z]+", "Who runs it, in two lines.", Location(place, 10)),
    )
    file, run = article.steps
    assert file == FileStep(
        name="file",
        location=Location(place, 17),
        path="/etc/@@user@@.ini",
        content="user = @@user@@\n",
        content_line=24,
        owner="root",
        group="@@user@@",
        mode=0o640,
        replaces=None,
        language="ini",
        caption="A caption",
    )
    assert isinstance(run, ConsoleStep)
    assert run.commands == (Command("id -un", Account.USER, ("@@user@@",), Location(place, 29)),)
    assert (run.timeout, run.wait, run.exit_status) == (120.0, None, 0)
    assert article.skips == (Skip("never", Location(place, 32), "no two machines here", "ssh other\n", "bash", ""),)
    assert article.step("run") is run
    with pytest.raises(KeyError):
        article.step("never")


def test_what_is_not_said_has_defaults(read: Read) -> None:
    article = read(
        f"{HEADER}.. parameter:: p\n   :default: x\n\n.. code-block:: text\n   :name: a\n   :file: /a\n\n   x\n"
    )
    assert article is not None
    assert (article.language, article.login, article.versions) == ("en", "root", ())
    assert article.parameters[0].pattern == "[A-Za-z0-9._-]+"
    (step,) = article.steps
    assert isinstance(step, FileStep)
    assert (step.owner, step.group, step.mode) == ("root", "root", 0o644)


def test_an_owner_alone_means_the_group_of_the_same_name(read: Read) -> None:
    article = read(f"{HEADER}.. code-block:: text\n   :name: a\n   :file: /a\n   :owner: muro\n\n   x\n")
    assert article is not None
    (step,) = article.steps
    assert isinstance(step, FileStep)
    assert (step.owner, step.group) == ("muro", "muro")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "Title\n=====\n\nText.\n",
        ".. code-block:: python\n\n   x = 1\n",
        ".. code-block:: console\n\n   $ ls\n",
        "Text::\n\n   x = 1\n\n>>> 1\n1\n",
        ".. unknown:: x\n\n.. title: x\n.. tags: a, b\n\n`x`:role:\n",
        ".. code-block:: python\n   :unknown: x\n\n   x = 1\n",
        "Text about rehearsals.\n\n.. A comment: rehearse it.\n",
    ],
    ids=["empty", "blank", "prose", "code", "console", "literal", "errors", "options", "words"],
)
def test_a_post_without_header_is_none_of_ours(read: Read, text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "dos", "mac"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_line_ends_and_byte_order_mark_make_no_difference(read: Read, end: str, mark: bytes) -> None:
    assert read(mark + (HEADER + STEP).replace("\n", end).encode()) == read(HEADER + STEP)


def test_a_last_line_without_newline_is_a_line(read: Read) -> None:
    assert read((HEADER + STEP).rstrip("\n")) == read(HEADER + STEP)


def test_a_very_long_line_hides_nothing(read: Read) -> None:
    article = read(f"{HEADER}{STEP}\n.. code-block:: text\n   :name: b\n   :file: /b\n\n   {'x' * 100_000}\n")
    assert article is not None
    assert [step.name for step in article.steps] == ["a", "b"]


def test_what_is_not_utf_8_is_refused(read: Read) -> None:
    with pytest.raises(UsageError, match=r"^posts/a\.rst: not UTF-8 \(.*\); save it as UTF-8$") as caught:
        read(HEADER.encode() + "año".encode("latin-1"))
    assert caught.value.exit_code == EXIT_USAGE


def test_a_file_that_is_not_there_is_refused(project: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^posts/b\.rst: cannot be read \(No such file or directory\); check the path$"
    ):
        parse(Path("posts/b.rst"), root=project)


def test_an_article_reached_through_a_link_keeps_its_place(project: Path) -> None:
    (project / "posts" / "a.rst").write_text(HEADER + STEP, encoding="utf-8")
    link = project / "link"
    link.symlink_to(project)
    article = parse(link / "posts" / "a.rst", root=project)
    assert article is not None
    assert str(article.steps[0].location) == article.source + ":4"
    assert article.source in {"posts/a.rst", "link/posts/a.rst"}


def test_a_slug_ends_at_the_first_point(project: Path) -> None:
    (project / "posts" / "muro.en.rst").write_text(HEADER + STEP, encoding="utf-8")
    article = parse(project / "posts" / "muro.en.rst", root=project)
    assert article is not None
    assert article.slug == "muro"


def test_docutils_is_left_as_it_was(read: Read) -> None:
    before = dict(vars(directives)["_directives"]), dict(vars(roles)["_roles"])
    text = f"{HEADER}.. role:: loud\n\n.. default-role:: loud\n\n.. |x| replace:: y\n\n{STEP}"
    assert read(text) is not None
    assert (vars(directives)["_directives"], vars(roles)["_roles"]) == before
    with pytest.raises(ArticleError):
        read(text + "\n::\n\n   x\n")
    with pytest.raises(UsageError):
        read(b"\xff")
    assert (vars(directives)["_directives"], vars(roles)["_roles"]) == before


def test_a_role_of_one_article_is_unknown_in_the_next(read: Read) -> None:
    assert read(f"{HEADER}.. role:: loud\n\n:loud:`x`\n") is not None
    with pytest.raises(ArticleError, match='Unknown interpreted text role "loud"'):
        read(f"{HEADER}:loud:`x`\n")


def test_presentation_takes_no_part(read: Read) -> None:
    plain = read(f"{HEADER}.. code-block:: text\n   :name: a\n   :file: /a\n\n   x\n")
    options = "   :linenos:\n   :emphasize-lines: 1\n   :class: wide\n"
    adorned = read(f"{HEADER}.. code-block:: text\n   :name: a\n   :file: /a\n{options}\n   x\n")
    assert plain is not None
    assert adorned is not None
    (one,), (other,) = plain.steps, adorned.steps
    assert isinstance(one, FileStep)
    assert isinstance(other, FileStep)
    assert (one.path, one.content, one.caption) == (other.path, other.content, other.caption)


def test_parsing_a_long_article_takes_no_time_to_speak_of(read: Read) -> None:
    lines = "".join(f"   line {number}\n" for number in range(4_000))
    blocks = "".join(f".. code-block:: text\n   :name: f{n}\n   :file: /f{n}\n\n{lines}\n" for n in range(5))
    article = read(HEADER + blocks)
    assert article is not None
    assert len(article.steps) == 5


LINES = st.lists(
    st.text(st.sampled_from("ab #$>.:*`|\\_<é'\"日@-=~"), max_size=12).map(str.rstrip), min_size=1, max_size=8
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_a_file_is_taken_over_as_it_is_written(read: Read, lines: list[str]) -> None:
    # a first line without indentation says how far the block is indented
    content = ["first", *lines, "last"]
    block = "".join(f"   {line}".rstrip() + "\n" for line in content)
    nested = "".join(f"     {line}".rstrip() + "\n" for line in content)
    article = read(
        f"{HEADER}.. code-block:: text\n   :name: a\n   :file: /a\n\n{block}\n"
        f"- item\n\n  .. code-block:: text\n     :name: b\n     :file: /b\n\n{nested}"
    )
    assert article is not None
    for step, line in zip(article.steps, (8, 8 + len(content) + 7), strict=True):
        assert isinstance(step, FileStep)
        assert step.content == "".join(f"{line}\n" for line in content)
        assert step.content_line == line
