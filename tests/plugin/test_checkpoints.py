"""What a second rehearsal does again, and what not."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin import calling
from plugin.sample import KEPT, edit, make, shells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin.calling import Done

POST = Path("posts") / "a.rst"
CHECK = Path("tests") / "deployment" / "test_a.py"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield make(tmp_path, KEPT)
    assert shells(tmp_path) == []


@pytest.fixture
def call(place: Path) -> Callable[..., Done]:
    def called(*arguments: str, module: str = "ensayar.cli", **more: str) -> Done:
        (place / "machines").write_text("", encoding="utf-8")
        return calling.call(place, *arguments, program=(sys.executable, "-m", module), COLUMNS="200", **more)

    return called


def machines(place: Path) -> list[str]:
    return (place / "machines").read_text(encoding="utf-8").split()


def played(done: Done) -> list[str]:
    """The steps that were played, as the output tells."""
    return [line.split("] ")[1].split()[0] for line in done.stdout.splitlines() if "✓ [" in line or "✗ [" in line]


def checked(done: Done) -> list[str]:
    return [line.strip("✓✗ ").rpartition("  ")[0] for line in done.stdout.splitlines() if line.startswith("       ")]


def good(done: Done) -> Done:
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done


def evidence(place: Path) -> dict[str, object]:
    found = json.loads((place / "tutorial" / "a" / "evidence" / "evidence.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def recorded(place: Path) -> list[str]:
    """The steps of which the evidence says that they ran in an earlier rehearsal."""
    steps = evidence(place)["steps"]
    assert isinstance(steps, list)
    return [step["name"] for step in steps if step["recorded"]]


def test_without_an_edit_nothing_is_played_nor_checked_and_the_evidence_stays(
    call: Callable[..., Done], place: Path
) -> None:
    first = good(call("rehearse"))
    assert played(first) == ["one", "two", "three", "four"]
    assert machines(place) == ["fresh"]
    before = (place / "tutorial" / "a" / "evidence" / "evidence.json").read_bytes()
    again = good(call("rehearse"))
    assert machines(place) == []
    assert (played(again), checked(again)) == ([], [])
    assert "4 of 4 steps and 4 checks are known: nothing that led there has changed" in again.stdout
    assert again.stdout.splitlines()[-1].startswith("passed: 0 steps, 0 checks (and 4 steps, 4 checks known), ")
    assert (place / "tutorial" / "a" / "evidence" / "evidence.json").read_bytes() == before


def test_prose_changes_nothing_but_the_lines_that_the_evidence_names(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse"))
    started = evidence(place)["started"]
    edit(place / POST, ".. rehearse::", "Some prose.\n\n.. rehearse::")
    assert played(good(call("rehearse"))) == []
    assert machines(place) == []
    steps = evidence(place)["steps"]
    assert isinstance(steps, list)
    assert steps[0]["location"] == "posts/a.rst:10"
    assert evidence(place)["started"] == started


def test_the_evidence_is_made_again_from_what_is_known(call: Callable[..., Done], place: Path) -> None:
    edit(place / POST, "   :login: muro", "   :login: muro\n   :versions: bash")
    good(call("rehearse"))
    before = evidence(place)
    (place / "tutorial" / "a" / "evidence" / "evidence.json").unlink()
    good(call("rehearse"))
    assert machines(place) == []
    after = evidence(place)
    assert after["versions"] == before["versions"] != {}
    assert after["machine"] == before["machine"]
    assert recorded(place) == ["one", "two", "three", "four"]
    assert after["outcome"] == "passed"


def test_an_edit_plays_from_the_changed_step(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse"))
    edit(place / POST, "   @@word@@\n\n.. code", "   @@word@@!\n\n.. code")
    done = call("rehearse")
    assert played(done) == ["three"]
    assert machines(place) == ["resumed"]
    assert re.search(r"from the checkpoint after “two” \(2 steps, \d+ s old\)", done.stdout)
    assert done.returncode == 3  # its check wants the old content
    edit(place / CHECK, '"hello\\n"', '"hello!\\n"')
    done = good(call("rehearse"))
    assert played(done) == ["four"]
    assert checked(done) == ["three is there", "log is complete"]
    assert recorded(place) == ["one", "two", "three"]
    checkpoint = evidence(place)["checkpoint"]
    assert isinstance(checkpoint, dict)
    assert checkpoint["step"] == "three"


def test_a_changed_check_alone_is_made_again_at_its_step(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse"))
    edit(place / CHECK, 'read(ensayar_machine, "log") == "one\\n"', '"one" in read(ensayar_machine, "log")')
    done = good(call("rehearse"))
    assert (played(done), checked(done)) == ([], ["only one was played"])
    assert machines(place) == ["resumed"]
    edit(place / CHECK, "def read", "# a comment\ndef read")
    assert checked(good(call("rehearse"))) == []
    edit(place / CHECK, "return machine.get", "assert name\n    return machine.get")
    assert len(checked(good(call("rehearse")))) == 4


def test_a_check_that_is_edited_while_it_runs_is_made_again(call: Callable[..., Done], place: Path) -> None:
    edit(place / CHECK, "def read", "from pathlib import Path\n\ndef read")
    edit(
        place / CHECK,
        "def test_three_is_there(ensayar_machine, site_url, secure_url):\n",
        "def test_three_is_there(ensayar_machine, site_url, secure_url):\n"
        "    here = Path(__file__)\n"
        "    here.write_text(here.read_text().replace('\"hello\\\\n\"', '\"hullo\\\\n\"'))\n",
    )
    good(call("rehearse"))
    assert '"hullo\\n"' in (place / CHECK).read_text(encoding="utf-8")
    again = call("rehearse")
    assert (again.returncode, checked(again)) == (3, ["three is there"])


def test_a_check_that_is_skipped_keeps_nothing_from_being_recorded(call: Callable[..., Done], place: Path) -> None:
    edit(
        place / CHECK,
        '@pytest.mark.after_step("three")',
        '@pytest.mark.skip("later")\n@pytest.mark.after_step("three")',
    )
    good(call("rehearse"))
    (place / "tutorial" / "a" / "evidence" / "evidence.json").unlink()
    good(call("rehearse"))
    assert machines(place) == []
    assert recorded(place) == ["one", "two", "three", "four"]


def test_a_failure_tells_where_the_machine_woke_up_and_how_to_look(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse", "-p", "word=hello"))
    edit(place / POST, "echo four >> log", "false")
    done = call("rehearse", "-p", "word=hello")
    assert done.returncode == 3
    assert "  a shell there\n    ensayar shell posts/a.rst --at four --before -p word=hello\n" in done.stderr
    assert re.search(
        r"  the machine\n    woke up from the checkpoint after “three”, \d+ s old; --fresh starts anew", done.stderr
    )


def test_a_failed_step_is_played_again_and_a_failed_check_made_again(call: Callable[..., Done], place: Path) -> None:
    edit(place / POST, "   hello\n   # echo two", "   hullo\n   # echo two")
    assert played(call("rehearse")) == ["one", "two"]
    again = call("rehearse")
    assert (again.returncode, played(again)) == (3, ["two"])
    assert "posts/a.rst:17: step “two”: the output is not what the article shows" in again.stderr
    edit(place / POST, "   hullo", "   hello")
    edit(place / CHECK, '"one\\ntwo\\nfour\\n"', '"x"')
    assert call("rehearse").returncode == 3
    again = call("rehearse")
    assert (again.returncode, played(again), checked(again)) == (3, [], ["log is complete"])


def test_fresh_uses_nothing_and_leaves_something(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse"))
    assert played(good(call("rehearse", "--fresh"))) == ["one", "two", "three", "four"]
    assert machines(place) == ["fresh"]
    assert recorded(place) == []
    assert played(good(call("rehearse"))) == []


def test_what_fails_afresh_is_not_known_any_more(call: Callable[..., Done], place: Path) -> None:
    edit(place / POST, "   hello\n   # echo two", "   hello\n   # echo two")
    edit(place / CHECK, '"one\\ntwo\\nfour\\n"', '"one\\ntwo\\nfour\\n" and not (ROOT / "bad").exists()')
    edit(place / CHECK, "def read", "from pathlib import Path\nROOT = Path(__file__).parents[2]\n\ndef read")
    good(call("rehearse"))
    (place / "bad").touch()
    assert checked(call("rehearse", "--fresh"))[-1] == "log is complete"
    (place / "bad").unlink()
    again = good(call("rehearse"))
    assert (played(again), checked(again)) == ([], ["log is complete"])


def test_what_is_played_afresh_on_the_way_makes_what_was_seen_after_it_unknown(
    call: Callable[..., Done], place: Path
) -> None:
    good(call("rehearse"))
    assert call("posts/a.rst::three", "--ensayar-fresh", module="pytest").returncode == 0
    assert machines(place) == ["fresh"]
    again = good(call("rehearse"))
    assert again.stdout.splitlines()[-1].startswith("passed: 1 steps, 4 checks (and 3 steps, 0 checks known)")
    assert played(again)[-1] == "four"


def test_what_is_too_old_is_not_used_and_goes(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse"))
    assert played(good(call("rehearse", AGE="0"))) == ["one", "two", "three", "four"]
    assert machines(place) == ["fresh"]


def test_another_origin_has_another_past(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse"))
    (place / "origin").write_text("elsewhere", encoding="utf-8")
    assert played(good(call("rehearse"))) == ["one", "two", "three", "four"]
    (place / "origin").unlink()
    assert played(good(call("rehearse"))) == []


def test_articles_that_begin_alike_share_the_beginning(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse", str(POST)))
    text = (place / POST).read_text(encoding="utf-8")
    (place / "posts" / "b.rst").write_text(text.replace("echo four", "echo fourth"), encoding="utf-8")
    assert played(good(call("rehearse", "posts/b.rst"))) == ["four"]
    assert machines(place) == ["resumed"]


def test_a_checkpoint_that_does_not_wake_up_is_not_used_but_the_one_before_it(
    call: Callable[..., Done], place: Path
) -> None:
    good(call("rehearse"))
    for path in (place / "checkpoints").iterdir():
        if json.loads((path / "checkpoint.json").read_text(encoding="utf-8"))["number"] == 3:
            (path / "spoilt").touch()
    edit(place / POST, "echo four", "echo fourth")
    edit(place / CHECK, "\\nfour", "\\nfourth")
    done = good(call("rehearse"))
    assert "the checkpoint after “three” is of no use: it does not wake up" in done.stdout
    assert played(done) == ["three", "four"]
    edit(place / POST, "echo fourth", "echo fifth")
    edit(place / CHECK, "\\nfourth", "\\nfifth")
    assert played(good(call("rehearse"))) == ["four"]  # from the one that was kept instead


def test_a_rehearsal_that_was_killed_leaves_what_it_had_kept_and_nothing_half(
    call: Callable[..., Done], place: Path
) -> None:
    half = place / "checkpoints" / "0123-half"
    half.mkdir(parents=True)
    (half / "memory.zst").touch()
    good(call("rehearse"))
    assert not half.exists()
    assert len(list((place / "checkpoints").iterdir())) == 4


def test_where_nothing_can_be_kept_the_rehearsal_goes_on_and_says_so(call: Callable[..., Done], place: Path) -> None:
    (place / "checkpoints").write_text("in the way", encoding="utf-8")
    done = good(call("rehearse"))
    assert played(done) == ["one", "two", "three", "four"]
    assert done.stdout.count("no checkpoint after “one”, nor later: ") == 1


def test_a_setting_or_an_image_that_is_wrong_is_said_in_a_line(call: Callable[..., Done], place: Path) -> None:
    (place / "wrong").touch()
    done = call("rehearse")
    assert (done.returncode, done.stderr) == (2, "\nVARIABLE=x: a number is expected\n")
    (place / "wrong").rename(place / "no-image")
    done = call("rehearse")
    assert (done.returncode, done.stderr) == (4, "\ninfrastructure: no image\n  what to do\n    build one\n")
    done = call("posts/a.rst", "-q", module="pytest")
    assert done.returncode == 1
    assert "infrastructure: no image" in done.stdout
    assert machines(place) == []


def test_from_failure_starts_at_the_step_that_failed(call: Callable[..., Done], place: Path) -> None:
    refused = call("rehearse", "--from-failure", str(POST))
    assert (refused.returncode, refused.stderr) == (
        2,
        "posts/a.rst: its last rehearsal did not fail; leave “--from-failure” out\n",
    )
    edit(place / POST, "   hello\n   # echo two", "   hullo\n   # echo two")
    assert call("rehearse").returncode == 3
    edit(place / POST, "   hullo", "   hello")
    edit(place / CHECK, "The file one holds", "The file one has")
    done = good(call("rehearse", "--from-failure", str(POST)))
    assert played(done) == ["two", "three", "four"]
    assert "The file one has the word." not in checked(done)
    assert evidence(place)["outcome"] == "failed"


def test_until_and_fresh_go_together(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse", "--until", "two"))
    assert played(good(call("rehearse", "--until", "three"))) == ["three"]
    assert played(good(call("rehearse", "--until", "two", "--fresh"))) == ["one", "two"]
    assert not (place / "tutorial").exists()


def test_a_machine_that_was_kept_can_be_looked_at(call: Callable[..., Done], place: Path) -> None:
    edit(place / POST, "   hello\n   # echo two", "   hullo\n   # echo two")
    done = call("rehearse", "--keep")
    assert "the machine is kept as it is: ensayar shell posts/a.rst --kept" in done.stdout
    assert call("rehearse").returncode == 3
    edit(place / POST, "   hullo", "   hello")
    good(call("rehearse"))
    done = good(call("rehearse", "--keep"))
    assert machines(place) == ["resumed"]
    assert "the machine is kept as it is" in done.stdout


def test_pytest_plays_what_it_is_asked_for_and_wakes_up_before_it(call: Callable[..., Done], place: Path) -> None:
    good(call("rehearse"))
    done = call("posts/a.rst::three", "-q", module="pytest")
    assert done.returncode == 0, done.stdout
    assert machines(place) == ["resumed"]
    done = call("posts/a.rst", "-q", module="pytest")
    assert "8 passed" in done.stdout
    assert machines(place) == ["fresh"]
    done = call("posts/a.rst::three", "-q", "--ensayar-fresh", module="pytest")
    assert machines(place) == ["fresh"]
