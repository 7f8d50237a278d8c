"""What a rehearsal keeps shows none of the secrets that the article makes up on the machine."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEPT = sorted(
    path
    for path in (ROOT / "tutorial").rglob("evidence/**/*")
    if path.suffix in {".json", ".cast"} and path.name != "mutation.json"
)
# secrets.token_urlsafe(32) and longer; digests are hexadecimal, and shorter where they are not
TOKEN = re.compile(r"(?<![\w/+=-])(?=[\w-]*[g-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{43,}(?![\w/+=-])", re.ASCII)


def found(text: str) -> list[str]:
    return TOKEN.findall(text.replace("\\n", " ").replace("\\r", " "))


@pytest.mark.parametrize("size", [32, 50])
def test_a_secret_is_recognized(size: int) -> None:
    made = [secrets.token_urlsafe(size) for _ in range(50)]
    seen = [each for each in made if found(f'{{"output": "requirepass {each}\\n"}}')]
    assert len(seen) > 45


def test_there_is_something_to_look_at() -> None:
    assert {path.suffix for path in KEPT} == {".json", ".cast"}


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_secret_is_kept(path: Path) -> None:
    assert found(path.read_text(encoding="utf-8")) == []
