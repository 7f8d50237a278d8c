"""What is written wrong is said with its exact place, all of it at once, and nothing passes in silence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from ensayar.errors import EXIT_USAGE, ArticleError
from ensayar.rst import parse

CASES = "refusals.md"


def refused(text: str, root: Path) -> str:
    first, *others = ("\n" + text).split("\n=== ")
    (root / "a.rst").write_text(first[1:] + "\n", encoding="utf-8")
    for other in others:
        name, _, content = other.partition("\n")
        (root / f"{name}.txt").write_text(content, encoding="utf-8")
    with pytest.raises(ArticleError) as caught:
        parse(Path("a.rst"), root=root)
    assert caught.value.exit_code == EXIT_USAGE
    return f"{caught.value}\n"


def shown(text: str) -> str:
    with tempfile.TemporaryDirectory() as directory:
        return refused(text, Path(directory).resolve())


def test_what_is_wrong_is_said_at_its_place(case: tuple[str, str]) -> None:
    text, wanted = case
    assert shown(text) == wanted


def test_places_are_relative_to_the_project_wherever_the_command_runs(
    case: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, wanted = case
    elsewhere = tmp_path / "x" / "y"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    assert refused(text, tmp_path.resolve()) == wanted


def test_a_file_to_include_that_is_not_there_is_said_where_it_is_named(tmp_path: Path) -> None:
    said = refused(".. rehearse::\n   :platform: debian-13\n\n.. include:: nowhere.txt\n", tmp_path)
    assert said.startswith('a.rst:4: Problems with "include" directive path')


def test_an_included_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes("año".encode("latin-1"))
    said = refused(".. rehearse::\n   :platform: debian-13\n\n.. include:: b.txt\n", tmp_path)
    assert "b.txt:1: not UTF-8 (invalid continuation byte); save it as UTF-8" in said.split("\n") or "utf-8" in said
