"""What terminals showed, as a file, without the servers that only this host knows."""

from __future__ import annotations

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from ensayar.recording.tape import Event, Tape, dump, seconds_of, without_servers

APT = "\rGet:1 http://paquetes.interno:8081/debian trixie InRelease [140 kB]\r\n0% [1 InRelease 5,321 B/140 kB 4%]"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_comes_together_is_one_event_and_a_wait_stays_a_wait() -> None:
    clock = Clock()
    tape = Tape(clock)
    tape.write("lost")
    clock.now += 5
    tape.rewind()
    for wait, text in ((0.0, "$ "), (0.005, "ls"), (0.0, ""), (7.25, "a  b\r\n"), (0.005, "$ ")):
        clock.now += wait
        tape.write(text)
    rounded = [(round(event.seconds, 3), event.text) for event in tape.events()]
    assert rounded == [(0.0, "$ ls"), (7.255, "a  b\r\n$ ")]
    assert round(seconds_of(tape.events()), 3) == 7.255
    assert seconds_of(()) == 0.0


def test_the_file_is_asciicast_2() -> None:
    text = dump([Event(0.0, "¡Hola!\r\n"), Event(1.23456, "\x1b[1m</script>\x1b[0m")], "saludar", 1795616390)
    header, *events = map(json.loads, text.splitlines())
    assert header == {
        "version": 2,
        "width": 120,
        "height": 32,
        "timestamp": 1795616390,
        "idle_time_limit": 2.0,
        "title": "saludar",
        "env": {"TERM": "xterm-256color"},
    }
    assert events == [[0.0, "o", "¡Hola!\r\n"], [1.235, "o", "\x1b[1m</script>\x1b[0m"]]


def test_addresses_that_the_article_does_not_name_go() -> None:
    events = [
        Event(1.0, APT),
        Event(2.0, "curl http://127.0.0.1:8000/x\r\n"),
        Event(3.0, "Looking in indexes: https://u:p@pip.interno/simple\r\n"),
    ]
    found = without_servers(events, "$ curl http://127.0.0.1:8000/x")
    assert [event.text for event in found] == [
        "\rGet:1 <mirror> trixie InRelease [140 kB]\r\n0% [1 InRelease 5,321 B/140 kB 4%]",
        "curl http://127.0.0.1:8000/x\r\n",
        "Looking in indexes: <mirror>\r\n",
    ]


def test_so_do_those_in_a_line_of_progress() -> None:
    said = (
        "\r0% [Connecting to paquetes.interno]\x1b[K\r7% [Waiting for headers from paquetes.interno]\r8% [2 InRelease]"
    )
    (event,) = without_servers([Event(0.0, said)], "")
    assert event.text == "\r0% [Connecting to <mirror>]\x1b[K\r7% [Waiting for headers from <mirror>]\r8% [2 InRelease]"


@given(st.lists(st.integers(0, len(APT)), max_size=6))
def test_however_the_output_was_cut_into_pieces(places: list[int]) -> None:
    cuts = sorted({0, len(APT), *places})
    events = [Event(float(start), APT[start:end]) for start, end in itertools.pairwise(cuts)]
    found = without_servers(events, "")
    assert "".join(event.text for event in found) == APT.replace("http://paquetes.interno:8081/debian", "<mirror>")
    assert [event.seconds for event in found] == sorted({event.seconds for event in found})
    assert {event.seconds for event in found} <= {event.seconds for event in events}
