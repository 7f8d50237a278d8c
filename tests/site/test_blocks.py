"""What a reader finds in a built article."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.model import ConsoleStep, FileStep
from ensayar.parameters import resolve
from ensayar.rst import parse

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

    from .conftest import Site


@pytest.fixture
def page(rehearsed: Site) -> BeautifulSoup:
    return rehearsed.page("casos")


def block(page: BeautifulSoup, name: str) -> Tag:
    figure = page.select_one(f"figure#{name}")
    assert figure is not None, name
    return figure


def text(page: BeautifulSoup | Tag, selector: str) -> str:
    found = page.select(selector)
    assert len(found) == 1, f"{selector}: {len(found)}"
    return " ".join(found[0].get_text().split())


def test_every_block_of_the_article_is_a_figure_with_its_name_as_anchor(page: BeautifulSoup, rehearsed: Site) -> None:
    article = parse(rehearsed.root / "posts/casos.rst", root=rehearsed.root)
    assert article is not None
    assert [figure.get("id") for figure in page.select("figure.block")] == [item.name for item in article.blocks]
    for name in (item.name for item in article.blocks if item.name):
        anchor = block(page, name).select_one("figcaption a.anchor")
        assert anchor is not None
        assert anchor["href"] == f"#{name}"
        assert name in str(anchor["aria-label"])


def test_what_a_file_block_shows_is_the_file_byte_for_byte(page: BeautifulSoup, rehearsed: Site) -> None:
    article = parse(rehearsed.root / "posts/casos.rst", root=rehearsed.root)
    assert article is not None
    files = [step for step in resolve(article).steps if isinstance(step, FileStep)]
    assert len(files) == 4
    for step in files:
        code = block(page, step.name).select_one("pre > code")
        assert code is not None
        assert code.get_text() == step.content


def test_commands_are_shown_byte_for_byte_apart_from_prompt_and_output(page: BeautifulSoup, rehearsed: Site) -> None:
    article = parse(rehearsed.root / "posts/casos.rst", root=rehearsed.root)
    assert article is not None
    for step in resolve(article).steps:
        if isinstance(step, ConsoleStep):
            commands = block(page, step.name).select("pre.command")
            assert [code.get_text() for pre in commands for code in pre.select("code")] == [
                command.text for command in step.commands
            ]
            assert [prompt.get_text() for pre in commands for prompt in pre.select(".prompt")] == [
                command.account.value for command in step.commands
            ]
            assert not block(page, step.name).select("pre.command samp, pre.output .prompt")


def test_a_file_s_caption_tells_path_owner_mode_and_language(page: BeautifulSoup) -> None:
    figure = block(page, "circus-ini")
    assert text(figure, ".path") == "/home/muro/circus.ini"
    assert text(figure, ".owner") == "dueño root:muro"
    assert text(figure, ".mode") == "modo 0640"
    assert text(figure, ".language") == "INI"
    assert text(block(page, "settings"), ".title") == "La configuración"
    assert "destacado" in block(page, "settings")["class"]


@pytest.mark.parametrize(
    ("name", "terminal"),
    [
        ("instalar-nginx", "Terminal de root"),
        ("esperar", "Terminal de muro"),
        ("termina-mal", "Terminales de root y de muro"),
        ("espia", "Otra terminal de muro"),
        ("lo-que-vio", "La otra terminal: espia"),
    ],
)
def test_a_console_s_caption_tells_whose_terminal_it_is(page: BeautifulSoup, name: str, terminal: str) -> None:
    assert text(block(page, name), ".terminal") == terminal


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("esperar", "Puede tardar: repetilo hasta que salga lo mostrado (como mucho, 30 s)."),
        ("espia", "El comando queda corriendo: dejá abierta esa terminal."),
        ("lo-que-vio", "Después, cortalo con Ctrl-C en esa terminal."),
        ("termina-mal", "El último comando termina con estado 3: es lo esperado."),
        ("reiniciar", "La máquina se reinicia y las terminales se cierran; seguí cuando vuelva."),
        ("circus-ini-dos", "Reemplaza el archivo entero que escribiste en circus-ini."),
    ],
)
def test_what_the_commands_do_not_say_is_disclosed(page: BeautifulSoup, name: str, remark: str) -> None:
    assert remark in [" ".join(item.get_text().split()) for item in block(page, name).select("p.remark")]


def test_parameters_are_marked_wherever_their_values_stand(page: BeautifulSoup) -> None:
    assert page.select_one("p > var[data-parameter=usuario]") is not None
    assert {var.get_text() for var in page.select("var[data-parameter=usuario]")} == {"muro"}
    assert {var.get_text() for var in page.select("var[data-parameter=dominio]")} == {"muro.example"}
    assert block(page, "settings").select_one("code .s var, code var .s, code .s > var") is not None
    assert [term.get_text() for term in page.select("dl.parameter dt")] == ["usuario", "dominio"]
    assert page.select_one("dl.parameter dd em") is not None


def test_a_skipped_block_says_why(page: BeautifulSoup) -> None:
    reasons = [" ".join(item.get_text().split()) for item in page.select("figure.skipped > p.verdict")]
    assert reasons == [
        "– No se ejecuta: Hace falta un dominio <propio> para pedirlo",  # noqa: RUF001  (the page's own dash)
        "– No se ejecuta: Es para leer",  # noqa: RUF001
    ]


def test_lines_are_numbered_and_emphasised_outside_the_text(page: BeautifulSoup) -> None:
    lines = block(page, "circus-ini").select("pre.numbered .line")
    assert [line["data-line"] for line in lines] == ["1", "2", "3", "4", "5", "6"]
    assert [line["data-line"] for line in lines if "emphasised" in line["class"]] == ["2", "5", "6"]


def test_code_of_a_plain_post_is_shown_and_promises_nothing(rehearsed: Site) -> None:
    page = rehearsed.page("otro")
    assert [figure["class"] for figure in page.select("figure")] == [["block", "listing"], ["block", "listing"]]
    assert page.select("figure code")[0].get_text() == 'print("<hola>", 1 < 2)\n'
    assert text(page, "figcaption .title") == "Una consola"
    assert not page.select(".verdict, .rehearsal")


def test_a_section_named_like_a_block_leaves_it_its_anchor(page: BeautifulSoup) -> None:
    ids = [str(element["id"]) for element in page.select("[id]")]
    assert len(ids) == len(set(ids))
    link = page.select_one("nav.contents li a")
    assert link is not None
    section = page.find(id=str(link["href"]).removeprefix("#"))
    assert section is not None
    assert section.name == "section"


def test_every_link_within_the_page_leads_somewhere(page: BeautifulSoup) -> None:
    targets = {str(element["id"]) for element in page.select("[id]")} | {"top"}
    assert {str(link["href"])[1:] for link in page.select("a[href^='#']")} <= targets


def test_template_marks_in_a_block_are_no_shortcodes(page: BeautifulSoup) -> None:
    assert "{{% shortcode %}} {{ mensaje|escape }}" in block(page, "plantilla").get_text()


def test_a_block_that_may_scroll_can_be_reached_by_keyboard(page: BeautifulSoup) -> None:
    assert block(page, "circus-ini").select_one(".code[tabindex='0']") is not None
    assert block(page, "espia").select_one(".code[tabindex]") is None


def test_a_note_is_a_titled_box_and_no_landmark(page: BeautifulSoup) -> None:
    note = page.select_one("div.admonition.note")
    assert note is not None
    assert [" ".join(item.get_text().split()) for item in note.select(":scope > p")] == [
        "Nota",
        "Dentro de una nota también hay bloques.",
    ]
    assert [aside["class"] for aside in page.select("aside")] == [["rehearsal", "passed"]]
