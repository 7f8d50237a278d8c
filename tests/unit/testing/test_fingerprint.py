"""What makes a check another one, and what does not."""

from __future__ import annotations

import sys
import time
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ensayar.testing.fingerprint import Fingerprints

if TYPE_CHECKING:
    from pathlib import Path

CODE = '''
import helper

LIMIT = 3

def helper_of_its_own():
    return LIMIT

def test_one():
    """One."""
    assert helper_of_its_own() == 3

def test_two():
    assert True
'''
OTHER = """
def test_b(): pass

class TestBed:
    size = 1

def test_bench(): return 1
"""


def digest(tmp_path: Path, number: int, code: str = CODE, *, name: str = "test_one", **files: str) -> str:
    """Of the check *name* in a project of its own, whose files are in *files*, by their names without dots.

    With ``own``: by itself.
    """
    root = tmp_path / str(number)
    texts = {"helper": "X = 1\n", "other": OTHER, "conftest": "Y = 1\n", "outside": "Z = 1\n", "data": "1\n"} | files
    places = {
        "helper": "p/tests/deployment/parts/helper.py",
        "other": "p/tests/deployment/test_b.py",
        "conftest": "p/tests/conftest.py",
        "outside": "conftest.py",
        "data": "p/tests/deployment/data.txt",
        "cache": "p/tests/deployment/__pycache__/x.pyc",
    }
    for key, text in {**{places[key]: text for key, text in texts.items() if key in places}}.items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_text(text, encoding="utf-8")
    directory = root / "p" / "tests" / "deployment"
    (directory / "test_a.py").write_text(code, encoding="utf-8")
    items = [
        SimpleNamespace(path=directory / f"{file}.py", nodeid=f"tests/deployment/{file}.py::{check}", name=check)
        for file, check in (("test_a", name), ("test_a", "test_one"), ("test_a", "test_two"), ("test_b", "test_b"))
    ]
    article = SimpleNamespace(values=(("word", files.get("word", "hello")),))
    taken = Fingerprints(items, float(files.get("since", "inf")))  # type: ignore[arg-type]  # it asks for no more
    item = next(item for item in items if item.name == name)
    method = taken.own_digest if "own" in files else taken.digest
    return method(item, article, root / "p")  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("code", "files"),
    [
        (CODE.replace("import helper", "# why\nimport helper"), {}),
        (CODE.replace("assert helper", "assert  helper"), {}),
        (CODE.replace("assert True", "assert 1 + 1 == 2"), {}),
        (CODE, {"other": OTHER.replace("pass", "assert 0")}),
        (CODE, {"cache": "compiled"}),
        (CODE, {"helper": "X  =  1 # one\n"}),
        (CODE, {"outside": "Z = 2\n"}),
    ],
)
def test_it_is_the_same(tmp_path: Path, code: str, files: dict[str, str]) -> None:
    assert digest(tmp_path, 1) == digest(tmp_path, 2, code, **files)


@pytest.mark.parametrize(
    ("code", "files"),
    [
        (CODE.replace("LIMIT = 3", "LIMIT = 4"), {}),
        (CODE.replace('"""One."""', '"""Uno."""'), {}),
        (CODE.replace("== 3", ">= 3"), {}),
        (CODE.replace("return LIMIT", "return LIMIT + 0"), {}),
        (CODE, {"helper": "X = 2\n"}),
        (CODE, {"conftest": "Y = 2\n"}),
        (CODE, {"word": "hullo"}),
        (CODE, {"data": "2\n"}),
        (CODE, {"other": OTHER.replace("size = 1", "size = 2")}),
        (CODE, {"other": OTHER.replace("return 1", "return 2")}),
        ("def test_one(:\n", {}),
    ],
)
def test_it_is_another(tmp_path: Path, code: str, files: dict[str, str]) -> None:
    assert digest(tmp_path, 1) != digest(tmp_path, 2, code, **files)


@pytest.mark.parametrize(
    ("code", "files", "same"),
    [
        (CODE, {"other": OTHER.replace("size = 1", "size = 2")}, True),
        (CODE.replace("assert True", "assert 1 + 1 == 2"), {}, True),
        (CODE.replace("LIMIT = 3", "LIMIT = 4"), {}, False),
        (CODE.replace("== 3", ">= 3"), {}, False),
        (CODE, {"helper": "X = 2\n"}, False),
        (CODE, {"conftest": "Y = 2\n"}, False),
        (CODE, {"data": "2\n"}, False),
        (CODE, {"word": "hullo"}, False),
    ],
)
def test_by_itself_it_does_not_depend_on_what_other_tests_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, files: dict[str, str], *, same: bool
) -> None:
    before = digest(tmp_path, 1, own="yes")
    monkeypatch.setattr("ensayar.testing.fingerprint.engine_digest", lambda _parts: "another engine")
    assert (before == digest(tmp_path, 2, code, own="yes", **files)) is same


@pytest.mark.parametrize(
    "use",
    ["from .test_b import test_bench", "def late():\n    import test_b", "NAME = 'test_b'"],
)
def test_by_itself_it_depends_on_other_tests_that_it_names(tmp_path: Path, use: str) -> None:
    code = f"{CODE}\n{use}\n"
    other = OTHER.replace("return 1", "return 2")
    assert digest(tmp_path, 1, code, own="yes") != digest(tmp_path, 2, code, own="yes", other=other)
    through = f"{use}\n"  # a helper does
    first = digest(tmp_path, 3, own="yes", helper=through)
    assert first != digest(tmp_path, 4, own="yes", helper=through, other=other)


def test_each_has_its_own(tmp_path: Path) -> None:
    assert digest(tmp_path, 1) != digest(tmp_path, 2, name="test_two")
    assert digest(tmp_path, 3, name="test_one[a]") != digest(tmp_path, 4, name="test_one[b]")


def test_a_file_that_was_saved_while_it_was_collected_makes_it_nobody_elses(tmp_path: Path) -> None:
    now = time.time()
    assert digest(tmp_path, 1, since=str(now - 10)) != digest(tmp_path, 1, since=str(now - 10))
    assert digest(tmp_path, 1, since=str(now + 10)) == digest(tmp_path, 1, since=str(now + 10))


def test_modules_of_the_project_that_a_check_imports_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1" / "p" / "tools").mkdir(parents=True)
    module = ModuleType("far_tools")
    module.__file__ = str(tmp_path / "1" / "p" / "tools" / "far_tools.py")
    monkeypatch.setitem(sys.modules, "far_tools", module)
    code = CODE.replace("import helper", "from far_tools import X")
    found = set()
    for text in ("X = 1\n", "X = 2\n", "X  = 2\n"):
        (tmp_path / "1" / "p" / "tools" / "far_tools.py").write_text(text, encoding="utf-8")
        found.add(digest(tmp_path, 1, code))
    assert len(found) == 2
