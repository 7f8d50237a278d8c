"""An article in a second language, whose blocks are the first one's."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import EXIT_STALE, EXIT_USAGE
from ensayar.rst import parse
from ensayar.translations import original_of
from visit.addresses import address_of, prefix_of, sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Site

CHANGED = ("{% load static %}", "{% load i18n %}")


def translation(site: Site) -> str:
    """The test article in English: its prose in few words, its blocks shared."""
    article = parse(site.root / "posts/casos.rst", root=site.root)
    assert article is not None
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    parameters = re.findall(r"^\.\. parameter:: .*\n(?:   :.*\n)+", source, re.MULTILINE)
    reasons = {skip.name: "Not for everybody." for skip in article.skips}
    blocks = [
        f".. shared:: {block.name}\n" + (f"   :skip: {reasons[block.name]}\n" if block.name in reasons else "")
        for block in article.blocks
    ]
    assert all(block.name for block in article.blocks)
    header = (
        ".. title: All cases in one article\n.. slug: cases\n.. date: 2026-11-20 12:00:00 UTC-03:00\n"
        ".. description: Of each kind one.\n\nIn few words.\n\n"
        ".. rehearse::\n   :platform: debian-13\n   :login: @@usuario@@\n   :language: en\n"
    )
    values = [f"{parameter}\n   Which :emphasis:`one`.\n" for parameter in parameters]
    return "\n".join([header, *values, *blocks])


def named(source: str) -> str:
    """*source*, whose nameless blocks have names now."""
    found = iter(range(1, 100))
    return re.sub(
        r"^( *)(\.\. (?:code-block|code|sourcecode)::.*\n)(?!(?: +:.*\n)* +:name:)",
        lambda match: f"{match[1]}{match[2]}{match[1]}   :name: sin-nombre-{next(found)}\n",
        source,
        flags=re.MULTILINE,
    )


@pytest.fixture
def site(new_site: Callable[..., Site]) -> Site:
    site = new_site("casos", "otro")
    settings = (site.root / "conf.py").read_text(encoding="utf-8")
    site.write("conf.py", f'{settings}\nTRANSLATIONS = {{"es": "", "en": "./en"}}\n')
    site.write("posts/casos.rst", named((site.root / "posts/casos.rst").read_text(encoding="utf-8")))
    site.write("posts/casos.en.rst", translation(site))
    site.save(site.evidence("casos"))
    return site


def test_the_blocks_are_the_same_and_the_words_are_not(site: Site) -> None:
    site.build()
    spanish, english = site.page("casos"), site.page("en/cases")
    figures = {str(figure["id"]): figure for figure in spanish.select("figure.block")}
    shared = {str(figure["id"]): figure for figure in english.select("figure.block")}
    assert list(shared) == list(figures)
    for name, figure in figures.items():
        texts = [
            [
                line
                for line in "\n".join(code.get_text() for code in found.select("pre")).splitlines()
                if line[:1] != "⋯"
            ]
            for found in (figure, shared[name])
        ]
        assert texts[0] == texts[1]
        assert any(line.strip() for line in texts[0])
        assert len(shared[name].select(".verdict.verified")) == len(figure.select(".verdict.verified"))
    assert "Verificado" not in english.get_text()
    assert "Not for everybody." in english.select("figure.skipped")[0].get_text()
    assert english.select("figure#plantilla .verdict a")[0]["href"] == "rehearsal/#plantilla"


def test_what_changes_in_the_article_changes_in_all_its_languages(site: Site) -> None:
    site.build()
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace(*CHANGED))
    assert site.build(expected=EXIT_STALE).count("rehearse it") == 1
    code = site.page("en/cases").select("figure#plantilla pre")[0].get_text()
    assert CHANGED[1] in code
    assert len(site.page("en/cases").select("figure#plantilla .verdict.verified")) == 0
    before = site.times()
    site.build(expected=EXIT_STALE)
    assert site.times() == before


def test_what_the_article_includes_is_in_all_its_languages(site: Site) -> None:
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    block = re.search(r"\.\. code-block:: console\n   :name: espia\n(?:   .*\n|\n)+", source)
    assert block
    part = site.write("part.inc", block[0])
    site.write("posts/casos.rst", source.replace(block[0], f".. include:: {part}\n\n"))
    site.build()
    before = site.times()
    site.build()
    assert site.times() == before
    site.write("part.inc", block[0].replace("espia.py", "otro.py"))
    site.build(expected=EXIT_STALE)
    for url in ("casos", "en/cases"):
        assert "otro.py" in site.page(url).select("figure#espia pre")[0].get_text()
        assert site.times()[f"{url}/casos.tar.gz"] != before[f"{url}/casos.tar.gz"]


def test_a_block_that_is_not_there_ends_the_build(site: Site) -> None:
    english = (site.root / "posts/casos.en.rst").read_text(encoding="utf-8")
    site.write("posts/casos.en.rst", english.replace(".. shared:: plantilla\n", ""))
    printed = site.build(expected=EXIT_USAGE)
    assert re.search(
        r"^posts/casos\.en\.rst:\d+: the block “plantilla” of posts/casos\.rst:71 is missing after this; "
        r"write “\.\. shared:: plantilla”$",
        printed,
        re.MULTILINE,
    )
    assert "Traceback" not in printed


def test_what_is_wrong_with_its_look_is_said_with_its_place(site: Site) -> None:
    english = (site.root / "posts/casos.en.rst").read_text(encoding="utf-8")
    text = english.replace(".. shared:: plantilla\n", ".. shared:: plantilla\n   :emphasize-lines: 4-5\n")
    line = text[: text.index(".. shared:: plantilla")].count("\n") + 1
    site.write("posts/casos.en.rst", text)
    printed = site.build(expected=EXIT_USAGE)
    assert f"posts/casos.en.rst:{line}: “:emphasize-lines: 4-5” is not within lines 1 to 4;" in printed
    site.write("posts/casos.en.rst", text.replace("4-5", "2,4"))
    site.build()
    assert len(site.page("en/cases").select("figure#plantilla .line.emphasised")) == 2


def test_the_download_is_in_its_language_and_does_the_same(site: Site, tmp_path: Path) -> None:
    site.build()
    texts = []
    for url in ("casos", "en/cases"):
        link = site.page(url).select('a[href$=".tar.gz"]')[0]
        target = tmp_path / url
        shutil.unpack_archive(site.root / "output" / url / str(link["href"]), target)
        texts.append({str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()})
    spanish, english = texts
    files = {name: data for name, data in spanish.items() if "/files/" in name}
    assert files
    assert {name: data for name, data in english.items() if "/files/" in name} == files
    assert "casos/README.txt" in english
    assert b"failed (exit status" in english["casos/deploy.sh"]


def test_a_language_that_the_site_does_not_have_is_named(site: Site) -> None:
    settings = (site.root / "conf.py").read_text(encoding="utf-8")
    site.write("conf.py", f'{settings}\nTRANSLATIONS = {{"es": ""}}\n')
    printed = site.build(expected=EXIT_USAGE)
    assert "posts/casos.en.rst: TRANSLATIONS in conf.py has no such language; add it" in printed
    assert "Traceback" not in printed


def test_what_the_project_has_in_english_is_what_it_has_in_spanish(project: Site) -> None:
    for source in sources():
        if not prefix_of(source):
            continue
        english, spanish = (project.page(address_of(path)) for path in (source, original_of(source) or source))
        texts, others = (
            [str(button["data-text"]) for button in page.select("button[data-text]")] for page in (english, spanish)
        )
        assert len(texts) >= 70
        assert texts == others
        assert english.select("html[lang=en]")
        assert [link["href"] for link in spanish.select("article header a[hreflang=en]")] == [
            f"../{address_of(source)}"
        ]
