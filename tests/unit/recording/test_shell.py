"""A real bash on a real terminal, of this computer's."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import InfrastructureError
from ensayar.recording.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

BASH = ("env", "HISTFILE=", "bash", "--norc", "--noprofile", "-i")


@pytest.fixture
def shell() -> Iterator[Shell]:
    shell = Shell(BASH)
    yield shell
    shell.close()


def test_a_command_has_a_status_and_what_the_screen_keeps_of_its_output(shell: Shell) -> None:
    outcome = shell.run(r"printf 'uno 1%%\runo 99%%\n\033[31mrojo\033[0m\n'; false", timeout=10)
    assert (outcome.exit_status, outcome.output) == (1, "uno 99%\nrojo")
    assert shell.run("true", timeout=10).output == ""


def test_it_is_a_terminal_and_one_shell(shell: Shell) -> None:
    assert shell.run("test -t 0 && test -t 1 && test -t 2", timeout=10).exit_status == 0
    shell.run("cd /tmp; word=hola", timeout=10)
    assert shell.run("echo $word $PWD $COLUMNS", timeout=10).output == "hola /tmp 120"
    shell.run("sh -c 'exit 7'", timeout=10)
    assert shell.run("echo $?", timeout=10).output == "7"


def test_several_lines_are_typed_one_by_one(shell: Shell) -> None:
    seen: list[str] = []
    shell.listen(seen.append)
    assert shell.run("cat <<'FIN'\nuno\n  dos\nFIN", timeout=10).output == "uno\n  dos"
    screen = "".join(seen)
    assert [line.strip() for line in screen.replace("\x1b[?2004h", "").replace("\x1b[?2004l", "").split("\r\n")][
        :4
    ] == [
        "cat <<'FIN'",
        "> uno",
        ">   dos",
        "> FIN",
    ]


def test_our_signs_are_not_to_be_seen(shell: Shell) -> None:
    seen: list[str] = []
    shell.listen(seen.append)
    for _ in range(30):
        shell.run("echo hola", timeout=10)
    assert "hola" in "".join(seen)
    assert "\x1b]" not in "".join(seen)
    assert shell.prompt() == "\x1b[?2004hbash-" + shell.prompt().partition("bash-")[2]
    assert shell.prompt().endswith(("$ ", "# "))


def test_nor_one_that_comes_in_two_pieces(shell: Shell) -> None:
    seen: list[str] = []
    shell.listen(seen.append)
    shell.run(r"printf 'a\033]6973;rea'; sleep 0.5; printf 'dy\007b\n'", timeout=10)
    screen = "".join(seen).partition("\r\n")[2].replace("\x1b[?2004l\r", "")
    assert screen.startswith("ab\r\n")


def test_what_takes_too_long_is_interrupted_and_the_shell_goes_on(shell: Shell) -> None:
    outcome = shell.run("echo antes; sleep 60", timeout=1)
    assert (outcome.exit_status, outcome.output) == (None, "antes\n^C")
    assert shell.run("echo vive", timeout=10).output == "vive"


def test_so_is_the_first_of_several_lines(shell: Shell) -> None:
    outcome = shell.run("sleep 60\necho nunca", timeout=1)
    assert (outcome.exit_status, outcome.output) == (None, "^C")
    assert shell.run("echo vive", timeout=10).output == "vive"


def test_what_goes_on_can_be_watched_and_ended(shell: Shell) -> None:
    shell.start("echo listo; sleep 60")
    until = time.monotonic() + 10
    while shell.look(0.1) != "listo" and time.monotonic() < until:
        pass
    assert shell.printed() == "listo"
    shell.interrupt()
    assert shell.printed() == "listo\n^C"
    assert shell.run("echo $?", timeout=10).output == "130"


def test_a_shell_that_ends_is_the_machine_s_fault(shell: Shell) -> None:
    with pytest.raises(InfrastructureError, match="the terminal is gone"):
        shell.run("exit", timeout=10)


def test_nobody_at_the_door() -> None:
    with pytest.raises(InfrastructureError, match="gone"):
        Shell(("sh", "-c", "echo adentro no; exit 1"))


def test_nothing_of_it_stays(shell: Shell) -> None:
    pid = int(shell.run("echo $$", timeout=10).output)
    shell.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_paste_of_several_lines_is_run_as_it_is(shell: Shell) -> None:
    outcome = shell.paste("cat <<'FIN'\n\tuno!! \"$x\"\nFIN\nfalse", timeout=10)
    assert (outcome.exit_status, outcome.output) == (1, '\tuno!! "$x"')


def test_how_a_pager_sets_the_terminal_is_no_output(shell: Shell) -> None:
    assert shell.run(r"printf 'uno\n\033[?1h\033=\rdos\n\033[?1l\033>'", timeout=10).output == "uno\ndos"
