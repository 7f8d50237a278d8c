"""Regular expressions in expected output: the same for Python and grep, and never slow."""

from __future__ import annotations

import re
import subprocess
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ensayar.matching import line_matches, line_pattern, line_problem, stretches
from ensayar.matching.expressions import MAX_WAYS, expression
from ensayar.matching.lines import MAX_LINE

ATOMS = st.sampled_from(
    ["a", "b", "ñ", "1", " ", ".", "[ab]", "[^a]", "[a-c1]", r"\d", r"\W", r"\s", r"\.", r"\-", "-"]
)
REPEATS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,2}", "{2,}", "{0}"])
SOURCES = st.recursive(
    st.builds(str.__add__, ATOMS, REPEATS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: f"({'|'.join(items)})"),
        st.builds(lambda item, repeat: f"(?:{item}){repeat}", inner, REPEATS),
    ),
    max_leaves=6,
)
TEXTS = st.text(st.sampled_from("abcñ1 .-x"), max_size=8)


def grep(pattern: str, text: str) -> bool:
    done = subprocess.run(
        ["grep", "-qzP", rf"\A{pattern}\n\z"],
        input=f"{text}\n\0".encode(),
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode in {0, 1}
    return done.returncode == 0


@settings(max_examples=300)
@given(SOURCES, TEXTS)
def test_it_means_what_python_and_grep_take_it_for(source: str, text: str) -> None:
    line = f"<re:{source}>"
    assume(line_problem(line) is None)
    wanted = re.fullmatch(source, text, re.ASCII) is not None
    assert line_matches(line, text) == wanted or not text.strip()
    assert grep(line_pattern(line), text) == wanted


@settings(max_examples=300)
@given(
    SOURCES, st.sampled_from(["", "x", "...", "...x", " <pid>"]), st.sampled_from(["a", "ab", "1", "a ", "1.", "añ"])
)
def test_none_that_is_let_in_is_slow(source: str, after: str, piece: str) -> None:
    line = f"...<re:{source}>{after}"
    assume(line_problem(line) is None)
    text = (piece * MAX_LINE)[: MAX_LINE - 1] + "!"
    started = time.process_time()
    line_matches(line, text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "source",
    [
        "(a+)+",
        "(a|a)*",
        "(a|aa)+",
        "(a*b?)*",
        ".*.*x",
        "(.*a){5}",
        "([a-z]+)*1",
        "(a?){20}a{20}",
        "(x+x+)+y",
        "a*a*a*b",
    ],
)
def test_the_classics_that_take_for_ever_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"more than one way|too many ways|may be nothing"):
        expression(source)


@pytest.mark.parametrize(
    "source",
    [
        *("[0-9a-f]{7,40}", "v?[0-9]+(\\.[0-9]+)*", "(yes|no)", "(test|toast)", "[^ ]+ [^ ]+", "([a-z]+, )*[A-Z]+"),
        *("(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day", "\\[[^\\]]*\\]", "a{1000}", ".{0,5}x", "(ab?)+c"),
    ],
)
def test_what_authors_need_is_let_in(source: str) -> None:
    assert expression(source).ways <= MAX_WAYS


def test_what_follows_decides_with() -> None:
    assert line_problem("<re:[a-z]+>1") is None
    assert "may take the same character" in str(line_problem("<re:[a-z]+>x"))
    assert line_problem("<re:[a-z]+>...x") is None


def test_a_line_too_long_matches_no_expression_and_no_hour_passes() -> None:
    assert line_matches("<re:a*>", "a" * MAX_LINE)
    assert not line_matches("<re:a*>", "a" * (MAX_LINE + 1))
    assert line_matches("a...", "a" * (MAX_LINE + 1))


def test_each_token_knows_its_stretch() -> None:
    found = stretches("a <re:[0-9]+> of ... (<pid>)", "a 12 of x y (7)")
    assert found is not None
    assert [(token.text, start, end) for token, start, end in found if token.sort.value != "text"] == [
        ("<re:[0-9]+>", 2, 4),
        ("...", 8, 11),
        ("<pid>", 13, 14),
    ]
    assert stretches("a <re:[0-9]+>", "a b") is None
