from __future__ import annotations

import re
import subprocess
import time
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensayar.matching import (
    MANY,
    MAX_CELLS,
    NORMALISERS,
    difference,
    line_matches,
    line_problem,
    lines_of,
    matches,
    pattern,
)
from ensayar.model import EXACTLY, Comparison

CASES = "matching.md"


def read(case: str) -> tuple[list[str], str, Comparison]:
    """The lines shown, the output, and the options that the case begins with."""
    above, output = ("\n" + case).split("\n---\n")
    expected = above.split("\n")[1:]
    names: tuple[str, ...] = ()
    any_order = False
    while expected and (option := re.fullmatch(":(any-order|normalise): ?(.*)", expected[0])):
        expected.pop(0)
        any_order = any_order or option[1] == "any-order"
        names = tuple(option[2].split()) or names
    return expected, output, Comparison(names, any_order)


def test_the_difference_says_what_the_article_shows_and_what_was_printed(case: tuple[str, str]) -> None:
    text, wanted = case
    expected, output, comparison = read(text)
    shown = difference(expected, output, comparison)
    # a line of context that is empty ends in no blank in the file of cases
    assert [line.rstrip() for line in shown.split("\n")] == [line.rstrip() for line in wanted.split("\n")[:-1]]
    agree = not any(line.startswith(("- ", "+ ")) for line in wanted.split("\n"))
    assert matches(expected, output, comparison) == agree
    assert grep(expected, output, comparison) == agree
    assert [problem for line in expected if (problem := line_problem(line))] == []


LINES = st.one_of(
    st.sampled_from(["...", "a", "b", "", "a...", "...b", "a...b...", "<pid>", "a <número>...", "   ...", "é", "."]),
    st.text(st.sampled_from("ab.1 <pid>\\*[(é→"), max_size=6),
)
EXPECTED = st.lists(LINES, max_size=5)
OUTPUTS = st.one_of(
    st.lists(st.text(st.sampled_from("ab.1 é\\*[(→"), max_size=4), max_size=7).map("\n".join),
    st.lists(st.sampled_from(["a", "b", "", "ab", "a 12", "7", "é", "a b ", ". "]), max_size=7).map("\n".join),
)


@settings(max_examples=500, deadline=None)
@given(EXPECTED, OUTPUTS)
def test_a_difference_without_signs_is_a_match_and_only_that(expected: list[str], output: str) -> None:
    signs = [line for line in difference(expected, output).split("\n") if line[:2] in {"- ", "+ "}]
    assert (not signs) == matches(expected, output)


@settings(max_examples=500, deadline=None)
@given(EXPECTED, OUTPUTS)
def test_what_was_printed_matches_itself_and_its_wildcards(expected: list[str], output: str) -> None:
    seen = lines_of(output)
    assert matches(seen, output)
    assert matches(["..."], output)
    # a point before the dots would be taken for the first of them
    assert matches([*(line[:1] + "..." if line[:1] not in {"", "."} else line for line in seen), "..."], output)
    if matches(expected, output):
        assert matches([*expected, "..."], output + "\nx\n")


def grep(expected: list[str], output: str, comparison: Comparison = EXACTLY) -> bool:
    """What deploy.sh asks of a tidied output."""
    text = "".join(f"{line}\n" for line in lines_of(output)) + "\0"
    found = subprocess.run(
        ["grep", "-qzP", rf"\A{pattern(expected, comparison)}\z"],
        input=text.encode(),
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert found.returncode in {0, 1}
    return found.returncode == 0


@settings(max_examples=300, deadline=None)
@given(EXPECTED, OUTPUTS)
def test_grep_and_python_agree(expected: list[str], output: str) -> None:
    assert grep(expected, output) == matches(expected, output)


SAMPLES = {
    "<pid>": ["1", "32768"],
    "<fecha>": ["2026-11-23", "23/Nov/2026", "Nov  3", "Mon Nov 23 2026"],
    "<hora>": ["9:15", "09:15:01", "09:15:01,123"],
    "<número>": ["0", "-1", "+1.5", "1,000,000.5"],
    "<duración>": ["1s", "3 ms", "1min 2.5s", "12µs", "1h 2min 3s"],
    "<versión>": ["1.2", "5.2.8", "1:2.3-1", "1.26.3-3+deb13u1", "3.13.0rc1"[:6]],
}


@pytest.mark.parametrize("name", NORMALISERS)
def test_a_normaliser_takes_its_values_in_grep_too(name: str) -> None:
    spanish = {
        "<date>": "<fecha>",
        "<time>": "<hora>",
        "<number>": "<número>",
        "<duration>": "<duración>",
        "<version>": "<versión>",
    }
    for value in SAMPLES[spanish.get(name, name)]:
        if value.count(":") == 1 and name in {"<version>", "<versión>"}:
            continue  # an epoch is no part of what most programs print
        line = f"x {value} y"
        assert matches([f"x {name} y"], line), line
        assert grep([f"x {name} y"], line), line


@pytest.mark.parametrize(
    ("expected", "output"),
    [
        ([f"{'a...' * 30}b"], "a" * 100_000),
        (["...<número>" * 10 + "x"], "1" * 20_000),
        (["...<número> ..." * 5 + "x"], "1 " * 20_000),
        (["...<versión>" * 5 + "x"], "1." * 20_000),
        (["...<duración> ...<fecha> ...<hora>x"], "1 s 1:1 Nov 1 " * 5_000),
        (["a...", "..."] * 50 + ["z"], "a\n" * 20_000),
        (["x", *["..."] * 20, "y"], "x\n" * 20_000),
        ([str(number) for number in range(500)], "\n".join(map(str, range(1, 20_001)))),
    ],
    ids=["wildcards", "numbers", "numbers-and-wildcards", "versions", "durations", "blocks", "gaps", "long"],
)
def test_bad_luck_stays_fast(expected: list[str], output: str) -> None:
    started = time.monotonic()
    assert not matches(expected, output)
    assert any(line.startswith("- ") for line in difference(expected, output).split("\n"))
    assert time.monotonic() - started < 10


def test_a_huge_output_that_matches_has_no_difference() -> None:
    output = "\n".join(f"line {number}" for number in range(20_000))
    expected = ["line 0", *["..."] * 30, "line 19999"]
    assert len(expected) * 20_000 > MAX_CELLS
    assert difference(expected, output) == "\n".join(f"  {line}" for line in expected)


def test_of_a_huge_output_the_part_after_the_last_fitting_line_is_shown() -> None:
    output = "\n".join(f"line {number}" for number in range(20_000))
    expected = [*(f"line {number}" for number in range(25)), "line 99"]
    shown = difference(expected, output).split("\n")
    assert shown[:25] == [f"  line {number}" for number in range(25)]
    assert shown[25] == "- line 99"
    assert shown[26:-2] == [f"+ line {number}" for number in range(25, 25 + MANY)]
    assert shown[-2:] == [f"+ … and {20_000 - 25 - MANY} more lines", "? the first of these: differs at column 6"]


ANY_ORDER = st.lists(st.sampled_from(["a", "b", "a...", "<pid>", "...", "7", "<re:a|b>", "b...", ""]), max_size=5)
SMALL = st.lists(st.sampled_from(["a", "b", "ab", "7", "12", "", "c"]), max_size=6)


@settings(max_examples=300)
@given(ANY_ORDER, SMALL, st.sampled_from([(), ("pid",)]))
def test_in_any_order_grep_python_and_trying_every_order_agree(
    expected: list[str], seen: list[str], names: tuple[str, ...]
) -> None:
    output = "\n".join(seen)
    lines = lines_of(output)
    rows = [line for line in expected if line != "..."]
    # of every choice of as many lines, in every order, one that matches in order
    wanted = (len(rows) < len(expected) or len(rows) == len(lines)) and any(
        all(line_matches(row, line, names) for row, line in zip(rows, order, strict=True))
        for order in permutations(lines, len(rows))
    )
    comparison = Comparison(names, any_order=True)
    assert matches(expected, output, comparison) == wanted
    if expected:
        assert grep(expected, output, comparison) == wanted
    signs = [line for line in difference(expected, output, comparison).split("\n") if line[:2] in {"- ", "+ "}]
    assert (not signs) == wanted


def test_in_any_order_many_lines_that_are_alike_stay_fast() -> None:
    expected = [*["<pid>"] * 20, *[f"a{number}..." for number in range(20)], "...", *["x"] * 20, "missing"]
    output = "\n".join(["x"] * 30 + [f"a{number}b" for number in range(20)] + [str(number) for number in range(1, 40)])
    comparison = Comparison(any_order=True)
    started = time.monotonic()
    assert not matches(expected, output, comparison)
    assert matches(expected[:-1], output, comparison)
    assert not grep(expected, output, comparison)
    assert grep(expected[:-1], output, comparison)
    assert time.monotonic() - started < 10


@given(EXPECTED, OUTPUTS)
def test_every_line_of_a_difference_is_followed_by_its_reason(expected: list[str], output: str) -> None:
    shown = difference(expected, output).split("\n")
    for line, following in zip(shown, [*shown[1:], ""], strict=True):
        if line.startswith("- "):
            assert following[:2] in {"? ", "+ "}
        if line.startswith("+ "):
            assert following[:2] in {"? ", "+ "}
        if line.startswith("  "):
            assert following[:2] != "? "
