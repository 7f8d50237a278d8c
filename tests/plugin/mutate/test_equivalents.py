"""The list of mutants that nothing can notice: it explains survivors, and is checked itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin.mutate.mutating import ONLY_CONTENT, explain, ids, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plugin.calling import Done


def test_survivors_may_be_explained(mutate: Callable[..., Done], place: Path) -> None:
    assert mutate("--json", "r.json", *ONLY_CONTENT).returncode == 1
    known = ids(place)
    idle = [known["directive-lost idle = no"], known["value-changed idle = no"]]
    explain(place, *idle)
    done = mutate("--json", "r.json", *ONLY_CONTENT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("altered: 66.6 % of 6: 4 killed, 2 survived (2 of them explained)\n")
    assert report(place)["altered"]["explained"] == 2
    assert {mutant["equivalent"] for mutant in report(place)["mutants"] if mutant["id"] in idle} == {"nobody reads it"}


def test_the_list_of_equivalents_is_checked(mutate: Callable[..., Done], place: Path) -> None:
    mutate("--json", "r.json", *ONLY_CONTENT)
    known = ids(place)
    idle = [known["directive-lost idle = no"], known["value-changed idle = no"]]
    explain(place, *idle, known["value-changed go = yes"])
    done = mutate(*ONLY_CONTENT)
    assert done.returncode == 1
    said = f":5: “{known['value-changed go = yes']}” is no equivalent: it was killed by check"
    assert f"tests/mutation/a.equivalent.toml{said}" in done.stdout
    explain(place, *idle, "conf:value-changed:00000000")
    for arguments in (ONLY_CONTENT, (*ONLY_CONTENT, "--list")):
        done = mutate(*arguments)
        assert done.returncode == 1
        said = (
            "tests/mutation/a.equivalent.toml:5: there is no mutant “conf:value-changed:00000000”; did you mean “conf:v"
        )
        assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[equivalent\n", "tests/mutation/a.equivalent.toml:1: not TOML"),
        ('[equivalent]\n"a" = ""\n', "tests/mutation/a.equivalent.toml:2: “a” needs a reason"),
        ('[equivalent]\n\n"a" = 1\n', "tests/mutation/a.equivalent.toml:3: “a” needs a reason"),
        ('[equivalent]\n[other]\na = "b"\n', "tests/mutation/a.equivalent.toml:2: only a table [equivalent]"),
        ("equivalent = 1\n", "tests/mutation/a.equivalent.toml:1: only a table [equivalent]"),
    ],
)
def test_a_list_of_equivalents_that_is_written_wrong(
    mutate: Callable[..., Done], place: Path, text: str, words: str
) -> None:
    explain(place).write_text(text, encoding="utf-8")
    done = mutate()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(words)
    assert not (place / "machines").exists()
