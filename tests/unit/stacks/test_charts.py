"""The charts: the same for the same figures, honest, and legible in either scheme."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from ensayar.publish.books.pictures import picture_of
from stacks.charts import CHARTS, IMAGES, pictures, write
from stacks.measured import FILE_NAME, document
from stacks.stack import CLASSIC
from stacks.svg import COLOURS

if TYPE_CHECKING:
    from stacks.rounds import Bench

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "tutorial" / CLASSIC.slug / "evidence" / FILE_NAME
SVG = "{http://www.w3.org/2000/svg}"
GROUNDS = (("#ffffff", "#fdfbf7"), ("#17141c", "#1c1922"))
"""White, and what the pictures have below them; and the same in the dark."""


@pytest.fixture
def found(bench: Bench) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(document(bench.head, bench.rounds()))
    return read


@pytest.fixture
def drawn(found: dict[str, Any]) -> dict[str, bytes]:
    return pictures(found)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_charts_are_those_of_what_is_committed() -> None:
    """All of them, and no others: without figures there is no chart."""
    there = {str(path.relative_to(ROOT)): path.read_bytes() for path in (ROOT / IMAGES).glob("pilas-*.svg")}
    wanted = pictures(json.loads(COMMITTED.read_text(encoding="utf-8"))) if COMMITTED.is_file() else {}
    assert there == wanted, "type: ./dev bench-stacks charts"


def test_the_same_figures_give_the_same_bytes(
    found: dict[str, Any], drawn: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    write(found, tmp_path)
    assert {path: (tmp_path / path).read_bytes() for path in drawn} == drawn
    assert len(drawn) == 2 * len(CHARTS)


def test_what_a_person_wants_of_matplotlib_changes_nothing(found: dict[str, Any], drawn: dict[str, bytes]) -> None:
    import matplotlib as mpl  # noqa: PLC0415  (for this test alone)

    with mpl.rc_context({"svg.fonttype": "path", "font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9}):
        assert pictures(found) == drawn


def test_other_figures_give_other_charts(found: dict[str, Any], drawn: dict[str, bytes]) -> None:
    for each in found["rounds"]:
        each["classic"]["nginx"]["per_second"] = 20.0
    changed = {path for path, content in pictures(found).items() if content != drawn[path]}
    assert changed == {f"{IMAGES}/pilas-velocidad.svg", f"{IMAGES}/pilas-velocidad.en.svg"}


def test_each_says_what_it_is_and_shows(drawn: dict[str, bytes]) -> None:
    for path, content in drawn.items():
        root = etree.fromstring(content)
        title, told, *_ = root
        assert (title.tag, told.tag) == (f"{SVG}title", f"{SVG}desc"), path
        assert root.get("aria-labelledby").split() == [title.get("id"), told.get("id")]
        assert root.get("role") == "img"
        assert len(title.text) > 10
        assert re.search(r"\d", told.text), path
    told = etree.fromstring(drawn[f"{IMAGES}/pilas-velocidad.svg"])[1].text
    assert told.startswith("Por Nginx, con HTTPS: Circus 10,0 (9,0\N{EN DASH}11,0); Clásica 12,0 (")
    told = etree.fromstring(drawn[f"{IMAGES}/pilas-memoria.en.svg"])[1].text
    assert "Circus 144 MiB: workers 60, who keeps them 30, the rest 54" in told


def test_text_is_text_in_the_readers_font_and_nothing_tells_the_day(drawn: dict[str, bytes]) -> None:
    for path, content in drawn.items():
        text = content.decode()
        root = etree.fromstring(content)
        assert len(list(root.iter(f"{SVG}text"))) > 5, path
        assert set(re.findall(r"font-family: ([^;}]+)", text)) == {"system-ui, sans-serif"}, path
        assert not re.search(r"<metadata|<!DOCTYPE|[Mm]atplotlib v|dc:|20\d\d-\d\d", text), path


def test_colours_are_the_schemes_and_nobody_elses(drawn: dict[str, bytes]) -> None:
    for path, content in drawn.items():
        root = etree.fromstring(content)
        style = root.find(f"{SVG}style").text
        for name, (light, dark) in COLOURS.items():
            assert f".f-{name} {{ fill: {light}; }}" in style
            assert f".f-{name} {{ fill: {dark}; }}" in style.partition("prefers-color-scheme: dark")[2]
        for element in root.iter(f"{SVG}*"):
            assert "#" not in re.sub(r"url\(#\w+\)", "", element.get("style") or ""), path
            assert not element.get("fill")
            assert not element.get("stroke")
        assert {name for each in root.iter() for name in (each.get("class") or "").split()} <= {
            f"{kind}-{name}" for kind in "fs" for name in COLOURS
        }


def test_a_book_gets_the_light_colours_alone(drawn: dict[str, bytes]) -> None:
    for path, content in drawn.items():
        kept = picture_of(path, content).data
        assert b"prefers-color-scheme" not in kept
        assert COLOURS["circus"][0].encode() in kept
        assert COLOURS["circus"][1].encode() not in kept
        etree.fromstring(kept)


@pytest.mark.parametrize("name", sorted(COLOURS.keys() - {"paper", "rule"}))
def test_colours_can_be_seen_on_either_ground(name: str) -> None:
    for colour, grounds in zip(COLOURS[name], GROUNDS, strict=True):
        assert min(contrast(colour, ground) for ground in grounds) >= (4.5 if name in {"ink", "soft"} else 3)


def test_axes_begin_at_zero(drawn: dict[str, bytes]) -> None:
    for path, content in drawn.items():
        root = etree.fromstring(content)
        ticks = [g for g in root.iter(f"{SVG}g") if (g.get("id") or "").startswith("xtick_")]
        assert ticks[0].find(f".//{SVG}text").text == "0", path
        assert len(ticks) >= 3
