"""An article by keyboard alone: in order, all of it, never caught, always seen; and everything on it does its work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Window

MOST = 400
"""Presses of a key after which a page has no end."""
CONTROLS = """
return window.all = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length && !e.disabled),
  window.all.map(e => e.outerHTML.slice(0, 100));
"""
FOCUS = """
const e = document.activeElement;
const style = getComputedStyle(e);
const box = e.getBoundingClientRect();
return {
  number: window.all.indexOf(e),
  kind: `${e.tagName.toLowerCase()}.${e.classList[0] ?? e.type ?? ''}`,
  outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
  colours: [style.outlineColor, getComputedStyle(document.body).backgroundColor],
  seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
};
"""


def reach(window: Window, selector: str) -> None:
    """Press Tab until the focus is on *selector*, beyond the end of the page if need be."""
    for _ in range(MOST):
        window.press("Tab")
        if window.js("return document.activeElement.matches(arguments[0])", selector):
            return
    raise AssertionError(selector)


def until(window: Window, script: str) -> None:
    end = time.monotonic() + 10
    while not window.js(f"return {script}"):
        assert time.monotonic() < end, script
        time.sleep(0.02)


def test_the_focus_goes_once_through_everything_in_order_and_is_seen(window: Window, address: str) -> None:
    window.show(address + "casos/", prefers_reduced_motion="reduce")
    find = window.driver.find_element
    find(By.CSS_SELECTOR, "#settings .tick input").click()  # there is something to go on with
    find(By.CSS_SELECTOR, "input[data-parameter=usuario]").send_keys("x")  # and something to take back
    window.show(address + "casos/", prefers_reduced_motion="reduce")
    controls = window.js(CONTROLS)
    stops = []
    for _ in range(MOST):
        window.press("Tab")
        stop = window.js(FOCUS)
        if stop["number"] < 0:
            break
        stops.append(stop)
    assert [controls[stop["number"]] for stop in stops] == controls
    assert {stop["kind"] for stop in stops} >= {
        *("a.skip", "a.anchor", "a.go-on", "button.copy", "button.here-document", "button.download", "button.script"),
        *("button.play", "button.reset", "button.start-over", "input.text", "input.checkbox", "summary.", "div.code"),
        "select.select-one",
    }
    assert [stop for stop in stops if stop["outline"] < 2 or not stop["seen"]] == []
    assert [stop for stop in stops if len(set(stop["colours"])) != 2] == []


def test_every_kind_of_control_does_its_work(window: Window, address: str, downloads: Path) -> None:
    window.show(address + "casos/", prefers_reduced_motion="reduce")

    reach(window, ".scheme select")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = window.js(f"return {paper}")
    window.press("ArrowDown")
    window.press("ArrowDown")
    until(window, f"{paper} !== '{light}'")

    reach(window, "input[data-parameter=usuario]")
    for letter in "ana":  # what was there is selected, and goes
        window.command("Input.insertText", text=letter)
    until(window, "document.querySelector('#settings .path').textContent === '/home/ana/settings.py'")
    window.press("Tab")
    assert window.js("return document.activeElement.className") == "reset"
    window.press("Enter")
    assert window.js("return document.activeElement.dataset.parameter") == "usuario"
    assert window.js("return document.querySelector('#settings .path').textContent") == "/home/muro/settings.py"

    copied = {
        "#instalar-nginx .copy": "apt-get install --yes nginx-light",
        "#settings .copy": "import os",
        "#settings .here-document": "(umask 077 && cat > /home/muro/settings.py) <<'EOF'",
        "#settings .script": "bash <(cat <<'EOF_'\n#!/bin/bash\n",
    }
    for selector, first in copied.items():
        for key in ("Enter", " "):
            window.later("const done = arguments[0]; navigator.clipboard.writeText('nada').then(done)")
            if not window.js("return document.activeElement.matches(arguments[0])", selector):
                reach(window, selector)
            window.press(key)
            end = time.monotonic() + 10
            while (text := window.clipboard()) == "nada" and time.monotonic() < end:
                time.sleep(0.02)
            assert text.startswith(first), selector
            assert window.js("return document.activeElement.matches(arguments[0])", selector)

    reach(window, "#settings .download")
    window.press("Enter")
    reach(window, ".books a[href$='.epub']")
    window.press("Enter")
    for name in ("settings.py", "casos.epub"):
        end = time.monotonic() + 10
        while not (downloads / name).exists():
            assert time.monotonic() < end, name
            time.sleep(0.05)

    reach(window, "#instalar-nginx summary")
    window.press("Enter")
    assert window.js("return document.activeElement.parentElement.open")

    reach(window, "#instalar-nginx .tick input")
    window.press(" ")
    reach(window, ".go-on")
    window.press("Enter")
    assert window.js("return location.hash") == "#circus-ini"
    window.press("Tab")  # from there
    assert window.js("return document.activeElement.closest('figure').id") == "circus-ini"
    reach(window, ".start-over")
    window.press("Enter")
    assert window.js("return document.querySelectorAll('.tick input:checked').length") == 0
    # what was pressed is gone; the focus is at the first step
    assert window.js("return document.activeElement.matches('#instalar-nginx .tick input')")
    assert window.js("return document.querySelector('.progress').hidden")


def test_a_recording_is_played_and_left_again(window: Window, address: str) -> None:
    window.show(address + "casos/", prefers_reduced_motion="reduce")
    reach(window, "#instalar-nginx .play")
    window.press("Enter")
    until(window, "document.querySelector('#instalar-nginx iframe') !== null")
    window.press("Tab")
    reached = 0
    for _ in range(20):
        if window.js("return document.activeElement.tagName") == "IFRAME":
            reached += 1
        elif reached:
            break
        window.press("Tab")
        time.sleep(0.1)
    assert 2 <= reached < 10
    assert window.js("return document.activeElement.closest('main') !== null")
