from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from ensayar.digest import PRESENTATION, act_digest, chain, step_digest
from ensayar.model import Account, Command, Comparison, ConsoleStep, FileStep, Location
from ensayar.parameters import resolve

if TYPE_CHECKING:
    from ensayar.model import Article, Step

HERE, THERE = Location("a.rst", 1), Location("b.rst", 99)
FILE = FileStep("a", HERE, "/a", "x\n", 5, "root", "root", 0o644, None, "ini", "")
CONSOLE = ConsoleStep(
    name="a",
    location=HERE,
    commands=(Command("true", Account.ROOT, ("x",), HERE),),
    timeout=120.0,
    wait=None,
    background=False,
    output_of=None,
    expected=(),
    stop=False,
    reboot=False,
    exit_status=0,
    caption="",
)
ACTING: dict[str, Any] = {
    "name": "b",
    "path": "/b",
    "content": "y\n",
    "owner": "muro",
    "group": "muro",
    "mode": 0o600,
    "replaces": "z",
    "commands": (),
    "timeout": 121.0,
    "wait": 3.0,
    "background": True,
    "output_of": "z",
    "expected": ("x",),
    "stop": True,
    "reboot": True,
    "exit_status": 1,
    "comparison": Comparison(("pid",), any_order=True),
}
SHOWN: dict[str, Any] = {"location": THERE, "content_line": 77, "language": "python", "caption": "Other"}


def pairs() -> list[tuple[Step, str]]:
    return [(step, field.name) for step in (FILE, CONSOLE) for field in fields(step)]


@pytest.mark.parametrize(("step", "name"), pairs(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_field_counts_unless_it_is_presentation(step: Step, name: str) -> None:
    other = replace(step, **{name: (SHOWN if name in PRESENTATION else ACTING)[name]})
    assert (step_digest(other) == step_digest(step)) == (name in PRESENTATION)


@pytest.mark.parametrize(
    "change",
    [{"text": "false"}, {"account": Account.USER}, {"expected": ()}, {"expected": ("x", "")}],
    ids=["text", "account", "no-output", "one-line-more"],
)
def test_a_command_counts_with_all_it_does(change: dict[str, Any]) -> None:
    other = replace(CONSOLE, commands=(replace(CONSOLE.commands[0], **change),))
    assert step_digest(other) != step_digest(CONSOLE)


def test_what_is_shown_does_not_count_for_what_a_step_does() -> None:
    other = replace(
        CONSOLE,
        commands=(replace(CONSOLE.commands[0], expected=()),),
        expected=("x",),
        comparison=Comparison(any_order=True),
    )
    assert act_digest(other) == act_digest(CONSOLE)
    assert act_digest(replace(CONSOLE, commands=(replace(CONSOLE.commands[0], text="false"),))) != act_digest(CONSOLE)
    assert act_digest(replace(CONSOLE, timeout=1.0)) != act_digest(CONSOLE)
    assert act_digest(FILE) == step_digest(FILE)


def test_the_place_of_a_command_does_not_count() -> None:
    other = replace(CONSOLE, commands=(replace(CONSOLE.commands[0], location=THERE),))
    assert step_digest(other) == step_digest(CONSOLE)


def test_where_one_thing_ends_and_the_next_begins_counts() -> None:
    def digest(*texts: str) -> str:
        return step_digest(replace(CONSOLE, commands=tuple(Command(text, Account.ROOT, (), HERE) for text in texts)))

    assert digest("a", "b") != digest("a\nb") != digest("ab")
    assert step_digest(replace(CONSOLE, expected=("a", "b"))) != step_digest(replace(CONSOLE, expected=("a\nb",)))


def test_a_digest_is_the_same_tomorrow() -> None:
    # written down: evidence and checkpoints in the repository hold such numbers
    assert step_digest(FILE) == "922a27889a937877de8eb048fb1f73989d53b10ce0096fc055979b881ebc099e"
    assert step_digest(CONSOLE) == "46d6f406f14389ae58576b6d6cd0865a18fdf01c6371b953801aaa7ec1cabf3f"


def test_a_value_that_a_parameter_takes_counts(article: Article) -> None:
    one, other = resolve(article), resolve(article, {"user": "ana"})
    assert step_digest(one.step("file")) != step_digest(other.step("file"))
    assert step_digest(one.step("wait")) == step_digest(other.step("wait"))


def test_a_chain_changes_from_the_first_change_on(article: Article) -> None:
    steps = resolve(article).steps
    assert isinstance(steps[2], FileStep)
    changed = (*steps[:2], replace(steps[2], content="other\n"), *steps[3:])
    before, after = chain("image", steps), chain("image", changed)
    assert before[:2] == after[:2]
    assert not set(before[2:]) & set(after[2:])
    assert not set(before) & set(chain("another image", steps))
    assert len(set(before)) == len(steps)


def test_the_order_of_steps_counts(article: Article) -> None:
    steps = resolve(article).steps
    assert chain("image", steps)[-1] != chain("image", steps[::-1])[-1]
