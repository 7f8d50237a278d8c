"""Recordings: offered while they hold, played on demand, by a player that can do no more than that."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import time
from typing import TYPE_CHECKING

import pytest
from selenium.common.exceptions import JavascriptException
from selenium.webdriver.common.by import By

from ensayar.errors import EXIT_USAGE, UsageError
from ensayar.nikola_plugins.ensayar_player import player_files
from visit.axe import RUN
from visit.server import Handler

from .conftest import make_site, served
from .test_browser import CONTRASTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

    from .conftest import Site, Window

HOSTILE = (
    (0.0, '$ cat </script><script>document.title = "x"</script><img src=x onerror=alert(1)>\r\n'),
    (0.1, "\x1b]0;<b>título</b>\x07\x1b]8;;javascript:alert(1)\x07un enlace\x1b]8;;\x07\r\n"),
    (0.2, "\x1b[9999;9999H\x1b[9999b\x1b[1;1H\x1bP1;1|\x1b\\\x1b[?1049h\x1b[2J&lt;b&gt;\u202e\x9b31m\x00\r\n"),
    (0.3, "</pre><iframe src=//example.org></iframe> fin\r\n"),
)
COLOURS = "".join(f"\x1b[{code}m color {code} \x1b[0m" for code in (*range(31, 38), *range(90, 98), 1, 2))


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site in two languages with a recording of each kind; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("grabado") / "sitio", "casos", "otro", bilingual=True)
    for name in ("casos", "otro"):
        text = (site.root / f"posts/{name}.rst").read_text(encoding="utf-8")
        site.write(f"posts/{name}.en.rst", text)
    lines = "".join(f"línea {number}\r\n" for number in range(100))
    site.record(
        "casos",
        {
            "instalar-nginx": [(0.0, "# "), (0.1, "apt-get\r\n"), (60.1, lines), (60.2, "\x1b[32mactive\x1b[0m\r\n# ")],
            "esperar": [(0.0, f"$ {COLOURS}\r\n"), (20.0, "a"), (40.0, "b"), (60.0, "c\r\n")],
            "termina-mal": HOSTILE,
        },
    )
    site.record("casos", {"lo-que-vio": [(0.0, "reap 7\r\n")]}, accelerator="kvm")
    site.build()
    return site


@pytest.fixture(scope="session")
def theatre(stage: Site) -> Iterator[str]:
    """Its address."""
    with served(stage) as address:
        yield address


@pytest.fixture
def visitor(window: Window, theatre: str) -> Iterator[Window]:
    """A reader who was never there before."""
    window.command("Storage.clearDataForOrigin", origin=theatre.rstrip("/"), storageTypes="local_storage")
    Handler.asked.clear()
    yield window
    window.driver.switch_to.default_content()


def button(window: Window, step: str) -> WebElement:
    return window.driver.find_element(By.CSS_SELECTOR, f"#{step} .play")


def until(window: Window, script: str, seconds: float = 15) -> None:
    """Wait until *script* returns something true in the page or frame."""
    end = time.monotonic() + seconds
    while not window.js(f"return {script}"):
        assert time.monotonic() < end, f"{script}: {window.js('return document.body.innerText')}"
        time.sleep(0.05)


def enter(window: Window, step: str) -> None:
    """Into the frame that was opened, once there is a player."""
    window.driver.switch_to.frame(window.driver.find_element(By.CSS_SELECTOR, f"#{step} iframe"))
    until(window, "document.querySelector('.ap-terminal') !== null")


def screen(window: Window) -> list[str]:
    """The lines of the terminal."""
    script = "return [...document.querySelectorAll('.ap-line')].map(line => line.textContent.trimEnd())"
    lines: list[str] = window.js(script)
    return lines


def shows(window: Window, text: str) -> None:
    until(window, f"document.querySelector('.ap-terminal').textContent.includes({json.dumps(text)})")


# -- what a reader sees


def test_a_press_plays_what_was_recorded_and_waits_are_short(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    button(visitor, "instalar-nginx").click()
    enter(visitor, "instalar-nginx")
    shows(visitor, "active")
    until(visitor, "document.querySelector('.controls button').textContent === 'Reproducir'")
    assert screen(visitor)[-3:] == ["línea 99", "active", "#"]
    assert visitor.js("return document.querySelector('.fg-2').textContent") == "active"
    # of the minute two seconds are left
    assert 2 <= float(visitor.js("return document.querySelector('input').max")) < 3
    assert visitor.js("return document.querySelector('.waits').textContent") == (
        "Va a la velocidad real, menos las esperas: las de más de 2 s duran 2 s."
    )
    assert visitor.complaints() == []


def test_nothing_of_the_player_is_asked_for_before_the_press(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    visitor.js("scrollTo(0, document.body.scrollHeight)")
    time.sleep(0.5)
    assert "/casos/" in Handler.asked
    assert [path for path in Handler.asked if "player" in path or "grabacion" in path] == []
    Handler.asked.clear()
    button(visitor, "lo-que-vio").click()
    enter(visitor, "lo-que-vio")
    shows(visitor, "reap 7")
    assert set(Handler.asked) >= {
        "/assets/player/es.html",
        "/assets/player/asciinema-player.js",
        "/casos/grabaciones/lo-que-vio.cast",
    }
    assert {path.split("/")[1] for path in Handler.asked} == {"assets", "casos"}


def test_a_second_press_takes_the_player_away(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    press = button(visitor, "lo-que-vio")
    expanded = [press.get_attribute("aria-expanded")]
    for count in (1, 0):
        press.click()
        expanded.append(press.get_attribute("aria-expanded"))
        assert len(visitor.driver.find_elements(By.TAG_NAME, "iframe")) == count
    assert expanded == ["false", "true", "false"]


def test_the_reader_can_pause_and_go_to_any_moment(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    button(visitor, "esperar").click()
    enter(visitor, "esperar")
    press = visitor.driver.find_element(By.CSS_SELECTOR, ".controls button")
    until(visitor, "document.querySelector('.controls button').textContent === 'Pausar'")
    press.click()
    until(visitor, "document.querySelector('.controls button').textContent === 'Reproducir'")
    assert "abc" not in screen(visitor)
    visitor.js("const s = document.querySelector('input'); s.value = s.max; s.dispatchEvent(new Event('input'))")
    shows(visitor, "abc")
    until(visitor, "document.querySelector('.moment').textContent === '0:06 / 0:06'")
    assert visitor.js("return document.querySelector('input').getAttribute('aria-valuetext')") == "0:06 de 0:06"


def test_it_all_goes_by_keyboard(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    visitor.js("document.querySelector('#esperar .play').focus()")
    visitor.press("Enter")
    enter(visitor, "esperar")
    until(visitor, "document.querySelector('.controls button').textContent === 'Pausar'")
    visitor.driver.switch_to.default_content()
    reached = []
    for _ in range(6):
        visitor.press("Tab")
        reached.append(
            visitor.js(
                "const e = document.activeElement, f = e.contentDocument?.activeElement;"
                "const style = f ? f.ownerDocument.defaultView.getComputedStyle(f).outlineStyle : '';"
                "return [e.tagName, f?.tagName ?? '', style]"
            )
        )
        if reached[-1][1] == "BUTTON":
            visitor.press(" ")
    assert reached[0] == ["A", "", ""]
    inside = [item[1] for item in reached if item[0] == "IFRAME"]
    assert [name for name in inside if name in {"PRE", "BUTTON", "INPUT"}] == ["PRE", "BUTTON", "INPUT"]
    assert {item[2] for item in reached if item[1] in {"PRE", "BUTTON", "INPUT"}} == {"solid"}
    enter(visitor, "esperar")
    assert visitor.js("return document.querySelector('.controls button').textContent") == "Reproducir"


def test_what_does_not_move_has_nothing_to_be_played(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    button(visitor, "lo-que-vio").click()
    enter(visitor, "lo-que-vio")
    shows(visitor, "reap 7")
    assert not visitor.driver.find_element(By.CSS_SELECTOR, ".controls").is_displayed()


def test_the_frame_is_as_high_as_what_is_in_it(visitor: Window, theatre: str) -> None:
    heights = {}
    for step in ("instalar-nginx", "lo-que-vio"):
        for width in (320, 1440):
            visitor.show(theatre + "casos/", width)
            button(visitor, step).click()
            enter(visitor, step)
            time.sleep(0.3)
            inner, outer, wide = visitor.js(
                "return [document.documentElement.scrollHeight, innerHeight,"
                "        document.documentElement.scrollWidth - innerWidth]"
            )
            assert inner == outer
            assert wide == 0
            heights[step, width] = outer
    # a hundred lines need the whole terminal
    assert heights["lo-que-vio", 1440] * 2 < heights["instalar-nginx", 1440] < 900


def test_colours_are_those_that_the_reader_chose_at_once(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    button(visitor, "lo-que-vio").click()
    enter(visitor, "lo-que-vio")
    papers = []
    for scheme in ("light", "dark"):
        visitor.driver.switch_to.default_content()
        visitor.js(
            "const s = document.querySelector('.scheme select'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('change'))",
            scheme,
        )
        enter(visitor, "lo-que-vio")
        until(visitor, f"document.documentElement.dataset.scheme === '{scheme}'")
        script = "return ['body', '.ap-terminal'].map(e => getComputedStyle(document.querySelector(e)).backgroundColor)"
        papers.append(visitor.js(script))
    assert papers == [["rgb(255, 254, 251)", "rgb(246, 241, 232)"], ["rgb(30, 26, 37)", "rgb(33, 29, 41)"]]


def test_who_asked_for_less_motion_starts_it_and_is_told(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/", prefers_reduced_motion="reduce")
    button(visitor, "instalar-nginx").click()
    enter(visitor, "instalar-nginx")
    shows(visitor, "active")  # how it ends, and nothing was played
    until(visitor, "document.querySelector('.moment').textContent === '0:00 / 0:02'")
    press = visitor.driver.find_element(By.CSS_SELECTOR, ".controls button")
    assert press.text == "Reproducir"
    assert visitor.driver.find_element(By.CSS_SELECTOR, ".still").text.startswith("Pediste menos movimiento")
    press.click()
    until(visitor, "document.querySelector('.controls button').textContent === 'Pausar'")
    assert "active" not in screen(visitor)
    shows(visitor, "active")
    assert visitor.complaints() == []
    visitor.show(theatre + "casos/")
    button(visitor, "instalar-nginx").click()
    enter(visitor, "instalar-nginx")
    assert not visitor.driver.find_element(By.CSS_SELECTOR, ".still").is_displayed()


def test_without_javascript_there_is_the_file(visitor: Window, stage: Site, theatre: str) -> None:
    visitor.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        visitor.show(theatre + "casos/")
        assert not button(visitor, "esperar").is_displayed()
        link = visitor.driver.find_element(By.CSS_SELECTOR, "#esperar .recording a")
        assert link.is_displayed()
        assert link.text == "esperar.cast"
    finally:
        visitor.command("Emulation.setScriptExecutionDisabled", value=False)
    found = stage.page("casos").select_one("#esperar .recording a")
    assert found is not None
    assert found["href"] == "grabaciones/esperar.cast"
    committed = stage.root / "tutorial/casos/evidence/recordings/esperar.cast"
    assert stage.outputs()["casos/grabaciones/esperar.cast"] == committed.read_bytes()


def test_the_row_says_how_long_when_and_where_it_was_recorded(stage: Site) -> None:
    def row(url: str, step: str) -> str:
        found = stage.page(url).select_one(f"#{step} .recording")
        assert found is not None
        return " ".join(found.get_text().split())

    assert row("casos", "instalar-nginx") == (
        "Ver la grabación 1 min en la terminal de una máquina emulada, el 18 de noviembre de 2026 instalar-nginx.cast"
    )
    assert row("casos", "lo-que-vio") == (
        "Ver la grabación 0,0 s en una terminal, el 18 de noviembre de 2026 lo-que-vio.cast"
    )
    assert row("en/casos", "instalar-nginx") == (
        "Watch the recording 1 min on the terminal of an emulated machine, 18 November 2026 instalar-nginx.cast"
    )
    assert [str(item.parent["id"]) for item in stage.page("casos").select("figure > .recording") if item.parent] == [
        "instalar-nginx",
        "esperar",
        "lo-que-vio",
        "termina-mal",
    ]


def test_the_english_page_has_an_english_player(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "en/casos/")
    button(visitor, "esperar").click()
    frame = visitor.driver.find_element(By.TAG_NAME, "iframe")
    assert frame.get_attribute("title") == "Watch the recording: esperar"
    enter(visitor, "esperar")
    shows(visitor, "color 31")
    assert "/en/casos/recordings/esperar.cast" in Handler.asked
    script = "return [document.documentElement.lang, document.title, document.querySelector('h1').textContent]"
    assert visitor.js(script) == ["en", "Recording of a terminal: esperar", "Recording of a terminal"]
    assert visitor.js("return document.querySelector('.waits').textContent").startswith("It goes at its real speed")
    assert visitor.js("return document.querySelector('.controls button').textContent") in {"Play", "Pause"}


def test_a_recording_that_is_not_there_is_said(visitor: Window, theatre: str) -> None:
    for place in ("/casos/grabaciones/nada.cast", "https://example.org/x.cast", "/casos/", ""):
        visitor.show(f"{theatre}assets/player/es.html?{place}#{place}")
        until(visitor, "!document.querySelector('.problem').hidden")
        assert "no se pudo cargar" in visitor.driver.find_element(By.CSS_SELECTOR, ".problem").text
    assert not [path for path in Handler.asked if "example" in path and not path.startswith("/assets/player/es.html?")]
    visitor.complaints()  # 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_player(visitor: Window, theatre: str, axe: str, scheme: str) -> None:
    visitor.command("Page.setBypassCSP", enabled=True)  # axe evaluates code
    try:
        for step in ("instalar-nginx", "esperar"):
            visitor.show("about:blank")
            visitor.show(f"{theatre}assets/player/es.html#/casos/grabaciones/{step}.cast", 1440, scheme)
            until(visitor, "document.querySelectorAll('.ap-line span').length > 0")
            time.sleep(0.3)
            contrasts: dict[str, float] = visitor.js(CONTRASTS)
            assert {what: ratio for what, ratio in contrasts.items() if ratio < 4.5} == {}
            visitor.js(axe)
            result = visitor.later(RUN)
            assert result["violations"] == []
            assert result["rules"] >= 15
        assert len([what for what in contrasts if "fg-" in what]) >= 10
    finally:
        visitor.command("Page.setBypassCSP", enabled=False)


# -- what it may do


def test_hostile_text_stays_text(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    button(visitor, "termina-mal").click()
    enter(visitor, "termina-mal")
    shows(visitor, "fin")
    assert visitor.js("return document.querySelectorAll('img, iframe, a, b, .ap-terminal script').length") == 0
    assert visitor.js("return document.title") == "Grabación de una terminal: termina-mal"
    assert any("</pre><iframe src=//example.org></iframe> fin" in line for line in screen(visitor))
    visitor.js("const s = document.querySelector('input'); s.value = 0.05; s.dispatchEvent(new Event('input'))")
    shows(visitor, "</script><script>document.title")
    assert visitor.js("return document.querySelectorAll('img, iframe, a, b, .ap-terminal script').length") == 0
    assert visitor.complaints() == []
    assert {path.split("/")[1] for path in Handler.asked} == {"assets", "casos"}


def test_no_script_in_the_frame_can_make_mark_up_or_ask_others(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    button(visitor, "lo-que-vio").click()
    enter(visitor, "lo-que-vio")
    shows(visitor, "reap 7")
    with pytest.raises(JavascriptException, match="TrustedHTML"):
        visitor.js("document.querySelector('h1').innerHTML = '<b>no</b>'")
    # not where the browser's driver runs it, which no policy binds
    evaluation = "try { done(eval('1')) } catch (error) { done(error.name) }"
    assert visitor.later(f"const done = arguments[0]; setTimeout(() => {{ {evaluation} }})") == "EvalError"
    asking = "fetch('http://127.0.0.2:1/x').then(() => done('yes'), error => done(error.name))"
    assert visitor.later(f"const done = arguments[0]; {asking}") == "TypeError"
    lines = visitor.complaints()
    assert any("violates the following Content Security Policy" in line and "127.0.0.2" in line for line in lines)


def test_an_article_shows_frames_of_this_site_only(visitor: Window, theatre: str) -> None:
    visitor.show(theatre + "casos/")
    visitor.js("const f = document.createElement('iframe'); f.src = 'http://127.0.0.2:1/'; document.body.append(f)")
    time.sleep(0.3)
    assert any("frame-src" in line for line in visitor.complaints())


def test_the_frame_says_the_policy_that_the_documentation_asks_for(stage: Site, policies: list[str]) -> None:
    for language, heading in (("es", "Grabación de una terminal"), ("en", "Recording of a terminal")):
        page = stage.outputs()[f"assets/player/{language}.html"].decode("utf-8")
        stated = re.search(r'http-equiv="Content-Security-Policy" content="(.+?)"', page)
        assert stated is not None
        assert "unsafe-inline" not in page
        assert "'unsafe-eval'" not in page
        assert f"{stated[1]}; frame-ancestors 'self'" == policies[2]
        assert '<meta name="robots" content="noindex">' in page
        assert f'<html lang="{language}">' in page
        assert f"<title>{heading} · ensayar</title>" in page
        assert not re.search(r"<style|style=|<script>|\son\w+=", page)
    assert b"player" not in stage.outputs()["sitemap.xml"]


def test_the_player_is_the_one_that_was_installed_with_its_licence(stage: Site) -> None:
    outputs = stage.outputs()
    script, style = player_files()
    for path in (script, style):
        published = outputs[f"assets/player/asciinema-player{path.suffix}"]
        notice, newline, rest = published.partition(b"\n")
        assert newline + rest == b"\n" + path.read_bytes()
        assert re.fullmatch(rb"/\*! asciinema-player \d+\.\d+\.\d+, .* Apache-2.0, see LICENSE.txt \*/", notice)
    assert b"Apache License" in outputs["assets/player/LICENSE.txt"]
    assert importlib.metadata.version("sphinxcontrib.asciinema").startswith("0.4.")


def test_without_the_player_installed_the_build_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sphinxcontrib.asciinema", None)
    with pytest.raises(UsageError, match=r"^there are recordings, and no player for them; install it: .*asciinema"):
        player_files()


# -- how it is built


def changed(site: Site) -> set[str]:
    """What another build makes differently."""
    before = site.outputs()
    site.build()
    after = site.outputs()
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def recorded(site: Site) -> set[str]:
    return {name for name in site.outputs() if name.endswith(".cast")}


@pytest.fixture
def small(new_site: Callable[..., Site]) -> Site:
    """A built site with two recordings."""
    site = new_site("casos", "otro")
    site.record("casos", {"esperar": [(0.0, "$ \r\n")], "instalar-nginx": [(0.0, "# \r\n")]})
    site.build()
    assert recorded(site) == {"casos/grabaciones/esperar.cast", "casos/grabaciones/instalar-nginx.cast"}
    return site


def test_a_build_with_nothing_to_do_does_nothing(small: Site) -> None:
    before = small.times()
    printed = small.build()
    assert not re.search(r"^\.  ", printed, re.MULTILINE), printed
    assert small.times() == before


def test_a_new_recording_changes_its_page_and_its_file_only(small: Site) -> None:
    small.record("casos", {"esperar": [(0.0, "$ \r\n"), (7.0, "Hola\r\n")]})
    assert changed(small) == {"casos/index.html", "casos/grabaciones/esperar.cast"}
    small.record("casos", {"termina-mal": [(0.0, "$ \r\n")]})
    assert changed(small) == {"casos/index.html", "casos/grabaciones/termina-mal.cast"}
    assert changed(small) == set()


def test_a_recording_is_offered_while_it_shows_what_the_step_does(small: Site) -> None:
    source = (small.root / "posts/casos.rst").read_text(encoding="utf-8")
    small.write("posts/casos.rst", source.replace("curl --silent", "curl --silent --max-time 9"))
    small.build()
    assert recorded(small) == {"casos/grabaciones/instalar-nginx.cast"}
    assert small.page("casos").select("#esperar .recording") == []
    assert len(small.page("casos").select("#instalar-nginx .recording .play")) == 1
    assert changed(small) == set()
    # other words around it do not matter
    small.write("posts/casos.rst", source.replace("Y otro elemento.", "Y un elemento más."))
    small.build()
    assert len(recorded(small)) == 2


def test_what_goes_leaves_nothing_behind(small: Site) -> None:
    directory = small.root / "tutorial/casos/evidence/recordings"
    (directory / "esperar.cast").unlink()
    assert changed(small) == {"casos/index.html", "casos/grabaciones/esperar.cast"}
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
    assert changed(small) == {"casos/index.html", "casos/grabaciones/instalar-nginx.cast"}
    assert not (small.root / "output/casos/grabaciones").exists()
    assert small.page("casos").select(".recording") == []
    assert changed(small) == set()


def test_what_is_deleted_is_made_again(small: Site) -> None:
    names = ("casos/grabaciones/esperar.cast", "assets/player/es.html", "assets/player/asciinema-player.js")
    before = small.outputs()
    for path in (*(small.root / "output" / name for name in names), small.root / "cache/ensayar-recorded/casos.es"):
        path.unlink()
        small.build()
        assert small.outputs() == before
        assert path.is_file()


def test_where_nothing_is_recorded_there_is_no_player(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    site.build()
    assert [name for name in site.outputs() if "player" in name] == []


def test_a_list_that_cannot_be_read_ends_the_build_with_one_line(small: Site) -> None:
    path: Path = small.root / "tutorial/casos/evidence/recordings/recordings.json"
    path.write_text("{", encoding="utf-8")
    printed = small.build(expected=EXIT_USAGE)
    assert len(re.findall(r"recordings\.json: no list of recordings \(.*\); delete .* and record again", printed)) == 1
    assert "Traceback" not in printed


def test_the_search_does_not_find_what_is_about_recordings(stage: Site, small: Site) -> None:
    assert b"terminal de una" not in stage.outputs()["assets/search/texts/casos.js"]
    texts = small.outputs()["assets/search/texts/casos.js"]
    small.record("casos", {"esperar": [(0.0, "$ \r\n"), (7.0, "Hola\r\n")]})
    small.build()
    assert small.outputs()["assets/search/texts/casos.js"] == texts
