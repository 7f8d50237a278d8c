"""What is made of the measurements of both stacks; the stacks themselves need a machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from finished.news import save
from load.generator import Answers
from stacks import table
from stacks.articles import all_lines
from stacks.measured import FILE_NAME, Disturbance, Pages, Spread, alike, disturbance, document, figure, pages, spread
from stacks.stack import CLASSIC, STACKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks.rounds import Bench

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "tests" / "stacks" / "stacks.schema.json").read_text(encoding="utf-8"))
COMMITTED = ROOT / "tutorial" / CLASSIC.slug / "evidence" / FILE_NAME


def validate(found: object) -> None:
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())


@pytest.fixture
def text(bench: Bench) -> str:
    return document(bench.head, bench.rounds())


@pytest.fixture
def found(text: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(text)
    return read


def test_figures_of_pages() -> None:
    seconds = [number / 100 for number in range(101, 0, -1)]
    assert pages(seconds, 50.5, 12.345) == Pages(101, 2.0, 0.51, 1.0, 1.01, 12.35)


def test_figures_of_a_disturbance() -> None:
    answers = Answers({"502": 3, "no answer": 1}, [0.5, 1.256], 60.0, 4.444)
    wanted = Disturbance(6, 4, {"502": 3, "no answer": 1}, away=4.44, slowest=1.26, seconds=12.3)
    assert disturbance(answers, 12.34) == wanted


def test_median_is_said_with_the_lowest_and_the_highest() -> None:
    assert spread(iter([3.0, 1.0, 2.0])) == Spread(2.0, 1.0, 3.0)


def test_a_round_counts_where_everything_was_measured_of_both(bench: Bench) -> None:
    assert [list(each) for each in bench.rounds()] == [["circus", "classic"]] * 3
    del bench.parts[3].found["channels"]
    assert len(bench.rounds()) == 2
    del bench.parts[0]
    assert len(bench.rounds()) == 1


def test_what_is_written_has_the_form_of_the_schema(found: dict[str, Any]) -> None:
    validate(found)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found["rounds"].clear(),
        lambda found: found["rounds"][0].pop("classic"),
        lambda found: found["rounds"][0]["circus"].pop("restart"),
        lambda found: found["rounds"][0]["circus"].update(temper=1),
        lambda found: found["rounds"][0]["circus"]["nginx"].pop("p99"),
        lambda found: found["rounds"][0]["classic"]["channels"].pop("listener"),
        lambda found: found["rounds"][0]["circus"]["reload"]["failures"].update({"200": 0}),
        lambda found: found["versions"].pop("gunicorn"),
        lambda found: found["lines"]["classic"].pop("programs"),
    ],
)
def test_what_lacks_something_has_no_form(found: dict[str, Any], spoil: Callable[[Any], None]) -> None:
    spoil(found)
    with pytest.raises(jsonschema.ValidationError):
        validate(found)


def test_medians_can_be_worked_out_again(found: dict[str, Any]) -> None:
    assert figure(found, "circus", "nginx.per_second") == Spread(10.0, 9.0, 11.0)
    assert figure(found, "classic", "restart.away") == Spread(9.0, 9.0, 9.0)


def change(path: str, value: object, *, rounds: int = 3) -> Callable[[dict[str, Any]], None]:
    """Set what is at the *path* of so many rounds."""

    def do(found: dict[str, Any]) -> None:
        *names, last = path.split(".")
        for place in found["rounds"][:rounds]:
            for name in names:
                place = place[name]  # noqa: PLW2901  (one step deeper)
            place[last] = value

    return do


@pytest.mark.parametrize(
    ("edit", "same"),
    [
        (lambda found: found.update(measured="2027-01-01"), True),
        (change("circus.nginx.per_second", 12.9), True),
        (change("circus.nginx.per_second", 13.1), False),
        (change("circus.nginx.per_second", 99.0, rounds=1), True),
        (change("classic.restart.away", 11.5), True),
        (change("classic.restart.away", 12.0), False),
        (change("circus.worker_killed.failed", 5), True),
        (change("circus.restart.failed", 1, rounds=1), False),
        (change("circus.worker_killed.away", 0.9), True),
        (change("circus.memory.worker", 161440), False),
        (change("classic.channels.listener.delays", [1.4]), True),
        (change("classic.channels.xmlrpc.delays", [0.9]), False),
        (change("circus.nginx.cpu", 131), False),
        (lambda found: found["rounds"].pop(), False),
        (lambda found: found["machine"].update(accelerator="kvm"), False),
        (lambda found: found["versions"].update(gunicorn="28.0"), False),
        (lambda found: found["lines"]["circus"].update(programs=61), False),
    ],
)
def test_only_news_is_written(tmp_path: Path, text: str, edit: Callable[[Any], None], *, same: bool) -> None:
    path = tmp_path / "evidence" / FILE_NAME
    now = json.loads(text)
    edit(now)
    assert save(path, text, alike)
    assert save(path, json.dumps(now), alike) is not same
    assert alike(json.loads(text), now) is same


def test_numbers_are_written_as_in_the_language() -> None:
    assert table.number(1234.5, 1, "es") == "1.234,5"
    assert table.number(1234.5, 1, "en") == "1,234.5"
    assert table.spread(Spread(2.0, 1.0, 3.5), 1, "es", " s") == "2,0 s (1,0\N{EN DASH}3,5)"
    assert table.spread(Spread(2.0, 2.0, 2.0), 0, "en") == "2"


def test_rows_are_those_of_what_was_measured(found: dict[str, Any]) -> None:
    spanish = table.figures(found, "es")
    assert spanish[0] == (
        "   * - Páginas por segundo\n     - 10,0 (9,0\N{EN DASH}11,0)\n     - 12,0 (10,8\N{EN DASH}13,2)"
    )
    assert "   * - Memoria\n     - 144 MiB\n     - 119 MiB" in spanish
    assert "   * - Procesador cada mil páginas\n     - 50,0 s\n     - 50,0 s" in spanish
    assert table.disturbances(found, "en")[3] == (
        "   * - Restart the application\n     - supervisor and Gunicorn\n     - 270 of 3,000\n     - 9.0 s\n"
        "     - 2.0 s\n     - 15.0 s"
    )
    assert table.watching(found, "en")[0] == (
        "   * - Circus: a ZeroMQ subscriber\n     - 2.00 s (0.50\N{EN DASH}4.50)\n     - 800"
    )


def test_every_row_is_printed_in_both_languages(found: dict[str, Any]) -> None:
    printed = "\n".join(table.all_rows(found))
    for language in table.LANGUAGES:
        for each in table.TABLES:
            assert "\n".join(each(found, language)) in printed
    assert len(list(table.lines(found))) == len(table.FIGURES) + 2 * len(table.DISTURBANCES) + 3


def test_what_is_committed_has_that_form_and_the_articles_say_it() -> None:
    """All of it, or nothing: without a file no article speaks of its figures."""
    posts = {ending: ROOT / "posts" / f"{CLASSIC.slug}{ending}" for ending in (".rst", ".en.rst")}
    if not COMMITTED.is_file():
        assert not any(path.is_file() and FILE_NAME in path.read_text(encoding="utf-8") for path in posts.values())
        return
    found = json.loads(COMMITTED.read_text(encoding="utf-8"))
    validate(found)
    assert len(found["rounds"]) >= 3
    assert found["lines"] == all_lines()
    for stack in STACKS:
        lost = {
            name: figure(found, stack.name, f"{name}.failed").highest > 0
            for name in ("reload", "restart", "supervisor_killed")
        }
        assert lost == {"reload": False, "restart": not stack.keeps_socket, "supervisor_killed": True}
    for language, ending in (("es", ".rst"), ("en", ".en.rst")):
        article = posts[ending].read_text(encoding="utf-8")
        for each in table.TABLES:
            assert "\n".join(each(found, language)) in article, f"{posts[ending].name}: {each.__name__}"
