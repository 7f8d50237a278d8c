from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensayar.console import parse_console, unfinished
from ensayar.model import Location

CASES = "console.md"


def shown(text: str) -> str:
    lines = [(line, Location("a.rst", number)) for number, line in enumerate(text.split("\n")[:-1], start=1)]
    transcript = parse_console(lines)
    result = [f"| {line}".rstrip() for line in transcript.leading]
    for command in transcript.commands:
        first, *others = command.text.split("\n")
        result.append(f"{command.account.value} {command.location.line}: {first}")
        result += [f"    {line}".rstrip() for line in others]
        result += [f"| {line}".rstrip() for line in command.expected]
    result += [str(problem) for problem in transcript.problems]
    return "".join(f"{line}\n" for line in result)


def test_transcripts_are_read_as_their_author_means_them(case: tuple[str, str]) -> None:
    text, wanted = case
    assert shown(text) == wanted


WORDS = st.text("abc-./=é ", min_size=1, max_size=5)
PIECES = st.one_of(
    WORDS,
    WORDS.map(lambda word: f"'{word}'"),
    st.text("ab'$` \n#<", max_size=5).map(lambda word: '"' + word.replace("`", "").replace("$", "") + '"'),
    st.sampled_from(
        [
            r"\'",
            r"\"",
            "\\\n",
            "\\ ",
            " # don't\n",
            " #",
            "a#b",
            "$'it\\'s'",
            "\n",
            " | cat",
            " && true",
            " || true",
            ";",
        ]
    ),
    st.sampled_from(["$((1 << 2))", "<<< word", "${x#y}", "$#"]),
    st.builds(
        lambda dash, quote, word, body: f" <<{dash}{quote}{word}{quote}\n{body}\n{word}\n",
        st.sampled_from(["", "-"]),
        st.sampled_from(["", "'", '"']),
        st.sampled_from(["EOF", "A", "é"]),
        st.text("ab'\"#\\ EOF\n\t", max_size=12),
    ),
)
COMMANDS = st.lists(PIECES, min_size=1, max_size=6).map(lambda pieces: "echo " + "".join(pieces))


def bash_wants_more(text: str) -> bool | None:
    """Whether bash reads on after *text*; ``None``: it takes it for wrong, complete or not."""
    # the newline is what the reader's Enter key sends; a command that is complete then makes bash parse an empty rest
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    if (
        "unexpected end of file" in checked.stderr
        or "unexpected EOF" in checked.stderr
        or "here-document" in checked.stderr
    ):
        return True
    return None if checked.returncode else False


@settings(max_examples=300, deadline=None)
@given(COMMANDS, st.data())
def test_a_command_is_unfinished_where_bash_reads_on(command: str, data: st.DataObject) -> None:
    # cut at any place: quotes, here-documents and operators are then open as often as not
    text = command[: data.draw(st.integers(4, len(command)), label="cut")]
    if text.endswith("\\"):
        assert unfinished(text) is not None or "#" in text or "<<" in text
        return
    wanted = bash_wants_more(text + "\n")
    if wanted is not None:
        assert (unfinished(text) is not None) == wanted, text


@pytest.mark.parametrize(
    "text", ["x" * 200_000, "'" + "a\n" * 50_000, "cat <<E\n" + "a\n" * 50_000, "((" * 10_000, "<<" * 20_000]
)
def test_a_long_command_is_read_in_no_time(text: str) -> None:
    # quadratic work on these sizes takes minutes
    assert unfinished(text) in {None, "a single quote", "here-document “E”", "a parenthesis"}
