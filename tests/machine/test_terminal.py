"""Terminals: what the reader's own two terminals would do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ensayar.machine.virtual import QemuMachine

pytestmark = pytest.mark.vm


def test_directory_variables_functions_and_aliases_last(machine: QemuMachine) -> None:
    terminal = machine.terminal("root")
    terminal.run("cd /etc; export COLOUR=rojo; greet() { echo hola $1; }; alias twice='echo 2'", timeout=30)
    assert machine.terminal("root").run("pwd; env | grep COLOUR; greet vos; twice", timeout=30).output == (
        "/etc\nCOLOUR=rojo\nhola vos\n2\n"
    )


def test_the_status_of_the_last_command_is_there_for_the_next(machine: QemuMachine) -> None:
    terminal = machine.terminal("root")
    assert terminal.run("(exit 7)", timeout=30).exit_status == 7
    assert terminal.run("echo $?", timeout=30).output == "7\n"


def test_a_here_document_keeps_every_byte(machine: QemuMachine) -> None:
    command = "cat > /root/doc <<'END'\n  $HOME `date` \\ \"x\" 'y'\n\ttab ñandú\n\nEND"
    assert machine.terminal("root").run(command, timeout=30).exit_status == 0
    assert machine.get("/root/doc") == "  $HOME `date` \\ \"x\" 'y'\n\ttab ñandú\n\n".encode()


def test_the_environment_is_pinned_and_stdin_empty(machine: QemuMachine) -> None:
    command = "echo $LANG $COLUMNS $PAGER; date +%Z; cat; locale | grep -c C.UTF-8"
    lines = machine.terminal("root").run(command, timeout=30).output.splitlines()
    assert lines[:2] == ["C.UTF-8 120 cat", "UTC"]
    assert int(lines[2]) > 5


def test_both_streams_come_in_order_and_as_they_are_written(machine: QemuMachine) -> None:
    pieces: list[tuple[float, str]] = []
    outcome = machine.terminal("root").run(
        "echo one; sleep 1; echo two >&2; sleep 1; echo three",
        timeout=30,
        on_output=lambda text: pieces.append((time.monotonic(), text)),
    )
    assert outcome.output == "one\ntwo\nthree\n" == "".join(text for _, text in pieces)
    assert pieces[-1][0] - pieces[0][0] > 1.0


def test_undecodable_bytes_are_replaced(machine: QemuMachine) -> None:
    assert machine.terminal("root").run(r"printf 'a\377b\n'", timeout=30).output == "a�b\n"


def test_megabytes_of_output_arrive_whole(machine: QemuMachine) -> None:
    outcome = machine.terminal("root").run("seq 500000", timeout=120)
    assert outcome.output == "".join(f"{number}\n" for number in range(1, 500001))


def test_a_command_that_takes_too_long_is_killed_and_the_shell_goes_on(machine: QemuMachine) -> None:
    terminal = machine.terminal("root")
    terminal.run("cd /usr/share", timeout=30)
    outcome = terminal.run("echo begun; sleep 7654", timeout=3)
    assert outcome.exit_status is None
    assert outcome.output.startswith("begun\n")
    assert terminal.run("pwd; pgrep -f 'sleep 765[4]' || echo gone", timeout=30).output == "/usr/share\ngone\n"


def test_a_loop_of_the_shell_itself_is_ended_too(machine: QemuMachine) -> None:
    assert machine.terminal("root").run("while :; do :; done", timeout=2).exit_status is None
    assert machine.terminal("root").run("echo back", timeout=30).output == "back\n"


def test_what_goes_on_in_the_background_does_not_hold_the_command(machine: QemuMachine) -> None:
    terminal = machine.terminal("root")
    outcome = terminal.run("sleep 3456 & setsid --fork sleep 3456; echo started", timeout=30)
    assert (outcome.exit_status, outcome.output) == (0, "started\n")
    assert outcome.duration < 15
    assert terminal.run("kill %1; pkill -f 'sleep 345[6]'; jobs -p | wc -l", timeout=30).exit_status == 0


def test_exit_ends_the_shell_with_its_status_and_the_next_command_gets_a_new_one(machine: QemuMachine) -> None:
    terminal = machine.terminal("root")
    terminal.run("cd /etc", timeout=30)
    assert terminal.run("echo bye; exit 5", timeout=30).exit_status == 5
    assert terminal.run("pwd", timeout=30).output == "/root\n"


def test_a_syntax_error_is_the_commands_failure(machine: QemuMachine) -> None:
    outcome = machine.terminal("root").run("if", timeout=30)
    assert outcome.exit_status == 2
    assert "syntax error" in outcome.output


def test_a_user_gets_a_login_of_their_own(machine: QemuMachine) -> None:
    assert machine.run("useradd --create-home --shell /bin/bash vecina").exit_status == 0
    outcome = machine.terminal("vecina").run("id -un; pwd; echo $HOME $LOGNAME", timeout=60)
    assert (outcome.exit_status, outcome.output) == (0, "vecina\n/home/vecina\n/home/vecina vecina\n")
    assert machine.terminal("root").run("id -un", timeout=30).output == "root\n"


def test_a_login_that_is_refused_is_an_outcome(machine: QemuMachine) -> None:
    outcome = machine.terminal("nadie").run("echo hola", timeout=30)
    assert outcome.exit_status == 1
    assert "nadie" in outcome.output


def test_a_background_command_runs_until_ctrl_c(machine: QemuMachine) -> None:
    command = "trap 'echo interrupted; exit' INT; pwd; while :; do sleep 0.1; done"
    background = machine.background("root", command, directory="/etc")
    until = time.monotonic() + 20
    while background.output() != "/etc\n" and time.monotonic() < until:
        time.sleep(0.2)
    background.interrupt()
    assert background.output() == "/etc\ninterrupted\n"


def test_ctrl_c_reaches_a_program_that_does_not_catch_it(machine: QemuMachine) -> None:
    background = machine.background("root", "sleep 2345; echo not reached")
    background.interrupt()
    assert background.output() == ""
    assert machine.run("pgrep -f 'sleep 234[5]'").exit_status == 1
