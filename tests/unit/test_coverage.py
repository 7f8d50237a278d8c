"""What is covered, what is missing, and that nothing counts as verified which the last rehearsal did not verify."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar.coverage import Check, Report, Share, measure
from ensayar.coverage_formats import FORMATS, annotation, as_dict
from ensayar.digest import step_digest
from ensayar.evidence import CheckEvidence, Evidence, MachineEvidence, SkipEvidence, StepEvidence
from ensayar.model import Article, Location, Minimum
from ensayar.parameters import resolve
from ensayar.rst import parse

CASES = "coverage.md"
DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((files("ensayar") / "schemas" / "coverage.schema.json").read_text(encoding="utf-8"))
HEADER = ".. rehearse::\n   :platform: debian-13\n\n"


def article_of(text: str, source: str = "a.rst") -> Article:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        (root / "posts").mkdir()
        (root / source).write_text(text, encoding="utf-8")
        found = parse(Path(source), root=root)
    assert found is not None
    return resolve(found)


def check_of(number: int, line: str) -> Check:
    """``step: description`` or ``step: description (excuse)``."""
    step, _, rest = line.partition(": ")
    description, _, excuse = rest.removesuffix(")").partition(" (")
    return Check(f"t.py::{description}", description, Location("t.py", number), step, excuse)


def evidence_of(article: Article, lines: list[str], platform: str = "debian-13") -> Evidence:
    """``step: status``, below it ``+ a check that passed`` and ``- one that did not``; “changed” is another digest."""
    steps: list[StepEvidence] = []
    for line in lines:
        if line.startswith(("+ ", "- ")):
            last = steps.pop()
            check = CheckEvidence(f"t.py::{line[2:]}", line[2:], passed=line[0] == "+", duration=0.1)
            steps.append(replace(last, checks=(*last.checks, check)))
            continue
        name, _, status = line.partition(": ")
        known = {step.name: step_digest(step) for step in article.steps}
        digest = known.get(name, "0" * 64) if status != "changed" else "0" * 64
        told = "passed" if status == "changed" else status
        steps.append(StepEvidence(name, "console", "a.rst:1", digest, told, 0.1, (), ()))
    return Evidence(
        article="a",
        source="a.rst",
        outcome="passed",
        started="2026-11-23T22:31:00+00:00",
        duration=1.0,
        parameters={},
        versions={},
        machine=MachineEvidence("qemu", "tcg", platform, "0" * 64, 2, 2048, ()),
        steps=tuple(steps),
        skips=(SkipEvidence("a.rst:9", "because"),),
    )


def parts(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"": []}
    for line in text.split("\n"):
        if line.startswith("=== "):
            found[line[4:]] = []
        else:
            found[[*found][-1]].append(line)
    return found


def report_of(text: str) -> Report:
    given_parts = parts(text)
    article = article_of("\n".join(given_parts.pop("")))
    checks = [check_of(n, line) for n, line in enumerate(given_parts.pop("checks", ()), 1) if line]
    evidence: Evidence | None = None
    if (lines := given_parts.pop("last rehearsal", None)) is not None:
        evidence = evidence_of(article, [line for line in lines if line])
    options = dict(line.split(" ") for line in given_parts.pop("options", ()) if line)
    assert not given_parts
    minimum = Minimum(int(options["all"]), int(options["all"]), article.minimum.location) if "all" in options else None
    return Report((measure(article, checks, evidence, minimum),), options.get("of") == "verified")


def test_what_is_covered_and_what_is_missing(case: tuple[str, str]) -> None:
    given_text, wanted = case
    report = report_of(given_text)
    said = [*FORMATS["text"](report), "---", *map(str, report.shortfalls)]
    assert "\n".join(said).removesuffix("\n---") + "\n" == wanted


def test_every_case_as_json_fits_the_schema_and_says_the_same(case: tuple[str, str]) -> None:
    report = report_of(case[0])
    data = json.loads("\n".join(FORMATS["json"](report)))
    jsonschema.validate(data, SCHEMA)
    assert data == as_dict(report)
    (article,) = data["articles"]
    assert data["totals"] == {"planned": article["planned"], "verified": article["verified"]}
    assert len(data["shortfalls"]) == len(report.shortfalls)
    counted = article[data["counted"]]
    short = any(counted[name]["percent"] < article["minimum"][name] for name in ("run", "observed"))
    assert bool(data["shortfalls"]) is short


def test_every_case_as_annotations_names_what_is_missing_once(case: tuple[str, str]) -> None:
    report = report_of(case[0])
    lines = [*FORMATS["github"](report)]
    assert all(re.fullmatch(r"::(error|warning) file=a\.rst,line=\d+::[^\n\r]+", line) for line in lines)
    assert len([line for line in lines if line.startswith("::error ")]) == len(report.shortfalls)
    places = [line.split("::")[1].partition(" ")[2] for line in lines if "the minimum is" not in line]
    assert len(places) == len(set(places))
    blind = {
        f"file=a.rst,line={block.location.line}"
        for article in report.articles
        for block in article.blocks
        if block.standing and not block.is_observed(verified=report.verified)
    }
    assert blind <= set(places)


def test_the_schema_is_one_and_wants_every_part() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = as_dict(Report((), verified=False))
    jsonschema.validate(data, SCHEMA)
    for key in data:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({name: value for name, value in data.items() if name != key}, SCHEMA)


def test_several_articles_are_summed() -> None:
    text = HEADER + ".. code-block:: console\n   :name: one\n\n   # true\n"
    whole = report_of(f"{text}=== checks\none: it is true").articles[0]
    blind = report_of(f"{text}\n.. code-block:: sh\n   :skip: no\n\n   x\n").articles[0]
    lines = [*FORMATS["text"](Report((whole, blind), verified=False))]
    assert lines[-3:] == [
        "2 articles",
        "  planned:  2 of 3 blocks run or written (66.6 %), 1 of 2 steps observed (50 %)",
        "  verified: 0 of 3 blocks run or written (0 %), 0 of 2 steps observed (0 %)",
    ]


def test_a_rehearsal_on_another_platform_verifies_nothing() -> None:
    article = article_of(HEADER + ".. code-block:: console\n   :name: one\n\n   # true\n")
    evidence = evidence_of(article, ["one: passed", "+ it is true"], platform="debian-12")
    found = measure(article, [check_of(1, "one: it is true")], evidence)
    assert (found.run(verified=True).covered, found.observed(verified=True).covered) == (0, 0)


def test_the_guide_shows_what_is_said_of_its_example() -> None:
    article = article_of((DOCS / "examples" / "saludo.rst").read_text(encoding="utf-8"), "posts/saludo.rst")
    evidence = evidence_of(article, ["programa: passed", "+ everyone may run the program", "saludar: changed"])
    checks = [check_of(1, "programa: everyone may run the program")]
    minimum = Minimum(0, 0, article.minimum.location)
    lines = [*FORMATS["text"](Report((measure(article, checks, evidence, minimum),), verified=False))]
    short = Report((measure(article, checks, evidence, replace(minimum, observed=100)),), verified=False)
    guide = (DOCS / "guide.rst").read_text(encoding="utf-8")
    for shown in (lines, [*map(str, short.shortfalls)]):
        assert "".join(f"   {line}".rstrip() + "\n" for line in shown) in guide


SHARES = st.integers(0, 500).flatmap(lambda total: st.builds(Share, st.integers(0, total), st.just(total)))


@given(SHARES, st.integers(0, 100))
def test_a_hundred_per_cent_means_all_and_the_figure_shown_never_flatters(share: Share, minimum: int) -> None:
    assert (share.percent == 100) is (share.covered == share.total)
    assert share.reaches(100) is (share.covered == share.total)
    assert share.reaches(0)
    assert not share.total or share.percent <= 100 * share.covered / share.total
    assert share.reaches(minimum) is (share.percent >= minimum)


STATUSES = st.sampled_from(["passed", "failed", "not reached", "changed"])


@given(st.lists(st.tuples(STATUSES, st.sampled_from("+- ")), min_size=1, max_size=5), st.data())
def test_nothing_is_verified_unless_it_and_all_before_it_passed(
    seen: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = HEADER + "".join(
        f".. code-block:: console\n   :name: s{number}\n\n   # echo {number}\n\n" for number in range(len(seen))
    )
    article = article_of(text)
    lines = [
        line
        for number, (status, sign) in enumerate(seen)
        for line in [f"s{number}: {status}", *([f"{sign} c{number}"] if sign != " " else [])]
    ]
    excuses = data.draw(st.lists(st.booleans(), min_size=len(seen), max_size=len(seen)))
    checks = [check_of(1, f"s{n}: c{n}{' (skipped: x)' if excuse else ''}") for n, excuse in enumerate(excuses)]
    found = measure(article, checks, evidence_of(article, lines))
    alive = True
    for (status, sign), excuse, block in zip(seen, excuses, found.blocks, strict=True):
        alive = alive and status != "changed"
        ran = alive and status == "passed" and sign != "-"
        assert block.is_run(verified=True) is ran
        assert block.is_observed(verified=True) is (ran and sign == "+" and not excuse)
        assert block.is_run(verified=False)
        assert block.is_observed(verified=False) is not excuse


@given(st.text(), st.text(min_size=1))
def test_an_annotation_is_one_line_that_gives_back_what_went_in(message: str, path: str) -> None:
    line = annotation("warning", Location(path, 7), message)
    assert "\n" not in line
    assert "\r" not in line
    match = re.fullmatch("::warning file=([^:,]*),line=7::(.*)", line, re.DOTALL)
    assert match is not None
    # as https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs undoes it
    path_back, message_back = match[1], match[2]
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        path_back = path_back.replace(code, sign)
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message_back = message_back.replace(code, sign)
    assert (path_back, message_back) == (path, message)
