"""The guide's example is an article, and what the guide says about it is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ensayar import extract
from ensayar.errors import ArticleError
from ensayar.matching import NORMALISERS, line_pattern
from ensayar.model import ConsoleStep, FileStep
from ensayar.rst.directives import Declaration, Rehearse
from ensayar.rst.options import KNOWN
from ensayar.rst.screenshots import Picture

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = (DOCS / "examples" / "saludo.rst").read_text(encoding="utf-8")
GUIDE = (DOCS / "guide.rst").read_text(encoding="utf-8")
MARKUP = (DOCS / "markup.rst").read_text(encoding="utf-8")


def written(root: Path, text: str) -> Path:
    path = root / "posts" / "saludo.rst"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_is_an_article(tmp_path: Path) -> None:
    (article,) = extract.read([written(tmp_path, EXAMPLE)], tmp_path)
    program, greeting = article.steps
    assert isinstance(program, FileStep)
    assert isinstance(greeting, ConsoleStep)
    assert greeting.commands[0].expected == ("¡Hola, mundo!",)
    assert extract.tree(article)["files/usr/local/bin/saludo"].data == '#!/bin/sh\necho "¡Hola, mundo!"\n'.encode()


def test_the_failure_that_the_guide_shows_names_the_right_line() -> None:
    shown = (DOCS / "examples" / "saludo-chau.txt").read_text(encoding="utf-8")
    line = int(shown.split(":")[1])
    assert EXAMPLE.splitlines()[line - 1] == "   # saludo"


def test_the_mistake_that_the_guide_shows_gives_the_message_it_shows(tmp_path: Path) -> None:
    path = written(tmp_path, EXAMPLE.replace(":mode:", ":modo:"))
    with pytest.raises(ArticleError) as caught:
        extract.read([path], tmp_path)
    assert str(caught.value) in GUIDE


def test_the_readme_shows_the_same_article_in_short() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    block = readme.partition("```rst\n")[2].partition("```")[0]
    assert [line for line in block.splitlines() if line not in EXAMPLE.replace("@@saludo@@", "Hola").splitlines()] == []


@pytest.mark.parametrize("option", sorted(KNOWN | Rehearse.known | Declaration.known | Picture.known))
def test_the_markup_page_explains_every_option(option: str) -> None:
    assert f":{option}:" in MARKUP


@pytest.mark.parametrize("token", sorted(NORMALISERS))
def test_the_markup_page_names_every_normaliser(token: str) -> None:
    assert f"``{token}``" in MARKUP


def test_the_values_that_the_markup_page_shows_match_their_normaliser() -> None:
    rows = re.findall(r"^      \* - (``<.*)\n        - (.*)$", MARKUP, re.MULTILINE)
    pairs = [
        (token, value)
        for tokens, values in rows
        for token in re.findall("``(.*?)``", tokens)
        for value in re.findall("``(.*?)``", values)
    ]
    assert {token for token, _ in pairs} == set(NORMALISERS)
    assert [pair for pair in pairs if not re.fullmatch(line_pattern(pair[0]), pair[1])] == []
