"""A small article on this computer's own terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from ensayar.errors import StepError
from ensayar.parameters import resolve
from ensayar.recording.play import play
from ensayar.rehearsal import Silent
from ensayar.screen import terminal_lines

from .test_shell import BASH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article
    from ensayar.recording.play import Take

    Read = Callable[..., Article | None]

HEAD = """\
.. rehearse::
   :platform: debian-13
   :login: ana

"""


class Here:
    """A machine that is the computer itself, where every user is who runs the tests."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ssh_arguments(self, user: str = "root") -> tuple[str, ...]:
        return ("env", "-C", str(self.root), f"WHO={user}", f"PS1={user}$ ", *BASH[1:])

    def put(self, content: bytes, path: str, *, owner: str, group: str, mode: int) -> None:
        assert (owner, group, mode) == ("root", "root", 0o644)
        (self.root / path.lstrip("/")).write_bytes(content)


def console(name: str, *lines: str, **options: str) -> str:
    head = "".join(f"   :{key.replace('_', '-')}: {value}\n" for key, value in {"name": name, **options}.items())
    return ".. code-block:: console\n" + head + "\n" + "".join(f"   {line}\n" for line in lines) + "\n"


@pytest.fixture
def played(tmp_path: Path, read: Read) -> Callable[..., dict[str, Take]]:
    def run(*blocks: str) -> dict[str, Take]:
        article = read(HEAD + "".join(blocks))
        assert article is not None
        return play(resolve(article), cast("Machine", Here(tmp_path)), Silent())

    return run


def screen(take: Take) -> list[str]:
    text = "".join(event.text for event in take.events)
    return terminal_lines(text.replace("\x1b[?2004h", "").replace("\x1b[?2004l", ""))


def test_each_typed_step_is_a_take_that_begins_and_ends_at_a_prompt(played: Callable[..., dict[str, Take]]) -> None:
    takes = played(
        ".. code-block:: text\n   :name: archivo\n   :file: /uno\n\n   hola\n\n",
        console("leer", "# cat uno", "hola", "# echo $WHO", "root"),
    )
    assert list(takes) == ["leer"]
    first, *middle, last = screen(takes["leer"])
    assert first == "root$ cat uno"
    assert middle[0] == "hola"
    assert middle[-1] == "root"
    assert last == "root$"
    assert takes["leer"].events[0].seconds < 0.5


def test_two_accounts_are_two_terminals_one_after_the_other(played: Callable[..., dict[str, Take]]) -> None:
    takes = played(
        console("dos", "$ echo $WHO", "ana", "# echo $WHO", "root"), console("otra", "$ cd /; echo $WHO", "ana")
    )
    assert screen(takes["dos"]) == ["ana$ echo $WHO", "ana", "root$ echo $WHO", "root", "root$"]
    assert screen(takes["otra"]) == ["ana$ cd /; echo $WHO", "ana", "ana$"]


def test_of_several_tries_the_last_is_seen(played: Callable[..., dict[str, Take]]) -> None:
    takes = played(console("esperar", "$ echo x >> n; wc -l < n", "3", wait="30"))
    assert screen(takes["esperar"]) == ["ana$ echo x >> n; wc -l < n", "3", "ana$"]


def test_a_command_in_the_background_is_seen_where_it_is_watched(played: Callable[..., dict[str, Take]]) -> None:
    takes = played(
        console("espiar", "$ echo listo; sleep 60", background=""),
        console("mientras", "$ echo otra", "otra"),
        console("visto", "listo", output_of="espiar", wait="20", stop=""),
    )
    assert list(takes) == ["mientras", "visto"]
    assert "listo" not in screen(takes["mientras"])
    assert screen(takes["visto"]) == ["ana$ echo listo; sleep 60", "listo", "^C", "ana$"]


def test_what_a_terminal_shows_has_to_be_what_the_article_says(played: Callable[..., dict[str, Take]]) -> None:
    with pytest.raises(StepError, match="the output is not what the article shows"):
        played(console("mal", "$ echo hola", "chau"))
    with pytest.raises(StepError, match="the command exited with 3, not 0"):
        played(console("mal", "$ sh -c 'exit 3'"))
    with pytest.raises(StepError, match="the command did not end within 1 s"):
        played(console("mal", "$ sleep 60", timeout="1"))


def test_names_in_columns_are_those_that_the_article_shows_one_below_the_other(
    played: Callable[..., dict[str, Take]],
) -> None:
    takes = played(console("nombres", "# mkdir n && cd n && touch dos tres uno", "# ls", "dos", "tres", "uno"))
    assert [line.split() for line in screen(takes["nombres"])[2:-1]] == [["dos", "tres", "uno"]]


@pytest.mark.parametrize("names", [("tres", "dos", "uno"), ("dos", "tres"), ("dos", "tres", "uno", "zoo")])
def test_other_names_are_not(names: tuple[str, ...], played: Callable[..., dict[str, Take]]) -> None:
    with pytest.raises(StepError, match="the output is not what the article shows"):
        played(console("nombres", "# mkdir n && cd n && touch dos tres uno", "# ls", *names))
