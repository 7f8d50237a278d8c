"""What is known of the recordings of an article, and the command where no machine is needed."""

from __future__ import annotations

import json
import signal
from importlib import resources
from typing import TYPE_CHECKING

import jsonschema
import pytest
from click.testing import CliRunner

from ensayar.cli import main
from ensayar.digest import step_digest
from ensayar.errors import InfrastructureError, UsageError
from ensayar.machine import qemu
from ensayar.parameters import resolve
from ensayar.recordings import Recording, cast_path, load, save, to_be_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from ensayar.model import Article

    Read = Callable[..., Article | None]

SOURCE = """\
.. rehearse::
   :platform: debian-13

.. code-block:: console
   :name: uno

   # true

.. code-block:: console
   :name: espiar
   :background:

   # sleep 600

.. code-block:: console
   :name: visto
   :output-of: espiar

   ...

.. code-block:: console
   :name: reiniciar
   :reboot:

   # systemctl reboot
"""


@pytest.fixture(autouse=True)
def sigterm() -> Iterator[None]:
    """The command sets its own handler."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def recorded(project: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose article has recordings that hold; where they lie."""
    monkeypatch.chdir(project)
    article = read(SOURCE)
    assert article is not None
    directory = project / "tutorial" / article.slug / "evidence" / "recordings"
    found = {
        step.name: Recording(step_digest(step), "2026-11-25T14:19:50Z", 2.3, "tcg")
        for step in resolve(article).steps
        if to_be_seen(step)
    }
    save(directory, article.slug, found)
    for name in found:
        cast_path(directory, name).write_text('{"version": 2}\n', encoding="utf-8")
    return directory


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_what_was_saved_is_known_again(recorded: Path) -> None:
    found = load(recorded)
    assert list(found) == ["uno", "visto"]
    assert found["uno"].seconds == 2.3
    cast_path(recorded, "uno").unlink()
    assert list(load(recorded)) == ["visto"]


def test_nothing_is_known_where_there_is_nothing(tmp_path: Path) -> None:
    assert load(tmp_path / "recordings") == {}


def test_a_recording_holds_for_its_step_alone(recorded: Path, read: Read) -> None:
    other = read(SOURCE.replace("# true", "# echo"))
    assert other is not None
    found = load(recorded)
    holding = [step.name for step in resolve(other).steps if step.name in found and found[step.name].holds_for(step)]
    assert holding == ["visto"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema": 2, "recordings": {}}', '{"schema": 1, "recordings": {"uno": {}}}', '{"schema": 1}']
)
def test_a_spoilt_list_is_one_clear_line(recorded: Path, text: str) -> None:
    (recorded / "recordings.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="no list of recordings") as caught:
        load(recorded)
    assert "\n" not in str(caught.value)
    result = call("record", "posts/a.rst")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{caught.value}\n"


def test_where_all_hold_no_machine_is_started(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # neither QEMU nor ssh
    before = {path: path.read_bytes() for path in recorded.iterdir()}
    result = call("record", "posts/a.rst")
    assert (result.exit_code, result.stdout) == (0, "posts/a.rst: all 2 recordings hold; --fresh makes them anew\n")
    assert {path: path.read_bytes() for path in recorded.iterdir()} == before


def test_without_a_machine_nothing_is_written(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(**_: object) -> None:
        message = "no machine today"
        raise InfrastructureError(message)

    monkeypatch.setattr(qemu, "start", start)
    before = {path: path.read_bytes() for path in recorded.iterdir()}
    assert call("record", "--fresh", "posts/a.rst").exit_code == 4
    assert {path: path.read_bytes() for path in recorded.iterdir()} == before
    assert [path.name for path in recorded.parent.iterdir()] == ["recordings"]


def test_the_list_is_json_for_others_to_read(recorded: Path) -> None:
    data = json.loads((recorded / "recordings.json").read_text(encoding="utf-8"))
    assert (data["schema"], data["article"]) == (1, "a")
    schema = (resources.files("ensayar") / "schemas/recordings.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(data, json.loads(schema))
    assert [path.name for path in sorted(recorded.iterdir())] == ["recordings.json", "uno.cast", "visto.cast"]
