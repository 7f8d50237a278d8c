"""``ensayar coverage``: pytest's own collection tells what observes what, without a machine."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

import jsonschema
import pytest

from plugin.calling import Done, call
from plugin.sample import CHECKS, edit, make, shells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Call = Callable[..., Done]

SCHEMA = json.loads((files("ensayar") / "schemas" / "coverage.schema.json").read_text(encoding="utf-8"))
SEE = "see to those named below"
MARKED = '@pytest.mark.after_step("three")\n'


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A project with an article and its checks; nothing may be left running in it."""
    yield make(tmp_path)
    assert shells(tmp_path) == []


@pytest.fixture
def ensayar(place: Path) -> Call:
    def called(*arguments: str, directory: Path = place) -> Done:
        return call(directory, *arguments)

    return called


def demand(place: Path, *options: str) -> None:
    edit(
        place / "posts" / "a.rst", "   :login: muro\n", "".join(["   :login: muro\n", *(f"   {o}\n" for o in options)])
    )


def test_what_a_rehearsal_would_do_is_told_without_a_machine(ensayar: Call, place: Path) -> None:
    (place / "no-machine").touch()
    done = ensayar("coverage")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "posts/a.rst:8: one: to be run, to be observed by 2 checks",
        "    ○ The file one holds the word.",
        "    ○ only one was played",
        "posts/a.rst:14: two: to be run, never observed",
        "posts/a.rst:21: three: to be written, to be observed by 1 check",
        "    ○ three is there",
        "posts/a.rst:27: four: to be run, to be observed by 1 check",
        "    ○ log is complete",
        "",
        "posts/a.rst",
        "  planned:  4 of 4 blocks run or written (100 %), 3 of 4 steps observed (75 %)",
        "  verified: nothing, it was never rehearsed",
    ]
    assert not (place / "machines").exists()
    assert not (place / "tutorial").exists()


def test_a_rehearsal_verifies_what_it_saw_until_the_article_changes(ensayar: Call, place: Path) -> None:
    demand(place, ":minimum-run: 100", ":minimum-observed: 75")
    assert ensayar("rehearse", "--quiet").returncode == 0
    done = ensayar("coverage", "--verified")
    assert (done.returncode, done.stderr) == (0, "")
    assert "posts/a.rst:10: one: run, observed by 2 checks\n    ✓ The file one holds the word." in done.stdout
    assert "verified: 4 of 4 blocks run or written (100 %), 3 of 4 steps observed (75 %) in the re" in done.stdout
    edit(place / "posts" / "a.rst", "# echo two >> log", "# echo two >>  log")
    done = ensayar("coverage", "--verified", "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"posts/a.rst:1: blocks run or written in the last rehearsal: 1 of 4 (25 %), the minimum is 100 %; {SEE}",
        f"posts/a.rst:1: steps observed by a check in the last rehearsal: 1 of 4 (25 %), the minimum is 75 %; {SEE}",
        "posts/a.rst:16: step “two” is not verified: it has changed since the last rehearsal; rehearse the article",
        *(
            f"posts/a.rst:{line}: step “{name}” is not verified: a step before it has changed since the last "
            "rehearsal; rehearse the article"
            for line, name in ((23, "three"), (29, "four"))
        ),
    ]
    assert ensayar("coverage", "--quiet").returncode == 0  # what is planned is still enough


def test_a_rehearsal_that_failed_verifies_what_came_before(ensayar: Call, place: Path) -> None:
    edit(place / "posts" / "a.rst", "   hello\n   # echo two", "   goodbye\n   # echo two")
    assert ensayar("rehearse", "--quiet").returncode == 3
    data = json.loads(ensayar("coverage", "--format", "json").stdout)
    (article,) = data["articles"]
    assert [block["standing"] for block in article["blocks"]] == ["verified", "failed", "not-reached", "not-reached"]
    assert article["verified"]["run"] == {"covered": 1, "total": 4, "percent": 25.0}
    assert [check["standing"] for check in article["blocks"][0]["checks"]] == ["passed", "passed"]


def test_an_article_that_falls_short_fails_and_says_where(ensayar: Call, place: Path) -> None:
    demand(place, ":minimum-observed: 100")
    wanted = (
        f"posts/a.rst:1: steps observed by a check: 3 of 4 (75 %), the minimum is 100 %; {SEE}\n"
        'posts/a.rst:15: no check observes step “two”; write one with @pytest.mark.after_step("two")\n'
    )
    for arguments in ([], ["posts/a.rst"], ["--quiet"], ["--format", "json"]):
        done = ensayar("coverage", *arguments)
        assert (done.returncode, done.stderr) == (1, wanted)
    assert ensayar("coverage", "--fail-under", "75").returncode == 0
    assert ensayar("coverage", "--fail-under", "76").returncode == 1


def test_the_command_line_may_demand_what_the_article_does_not(ensayar: Call) -> None:
    assert ensayar("coverage", "-q", "--fail-under", "100").returncode == 1
    done = ensayar("coverage", "-q", "--fail-under", "75")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_as_json_it_fits_its_schema_and_names_each_check(ensayar: Call, place: Path) -> None:
    data = json.loads(ensayar("coverage", "--format", "json", directory=place / "posts").stdout)
    jsonschema.validate(data, SCHEMA)
    (article,) = data["articles"]
    assert (article["article"], article["source"], article["rehearsed"]) == ("a", "posts/a.rst", None)
    assert article["blocks"][2] == {
        "location": "posts/a.rst:21",
        "name": "three",
        "kind": "file",
        "becomes": "written",
        "reason": None,
        "standing": "never",
        "checks": [
            {
                "name": "tests/deployment/test_a.py::test_three_is_there",
                "description": "three is there",
                "location": f"tests/deployment/test_a.py:{CHECKS.split(MARKED, maxsplit=1)[0].count(chr(10)) + 1}",
                "standing": "planned",
                "excuse": None,
            }
        ],
    }


def test_as_annotations_what_is_demanded_is_an_error_and_the_rest_a_warning(ensayar: Call, place: Path) -> None:
    done = ensayar("coverage", "--format", "github")
    text = 'no check observes step “two”; write one with @pytest.mark.after_step("two")'
    assert (done.returncode, done.stdout) == (0, f"::warning file=posts/a.rst,line=14::{text}\n")
    demand(place, ":minimum-observed: 80")
    done = ensayar("coverage", "--format", "github")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"::error file=posts/a.rst,line=1::steps observed by a check: 3 of 4 (75 %25), the minimum is 80 %25; {SEE}",
        f"::error file=posts/a.rst,line=15::{text}",
    ]


@pytest.mark.parametrize(
    ("mark", "excuse"),
    [
        ('@pytest.mark.skip(reason="no network")', "skipped: no network"),
        ("@pytest.mark.skip", "skipped: unconditional skip"),
        ('@pytest.mark.skipif(True, reason="no network")', "skipped: no network"),
        ('@pytest.mark.xfail(reason="#7")', "expected to fail: #7"),
        ("@pytest.mark.xfail", "expected to fail: no reason given"),
        ('@pytest.mark.skipif("nowhere", reason="x")', "broken: Error evaluating 'skipif' condition"),
    ],
)
def test_a_check_that_will_not_observe_does_not_count(ensayar: Call, place: Path, mark: str, excuse: str) -> None:
    demand(place, ":minimum-observed: 75")
    edit(place / "tests" / "deployment" / "test_a.py", MARKED, f"{mark}\n{MARKED}")
    done = ensayar("coverage")
    assert done.returncode == 1
    assert f"    \N{EN DASH} three is there ({excuse})" in done.stdout.splitlines()
    assert (
        f"posts/a.rst:22: no check observes step “three” (test_three_is_there is {excuse}); write one with "
        '@pytest.mark.after_step("three")'
    ) in done.stderr.splitlines()


def test_a_check_whose_excuse_does_not_hold_counts(ensayar: Call, place: Path) -> None:
    edit(
        place / "tests" / "deployment" / "test_a.py",
        MARKED,
        f'@pytest.mark.skipif(False, reason="x")\n@pytest.mark.xfail(False, reason="x")\n{MARKED}',
    )
    assert ensayar("coverage", "-q", "--fail-under", "75").returncode == 0


def test_a_check_that_the_projects_options_deselect_does_not_count(ensayar: Call, place: Path) -> None:
    (place / "pytest.ini").write_text("[pytest]\naddopts = -k 'not test_three'\n", encoding="utf-8")
    assert ensayar("coverage", "-q", "--fail-under", "75").returncode == 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('after_step("three")', 'after_step("thre")', "the article has no step “thre”; did you mean “three”?"),
        ('article("a")', 'article("b")', "no article “b”"),
        ("import pytest", "import pytset", "ModuleNotFoundError: No module named 'pytset'"),
        ("import pytest", "import pytest(", "SyntaxError"),
        ('after_step("three")', "after_step", "the marker “after_step” takes one name"),
    ],
)
def test_checks_that_cannot_be_read_are_a_mistake_not_a_gap(
    ensayar: Call, place: Path, before: str, after: str, said: str
) -> None:
    edit(place / "tests" / "deployment" / "test_a.py", before, after)
    done = ensayar("coverage", "--fail-under", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "INTERNALERROR" not in done.stderr


def test_a_conftest_that_fails_is_said_in_its_own_words(ensayar: Call, place: Path) -> None:
    (place / "tests" / "deployment" / "conftest.py").write_text("import nowhere\n", encoding="utf-8")
    done = ensayar("coverage")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No module named 'nowhere'" in done.stderr


def test_evidence_that_cannot_be_read_is_a_mistake(ensayar: Call, place: Path) -> None:
    path = place / "tutorial" / "a" / "evidence" / "evidence.json"
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    done = ensayar("coverage")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not usable as evidence" in done.stderr


def test_without_checks_nothing_is_observed(ensayar: Call, place: Path) -> None:
    (place / "tests" / "deployment" / "test_a.py").unlink()
    (place / "tests" / "deployment").rmdir()
    done = ensayar("coverage", "--format", "json")
    assert json.loads(done.stdout)["totals"]["planned"]["observed"] == {"covered": 0, "total": 4, "percent": 0.0}


def test_several_articles_come_in_the_order_of_their_files(ensayar: Call, place: Path) -> None:
    text = ".. rehearse::\n   :platform: debian-13\n\n.. code-block:: console\n   :name: one\n\n   # true\n"
    (place / "posts" / "0.rst").write_text(text, encoding="utf-8")
    for arguments in ([], ["posts/a.rst", "posts/0.rst"]):
        done = ensayar("coverage", *arguments)
        assert done.stdout.splitlines()[0] == "posts/0.rst:4: one: to be run, never observed"
        assert done.stdout.splitlines()[-3:] == [
            "2 articles",
            "  planned:  5 of 5 blocks run or written (100 %), 3 of 5 steps observed (60 %)",
            "  verified: 0 of 5 blocks run or written (0 %), 0 of 5 steps observed (0 %)",
        ]
    only = json.loads(ensayar("coverage", "posts/0.rst", "--format", "json").stdout)
    assert [article["source"] for article in only["articles"]] == ["posts/0.rst"]


def test_an_article_outside_posts_can_have_no_checks(ensayar: Call, place: Path) -> None:
    (place / "posts" / "a.rst").rename(place / "draft.rst")
    (place / "tests" / "deployment" / "test_a.py").unlink()
    done = ensayar("coverage", "draft.rst")
    assert done.returncode == 0
    assert "4 of 4 blocks run or written (100 %), 0 of 4 steps observed (0 %)" in done.stdout
