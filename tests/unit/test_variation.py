"""Values that nobody has chosen, and what is kept of a rehearsal with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import resources
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar import variation
from ensayar.cli.draw import LONG, draw
from ensayar.errors import UsageError
from ensayar.model import Location, Parameter
from ensayar.parameters import accepts
from ensayar.variation import Variation, digest_of, load, save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ensayar.model import Article

    Read = Callable[..., Article | None]

PATTERNS = (
    "[a-z][a-z0-9_-]{0,30}",
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+",
    "a|b",
    r"\d+",
    ".+",
    r"[^\s]{3}(?:x|y)?",
)
WITHOUT_BLANKS = r"[^\s]{8}"
FOUND = Variation("muro", "c0" * 32, {"user": "xq"}, 4711, "2026-11-24T18:00:00+00:00", "tcg", steps=80, checks=151)
SPOILT = json.dumps({"schema": 1, **asdict(FOUND), "parameters": []})
SOURCE = """\
.. rehearse::
   :platform: debian-13

.. parameter:: user
   :default: muro
   :pattern: [a-z]+

   Who.

.. code-block:: console
   :name: run
   :caption: A caption

   # id @@user@@
   {output}
"""


def parameter(pattern: str, default: str = "a") -> Parameter:
    return Parameter("p", default, pattern, "", Location("a.rst", 1))


@given(seed=st.integers(0, 10**9), pattern=st.sampled_from(PATTERNS))
def test_what_is_drawn_fits_is_not_the_default_and_comes_again(seed: int, pattern: str) -> None:
    wanted = parameter(pattern)
    (value,) = draw([wanted], seed).values()
    assert accepts(wanted, value)
    assert value != "a"
    assert 0 < len(value) <= LONG
    assert draw([wanted], seed) == {"p": value}


def test_a_seed_means_the_same_in_every_process() -> None:
    code = (
        "from ensayar.cli.draw import draw; from ensayar.model import Location, Parameter; "
        f"print(draw([Parameter('p', 'a', r'{WITHOUT_BLANKS}', '', Location('a', 1))], 7))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": number},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for number in ("1", "2", "3")
    }
    assert said == {f"{draw([parameter(WITHOUT_BLANKS)], 7)}\n"}


def test_another_seed_draws_other_values() -> None:
    assert len({draw([parameter("[a-z]{8}")], seed)["p"] for seed in range(50)}) == 50


def test_a_pattern_that_only_the_default_matches_is_said() -> None:
    with pytest.raises(UsageError, match=r"parameter “p”: no other value that matches a was found; give one"):
        draw([parameter("a")], 1)


@pytest.mark.parametrize("pattern", ["(x)?(?(1)a|b)", r"[^\x00-\x7f]+"])
def test_a_pattern_that_is_beyond_it_is_said(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"no other value that matches .* was found; give one"):
        draw([parameter(pattern)], 1)


@pytest.mark.parametrize("pattern", ["(ab){300}", "((a|b){2000}){3}|q"])
def test_what_must_be_long_is_long(pattern: str) -> None:
    assert accepts(parameter(pattern), draw([parameter(pattern)], 2)["p"])


def test_what_is_kept_is_read_again_and_has_the_form_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / variation.FILE_NAME
    assert load(path) is None
    save(path, FOUND)
    assert load(path) == FOUND
    schema = json.loads((resources.files("ensayar") / "schemas/variation.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
    assert [entry.name for entry in path.parent.iterdir()] == [variation.FILE_NAME]


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "more": 2}', "\xff", SPOILT]
)
def test_a_spoilt_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / variation.FILE_NAME
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"variation\.json: no record of a rehearsal with other values .*; delete it"):
        load(path)


def test_it_speaks_of_what_the_article_does(read: Read) -> None:
    def digest(text: str) -> str:
        article = read(text)
        assert article is not None
        return digest_of(article)

    source = SOURCE.format(output="uid=@@user@@")
    assert digest(source) == digest(source.replace("A caption", "Another"))
    assert digest(source) != digest(SOURCE.format(output="uid=..."))
    assert digest(source) != digest(source.replace(":default: muro", ":default: wall"))
