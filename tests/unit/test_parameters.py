from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar.errors import EXIT_USAGE, UsageError
from ensayar.model import ConsoleStep, FileStep, Location, Parameter
from ensayar.parameters import accepts, choose, defaults, did_you_mean, resolve, substitute, used

if TYPE_CHECKING:
    from ensayar.model import Article

HERE = Location("a.rst", 1)
USER = Parameter("user", "muro", "[a-z]+", "", HERE)
SITE = Parameter("site", "muro.example", r"[a-z.]+", "", HERE)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


def test_a_resolved_article_holds_no_mark(article: Article) -> None:
    resolved = resolve(article)
    assert "@@" in repr(article)
    assert "@@" not in repr(resolved)
    assert resolved.login == "muro"
    assert resolved.values == (("user", "muro"),)
    file = resolved.step("file")
    assert isinstance(file, FileStep)
    assert (file.path, file.group, file.content) == ("/etc/muro/a.ini", "muro", "user = muro\n")
    # places stay, for errors are said of the article as it is written
    assert [block.location for block in resolved.blocks] == [block.location for block in article.blocks]


def test_a_given_value_goes_everywhere(article: Article) -> None:
    resolved = resolve(article, {"user": "ana"})
    file = resolved.step("file")
    assert isinstance(file, FileStep)
    assert (resolved.login, file.path, file.group) == ("ana", "/etc/ana/a.ini", "ana")
    console = resolved.step("run")
    assert isinstance(console, ConsoleStep)


def test_what_is_given_wins_and_the_rest_has_defaults() -> None:
    assert choose([USER, SITE], {"user": "ana"}) == {"user": "ana", "site": "muro.example"}
    assert defaults([USER, SITE]) == {"user": "muro", "site": "muro.example"}


def test_an_unknown_name_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError, match=r"^the article declares no parameter “usr”; did you mean “user”\?$") as caught:
        choose([USER, SITE], {"usr": "ana"})
    assert caught.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize("value", ["", "Ana", "ana ", "ana\n", "a\nb", "ana; rm -rf /"])
def test_a_value_must_match_as_a_whole(value: str) -> None:
    assert not accepts(USER, value)
    with pytest.raises(UsageError, match="does not match"):
        choose([USER], {"user": value})


def test_a_pattern_that_takes_anything_still_takes_one_line() -> None:
    anything = Parameter("x", "y", r"[\s\S]*", "", HERE)
    assert accepts(anything, "a b")
    assert not accepts(anything, "a\nb")


@given(NAMES, st.text(), st.text())
def test_a_value_is_put_in_once_and_never_read_again(name: str, before: str, after: str) -> None:
    text = f"{before.replace('@', '')}@@{name}@@{after.replace('@', '')}"
    value = f"@@{name}@@@@other@@"
    assert used(text) == (name,)
    assert substitute(text, {name: value, "other": "x"}) == text.replace(f"@@{name}@@", value)


@given(st.text("@ab-1 +\n\\"))
def test_what_is_no_mark_stays_as_it_is(text: str) -> None:
    values = dict.fromkeys(used(text), "VALUE")
    assert substitute(text, {}) == text
    assert used(substitute(text, values)) == () or "@@" in text


@pytest.mark.parametrize("text", ["@@ -1,2 +1,2 @@", "@@User@@", "a@@b", "@@@@", "@@1a@@", "@@a b@@", "user@@host"])
def test_what_diffs_and_addresses_hold_is_no_mark(text: str) -> None:
    assert used(text) == ()


def test_marks_stand_side_by_side() -> None:
    assert substitute("@@a@@@@b@@@@", {"a": "1", "b": "2"}) == "12@@"


def test_a_hint_names_the_closest_or_all_that_there_are() -> None:
    assert did_you_mean("timout", ["timeout", "wait"]) == "did you mean “timeout”?"
    assert did_you_mean("xyz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("xyz", []) == "none is known here"
