"""axe-core, by WCAG 2.2 (AA), finds nothing on any page of the project's site, however it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from visit.axe import RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Site, Window

VIEWS = [(width, scheme) for width in (320, 1440) for scheme in ("light", "dark")]


@pytest.fixture
def asked(window: Window) -> Iterator[Window]:
    """A browser in which a page may evaluate code, as axe does; the pages themselves do not."""
    window.command("Page.setBypassCSP", enabled=True)
    yield window
    window.command("Page.setBypassCSP", enabled=False)
    window.complaints()


def test_no_page_has_anything_wrong_on_a_phone_or_a_screen_in_either_scheme(
    asked: Window, addresses: dict[str, str], project: Site, axe: str
) -> None:
    wrong = {}
    names = [*project.pages(), *project.frames()]
    assert {"404.html", "en/404.html"} < set(names)
    for name in names:
        asked.show(addresses["project"] + name.removesuffix("index.html"))
        asked.js(axe)
        for width, scheme in VIEWS:
            asked.be(width, scheme, prefers_reduced_motion="reduce")  # colours change at once
            result = asked.later(RUN)
            assert result["rules"] >= 15, name
            if result["violations"]:
                wrong[name, width, scheme] = result["violations"]
    assert wrong == {}


def test_what_only_wcag_2_2_forbids_is_noticed(asked: Window, address: str, axe: str) -> None:
    asked.show(address, 320)
    asked.js(axe)
    asked.js(
        "for (const word of ['a', 'b']) {"
        "const link = Object.assign(document.createElement('button'), {textContent: word, id: `_${word}`});"
        "link.style.cssText = 'min-height: 0; padding: 0; width: 12px; height: 12px; font-size: 12px';"
        "document.querySelector('main').append(link) }"
    )
    assert [name for name, *_ in asked.later(RUN)["violations"]] == ["target-size"]
