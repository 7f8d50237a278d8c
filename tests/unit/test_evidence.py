from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar.errors import UsageError
from ensayar.evidence import (
    CheckEvidence,
    CheckpointEvidence,
    CommandEvidence,
    Evidence,
    MachineEvidence,
    SkipEvidence,
    StepEvidence,
    load,
    save,
)

TUTORIALS = Path(__file__).parents[2] / "tutorial"
SCHEMA = json.loads((files("ensayar") / "schemas" / "evidence.schema.json").read_text(encoding="utf-8"))
SECONDS = st.floats(0, 1e6)
STEPS = st.builds(
    StepEvidence,
    name=st.text(),
    kind=st.sampled_from(["file", "console"]),
    location=st.integers(1, 999).map(lambda line: f"posts/a.rst:{line}"),
    digest=st.text("0123456789abcdef", min_size=64, max_size=64),
    status=st.sampled_from(["passed", "failed", "not reached"]),
    duration=SECONDS,
    commands=st.lists(
        st.builds(
            CommandEvidence,
            command=st.text(),
            account=st.sampled_from("#$"),
            exit_status=st.none() | st.integers(0, 255),
            output=st.text(),
            duration=SECONDS,
        ),
        max_size=2,
    ).map(tuple),
    checks=st.lists(
        st.builds(CheckEvidence, name=st.text(), description=st.text(), passed=st.booleans(), duration=SECONDS),
        max_size=2,
    ).map(tuple),
)
EVIDENCE = st.builds(
    Evidence,
    article=st.text(),
    source=st.text(),
    outcome=st.sampled_from(["passed", "failed", "interrupted"]),
    started=st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}+00:00"),
    duration=SECONDS,
    parameters=st.dictionaries(st.text(), st.text(), max_size=2),
    versions=st.dictionaries(st.text(), st.text(), max_size=2),
    machine=st.builds(
        MachineEvidence,
        driver=st.text(),
        accelerator=st.sampled_from(["kvm", "hvf", "tcg"]),
        platform=st.text(),
        image=st.text(),
        cpus=st.integers(1, 64),
        memory=st.integers(1, 9999),
        adaptations=st.lists(st.text(), max_size=2).map(tuple),
    ),
    steps=st.lists(STEPS, max_size=2).map(tuple),
    skips=st.lists(st.builds(SkipEvidence, location=st.text(), reason=st.text()), max_size=2).map(tuple),
)
SAMPLE = Evidence(
    article="a",
    source="posts/a.rst",
    outcome="passed",
    started="2026-11-23T22:31:00+00:00",
    duration=12.5,
    parameters={"user": "muro"},
    versions={"nginx": "1.26.3-3"},
    machine=MachineEvidence("qemu", "tcg", "debian-13", "0" * 64, 2, 2048, ("a proxy",)),
    steps=(
        StepEvidence(
            "run",
            "console",
            "posts/a.rst:4",
            "0" * 64,
            "passed",
            1.5,
            (CommandEvidence("date", "#", 0, "Mon Nov 23\n", 0.5),),
            (CheckEvidence("test_x", "x", passed=True, duration=0.1),),
        ),
    ),
    skips=(SkipEvidence("posts/a.rst:9", "because"),),
)


@given(EVIDENCE)
def test_evidence_survives_json_and_fits_its_schema(evidence: Evidence) -> None:
    data = json.loads(json.dumps(evidence.as_dict(), ensure_ascii=False))
    jsonschema.validate(data, SCHEMA)
    assert Evidence.from_dict(data) == evidence


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_the_schema_wants_every_part(key: str) -> None:
    data = SAMPLE.as_dict()
    del data[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(json.dumps(data)), SCHEMA)


def test_without_a_file_there_is_no_evidence(tmp_path: Path) -> None:
    assert load(tmp_path / "evidence.json") is None


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "evidence.json"
    assert save(path, SAMPLE)
    assert load(path) == SAMPLE
    assert [entry.name for entry in path.parent.iterdir()] == ["evidence.json"]


def test_a_machine_may_print_anything(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    output = "\x00\x1b[31m</script>\u2028\r\ufffd"
    step = replace(SAMPLE.steps[0], commands=(CommandEvidence("x", "$", None, output, 1.0),))
    evidence = replace(SAMPLE, steps=(step,))
    assert save(path, evidence)
    assert load(path) == evidence


VOLATILE: list[dict[str, Any]] = [
    {},
    {"started": "2026-11-23T23:59:59+00:00"},
    {"duration": 99.0},
    {"steps": (replace(SAMPLE.steps[0], duration=9.0),)},
    {"steps": (replace(SAMPLE.steps[0], commands=(CommandEvidence("date", "#", 0, "other", 9.0),)),)},
    {"steps": (replace(SAMPLE.steps[0], checks=(CheckEvidence("test_x", "x", passed=True, duration=9.0),)),)},
]
LASTING: list[dict[str, Any]] = [
    {"started": "2026-11-24T00:00:00+00:00"},
    {"outcome": "failed"},
    {"parameters": {"user": "ana"}},
    {"versions": {"nginx": "1.26.3-4"}},
    {"machine": replace(SAMPLE.machine, image="1" * 64)},
    {"machine": replace(SAMPLE.machine, adaptations=())},
    {"steps": ()},
    {"steps": (replace(SAMPLE.steps[0], digest="1" * 64),)},
    {"steps": (replace(SAMPLE.steps[0], status="failed"),)},
    {"steps": (replace(SAMPLE.steps[0], commands=(CommandEvidence("date", "#", 1, "Mon Nov 23\n", 0.5),)),)},
    {"steps": (replace(SAMPLE.steps[0], checks=(CheckEvidence("test_x", "x", passed=False, duration=0.1),)),)},
    {"skips": ()},
    # whether it was seen now or before is news; when before, is not
    {"checkpoint": CheckpointEvidence("run", "2026-11-20T10:00:00+00:00", 9.0)},
    {"steps": (replace(SAMPLE.steps[0], recorded="2026-11-20T10:00:00+00:00"),)},
]


@pytest.mark.parametrize("change", VOLATILE)
def test_the_same_again_on_the_same_day_writes_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "evidence.json"
    save(path, SAMPLE)
    os.utime(path, (1, 1))
    assert not save(path, replace(SAMPLE, **change))
    assert path.stat().st_mtime == 1
    assert load(path) == SAMPLE


def elsewhere(evidence: Evidence) -> Evidence:
    """*evidence* as another run of the same day would have it, in which nothing went another way."""
    return replace(
        evidence,
        started=f"{evidence.started[:10]}T12:34:56+00:00",
        duration=evidence.duration + 1,
        checkpoint=evidence.checkpoint and CheckpointEvidence("run", "2026-11-20T10:00:00+00:00", 9.0),
        steps=tuple(
            replace(
                step,
                duration=step.duration + 1,
                recorded=step.recorded and "2026-11-20T10:00:00+00:00",
                checks=tuple(
                    replace(
                        check,
                        duration=check.duration + 1,
                        recorded=check.recorded and "2026-11-20T10:00:00+00:00",
                    )
                    for check in step.checks
                ),
                commands=tuple(
                    replace(
                        command,
                        duration=command.duration + 1,
                        output=command.output if step.status == "failed" else f"{command.output} at another time",
                    )
                    for command in step.commands
                ),
            )
            for step in evidence.steps
        ),
    )


@given(EVIDENCE)
def test_a_run_that_went_the_same_way_leaves_every_byte_as_it_was(evidence: Evidence) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "evidence.json"
        assert save(path, evidence)
        before = path.read_bytes()
        assert not save(path, elsewhere(evidence))
        assert path.read_bytes() == before


def test_what_a_step_that_failed_printed_is_written(tmp_path: Path) -> None:
    # because it may be accepted
    path = tmp_path / "evidence.json"
    failed = replace(SAMPLE, steps=(replace(SAMPLE.steps[0], status="failed"),))
    other = replace(failed.steps[0], commands=(CommandEvidence("date", "#", 0, "other", 0.5),))
    save(path, failed)
    assert save(path, replace(failed, steps=(other,)))
    assert load(path) == replace(failed, steps=(other,))


def test_a_record_without_the_later_digest_can_be_read() -> None:
    data = SAMPLE.as_dict()
    for step in data["steps"]:
        del step["acts"]
    jsonschema.validate(json.loads(json.dumps(data)), SCHEMA)
    assert Evidence.from_dict(data).steps[0].acts == ""


@pytest.mark.parametrize("change", LASTING)
def test_what_lasts_is_written(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "evidence.json"
    save(path, SAMPLE)
    changed = replace(SAMPLE, **change)
    assert save(path, changed)
    assert load(path) == changed


@pytest.mark.parametrize(
    "text",
    [b"", b"x", b"[]", b"null", b"3", b'"x"', b"{}", b'{"schema": 2}', b'{"schema": 1}', b"\xff", b"[" * 100_000],
    ids=["empty", "word", "list", "null", "number", "string", "object", "other-schema", "no-fields", "bytes", "deep"],
)
def test_a_file_that_is_no_evidence_is_said_in_one_line(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "evidence.json"
    path.write_bytes(text)
    with pytest.raises(UsageError, match="delete it and rehearse again") as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", SCHEMA["required"])
@pytest.mark.parametrize("value", [None, 3, [[]], {"x": 1}], ids=["null", "number", "list", "object"])
def test_a_part_of_another_kind_is_no_reason_for_a_traceback(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(SAMPLE.as_dict() | {key: value}), encoding="utf-8")
    try:
        load(path)
    except UsageError as error:
        assert str(path) in str(error)  # noqa: PT017  (it may as well be read)


def test_a_directory_in_its_place_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    path.mkdir()
    with pytest.raises(UsageError, match=r"cannot be read \(Is a directory\)"):
        load(path)


MEASURED = {"faults", "load"}
"""They are held to their schemas where they are read: test_faults.py, test_load.py."""
RECORDS = sorted(path for path in TUTORIALS.glob("*/evidence/**/*.json") if path.stem not in MEASURED)


@pytest.mark.parametrize("path", RECORDS, ids=[str(path.relative_to(TUTORIALS)) for path in RECORDS])
def test_what_is_committed_fits_its_schema(path: Path) -> None:
    schema = json.loads((files("ensayar") / "schemas" / f"{path.stem}.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)


def test_an_article_has_all_kinds_of_records() -> None:
    assert {path.stem for path in RECORDS} == {"evidence", "mutation", "recordings", "screenshots", "variation"}
