"""Steps as they are played, on real shells."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import EnsayarError, InfrastructureError, StepError
from ensayar.parameters import resolve
from ensayar.rehearsal import Rehearsal
from ensayar.rst import parse
from ensayar.scene import RehearsalScene

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article, Step
    from plugin.local_machine import LocalMachine

HEADER = ".. rehearse::\n   :platform: debian-13\n   :login: muro\n\n"


def made_article(tmp_path: Path, *blocks: str) -> Article:
    """*blocks*: the name and options in the first line, then the content; a path makes it a file."""
    text = HEADER
    for number, block in enumerate(blocks):
        options, _, content = block.partition("\n")
        language = "text" if ":file:" in options else "console"
        text += f".. code-block:: {language}\n   :name: s{number}\n"
        text += "".join(f"   {option.strip()}\n" for option in options.split(";") if option.strip())
        text += "\n" + "".join(f"   {line}\n" for line in content.split("\n")) + "\n"
    path = tmp_path / "a.rst"
    path.write_text(text, encoding="utf-8")
    found = parse(path, root=tmp_path)
    assert found is not None
    return resolve(found)


class Log:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def step_started(self, number: int, total: int, step: Step) -> None:
        self.lines.append(f"{number}/{total} {step.name}")

    def output(self, text: str) -> None:
        self.lines.append(text)

    def step_finished(self, step: Step, duration: float, error: BaseException | None) -> None:
        assert duration >= 0
        self.lines.append(f"{step.name} {type(error).__name__ if error else 'done'}")


def play(tmp_path: Path, machine: LocalMachine, *blocks: str) -> Rehearsal:
    rehearsal = Rehearsal(made_article(tmp_path, *blocks), machine)
    while (step := rehearsal.next_step()) is not None:
        rehearsal.play(step)
    return rehearsal


def failure(tmp_path: Path, machine: LocalMachine, *blocks: str) -> StepError:
    with pytest.raises(StepError) as caught:
        play(tmp_path, machine, *blocks)
    return caught.value


def test_the_machine_of_these_tests_is_one(machine: LocalMachine) -> None:
    def taken(one: Machine) -> Machine:
        return one

    # mypy compares every method with the Protocol's
    assert taken(machine) is machine


def test_steps_are_played_in_order_and_kept(tmp_path: Path, machine: LocalMachine) -> None:
    log = Log()
    rehearsal = Rehearsal(made_article(tmp_path, "\n# echo a\na", ":file: /f\nx", "\n$ cat f\nx\n# true"), machine, log)
    while (step := rehearsal.next_step()) is not None:
        rehearsal.play(step)
    assert [line for line in log.lines if not line.endswith("\n")] == [
        *("1/3 s0", "s0 done", "2/3 s1", "s1 done", "3/3 s2", "s2 done")
    ]
    assert [line for line in log.lines if line.endswith("\n")] == ["a\n", "x\n"]
    assert [
        (command.command.text, command.exit_status, command.output)
        for record in rehearsal.records.values()
        for command in record.commands
    ] == [("echo a", 0, "a\n"), ("cat f", 0, "x\n"), ("true", 0, "")]
    assert rehearsal.failed() is None


def test_a_step_out_of_turn_is_a_bug(tmp_path: Path, machine: LocalMachine) -> None:
    rehearsal = Rehearsal(made_article(tmp_path, "\n# true", "\n# true"), machine)
    with pytest.raises(ValueError, match="s1 is out of turn"):
        rehearsal.play(rehearsal.article.steps[1])


def test_terminals_keep_their_state_from_block_to_block(tmp_path: Path, machine: LocalMachine) -> None:
    play(tmp_path, machine, "\n# cd /usr; x=1\n$ x=2", "\n# echo $x $PWD $USER\n1 /usr root\n$ echo $x $USER\n2 muro")


def test_output_that_differs_is_shown_as_a_difference(tmp_path: Path, machine: LocalMachine) -> None:
    error = failure(tmp_path, machine, "\n# true\n# printf 'a\\nx\\nc\\n'\na\nb\nc")
    assert str(error) == "a.rst:9: step “s0”: the output is not what the article shows"
    assert error.command == "printf 'a\\nx\\nc\\n'"
    assert error.diff == "  a\n- b\n+ x\n? differs at column 1\n  c"
    assert error.console == ("a", "x", "c")
    assert error.exit_code == 3


def test_a_command_without_output_in_the_article_may_print_anything(tmp_path: Path, machine: LocalMachine) -> None:
    play(tmp_path, machine, "\n# echo anything; echo more >&2")


def test_an_exit_status_that_differs_is_said_first(tmp_path: Path, machine: LocalMachine) -> None:
    error = failure(tmp_path, machine, "\n# echo x; (exit 4)\ny")
    assert error.message == "the command exited with 4, not 0"
    assert error.diff == "- y\n+ x\n? differs at column 1"
    play(tmp_path, machine, ":exit-status: 4\n# true\n# (exit 4)")
    assert failure(tmp_path, machine, ":exit-status: 4\n# true").message == "the command exited with 0, not 4"
    assert failure(tmp_path, machine, ":exit-status: 4\n# (exit 4)\n# (exit 4)").message == (
        "the command exited with 4, not 0"
    )


def test_what_comes_after_a_failure_does_not_run(tmp_path: Path, machine: LocalMachine) -> None:
    rehearsal = Rehearsal(made_article(tmp_path, "\n# false\n# echo never", "\n# echo never"), machine)
    with pytest.raises(StepError):
        rehearsal.play(rehearsal.article.steps[0])
    assert machine.log == ["false"]
    record = rehearsal.failed()
    assert record is not None
    assert [command.exit_status for command in record.commands] == [1]


def test_the_machines_last_lines_are_twenty(tmp_path: Path, machine: LocalMachine) -> None:
    error = failure(tmp_path, machine, "\n# seq 100; false")
    assert error.console == tuple(str(number) for number in range(81, 101))


def test_a_command_that_does_not_end_is_said(tmp_path: Path, machine: LocalMachine) -> None:
    error = failure(tmp_path, machine, ":timeout: 0.3\n# echo x; sleep 60")
    assert error.message == "the command did not end within 0.3 s; say “:timeout:” if it needs longer"


def test_a_file_is_written_with_its_mode(tmp_path: Path, machine: LocalMachine) -> None:
    play(tmp_path, machine, ":file: /a; :mode: 0750\nx\n\ny")
    assert machine.get("/a") == b"x\n\ny\n"
    assert (machine.root / "a").stat().st_mode & 0o7777 == 0o750


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (":file: /no/a", "the directory of /no/a does not exist; create it in an earlier step"),
        (":file: /a; :owner: nn", "/a: no user or group “nn:nn” in the machine; create it earlier"),
    ],
)
def test_a_file_that_cannot_be_written_is_the_articles_fault(
    tmp_path: Path, machine: LocalMachine, options: str, message: str
) -> None:
    error = failure(tmp_path, machine, f"{options}\nx")
    assert str(error) == f"a.rst:5: step “s0”: {message}"


def test_a_directory_where_the_file_belongs_is_the_articles_fault(tmp_path: Path, machine: LocalMachine) -> None:
    (machine.root / "a").mkdir()
    assert "/a cannot be written" in failure(tmp_path, machine, ":file: /a\nx").message


def test_to_wait_repeats_until_the_output_is_right(tmp_path: Path, machine: LocalMachine) -> None:
    rehearsal = play(tmp_path, machine, ":wait: 9\n# echo x >> tries; wc -l < tries\n2")
    (record,) = rehearsal.records["s0"].commands
    assert (record.exit_status, record.output) == (0, "2\n")
    assert record.duration > 0.9


def test_to_wait_in_vain_says_what_was_seen_last(tmp_path: Path, machine: LocalMachine) -> None:
    error = failure(tmp_path, machine, ":wait: 1.2\n# echo other\nready")
    assert error.message == "after 1 s of waiting, the output is not what the article shows"
    assert error.diff == "- ready\n+ other\n? differs at column 1"


def test_to_wait_ends_at_once_where_waiting_is_hopeless(tmp_path: Path, machine: LocalMachine) -> None:
    started = time.monotonic()
    error = failure(tmp_path, machine, ":wait: 60; :timeout: 0.3\n# sleep 60\nready")
    assert "did not end within" in error.message
    assert time.monotonic() - started < 5


def test_a_background_step_runs_where_its_terminal_is(tmp_path: Path, machine: LocalMachine) -> None:
    play(
        tmp_path,
        machine,
        "\n$ mkdir here; cd here",
        ":background:\n$ pwd; trap 'echo bye > stopped; exit' INT; while :; do sleep 0.1; done",
        f":output-of: s1; :wait: 5; :stop:\n{machine.root}/here",
        "\n$ cat stopped\nbye",
    )


def test_output_of_a_background_step_that_never_comes(tmp_path: Path, machine: LocalMachine) -> None:
    error = failure(tmp_path, machine, ":background:\n# echo x; sleep 60", ":output-of: s0; :wait: 0.5\ny")
    assert error.step == "s1"
    assert error.message.startswith("the terminal of “s0” has not printed what the article shows (")
    assert error.diff == "- y\n+ x\n? differs at column 1"


def test_a_restart_closes_the_terminals(tmp_path: Path, machine: LocalMachine) -> None:
    rehearsal = play(
        tmp_path,
        machine,
        "\n# x=1; cd /usr",
        ":background:\n# sleep 60",
        ":reboot:\n# echo sync\n# echo 1 > boot",
        "\n# echo ${x:-new} $PWD\nnew " + str(machine.root),
    )
    assert [command.exit_status for command in rehearsal.records["s2"].commands] == [0, 0]


def test_a_machine_that_does_not_restart_fails_the_step(tmp_path: Path, machine: LocalMachine) -> None:
    error = failure(tmp_path, machine, ":reboot:; :timeout: 0.4\n# true")
    assert error.message == "the machine did not restart within 0.4 s"
    assert error.command == "true"


def test_what_comes_from_a_checkpoint_is_not_played(tmp_path: Path, machine: LocalMachine) -> None:
    made = made_article(tmp_path, "\n# echo one", "\n# echo two")
    rehearsal = Rehearsal(made, machine)
    rehearsal.assume(made.steps[0])
    step = rehearsal.next_step()
    assert step is made.steps[1]
    rehearsal.play(step)
    assert machine.log == ["echo two"]
    assert rehearsal.records["s0"].restored


def scene(tmp_path: Path, machine: LocalMachine, *blocks: str) -> RehearsalScene:
    return RehearsalScene(made_article(tmp_path, *blocks), lambda _article: machine)


def test_a_scene_plays_what_leads_to_a_step_once(tmp_path: Path, machine: LocalMachine) -> None:
    set_ = scene(tmp_path, machine, "\n# echo 0", "\n# echo 1", "\n# echo 2")
    assert not set_.running
    set_.advance("s1")
    set_.advance("s0")
    set_.advance("s1")
    assert machine.log == ["echo 0", "echo 1"]
    set_.advance("s2")
    assert machine.log == ["echo 0", "echo 1", "echo 2"]
    set_.stop()
    set_.stop()
    assert machine.stopped == 1


def test_a_failed_scene_stays_failed(tmp_path: Path, machine: LocalMachine) -> None:
    set_ = scene(tmp_path, machine, "\n# false", "\n# echo never")
    for step in ("s0", "s1", "s0"):
        with pytest.raises(StepError, match="“s0”"):
            set_.advance(step)
    assert machine.log == ["false"]
    assert set_.failed_step == "s0"


def test_a_machine_that_fails_leaves_the_step_unjudged(tmp_path: Path, machine: LocalMachine) -> None:
    set_ = scene(tmp_path, machine, "\n# true", "\n# : machine down", "\n# true")
    with pytest.raises(InfrastructureError, match="the machine is gone; plug it in"):
        set_.advance("s2")
    assert set_.failed_step is None
    assert list(set_.rehearsal.records) == ["s0"]


def test_a_machine_that_cannot_be_had_fails_the_scene(tmp_path: Path) -> None:
    calls: list[str] = []

    def none(article: Article) -> Machine:
        calls.append(article.slug)
        message = "no image"
        raise InfrastructureError(message)

    set_ = RehearsalScene(made_article(tmp_path, "\n# true", "\n# true"), none)
    for step in ("s0", "s1"):
        with pytest.raises(InfrastructureError, match="no image"):
            set_.advance(step)
    assert calls == ["a"]


def test_after_a_bug_no_later_step_runs(tmp_path: Path, machine: LocalMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    set_ = scene(tmp_path, machine, "\n# echo 0", ":file: /a\nx", "\n# echo 2")

    def broken(*_: object, **__: object) -> None:
        message = "unthought of"
        raise RuntimeError(message)

    monkeypatch.setattr(machine, "put", broken)
    with pytest.raises(RuntimeError):
        set_.advance("s1")
    monkeypatch.undo()
    with pytest.raises(EnsayarError, match="“s1” was broken off \\(RuntimeError: unthought of\\); this is a bug"):
        set_.advance("s2")
    assert machine.log == ["echo 0"]


def test_an_interrupted_step_is_not_taken_for_done(
    tmp_path: Path, machine: LocalMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = Rehearsal(made_article(tmp_path, "\n# true"), machine)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(machine, "terminal", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rehearsal.play(rehearsal.article.steps[0])
    assert rehearsal.next_step() is rehearsal.article.steps[0]
