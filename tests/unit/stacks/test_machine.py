"""What is read from the machine and put into it, without one."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ensayar.machine.protocol import Outcome
from ensayar.model import FileStep
from stacks import articles, direct, processes
from stacks.articles import INSTALLING, install, own, read, spy
from stacks.processes import STRANGER, Process, Processes
from stacks.running import requests_for
from stacks.stack import CIRCUS, CLASSIC, STACKS, Stack, other
from stacks.watching import CHANNELS

VENV = "/srv/muro/venv/bin/python /srv/muro/venv/bin"
PRINTED = {
    "circus": f"""\
100
    100       1 Ssl  {VENV}/circusd /etc/muro/circus.ini
    101     100 S    /srv/muro/venv/bin/python -c from circus import plugins;… circus.plugins.flapping.Flapping
    102     100 Sl   /srv/muro/venv/bin/python -c from circus import plugins;… --config cada:5 vigia.Vigia
    103     100 Ssl  /usr/bin/redis-server unixsocket:/run/muro/freno.sock
    110     100 Sl   /srv/muro/venv/bin/python con_chaussette.py --backend waitress --fd 12 muro.wsgi.application
    111     100 R    /srv/muro/venv/bin/python con_chaussette.py --backend waitress --fd 12 muro.wsgi.application
""",
    "classic": f"""\
200
    200       1 Ss   /usr/bin/python3 /usr/bin/supervisord -n -c /etc/supervisor/supervisord.conf
    201     200 S    python /srv/muro/vigia.py
    202     200 Sl   /usr/bin/redis-server unixsocket:/run/muro/freno.sock
    203     200 Sl   {VENV}/gunicorn --config /etc/muro/gunicorn.conf.py con_gunicorn:application
    205     203 Sl   {VENV}/gunicorn --config /etc/muro/gunicorn.conf.py con_gunicorn:application
    204     203 Sl   {VENV}/gunicorn --config /etc/muro/gunicorn.conf.py con_gunicorn:application
""",
}
WORKERS = {"circus": (110, 111), "classic": (204, 205)}
both = pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)


@both
def test_every_process_has_a_role(stack: Stack) -> None:
    found = processes.read(PRINTED[stack.name])
    assert found.is_whole(stack)
    assert found.of(stack.worker.name, stack) == WORKERS[stack.name]
    assert all(len(found.of(role.name, stack)) == role.count for role in stack.roles)
    assert not found.is_whole(other(stack))


@both
def test_one_that_lacks_sleeps_for_good_is_a_strangers_or_was_to_go_is_not_whole(stack: Stack) -> None:
    lines = PRINTED[stack.name].splitlines()
    for place in range(1, len(lines)):
        assert not processes.read("\n".join(lines[:place] + lines[place + 1 :])).is_whole(stack), lines[place]
    stopped = re.sub(r" S(\w*) ", r" T\1 ", lines[2])
    assert not processes.read("\n".join([*lines[:2], stopped, *lines[3:]])).is_whole(stack)
    found = processes.read(f"{PRINTED[stack.name]}  999 {lines[0]} S /bin/sh /usr/local/bin/muro gunicorn\n")
    assert found.role(found.all[-1], stack) == STRANGER
    assert not found.is_whole(stack)
    assert not processes.read(PRINTED[stack.name]).is_whole(stack, gone=WORKERS[stack.name][:1])


def test_an_orphan_is_a_stranger() -> None:
    found = Processes(300, (Process(204, 1, "Sl", f"{VENV}/gunicorn con_gunicorn:application"),))
    assert found.role(found.all[0], CLASSIC) == STRANGER


def test_a_unit_at_rest_has_no_process() -> None:
    assert processes.read("0\n") == Processes(0, ())


def test_memory_is_read_by_process() -> None:
    assert processes.read_pss("100/smaps_rollup 20480\n110/smaps_rollup 30720\n") == {100: 20480, 110: 30720}


@pytest.mark.parametrize("command", [processes.LIST, processes.PSS, processes.CPU], ids=["list", "pss", "cpu"])
def test_commands_are_for_a_unit(command: str) -> None:
    text = command.format(unit="muro")
    assert "muro" in text
    assert subprocess.run(["sh", "-n", "-c", text], check=False).returncode == 0


def test_memory_of_a_process_is_what_the_kernel_says(tmp_path: Path) -> None:
    """The command itself, of this very process."""
    group = tmp_path / "cgroup.procs"
    group.write_text("self\n", encoding="ascii")
    command = processes.PSS.format(unit="muro").replace("/sys/fs/cgroup/system.slice/muro.service", str(tmp_path))
    said = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True).stdout
    assert re.fullmatch(r"self/smaps_rollup [1-9]\d*\n", said)


def test_what_h2load_wrote_is_read() -> None:
    log = "1000000\t200\t500000\n1200000\t200\t300000\n1500000\t502\t900000\n1600000\t-1\t1000\n"
    assert direct.read(log) == direct.Direct(["502", "-1"], [0.5, 0.3], 1.4)


@pytest.mark.parametrize(("per_second", "wanted"), [(10.0, 896), (0.001, 8), (11.96, 1080)])
def test_requests_last_for_long_enough_and_are_shared_evenly(per_second: float, wanted: int) -> None:
    assert requests_for(90, per_second) == wanted


@both
def test_every_file_of_only_one_stack_is_counted_or_named_as_one_to_do_without(stack: Stack) -> None:
    known = [*stack.configuration, *stack.programs, *stack.aside]
    assert sorted(known) == sorted(own(stack))


def test_lines_are_those_that_say_something() -> None:
    assert list(map(articles.counts, ["a = 1", "", "   ", "# a", "  ; a", "[a]"])) == [True, *[False] * 4, True]
    counted = articles.all_lines()
    assert counted["circus"]["configuration"] == sum(
        articles.lines(CIRCUS, [name]) for name in ("circo-txt", "circus-ini", "unidad")
    )


def test_what_is_appended_to_a_file_is_counted_with_it() -> None:
    """Else Circus's brake and lookout would cost nothing, and supervisor's, which are files of their own, would."""
    step = read(CIRCUS.slug).step("circus-ini")
    assert isinstance(step, FileStep)
    alone = sum(map(articles.counts, step.content.splitlines()))
    assert articles.lines(CIRCUS, ["circus-ini"]) == alone + 4 + 6


def test_subscriber_is_the_articles_with_another_topic() -> None:
    article = read(CIRCUS.slug)
    step = article.step("espia")
    assert isinstance(step, FileStep)
    changed = [
        pair for pair in zip(step.content.splitlines(), spy(article).splitlines(), strict=True) if len({*pair}) > 1
    ]
    assert changed == [('suscriptor.subscribe("watcher.web.")', 'suscriptor.subscribe("watcher.freno.")')]


@dataclass
class Recorder:
    """A machine that writes down what it is told."""

    files: dict[str, tuple[bytes, str, str, int]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    fails: str = ""

    def run(self, command: str, *, timeout: float = 60) -> Outcome:  # noqa: ARG002  (the Protocol's)
        self.typed.append(command)
        return Outcome(int(command == self.fails), "", 0)

    def terminal(self, user: str) -> Recorder:
        assert user == "root"
        return self

    def put(self, content: bytes, path: str, *, owner: str, group: str, mode: int) -> None:
        assert f"mkdir --parents {Path(path).parent}" in self.typed
        self.files[path] = (content, owner, group, mode)


def test_classic_stack_is_installed_as_its_article_says() -> None:
    article, machine = read(CLASSIC.slug), Recorder()
    install(article, machine)  # type: ignore[arg-type]
    steps = [article.step(name) for name in INSTALLING]
    files = [step for step in steps if isinstance(step, FileStep)]
    assert machine.files == {step.path: (step.content.encode(), step.owner, step.group, step.mode) for step in files}
    typed = [command.text for step in steps if not isinstance(step, FileStep) for command in step.commands]
    assert [command for command in machine.typed if not command.startswith("mkdir ")] == typed
    assert len(files) == len(own(CLASSIC))
    assert list(INSTALLING) == sorted(INSTALLING, key=[step.name for step in article.steps].index)


def test_a_step_that_fails_is_not_passed_over() -> None:
    with pytest.raises(AssertionError, match="instalar-gunicorn"):
        install(read(CLASSIC.slug), Recorder(fails="/srv/muro/venv/bin/pip check"))  # type: ignore[arg-type]


def test_both_are_configured_alike() -> None:
    """Two workers of four threads each, in what either article writes."""
    said = {
        step.name: step.content
        for stack in STACKS
        for step in read(stack.slug).steps
        if isinstance(step, FileStep) and step.name in {*stack.configuration, *stack.programs}
    }
    assert "\nnumprocesses = 2\n" in said["circus-ini"]
    assert "threads=4," in said["servidor"]
    assert "\nworkers = 2\n" in said["gunicorn-conf"]
    assert "\nthreads = 4\n" in said["gunicorn-conf"]


@both
def test_every_channel_can_be_measured(stack: Stack) -> None:
    assert set(stack.channels) <= set(CHANNELS)
