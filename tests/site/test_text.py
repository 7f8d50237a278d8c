"""The small parts that make a block's HTML, on their own and with arbitrary text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from ensayar.matching import lines_of, matches
from ensayar.model import ConsoleStep
from ensayar.publish.code import coloured
from ensayar.publish.console import transcript_html, turns_of
from ensayar.publish.look import Look, look_of
from ensayar.publish.marking import Setting, safe, with_values
from ensayar.publish.recorded import Seen, align, carry_over, varying
from ensayar.publish.words import WORDS, counted, date, date_and_time, duration, moment_of, say
from ensayar.rst import parse
from ensayar.screen import terminal_lines

if TYPE_CHECKING:
    from pathlib import Path

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cn", "Co", "Zl", "Zp"]))
LINE = st.lists(st.sampled_from(["a", "b", "12", " ", "...", "<pid>", "<", "&"]), max_size=6).map("".join)


@given(st.text())
def test_any_text_is_safe(text: str) -> None:
    html = str(safe(text))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", html)
    assert {element.name for element in BeautifulSoup(html, "html.parser").find_all()} <= {"span"}
    html.encode("utf-8")


@pytest.mark.parametrize("iso", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "2026-02-30", "ayer"])
def test_a_time_that_utc_does_not_have_is_text(iso: str) -> None:
    assert moment_of(iso) is None
    assert date("es", iso) == date_and_time("es", iso) == iso


@pytest.mark.parametrize("hidden", ["\u180e", "\U000e0001", "\U000e0061", "\u200b", "\ufeff"])
def test_what_nobody_would_see_is_shown(hidden: str) -> None:
    text = BeautifulSoup(str(safe(f"a{hidden}b")), "html.parser").get_text()
    assert text == f"aU+{ord(hidden):04X}b"


@given(PRINTABLE)
def test_safe_text_reads_as_it_was(text: str) -> None:
    assert BeautifulSoup(f"<pre>{safe(text)}</pre>", "html.parser").get_text() == text


@pytest.mark.parametrize("language", ["python", "nginx", "ini", "systemd", "bash", "html+django", "diff", "text"])
@given(
    lines=st.lists(st.sampled_from(["", "a = 1", "  @@uno@@", "# @@dos@@ <b>", "'@@uno@@", "{% x %}", "[s@@dos@@]"]))
)
def test_colours_change_no_character(language: str, lines: list[str]) -> None:
    values = {"uno": "muro", "dos": "a.b-c"}
    raw = "\n".join(lines)
    html = "\n".join(coloured(raw, language, values))
    page = BeautifulSoup(f"<pre>{html}</pre>", "html.parser")
    assert page.get_text() == raw.replace("@@uno@@", "muro").replace("@@dos@@", "a.b-c")
    assert [var.get_text() for var in page.find_all("var")] == [
        values[name] for name in re.findall("@@(uno|dos)@@", raw)
    ]


def test_a_value_that_is_not_given_stays_a_mark() -> None:
    assert with_values("a @@b@@ <c>", {}) == "a @@b@@ &lt;c&gt;"


@given(st.lists(LINE, max_size=6), st.lists(st.sampled_from(["a", "b", "12", "a12", "ab", "", "..."]), max_size=6))
def test_alignment_agrees_with_the_comparison_of_the_rehearsal(expected: list[str], seen: list[str]) -> None:
    output = "\n".join(seen)
    aligned = align(expected, output)
    assert (aligned is not None) == matches(expected, output)
    if aligned is not None:
        assert [line for item in aligned for line in item.lines] == lines_of(output)
        assert [item.expected for item in aligned] == expected


def test_alignment_says_what_each_wildcard_stands_for() -> None:
    aligned = align(["uno", "...", "tres <pid>", "..."], "uno\n2\n2\ntres 33\n")
    assert aligned == [
        Seen("uno", ("uno",)),
        Seen("...", ("2", "2")),
        Seen("tres <pid>", ("tres 33",)),
        Seen("...", ()),
    ]
    assert varying("tres <pid>", "tres 33") == [(5, 7)]
    assert varying("tres <pid>", "tres x") is None


COMPARED = """\
.. rehearse::
   :platform: debian-13

.. parameter:: uno
   :default: muro

.. code-block:: console
   :name: a
   :normalise: pid
   :any-order:

   # git log
   commit <re:[0-9a-f<\\>]{7}> de @@uno@@
   pid 12 y ...
   ...
"""


def compared(tmp_path: Path, output: str | None) -> BeautifulSoup:
    """The block of COMPARED on a page."""
    path = tmp_path / "a.rst"
    path.write_text(COMPARED, encoding="utf-8")
    article = parse(path, root=tmp_path)
    assert article is not None
    (step,) = article.steps
    assert isinstance(step, ConsoleStep)
    turns = [replace(turn, output=output) for turn in turns_of(step, None, {"uno": "muro"})]
    return BeautifulSoup(transcript_html(turns, Setting({"uno": "muro"}, "es")), "html.parser")


def test_a_regular_expression_is_shown_as_a_wildcard_and_samples_as_what_varies(tmp_path: Path) -> None:
    shown = compared(tmp_path, None)
    assert shown.select("pre.output")[0].get_text() == "commit ... de muro\npid 12 y ...\n..."
    wildcard = shown.select_one(".wildcard")
    assert wildcard is not None
    assert wildcard["title"] == "Acá sale algo que cumple con [0-9a-f<\\>]{7}"
    assert [mark.get_text() for mark in shown.select(".varies")] == ["12"]
    assert [mark.get_text() for mark in shown.select("var")] == ["muro"]


def test_what_was_seen_in_another_order_stands_where_the_author_wrote_it(tmp_path: Path) -> None:
    shown = compared(tmp_path, "x\npid 33 y zeta\ncommit 1a6b516 de muro\ny\n")
    assert shown.select("pre.output")[0].get_text() == "commit 1a6b516 de muro\npid 33 y zeta\n⋯ 2 líneas más"
    assert [mark.get_text() for mark in shown.select(".varies")] == ["1a6b516", "33", "zeta"]


def test_what_does_not_match_in_any_order_is_shown_as_the_author_wrote_it(tmp_path: Path) -> None:
    shown = compared(tmp_path, "pid 33 y zeta\n")
    assert shown.select("pre.output")[0].get_text() == "commit ... de muro\npid 12 y ...\n..."


def test_what_stands_beside_a_wildcard_is_found_in_the_line_seen() -> None:
    expected, line = "... usa muro en <pid>: muro...", "nadie usa muro en 7: muro"
    places = [(start, start + 4) for start in (8, 23)]
    assert [expected[start:end] for start, end in places] == ["muro", "muro"]
    found = [carry_over(start, end, expected, line) for start, end in places]
    assert [line[place[0] : place[1]] for place in found if place] == ["muro", "muro"]
    assert found == [(10, 14), (21, 25)]
    assert carry_over(17, 20, expected, line) is None
    assert carry_over(0, 4, "muro", "muro") == (0, 4)


def test_a_carriage_return_overwrites_as_in_a_terminal() -> None:
    assert terminal_lines("10%\r100%\nuna cosa\rotra\nfin\r\n\n") == ["100%", "otracosa", "fin"]


def test_colours_are_gone_before_anything_is_overwritten() -> None:
    assert terminal_lines("\x1b[1;31mrojo\x1b[0m y \x1b[38;5;9mmás\x1b[m\n") == ["rojo y más"]
    assert terminal_lines("descargando 99 %\r\x1b[Klisto\n") == ["listo"]
    assert terminal_lines("\x1b[32m10%\x1b[0m\r\x1b[32m9%\x1b[0m") == ["9%%"]
    assert terminal_lines("\x1b[2Jtodo\x07") == ["\x1b[2Jtodo\x07"]  # what is no colour stays, to be shown as it is


def test_many_carriage_returns_take_no_longer() -> None:
    line = "x" * 200_000 + "\r" + "ab\r" * 200_000
    assert terminal_lines(line) == ["ab" + "x" * 199_998]


def test_presentation_options() -> None:
    options = {"linenos": "", "emphasize-lines": "2, 4-", "class": "uno dos", "caption": "x"}
    assert look_of(options, 5) == Look(1, frozenset({2, 4, 5}), ("uno", "dos"), "x")
    assert look_of({"linenos": "7"}, 5).first_line == 7


@pytest.mark.parametrize(
    "options",
    [{"linenos": "x"}, {"emphasize-lines": "0"}, {"emphasize-lines": "3-2"}, {"emphasize-lines": "a"}, {"class": '"'}],
)
def test_presentation_options_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="“:"):
        look_of(options, 5)


def test_both_languages_say_the_same_things() -> None:
    spanish, english = WORDS["es"], WORDS["en"]
    assert spanish.keys() == english.keys()
    for key, phrase in spanish.items():
        assert set(re.findall(r"{(\w+)}", phrase)) == set(re.findall(r"{(\w+)}", english[key])), key


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0,0 s"),
        (0.31, "0,3 s"),
        (9.94, "9,9 s"),
        (12.4, "12 s"),
        (59.7, "1 min"),
        (72, "1 min 12 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration("es", seconds).replace("\N{NO-BREAK SPACE}", " ") == words


def test_dates_and_counts_in_words() -> None:
    assert BeautifulSoup(date("es", "2026-11-03T21:04:05Z"), "html.parser").get_text() == "3 de noviembre de 2026"
    assert BeautifulSoup(date("en", "2026-11-03T21:04:05Z"), "html.parser").get_text() == "3 November 2026"
    assert date("es", "<ayer>") == "&lt;ayer&gt;"
    assert counted("es", 1, "check", "checks") == "1 comprobación"
    assert counted("es", 7, "check", "checks") == "7 comprobaciones"
    assert say("xx", "skipped") == "No se ejecuta:"
