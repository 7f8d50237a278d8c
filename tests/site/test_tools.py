"""What a reader does with the blocks of an article, in a real browser."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

from ensayar.console import parse_console
from ensayar.model import ConsoleStep, FileStep, Location, Skip
from ensayar.parameters import resolve
from ensayar.publish.tools import runs_of
from ensayar.rst import parse

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

    from ensayar.model import Article, Block

    from .conftest import Site, Window


def article_of(site: Site, name: str, values: dict[str, str] | None = None) -> Article:
    article = parse(site.root / f"posts/{name}.rst", root=site.root)
    assert article is not None
    return resolve(article, values)


def copies(block: Block) -> list[str]:
    """What the copy buttons of *block* hand over, from the article itself."""
    if isinstance(block, FileStep):
        return [block.content]
    if isinstance(block, ConsoleStep):
        return [text for _account, text in runs_of(block.commands)]
    if block.language != "console":
        return [block.text]
    lines = [(line, Location("", 1)) for line in block.text.rstrip("\n").split("\n")]
    return [text for _account, text in runs_of(parse_console(lines).commands)]


def buttons(window: Window, selector: str) -> list[WebElement]:
    return window.driver.find_elements(By.CSS_SELECTOR, selector)


def pressed(window: Window, selector: str) -> list[str]:
    """The clipboard after each of the buttons, pressed in reading order."""
    return [window.copied_by(button) for button in buttons(window, selector)]


@pytest.mark.parametrize("site", ["rehearsed", "project"])
def test_every_copy_button_hands_over_what_ran_byte_for_byte(
    window: Window, addresses: dict[str, str], request: pytest.FixtureRequest, site: str
) -> None:
    built: Site = request.getfixturevalue(site)
    names = [path.stem for path in built.articles()]
    read = [name for name in names if parse(built.root / f"posts/{name}.rst", root=built.root) is not None]
    assert read
    for name in read:
        window.show(f"{addresses[site]}{name}/")
        expected = [text for block in article_of(built, name).blocks for text in copies(block)]
        assert len(expected) >= 10
        assert pressed(window, "button.copy") == expected
    assert window.complaints() == []


def test_a_block_for_two_terminals_has_a_button_for_each(rehearsed: Site) -> None:
    page = rehearsed.page("casos")
    found = page.select("figure#termina-mal button.copy")
    assert [button.get_text() for button in found] == ["Copiar lo de $", "Copiar lo de #"]
    assert str(found[0]["data-text"]).startswith("cat > nota.txt <<FIN\nuna <b>nota</b>\nFIN\ncd /tmp && \\\n")
    assert found[1]["data-text"] == "systemctl is-active nada"
    assert page.select("figure#lo-que-vio button.copy") == []


def test_code_of_a_plain_post_can_be_copied_too(window: Window, address: str) -> None:
    window.show(address + "otro/")
    assert pressed(window, "button.copy") == ['print("<hola>", 1 < 2)\n', "echo hola"]


def test_what_html_cannot_carry_gets_no_button(rehearsed: Site) -> None:
    from ensayar.publish.tools import copy_text  # noqa: PLC0415

    assert rehearsed.page("casos").select("button.copy")
    assert copy_text("a\x00b", None, "es") == ""
    assert copy_text("a\rb", None, "es") == ""
    assert 'data-text="a&#34;\tb\n"' in copy_text('a"\tb\n', None, "es")


def test_copying_is_announced_each_time_and_needs_no_mouse(window: Window, address: str) -> None:
    window.show(address + "casos/")
    window.js(
        "window.heard = []; const notice = document.querySelector('[aria-live=polite][role=status]');"
        "new MutationObserver(() => notice.textContent && heard.push(notice.textContent))"
        ".observe(notice, {childList: true});"
        "document.querySelector('#instalar-nginx figcaption .anchor').focus()"
    )
    for _ in range(20):
        window.press("Tab")
        if window.js("return document.activeElement.matches('button.copy')"):
            break
    assert window.js("return document.activeElement.closest('figure').id") == "instalar-nginx"
    assert window.js("return document.activeElement.getAttribute('aria-label')") == "Copiar instalar-nginx"
    for key in ("Enter", " "):
        window.press(key)
        time.sleep(0.3)
    assert window.js("return heard") == ["Copiado", "Copiado"]
    assert window.clipboard().startswith("apt-get install --yes nginx-light\nsystemctl is-active nginx\n")
    assert window.js("return document.activeElement.matches('button.copy')")


def test_without_the_clipboard_of_a_secure_page_copying_works_the_old_way(window: Window, address: str) -> None:
    window.show(address + "casos/")
    window.js("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
    buttons(window, "#plantilla button.copy")[0].click()
    time.sleep(0.2)
    window.js("delete navigator.clipboard")
    assert window.clipboard().startswith("<!doctype html>\n{% load static %}\n{{% shortcode %}}")
    assert window.js("return document.querySelector('#_aviso').textContent") == "Copiado"
    assert window.js("return document.activeElement.className").startswith("copy")


def test_a_copy_that_fails_says_so(window: Window, address: str) -> None:
    window.show(address + "casos/")
    window.js(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true});"
        "document.execCommand = () => false"
    )
    buttons(window, "#plantilla button.copy")[0].click()
    time.sleep(0.2)
    notice = "No se pudo copiar: seleccionalo y copialo a mano"
    assert window.js("return document.querySelector('#_aviso').textContent") == notice
    assert buttons(window, "button.did") == []


def files(article: Article) -> list[FileStep]:
    return [step for step in article.steps if isinstance(step, FileStep)]


def run_here_document(text: str, path: str, folder: Path) -> tuple[str, str]:
    """What *text* writes to *path*, and how it asks for owner and mode; typed into a bash of its own."""
    assert path in text
    fake = folder / "fake"
    for tool in ("chown", "chmod"):
        (folder / tool).write_text(f'#!/bin/sh\necho {tool} "$@"\n', encoding="utf-8")
        (folder / tool).chmod(0o755)
    done = subprocess.run(
        ["bash"],
        input=f"PATH={folder}:$PATH\n{text.replace(path, str(fake))}\necho 'the next command'\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.endswith("the next command\n")
    assert fake.stat().st_mode & 0o777 == 0o600
    return fake.read_text(encoding="utf-8"), done.stdout.removesuffix("the next command\n").replace(str(fake), path)


def test_a_file_can_be_had_as_a_command_for_root_s_terminal(
    window: Window, address: str, rehearsed: Site, tmp_path: Path
) -> None:
    window.show(address + "casos/")
    steps = files(article_of(rehearsed, "casos"))
    commands = pressed(window, "button.here-document")
    assert len(commands) == len(steps) == 4
    for step, text in zip(steps, commands, strict=True):
        assert not text.endswith("\n")
        written, asked = run_here_document(text, step.path, tmp_path)
        assert written == step.content
        owner = f"{step.owner}:{step.group}"
        assert asked == f"chown {owner} {step.path}\nchmod {step.mode:04o} {step.path}\n"


def test_a_file_can_be_downloaded(window: Window, address: str, rehearsed: Site, downloads: Path) -> None:
    window.show(address + "casos/")
    step = files(article_of(rehearsed, "casos"))[0]
    buttons(window, f"#{step.name} button.download")[0].click()
    target = downloads / "circus.ini"
    deadline = time.monotonic() + 10
    while not target.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert target.read_text(encoding="utf-8") == step.content
    assert window.complaints() == []


def test_without_javascript_all_is_there_and_nothing_is_offered_in_vain(
    window: Window, address: str, rehearsed: Site
) -> None:
    window.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        window.show(address + "casos/")
        assert [button for button in buttons(window, "button, input, select") if button.is_displayed()] == []
        for step in files(article_of(rehearsed, "casos")):
            shown = buttons(window, f"#{step.name} pre code")[0]
            assert shown.is_displayed()
            assert shown.get_property("textContent") == step.content
    finally:
        window.command("Emulation.setScriptExecutionDisabled", value=False)


def test_the_skipped_blocks_are_the_only_ones_that_did_not_run(rehearsed: Site) -> None:
    skips = [block for block in article_of(rehearsed, "casos").blocks if isinstance(block, Skip)]
    assert [copies(skip) for skip in skips] == [
        ["certbot --nginx -d muro.example"],
        ["--- a\n+++ b\n@@ -1 +1 @@\n-viejo\n+nuevo\n"],
    ]
