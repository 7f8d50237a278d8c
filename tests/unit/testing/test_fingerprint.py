"""What makes a check another one, and what does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ensayar.testing.fingerprint import check_digest

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


def digest(tmp_path: Path, number: int, code: str = CODE, *, name: str = "test_one", **files: str) -> str:
    """Of the check *name* in a project of its own, since files are read once per session."""
    root = tmp_path / str(number)
    directory = root / "tests" / "deployment"
    directory.mkdir(parents=True)
    (directory / "test_a.py").write_text(code, encoding="utf-8")
    (directory / "helper.py").write_text(files.get("helper", "X = 1\n"), encoding="utf-8")
    (directory / "test_b.py").write_text(files.get("other", "def test_b(): pass\n"), encoding="utf-8")
    (root / "tests" / "conftest.py").write_text(files.get("conftest", "Y = 1\n"), encoding="utf-8")
    (root.parent / "conftest.py").write_text(files.get("outside", "Z = 1\n"), encoding="utf-8")
    item = SimpleNamespace(path=directory / "test_a.py", nodeid=f"tests/deployment/test_a.py::{name}", name=name)
    article = SimpleNamespace(values=(("word", files.get("word", "hello")),))
    return check_digest(item, article, root)  # type: ignore[arg-type]  # it asks for no more than these attributes


@pytest.mark.parametrize(
    ("code", "files"),
    [
        (CODE.replace("import helper", "# why\nimport helper"), {}),
        (CODE.replace("assert helper", "assert  helper"), {}),
        (CODE.replace("assert True", "assert 1 + 1 == 2"), {}),
        (CODE, {"other": "def test_b(): assert 0\n"}),
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
        ("def test_one(:\n", {}),
    ],
)
def test_it_is_another(tmp_path: Path, code: str, files: dict[str, str]) -> None:
    assert digest(tmp_path, 1) != digest(tmp_path, 2, code, **files)


def test_each_has_its_own(tmp_path: Path) -> None:
    assert digest(tmp_path, 1) != digest(tmp_path, 2, name="test_two")
    assert digest(tmp_path, 3, name="test_one[a]") != digest(tmp_path, 4, name="test_one[b]")
