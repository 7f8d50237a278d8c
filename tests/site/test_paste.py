"""What the copy buttons of the article hand over, pasted into a fresh machine in reading order, is the deployment."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

from ensayar.cli.draw import draw
from ensayar.machine import qemu
from ensayar.matching import matches
from ensayar.model import Account, FileStep
from ensayar.parameters import resolve
from ensayar.publish.tools import runs_of
from ensayar.recording.shell import Shell
from ensayar.rehearsal import RETRY_PAUSE, complaint
from ensayar.rst import parse
from ensayar.testing.stage import HOST_NAME

from .conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ensayar.machine.virtual import QemuMachine
    from ensayar.model import Article, ConsoleStep, Step

    from .conftest import Site, Window

pytestmark = [pytest.mark.vm, pytest.mark.long]

PATIENCE = 3
"""Times what the article grants: a terminal draws what is pasted into it and programs draw their progress, all of that
emulated."""
FILE_SECONDS = 180.0
RESTART_SECONDS = 300.0


def articles(site: Site) -> list[Article]:
    found = [parse(path, root=site.root) for path in site.articles()]
    return [article for article in found if article is not None]


def copied(window: Window, article: Article) -> dict[str, list[str]]:
    """By step, what the buttons under its block hand over, all of them pressed in reading order.

    Of a file the command that writes it, which is what a terminal can take; both buttons are pressed.
    """
    found: dict[str, list[str]] = {}
    for figure in window.driver.find_elements(By.CSS_SELECTOR, "figure[id]"):
        name = str(figure.get_attribute("id"))
        for button in figure.find_elements(By.CSS_SELECTOR, "button.copy, button.here-document"):
            found.setdefault(name, []).append(window.copied_by(button))
    for step in article.steps:
        if isinstance(step, FileStep):
            content, _writing = found[step.name]
            assert content == step.content
            found[step.name] = found[step.name][1:]
    return found


class Reader:
    """Somebody who does what the article says, with the clipboard for hands."""

    def __init__(self, machine: QemuMachine, article: Article) -> None:
        self._machine = machine
        self._article = article
        self._shells: dict[str, Shell] = {}
        self._busy: dict[str, Shell] = {}

    def follow(self, step: Step, pasted: Sequence[str]) -> None:
        """Do *step* with what its buttons have handed over."""
        if isinstance(step, FileStep):
            (writing,) = pasted
            assert self._shell(Account.ROOT).paste(writing, timeout=FILE_SECONDS).exit_status == 0, step.name
            assert self._machine.get(step.path).decode() == step.content
        elif step.output_of is not None:
            self._watch(step)
        elif step.background:
            (command,) = pasted
            third = Shell(self._machine.ssh_arguments(self._user(step.commands[0].account)))
            third.start(command)
            self._busy[step.name] = third
        else:
            self._type(step, pasted)

    def close(self) -> None:
        """Close every terminal."""
        for shell in (*self._shells.values(), *self._busy.values()):
            shell.close()
        self._shells.clear()
        self._busy.clear()

    def _user(self, account: Account) -> str:
        return "root" if account is Account.ROOT else self._article.login

    def _shell(self, account: Account) -> Shell:
        user = self._user(account)
        if user not in self._shells:
            self._shells[user] = Shell(self._machine.ssh_arguments(user))
        return self._shells[user]

    def _type(self, step: ConsoleStep, pasted: Sequence[str]) -> None:
        accounts = [account for account, _text in runs_of(step.commands)]
        *most, (account, text) = zip(accounts, pasted, strict=True)
        for other, words in most:
            outcome = self._shell(other).paste(words, timeout=step.timeout * PATIENCE)
            assert outcome.exit_status == 0, f"{step.name}: {outcome}"
        if step.reboot:
            self._shell(account).start(text)
            self._machine.wait_for_reboot(timeout=RESTART_SECONDS)
            self.close()
            return
        # the outputs of several commands come as one; that of a single one has to be what the article shows
        expected = step.commands[0].expected if len(step.commands) == 1 else ()
        until = time.monotonic() + (step.wait or 0) * PATIENCE
        while True:
            outcome = self._shell(account).paste(text, timeout=step.timeout * PATIENCE)
            wrong = complaint(expected, outcome, step.exit_status, step.timeout, step.comparison)
            if wrong is None:
                return
            assert time.monotonic() < until, f"{step.name}: {wrong}\n{outcome.output}"
            time.sleep(RETRY_PAUSE)

    def _watch(self, step: ConsoleStep) -> None:
        shell = self._busy[step.output_of or ""]
        until = time.monotonic() + (step.wait or 0) * PATIENCE
        while not matches(step.expected, seen := shell.look(RETRY_PAUSE), step.comparison):
            assert time.monotonic() < until, f"{step.name}: {seen}"
        if step.stop:
            shell.interrupt()


@pytest.fixture
def fresh() -> Iterator[QemuMachine]:
    with qemu.start(name=HOST_NAME, platform="debian-13") as machine:
        yield machine


@pytest.mark.parametrize("seed", [None, 2026], ids=["the article's values", "values of the reader's own"])
def test_the_buttons_pressed_in_reading_order_make_a_deployment_that_passes_the_final_checks(
    window: Window, addresses: dict[str, str], project: Site, fresh: QemuMachine, seed: int | None
) -> None:
    (raw,) = [article for article in articles(project) if article.platform == "debian-13"]
    values = {} if seed is None else draw(raw.parameters, seed)
    article = resolve(raw, values)
    window.show(f"{addresses['project']}{article.slug}/")
    for name, value in values.items():
        box = window.driver.find_element(By.CSS_SELECTOR, f"input[data-parameter={name}]")
        box.clear()
        box.send_keys(value)
    found = copied(window, article)
    with ExitStack() as stack:
        reader = Reader(fresh, article)
        stack.callback(reader.close)
        for step in article.steps:
            reader.follow(step, found.get(step.name, []))
    fresh.reboot()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests/deployment", "-q", "-p", "no:cacheprovider"),
            *(f"--hosts=ssh://{fresh.name}", f"--ssh-config={fresh.ssh_config}"),
            f"--ensayar-url=http://127.0.0.1:{fresh.port(80)}",
            *(f"--ensayar-parameter={name}={value}" for name, value in values.items()),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"\b[1-9]\d* passed\b", done.stdout), done.stdout
