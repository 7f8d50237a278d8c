"""``pytest posts/``: articles as files of steps, with checks from ``tests/deployment``."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import partial
from typing import TYPE_CHECKING

import pytest

from plugin.sample import ARTICLE, CHECKS, edit, make
from plugin.sessions import outcomes, session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def place(pytester: pytest.Pytester) -> Path:
    """A project with an article and its checks."""
    return make(pytester.path)


@pytest.fixture
def run(pytester: pytest.Pytester, place: Path) -> Callable[..., pytest.RunResult]:
    return partial(session, pytester, place)


ALL = [
    "one PASSED",
    "test_one_is_there PASSED",
    "test_only_one_was_played PASSED",
    "two PASSED",
    "three PASSED",
    "test_three_is_there PASSED",
    "four PASSED",
    "test_log_is_complete PASSED",
]


@pytest.mark.parametrize(
    "arguments",
    [["posts"], ["posts/a.rst"], ["posts", "tests/deployment"], ["tests/deployment", "posts"], ["."], ["posts/"]],
)
def test_steps_and_checks_run_in_the_order_of_the_article(
    run: Callable[..., pytest.RunResult], place: Path, arguments: list[str]
) -> None:
    result = run(*arguments)
    assert outcomes(result) == ALL
    assert result.ret == 0
    assert (place / "machines").read_text(encoding="utf-8") == "a\n"


def test_what_is_collected_has_the_articles_name(run: Callable[..., pytest.RunResult]) -> None:
    result = run("posts", "--collect-only", "-qq")
    result.stdout.fnmatch_lines(
        ["posts/a.rst::one", "tests/deployment/test_a.py::test_one_is_there", "posts/a.rst::two"]
    )


def test_after_a_failed_step_nothing_is_reached(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   hello\n   #", "   goodbye\n   #")
    result = run("posts")
    assert outcomes(result) == [
        "one PASSED",
        "test_one_is_there PASSED",
        "test_only_one_was_played PASSED",
        "two FAILED",
        "three NOT REACHED",
        "test_three_is_there NOT REACHED",
        "four NOT REACHED",
        "test_log_is_complete NOT REACHED",
    ]
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "posts/a.rst:17: step “two”: the output is not what the article shows",
            "  command",
            "    cat one",
            "  - what the article shows, + what the machine printed, ? why",
            "    - goodbye",
            "    + hello",
            "  the machine's last lines",
            "    hello",
            "  a shell there",
            "    *ensayar shell posts/a.rst --at two --before",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*rehearsal.py*")


def test_the_checks_of_a_failed_step_are_not_reached(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(place / "posts" / "a.rst", "# echo one >> log", "# false")
    assert outcomes(run("posts"))[:3] == [
        "one FAILED",
        "test_one_is_there NOT REACHED",
        "test_only_one_was_played NOT REACHED",
    ]


def test_after_a_failed_check_the_others_of_its_step_still_run(
    run: Callable[..., pytest.RunResult], place: Path
) -> None:
    edit(place / "tests" / "deployment" / "test_a.py", 'parameters["word"] + "\\n"', '"other"')
    result = run("posts")
    assert outcomes(result) == [
        "one PASSED",
        "test_one_is_there FAILED",
        "test_only_one_was_played PASSED",
        "two NOT REACHED",
        "three NOT REACHED",
        "test_three_is_there NOT REACHED",
        "four NOT REACHED",
        "test_log_is_complete NOT REACHED",
    ]
    assert "two" not in (place / "run" / "machine" / "log").read_text(encoding="utf-8")


def test_junit_tells_failed_from_not_reached(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   # echo two >> log", "   # false")
    result = run("posts", "--junit-xml=report.xml")
    assert result.ret == 1
    report = ET.parse(place / "report.xml")  # noqa: S314  (written by the session above)
    cases = {case.get("name"): case for case in report.iter("testcase")}
    assert list(cases)[3] == "two"
    failure = cases["two"].find("failure")
    assert failure is not None
    assert "posts/a.rst:19: step “two”: the command exited with 1, not 0" in (failure.text or "")
    skipped = cases["three"].find("skipped")
    assert skipped is not None
    assert "not reached: step “two” failed" in (skipped.get("message") or "")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["posts/a.rst::three"], ["three PASSED"]),
        (["posts", "-k", "three"], ["three PASSED", "test_three_is_there PASSED"]),
        (["tests/deployment", "-k", "three"], ["test_three_is_there PASSED"]),
        (["tests/deployment"], [line for line in ALL if line.startswith("test_")]),
        (["tests/deployment/test_a.py::test_log_is_complete"], ["test_log_is_complete PASSED"]),
        (["posts", "--deselect", "posts/a.rst::one"], ALL[1:]),
    ],
    ids=["step", "keyword", "check-by-keyword", "checks", "check", "deselect"],
)
def test_what_leads_to_the_chosen_is_played(
    run: Callable[..., pytest.RunResult], arguments: list[str], wanted: list[str]
) -> None:
    result = run(*arguments)
    assert outcomes(result) == wanted
    assert result.ret == 0


def test_a_failure_on_the_way_to_a_chosen_step_is_said_of_where_it_is(
    run: Callable[..., pytest.RunResult], place: Path
) -> None:
    edit(place / "posts" / "a.rst", "   # echo one >> log", "   # false")
    result = run("posts/a.rst::three")
    assert outcomes(result) == ["three FAILED"]
    result.stdout.fnmatch_lines(["posts/a.rst:12: step “one”: the command exited with 1, not 0"])


def test_x_stops_at_the_first_failure(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   # echo two >> log", "   # false")
    assert outcomes(run("posts", "-x"))[-1] == "two FAILED"


def test_the_last_failed_run_again(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   # echo two >> log", "   # false")
    run("posts")
    edit(place / "posts" / "a.rst", "   # false", "   # echo two >> log")
    assert outcomes(run("posts", "--lf")) == ["two PASSED"]
    assert outcomes(run("posts")) == ALL


def test_a_machine_that_fails_is_no_fault_of_the_article(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   # echo two >> log", "   # : machine down")
    result = run("posts")
    assert outcomes(result)[3:5] == ["two FAILED", "three NOT REACHED"]
    result.stdout.fnmatch_lines(["infrastructure: the machine is gone", "  what to do", "    plug it in"])


def test_a_machine_that_cannot_be_had_is_asked_for_once(run: Callable[..., pytest.RunResult], place: Path) -> None:
    (place / "no-machine").touch()
    result = run("posts")
    assert outcomes(result)[0] == "one FAILED"
    assert {line.partition(" ")[2] for line in outcomes(result)[1:]} == {"NOT REACHED"}
    result.stdout.fnmatch_lines(["infrastructure: no machine to be had", "  what to do", "    buy one"])


def test_a_check_at_which_the_machine_fails_ends_it(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(
        place / "tests" / "deployment" / "test_a.py",
        'assert read(ensayar_machine, "one") ==',
        "assert ensayar_machine.terminal('root').run('machine down', timeout=1) ==",
    )
    assert outcomes(run("posts"))[:4] == [
        "one PASSED",
        "test_one_is_there FAILED",
        "test_only_one_was_played NOT REACHED",
        "two NOT REACHED",
    ]


def test_a_bug_in_the_driver_keeps_its_traceback_and_ends_the_article(
    run: Callable[..., pytest.RunResult], place: Path
) -> None:
    edit(
        place / "conftest.py",
        'return LocalMachine.start(ROOT / "run")',
        'm = LocalMachine.start(ROOT / "run"); m.put = None; return m',
    )
    result = run("posts")
    assert outcomes(result)[3:] == [
        "two PASSED",
        "three FAILED",
        "test_three_is_there NOT REACHED",
        "four NOT REACHED",
        "test_log_is_complete NOT REACHED",
    ]
    result.stdout.fnmatch_lines(["*TypeError: 'NoneType' object is not callable*"])


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('after_step("four")', 'after_step("fuor")', "the article has no step “fuor”; did you mean “four”?"),
        ('article("a")', 'article("b")', "no article “b” in *posts; *"),
        ('article("a")', 'article("prose")', "the article “prose” has no “rehearse” directive"),
        ('pytestmark = pytest.mark.article("a")', "", "a check needs the marker “article” too; *"),
        ('after_step("four")', 'after_step("four", "one")', "the marker “after_step” takes one name"),
        ('after_step("four")', "after_step", "the marker “after_step” takes one name"),
    ],
    ids=["step", "article", "prose", "no-article", "two", "none"],
)
def test_a_marker_that_names_nothing_is_refused(
    run: Callable[..., pytest.RunResult], place: Path, before: str, after: str, message: str
) -> None:
    edit(place / "tests" / "deployment" / "test_a.py", before, after)
    result = run("posts")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{message}*"])
    assert not (place / "machines").exists()


def test_a_check_without_markers_is_told_what_it_needs(run: Callable[..., pytest.RunResult], place: Path) -> None:
    (place / "tests" / "deployment" / "test_b.py").write_text(
        "def test_b(ensayar_machine):\n    pass\n\ndef test_c():\n    pass\n", encoding="utf-8"
    )
    result = run("tests/deployment/test_b.py")
    assert outcomes(result) == ["test_b ERROR", "test_c PASSED"]
    result.stdout.fnmatch_lines(["*a check needs the markers “article” and “after_step”*"])


def test_an_article_that_is_written_wrong_cannot_be_collected(
    run: Callable[..., pytest.RunResult], place: Path
) -> None:
    edit(place / "posts" / "a.rst", ":name: three", ":nmae: three")
    result = run("posts/a.rst")
    # its checks cannot be bound either, which pytest takes for a wrong call
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: posts/a.rst:21: unknown option “:nmae:”; did you mean “name”?"])
    (place / "tests" / "deployment" / "test_a.py").unlink()
    result = run("posts/a.rst")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["posts/a.rst:21: unknown option “:nmae:”; did you mean “name”?"])


def test_another_value_of_a_parameter(run: Callable[..., pytest.RunResult], place: Path) -> None:
    result = run("posts", "--ensayar-parameter", "word=other")
    assert outcomes(result)[:4] == [
        "one PASSED",
        "test_one_is_there PASSED",
        "test_only_one_was_played PASSED",
        "two FAILED",
    ]
    assert (place / "run" / "machine" / "one").read_text(encoding="utf-8") == "other\n"
    wrong = run("posts/a.rst", "--ensayar-parameter", "wrod=x")
    wrong.stderr.fnmatch_lines(["ERROR: the article declares no parameter “wrod”; did you mean “word”?"])
    assert run("posts", "--ensayar-parameter", "word").ret == pytest.ExitCode.USAGE_ERROR


def test_two_articles_have_a_machine_each_one_after_the_other(
    run: Callable[..., pytest.RunResult], place: Path
) -> None:
    (place / "posts" / "b.rst").write_text(ARTICLE.replace("hello\n   #", "goodbye\n   #"), encoding="utf-8")
    (place / "tests" / "deployment" / "test_b.py").write_text(CHECKS.replace('"a"', '"b"'), encoding="utf-8")
    result = run("posts")
    assert outcomes(result)[:8] == ALL
    assert outcomes(result)[8:12] == [
        "one PASSED",
        "test_one_is_there PASSED",
        "test_only_one_was_played PASSED",
        "two FAILED",
    ]
    assert (place / "machines").read_text(encoding="utf-8") == "a\nb\n"


def test_the_checks_of_an_article_that_was_not_asked_for_do_not_come(
    run: Callable[..., pytest.RunResult], place: Path
) -> None:
    (place / "posts" / "b.rst").write_text(ARTICLE, encoding="utf-8")
    assert outcomes(run("posts/b.rst")) == ["one PASSED", "two PASSED", "three PASSED", "four PASSED"]


def test_a_check_skipped_on_purpose_is_no_failure(run: Callable[..., pytest.RunResult], place: Path) -> None:
    edit(
        place / "tests" / "deployment" / "test_a.py",
        '@pytest.mark.after_step("three")',
        '@pytest.mark.skip(reason="later")\n@pytest.mark.after_step("three")',
    )
    assert outcomes(run("posts"))[5:] == ["test_three_is_there SKIPPED", "four PASSED", "test_log_is_complete PASSED"]


def test_the_final_checks_run_after_the_script_too(run: Callable[..., pytest.RunResult], place: Path) -> None:
    result = run("posts", "--ensayar-deploy", "--collect-only", "-qq")
    result.stdout.fnmatch_lines(
        ["*test_log_is_complete[[]article[]]", "*test_log_is_complete[[]deploy.sh[]]"], consecutive=True
    )
    assert not (place / "machines").exists()


def test_a_check_of_several_articles_is_one_of_each(run: Callable[..., pytest.RunResult], place: Path) -> None:
    text = (place / "posts" / "a.rst").read_text(encoding="utf-8")
    (place / "posts" / "c.rst").write_text(text, encoding="utf-8")
    edit(place / "tests" / "deployment" / "test_a.py", 'article("a")', 'article("a", "c")')
    assert outcomes(run("posts/c.rst")) == [
        line.replace(" ", "[c] ") if line.startswith("test_") else line for line in ALL
    ]
    assert (place / "machines").read_text(encoding="utf-8") == "c\n"
    result = run("posts", "--collect-only", "-qq")
    listed = [line for line in result.outlines if "log_is_complete" in line]
    assert [line.partition("::")[2] for line in listed] == ["test_log_is_complete[a]", "test_log_is_complete[c]"]
    edit(place / "tests" / "deployment" / "test_a.py", 'article("a", "c")', 'article("a", "d")')
    result = run("posts")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *no article “d” in *posts; *"])


def test_posts_elsewhere_are_none_of_ours(pytester: pytest.Pytester) -> None:
    (pytester.path / "docs").mkdir()
    (pytester.path / "docs" / "a.rst").write_text(ARTICLE, encoding="utf-8")
    assert pytester.runpytest_inprocess("docs").ret == pytest.ExitCode.NO_TESTS_COLLECTED
