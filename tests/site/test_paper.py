"""The project's article and its report without scripts, and on paper: all of it is there to be read and typed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ensayar.model import ConsoleStep, FileStep
from ensayar.parameters import resolve
from ensayar.rst import parse
from visit.addresses import address_of, reports, sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Site, Window

SELECTED = """
const [selector] = arguments;
return Object.fromEntries([...document.querySelectorAll(selector)].map(code => {
  getSelection().selectAllChildren(code);
  return [code.closest('[id]').id, getSelection().toString()];
}));
"""
"""By the name of its block, what is copied of each of the elements by hand."""
TOOLS = "button, select, input, .tools, .copies, .own, .reader, .scheme, .play"


@contextmanager
def without_scripts(window: Window) -> Iterator[None]:
    window.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        yield
    finally:
        window.command("Emulation.setScriptExecutionDisabled", value=False)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def shown(window: Window, selector: str) -> list[str]:
    found: list[str] = window.js(
        "return [...document.querySelectorAll(arguments[0])].filter(e => e.getClientRects().length)"
        ".map(e => e.outerHTML.slice(0, 80))",
        selector,
    )
    return found


@pytest.mark.parametrize("source", sources(), ids=address_of)
def test_what_is_to_be_typed_can_be_selected_by_hand_without_scripts(
    window: Window, addresses: dict[str, str], project: Site, source: Path
) -> None:
    article = parse(project.root / "posts" / source.name, root=project.root)
    assert article is not None
    steps = resolve(article).steps
    with without_scripts(window):
        window.show(addresses["project"] + address_of(source))
        assert window.js("return document.documentElement.className") == ""
        assert shown(window, TOOLS) == []
        selected: dict[str, str] = window.js(SELECTED, "figure.block .code")
    assert len(steps) > 20
    assert selected.keys() >= {step.name for step in steps}
    for step in steps:
        if isinstance(step, FileStep):
            assert selected[step.name].rstrip("\n") == step.content.rstrip("\n"), step.name
        elif isinstance(step, ConsoleStep) and not step.output_of:
            typed = "\n".join(command.text for command in step.commands)
            assert lines(selected[step.name]) == lines(typed), step.name
        else:  # nothing is typed, and what was printed is there
            assert lines(selected[step.name]), step.name


@pytest.mark.parametrize("path", reports())
def test_a_report_needs_no_script_and_its_commands_and_output_can_be_selected(
    window: Window, addresses: dict[str, str], path: str
) -> None:
    with without_scripts(window):
        window.show(addresses["project"] + path)
        assert shown(window, TOOLS) == []
        window.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        for selector in (".act pre.command", ".act pre.output"):
            pairs = window.js(
                "return [...document.querySelectorAll(arguments[0])].map(pre => {"
                "getSelection().selectAllChildren(pre);"
                "return [pre.querySelector('code, samp').textContent, getSelection().toString()] })",
                selector,
            )
            assert len(pairs) > 20
            assert [pair for pair in pairs if lines(pair[0]) != lines(pair[1])] == []


PAPER = """
const luminance = e => Math.max(...getComputedStyle(e).color.match(/[\\d.]+/g).slice(0, 3).map(Number));
const writes = e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim());
const dark = e => { // a background that is not that of paper, or near it
  const [r, g, b, a = 1] = getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number);
  return a > 0 && Math.min(r, g, b) < 200;
};
const all = [...document.body.querySelectorAll('*')].filter(e => e.getClientRects().length);
const name = e => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`;
const limit = document.documentElement.clientWidth;
return {
  bright: all.filter(writes).filter(e => luminance(e) > 190).map(name),
  dark: all.filter(dark).map(name),
  paper: getComputedStyle(document.body).backgroundColor,
  code: all.filter(e => e.matches('pre')).length,
  cut: all.filter(e => e.matches('pre, .code, .wide-table') && e.scrollWidth > e.clientWidth + 1).map(name),
  wide: all.filter(e => e.getBoundingClientRect().right > limit + 1).map(name),
  pictures: [...document.querySelectorAll('main img')].map(e => [
    e.currentSrc.split('/').pop(), e.complete && e.naturalWidth > 0, getComputedStyle(e).breakInside,
    e.getBoundingClientRect().height <= 900]),
};
"""


CHOSEN = """
// A browser chooses anew among a picture's sources while it renders, and fetches what it chose: as it does before it
// prints. What was not chosen after two seconds is not going to be.
const done = arguments[0], since = performance.now();
const look = () => [...document.images].every(image => image.complete && !image.currentSrc.includes('dark'))
  || performance.now() - since > 2000 ? done() : requestAnimationFrame(look);
requestAnimationFrame(look);
"""


@pytest.mark.parametrize("chosen", ["", "dark"])
@pytest.mark.parametrize("path", [*map(address_of, sources()), *reports()])
def test_on_paper_it_is_dark_on_white_whole_and_without_tools(
    window: Window, addresses: dict[str, str], path: str, chosen: str
) -> None:
    window.show(addresses["project"])
    window.js("localStorage.setItem('ensayar:scheme', arguments[0])", chosen)
    window.show(addresses["project"] + path, scheme=chosen or "light", prefers_reduced_motion="reduce")
    window.js("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    window.later("Promise.all([...document.images].map(image => image.decode())).then(arguments[0], arguments[0])")
    # A4 with margins of 15 mm, in pixels of CSS; a system that is dark stays so while it prints
    window.command("Emulation.setDeviceMetricsOverride", width=680, height=1000, deviceScaleFactor=1, mobile=False)
    features = [{"name": "prefers-color-scheme", "value": chosen or "light"}]
    window.command("Emulation.setEmulatedMedia", media="print", features=features)
    try:
        window.later(CHOSEN)
        found = window.js(PAPER)
        assert shown(window, f"{TOOLS}, nav, .skip, iframe") == []
    finally:
        window.command("Emulation.setEmulatedMedia", media="")
    pictures = found.pop("pictures")
    assert found.pop("code") > 20
    assert found == {"bright": [], "dark": [], "paper": "rgb(255, 255, 255)", "cut": [], "wide": []}
    assert [picture for picture in pictures if picture[1:] != [True, "avoid", True]] == []
    assert bool(pictures) == (path not in reports())
    assert [picture for picture in pictures if "dark" in picture[0]] == []
