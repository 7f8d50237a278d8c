"""The channel of the checks, to this computer itself."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ensayar.testing.channel import Answer, Channel, ChannelLost, Channels
from ensayar.testing.host import Backend, Hosts

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = ("sh", "-c")


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel(HERE)
    yield made
    made.close()


@pytest.fixture
def channels() -> Iterator[Channels]:
    made = Channels(HERE)
    yield made
    made.close()


def number(answer: Answer) -> int:
    return int(answer.stdout)


def test_a_command_says_both_kinds_of_output_and_how_it_ended(channel: Channel) -> None:
    assert channel.run(b"echo well; echo ill >&2; exit 3") == Answer(3, b"well\n", b"ill\n")


def test_one_that_was_killed_ends_as_a_shell_tells_it(channel: Channel) -> None:
    assert channel.run(b"kill -TERM $$").exit_status == 128 + signal.SIGTERM


def test_each_has_a_shell_of_its_own(channel: Channel) -> None:
    shells = {number(channel.run(b"cd /; export WORD=left; umask 0; echo $$")) for _ in range(3)}
    assert len(shells) == 3
    assert channel.run(b'echo "$WORD"').stdout == b"\n"
    assert channel.run(b"umask").stdout != b"0000\n"
    assert channel.run(b"pwd").stdout.decode().strip() == os.getcwd()  # noqa: PTH109  (a shell's answer)


def test_standard_input_is_empty(channel: Channel) -> None:
    assert channel.run(b"cat") == Answer(0, b"", b"")


@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_001])
def test_output_of_any_size_arrives_whole(channel: Channel, size: int) -> None:
    answer = channel.run(f"head --bytes={size} /dev/zero; head --bytes={size} /dev/zero >&2".encode())
    assert (len(answer.stdout), len(answer.stderr)) == (size, size)


def test_bytes_stay_as_they_are(channel: Channel) -> None:
    assert channel.run("printf 'ñ\\377'".encode()).stdout == "ñ".encode() + b"\xff"


def test_what_goes_on_behind_does_not_hold_the_answer(channel: Channel) -> None:
    started = time.monotonic()
    answer = channel.run(b"sleep 30 & echo $!")
    assert time.monotonic() - started < 10
    os.kill(number(answer), signal.SIGTERM)


def test_the_session_ends_with_its_other_end() -> None:
    channel = Channel(HERE)
    server = number(channel.run(b"echo $PPID"))
    channel.close()
    channel.close()
    deadline = time.monotonic() + 10
    while subprocess.run(["ps", "-p", str(server)], check=False, capture_output=True).returncode == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_session_that_is_lost_during_a_command_says_so(channels: Channels) -> None:
    with pytest.raises(ChannelLost) as caught:
        channels.run(b"kill -KILL $PPID; sleep 5")
    assert caught.value.begun
    assert channels.run(b"echo again").stdout == b"again\n"


def test_a_session_that_was_lost_before_is_replaced(channels: Channels) -> None:
    server = number(channels.run(b"echo $PPID"))
    os.kill(server, signal.SIGKILL)
    assert number(channels.run(b"echo $PPID")) != server


def test_a_machine_that_cannot_be_reached_says_why() -> None:
    channels = Channels(("sh", "-c", "echo no route >&2; exit 255"))
    with pytest.raises(ChannelLost, match="no route") as caught:
        channels.run(b"true")
    assert not caught.value.begun


def test_one_session_serves_all_commands_and_more_where_they_run_side_by_side(channels: Channels) -> None:
    assert len({number(channels.run(b"echo $PPID")) for _ in range(5)}) == 1
    with ThreadPoolExecutor(3) as pool:
        servers = set(pool.map(lambda _: number(channels.run(b"echo $PPID; sleep 0.5")), range(3)))
    assert len(servers) == 3


def test_after_an_interruption_nobody_gets_the_answer_of_another(channels: Channels) -> None:
    def ring(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            channels.run(b"sleep 3; echo late")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert channels.run(b"echo now").stdout == b"now\n"


def test_testinfra_speaks_through_it(channels: Channels) -> None:
    backend = Backend("here", channels)
    result = backend.run("printf '%%s' %s; exit 4", "¡it's!")
    assert (result.rc, result.stdout, result.stderr) == (4, "¡it's!", "")


def test_a_connection_that_is_lost_fails_the_check_that_it_was_for(channels: Channels) -> None:
    with pytest.raises(RuntimeError, match="connection to the machine was lost"):
        Backend("here", channels).run("kill -KILL $PPID; sleep 5")


def test_a_machine_has_one_host() -> None:
    class Here:
        def ssh_arguments(self) -> tuple[str, ...]:
            return HERE

    with Hosts() as hosts:
        here = Here()
        host = hosts.of(here)  # type: ignore[arg-type]  # all that is asked of a machine
        assert hosts.of(here) is host  # type: ignore[arg-type]  # likewise
        assert host.file("/").is_directory
