"""What a build finds of an article's records is what lies where the records have their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from ensayar.publish.on_file import OnFile, on_file
from ensayar.publish.records import evidence_path, mutation_path, pictures_path, recordings_path, variation_path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(*paths: Path) -> list[str]:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return [str(path) for path in paths]


def test_nothing() -> None:
    assert on_file("saludo") == OnFile()
    Path("tutorial").touch()
    assert on_file("saludo") == OnFile()


def test_everything_is_found_where_it_belongs() -> None:
    here = Path()
    records = write(*(path("saludo", here) for path in (evidence_path, mutation_path, variation_path)))
    casts = recordings_path("saludo", here)
    records += write(casts, *(casts.parent / name for name in ("uno.cast", "otro.cast")))
    pictures = write(*(pictures_path("saludo", here) / name for name in ("a-light.png", "a-dark.png")))
    records += [*pictures, *write(pictures_path("saludo", here) / "screenshots.json")]
    write(
        evidence_path("otro", here), evidence_path("saludo", here).with_name("faults.json"), casts.parent / "nota.txt"
    )
    found = on_file("saludo")
    assert (found.rehearsed, found.recorded) == (True, True)
    assert sorted(found.records) == sorted(records)
    assert sorted(found.pictures) == sorted(pictures)
    assert len(found.records) == len(set(found.records))


def test_recordings_without_their_list_are_none() -> None:
    casts = recordings_path("saludo", Path())
    write(casts.parent / "uno.cast")
    assert on_file("saludo") == OnFile()
    write(casts)
    assert on_file("saludo") == OnFile(recorded=True, records=tuple(sorted(map(str, casts.parent.iterdir()))))


def test_a_file_in_the_place_of_a_directory_is_nothing() -> None:
    casts = recordings_path("saludo", Path())
    write(casts.parent)
    assert on_file("saludo") == OnFile()
