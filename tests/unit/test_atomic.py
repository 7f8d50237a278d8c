"""A file is what it was, or all of what is new."""

from __future__ import annotations

from pathlib import Path

import pytest

from ensayar import atomic


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_text_and_bytes_are_written_where_no_directory_was(tmp_path: Path) -> None:
    atomic.write(tmp_path / "a" / "b" / "text", "ñandú\n")
    atomic.write(tmp_path / "a" / "bytes", b"\x00\xff")
    assert (tmp_path / "a" / "b" / "text").read_bytes() == "ñandú\n".encode()
    assert (tmp_path / "a" / "bytes").read_bytes() == b"\x00\xff"


def test_what_was_there_goes_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    atomic.write(tmp_path / "file", "a long text\n")
    atomic.write(tmp_path / "file", "short\n")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "short\n"
    assert names(tmp_path) == ["file"]


def test_a_disk_that_fills_up_half_way_leaves_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atomic.write(tmp_path / "file", "old\n")

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as stream:
            stream.write(data[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        atomic.write(tmp_path / "file", "new\n")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "old\n"
    assert names(tmp_path) == ["file"]


def test_a_directory_in_its_place_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "file" / "within").mkdir(parents=True)
    with pytest.raises(OSError, match="file"):
        atomic.write(tmp_path / "file", "new\n")
    assert names(tmp_path) == ["file"]
    assert names(tmp_path / "file") == ["within"]
