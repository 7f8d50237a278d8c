"""What of an output is published, and how versions are found."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ensayar.machine.protocol import Outcome
from ensayar.testing.recorder import versions, without_mirrors

if TYPE_CHECKING:
    from ensayar.machine.protocol import Machine


@pytest.mark.parametrize(
    ("output", "published"),
    [
        ("Get:1 http://mirror.example/debian trixie InRelease\n", "Get:1 <mirror> trixie InRelease\n"),
        ("a\nHit:12 https://u:p@mirror.example trixie\nb\n", "a\nHit:12 <mirror> trixie\nb\n"),
        ("Looking in indexes: https://one.example/simple, https://two.example\n", "Looking in indexes: <mirror>\n"),
        ("  Downloading https://one.example/a.whl (5 kB)\n", "  Downloading <mirror> (5 kB)\n"),
        ("E: Failed to fetch http://mirror.example/x.deb  404\n", "E: Failed to fetch <mirror>  404\n"),
        ("Location: http://muro.example/\n", "Location: http://muro.example/\n"),
        ("  Downloading django.whl (8 MB)\n", "  Downloading django.whl (8 MB)\n"),
    ],
)
def test_addresses_of_mirrors_stay_with_the_host(output: str, published: str) -> None:
    assert without_mirrors(output) == published


class Here:
    """The computer that the tests run on, as far as it is asked; counts the questions."""

    def __init__(self) -> None:
        self.asked = 0

    def run(self, command: str, *, timeout: float) -> Outcome:
        self.asked += 1
        started = time.monotonic()
        done = subprocess.run(
            ["sh", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=timeout,
        )
        return Outcome(done.returncode, done.stdout, time.monotonic() - started)


def found(here: Here, *probes: str) -> dict[str, str]:
    machine: Machine = here  # type: ignore[assignment]  # as far as it is asked
    return versions(machine, probes)


def test_versions_are_found_with_one_question() -> None:
    here = Here()
    probes = (f"{sys.prefix}:pytest", "dpkg", f"{sys.prefix}:no-such-distribution", "no-such-package", "/nowhere:pip")
    seen = found(here, *probes)
    assert list(seen) == ["pytest", "dpkg"]
    assert seen["pytest"] == importlib.metadata.version("pytest")
    assert seen["dpkg"][0].isdigit()
    assert here.asked == 1


def test_a_machine_is_not_asked_for_nothing() -> None:
    here = Here()
    assert found(here) == {}
    assert here.asked == 0
