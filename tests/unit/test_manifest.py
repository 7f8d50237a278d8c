from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING

import jsonschema
import pytest

from ensayar import manifest
from ensayar.extract import tree
from ensayar.parameters import resolve
from ensayar.transaction import Content

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Article

SCHEMA = json.loads((files("ensayar") / "schemas" / "manifest.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def data(article: Article) -> dict[str, object]:
    found: dict[str, object] = json.loads(tree(article)["manifest.json"].data)
    return found


def test_a_manifest_fits_its_schema(data: dict[str, object]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(data, SCHEMA)


def test_the_schema_knows_every_key_and_wants_it(data: dict[str, object]) -> None:
    for key in data:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({name: value for name, value in data.items() if name != key}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data | {"more": 1}, SCHEMA)


def test_how_output_is_compared_is_in_it_where_it_is_said(read: Callable[..., Article | None]) -> None:
    found = read(
        ".. rehearse::\n   :platform: debian-13\n\n.. code-block:: console\n   :name: a\n   :any-order:\n"
        "   :normalise: pid date\n\n   # ls\n   a\n   <re:b+>\n"
    )
    assert found is not None
    data = json.loads(tree(found)["manifest.json"].data)
    jsonschema.validate(data, SCHEMA)
    (step,) = data["steps"]
    assert (step["any_order"], step["normalise"]) == (True, ["pid", "date"])
    assert step["commands"][0]["expected"] == ["a", "<re:b+>"]


def test_it_names_every_step_and_every_skip(article: Article) -> None:
    data = json.loads(tree(article)["manifest.json"].data)
    assert [(step["name"], step["kind"]) for step in data["steps"]] == [
        ("file", "file"),
        ("tool", "file"),
        ("file-again", "file"),
        ("run", "console"),
        ("spy", "console"),
        ("seen", "console"),
        ("wait", "console"),
        ("restart", "console"),
    ]
    assert [skip["reason"] for skip in data["skips"]] == ["no two machines here"]
    assert data["login"] == "muro"
    assert data["parameters"][0]["default"] == "muro"


def test_it_speaks_of_the_very_files(article: Article) -> None:
    files_ = tree(article)
    data = json.loads(files_["manifest.json"].data)
    assert data["files"] == {
        name: {"sha256": hashlib.sha256(content.data).hexdigest(), "executable": content.executable}
        for name, content in files_.items()
        if name != "manifest.json"
    }


def test_prose_and_places_change_nothing(article: Article) -> None:
    resolved = resolve(article)
    one = manifest.dump(manifest.build(resolved, {}))
    assert b".rst:" not in one
    assert one == manifest.dump(manifest.build(resolved, {}))
    assert one != manifest.dump(manifest.build(resolved, {"a": Content(b"")}))
