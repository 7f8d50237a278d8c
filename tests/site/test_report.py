"""The full report of a rehearsal: all that was seen, safely, and the way there and back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ensayar.errors import EXIT_STALE
from ensayar.evidence import (
    CheckEvidence,
    CheckpointEvidence,
    CommandEvidence,
    Evidence,
    MachineEvidence,
    SkipEvidence,
    StepEvidence,
)
from ensayar.mutation.report import article_digest
from ensayar.parameters import resolve
from ensayar.publish.page import Places, page_of
from ensayar.publish.report import report_html
from ensayar.publish.terminal import CLIP
from ensayar.rst import parse
from ensayar.screen import terminal_lines

from .test_evidence import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Article

    from .conftest import Site

PLACES = Places("/casos/", "/casos/ensayo/")


@pytest.fixture(scope="session")
def report(rehearsed: Site) -> BeautifulSoup:
    return rehearsed.page("casos/ensayo")


def act(report: BeautifulSoup, name: str) -> Tag:
    section = report.select_one(f"section.act#{name}")
    assert section is not None, name
    return section


def words(element: Tag | None) -> str:
    assert element is not None
    return " ".join(element.get_text().split())


def facts(report: BeautifulSoup) -> dict[str, str]:
    return {words(item.dt): words(item.dd) for item in report.select("dl > div")}


def test_the_summary_leads_to_the_report_and_the_report_back(rehearsed: Site, report: BeautifulSoup) -> None:
    link = rehearsed.page("casos").select_one("aside.rehearsal .full a")
    assert link is not None
    assert link["href"] == "ensayo/"
    back = report.select_one("header .lead a")
    assert back is not None
    assert (back["href"], words(back)) == ("../", "Todos los casos en un solo artículo")


def test_each_step_leads_to_its_place_in_the_report_and_back(rehearsed: Site, report: BeautifulSoup) -> None:
    article = rehearsed.page("casos")
    steps = [str(figure["id"]) for figure in article.select("figure.file, figure.console")]
    assert len(steps) == 10
    assert [str(section["id"]) for section in report.select("section.act")] == steps
    for name in steps:
        there = article.select(f"figure#{name} > .verdict a")
        assert [str(link["href"]) for link in there] == [f"ensayo/#{name}"]
        back = act(report, name).select(".meta a")
        assert [(str(link["href"]), link["aria-label"]) for link in back] == [
            (f"../#{name}", f"En el artículo: {name}")
        ]
    assert [str(link["href"]) for link in report.select(".overview a")] == [f"#{name}" for name in steps]
    # what the article shortens is whole over there
    assert [str(link["href"]) for link in article.select(".recorded .elided a")] == ["ensayo/#instalar-nginx"]


def test_it_tells_of_the_machine_and_of_the_whole(report: BeautifulSoup) -> None:
    assert facts(report) == {
        "Fecha": "23 de noviembre de 2026, 21:04 UTC",
        "Duración": "9 min 12 s",
        "Pasos": "10 de 10 funcionaron",
        "Comandos": "10",
        "Comprobaciones": "10 de 10 se cumplieron",
        "Bloques que no se ejecutan": "2",
        "Plataforma": "Debian 13",
        "Virtualizador": "QEMU",
        "Ejecución": "emulada (TCG), varias veces más lenta que una máquina real",
        "CPU": "2",
        "Memoria": "1024 MiB",
        "Valores usados": "usuario=muro, dominio=muro.example",
        "Imagen": "c0ffee",
        "Punto de partida": "una máquina nueva",
        "Versiones": "nginx 1.26.3, Django 5.2.19",
        "Lo que la máquina recibió prestado": "El proxy del anfitrión: http_proxy http://10.0.2.2:3128.",
    }


def test_a_step_has_all_its_commands_with_prompt_status_time_and_whole_output(report: BeautifulSoup) -> None:
    section = act(report, "instalar-nginx")
    assert words(section.select_one(".meta")) == "✓ Funcionó · 0,3 s · En el artículo · línea 36"
    assert [(words(pre.select_one(".prompt")), words(pre.code)) for pre in section.select("pre.command")] == [
        ("#", "apt-get install --yes nginx-light"),
        ("#", "systemctl is-active nginx"),
        ("#", "systemctl show --property=MainPID nginx"),
        ("#", "cat /etc/os-release"),
    ]
    assert [words(item) for item in section.select("p.facts")][:4] == ["estado 0 · 0,3 s"] * 4
    assert [words(item) for item in section.select("details > summary")] == ["Salida (302 líneas)"]
    long, *short = [pre.get_text() for pre in section.select("pre.output")]
    assert long.split("\n") == ["Reading package lists... Done", "Setting up nginx-light", *["línea"] * 300]
    assert short[:2] == ["active", "MainPID=4711"]


def test_a_command_of_two_lines_is_whole_and_silence_is_told(report: BeautifulSoup) -> None:
    section = act(report, "termina-mal")
    assert section.select("pre.command code")[0].get_text() == "cat > nota.txt <<FIN\nuna <b>nota</b>\nFIN"
    assert words(section.select("p.facts")[0]) == "estado 0 · 0,3 s · sin salida"
    assert not section.select("pre.output")


def test_a_file_is_named_with_owner_mode_and_length(report: BeautifulSoup) -> None:
    assert words(act(report, "circus-ini").select("p")[1]) == (
        "Se escribió /home/muro/circus.ini, dueño root:muro, modo 0640 (6 líneas)."
    )


def test_what_a_terminal_of_its_own_runs_and_prints_is_told(report: BeautifulSoup) -> None:
    running = act(report, "espia")
    assert words(running.select_one("pre.command")) == "$ python3 espia.py"
    assert "Quedó corriendo en otra terminal." in words(running)
    seen = act(report, "lo-que-vio")
    assert words(seen.select_one("p.facts")) == "Lo que imprimió espia:"
    assert [str(link["href"]) for link in seen.select("p.facts a")] == ["#espia"]
    assert "Se repitió hasta que salió lo que muestra el artículo" in words(act(report, "esperar"))
    assert "La máquina se reinició." in words(act(report, "reiniciar"))


def test_checks_come_with_description_time_and_name(report: BeautifulSoup) -> None:
    assert [words(item) for item in act(report, "circus-ini").select(".checks li")] == [
        "✓ Se ve el efecto de circus-ini 0,1 s · test_circus-ini"
    ]


def test_what_is_not_run_says_why(report: BeautifulSoup) -> None:
    assert [words(item) for item in report.select("section > ul:not(.checks) > li")] == [
        "posts/casos.rst:151: Hace falta un dominio <propio> para pedirlo",
        "posts/casos.rst:157: Es para leer",
    ]


def test_the_record_itself_is_beside_the_page(rehearsed: Site, report: BeautifulSoup) -> None:
    link = report.select("section > p a[href='evidence.json']")
    assert len(link) == 1
    outputs = rehearsed.outputs()
    committed = (rehearsed.root / "tutorial/casos/evidence/evidence.json").read_bytes()
    assert outputs["casos/ensayo/evidence.json"] == committed


def test_machines_learn_what_it_is_about(report: BeautifulSoup) -> None:
    assert not report.select("meta[name=robots]")
    canonical = report.select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == "https://ensayar.example/casos/ensayo/"
    assert report.title is not None
    assert report.title.get_text() == "Informe del ensayo: Todos los casos en un solo artículo · ensayar"
    (script,) = report.select("head > script[type='application/ld+json']")
    data = json.loads(script.get_text())
    assert data["@type"] == "Report"
    assert data["about"]["url"] == "https://ensayar.example/casos/"
    assert data["dateCreated"] == "2026-11-23T21:04:05Z"
    # what a machine printed is no summary for a search engine
    assert report.select_one("[data-nosnippet] section.act") is not None


def test_a_committed_score_of_mutation_is_shown_while_it_holds(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    article = parse(site.root / "posts/casos.rst", root=site.root)
    assert article is not None
    counts = {"total": 0, "killed": 0, "timed_out": 0, "survived": 0, "undecided": 0, "error": 0, "pending": 0}
    found = {
        "schema": 3,
        "population": {"dropped": 10, "altered": 2500},
        "sound": None,
        "digest": article_digest(resolve(article)),
        "finished": "2026-11-24",
        "selection": {"steps": [], "operators": [], "only": None, "sample": 1991, "all_dropped": True, "seed": 0},
        "dropped": counts | {"killed": 9, "timed_out": 1, "explained": 0},
        "altered": counts | {"killed": 1990, "survived": 1, "explained": 1},
    }
    path = site.write("tutorial/casos/evidence/mutation.json", json.dumps(found))
    site.build()
    wanted = (
        "se notaron 10 de 10 pasos salteados (100 %); "
        "se notaron 1990 de 1991 alteraciones (99,9 %), tomadas al azar entre 2500; "
        "1 no cambia nada que se pueda notar; probado el 24 de noviembre de 2026"
    )
    for url in ("casos", "casos/ensayo"):
        assert facts(site.page(url))["Fallas puestas a propósito"] == wanted
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace("{% load static %}", "{% load i18n %}"))
    site.build(expected=EXIT_STALE)
    assert "Fallas puestas a propósito" not in facts(site.page("casos"))
    site.write("posts/casos.rst", source)
    site.build()
    assert "Fallas puestas a propósito" in facts(site.page("casos"))
    path.write_text("[]", encoding="utf-8")
    assert "tutorial/casos/evidence/mutation.json: no report of" in site.build(expected=2)
    path.unlink()
    site.build()
    assert "Fallas puestas a propósito" not in facts(site.page("casos/ensayo"))


def test_a_draft_s_report_is_for_no_search_engine(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace(".. tags:", ".. status: draft\n.. tags:", 1))
    site.save(site.evidence("casos"))
    site.build()
    robots = site.page("casos/ensayo").select_one("meta[name=robots]")
    assert robots is not None
    assert robots["content"] == "noindex"
    assert b"/ensayo/" not in site.outputs()["sitemap.xml"]


def test_each_language_has_its_own(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    settings = (site.root / "conf.py").read_text(encoding="utf-8")
    site.write("conf.py", f'{settings}\nTRANSLATIONS["en"] = "./en"\nNAVIGATION_LINKS["en"] = ()\n')
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    source = source.replace("Todos los casos en un solo artículo", "All cases in one article").replace(
        ":doc:`otro`", "x"
    )
    site.write("posts/casos.en.rst", source)
    site.save(site.evidence("casos"))
    site.build()
    report = site.page("en/casos/rehearsal")
    assert report.html is not None
    assert report.html["lang"] == "en"
    assert words(report.h1) == "Report of the rehearsal"
    assert words(report.select_one(".lead a")) == "All cases in one article"
    assert facts(report)["What the machine was lent"] == "The host's proxy: http_proxy http://10.0.2.2:3128."
    assert words(act(report, "esperar").select_one(".meta")) == "✓ Worked · 0.3 s · In the article · line 110"
    assert (site.root / "output/en/casos/rehearsal/evidence.json").is_file()
    alternates = {"es": "https://ensayar.example/casos/ensayo/", "en": "https://ensayar.example/en/casos/rehearsal/"}
    alternates["x-default"] = alternates["es"]
    for page, other in ((report, "../../../casos/ensayo/"), (site.page("casos/ensayo"), "../../en/casos/rehearsal/")):
        stated = {str(link["hreflang"]): str(link["href"]) for link in page.select("link[hreflang]")}
        assert stated == alternates
        assert [str(link["href"]) for link in page.select("article header a[hreflang]")] == [other]
    link = site.page("en/casos").select_one("aside.rehearsal .full a")
    assert link is not None
    assert link["href"] == "rehearsal/"
    # one article, one line, in however many languages
    for name in ("casos", "casos.en"):
        text = (site.root / f"posts/{name}.rst").read_text(encoding="utf-8")
        site.write(f"posts/{name}.rst", text.replace("{% load static %}", "{% load i18n %}"))
    assert site.build(expected=EXIT_STALE).count("rehearse it") == 1


@pytest.mark.parametrize(
    ("setting", "article", "there", "back"),
    [
        ("PRETTY_URLS = False", "casos.html", "casos/ensayo/", "../../casos.html"),
        ("STRIP_INDEXES = False", "casos/index.html", "ensayo/index.html", "../index.html"),
    ],
)
def test_it_is_found_whatever_the_addresses_of_the_site_look_like(
    new_site: Callable[..., Site], setting: str, article: str, there: str, back: str
) -> None:
    site = new_site("casos", "otro")
    site.write("conf.py", f"{(site.root / 'conf.py').read_text(encoding='utf-8')}\n{setting}\n")
    site.save(site.evidence("casos"))
    site.build()
    page = BeautifulSoup(site.outputs()[article].decode("utf-8"), "lxml")
    links = page.select("aside.rehearsal .full a, figure#circus-ini .verdict a")
    assert [str(link["href"]) for link in links] == [there, f"{there}#circus-ini"]
    report = site.page("casos/ensayo")
    assert [str(link["href"]) for link in report.select(".lead a, #circus-ini .meta a")] == [
        back,
        f"{back}#circus-ini",
    ]


def test_a_post_that_is_no_article_has_no_report(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(replace(site.evidence("casos"), article="otro"))
    site.build()
    assert not (site.root / "output/otro/ensayo").exists()
    assert not site.page("otro").select(".full")


def test_a_record_that_does_not_fit_the_article_any_more_says_so(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    gone = replace(evidence.steps[-1], name="se-fue", commands=(CommandEvidence("rm -r /", "#", 0, "", 1.0),))
    site.save(replace(evidence, steps=(*evidence.steps, gone)))
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace("{% load static %}", "{% load i18n %}"))
    site.build(expected=EXIT_STALE)
    report = site.page("casos/ensayo")
    assert "El artículo cambió después de este ensayo." in words(report.select_one("aside"))
    remarks = {str(item["id"]): words(item.select_one(".remark")) for item in report.select(".act:has(.remark)")}
    assert next(iter(remarks)) == "plantilla"
    assert remarks["plantilla"] == "El artículo cambió: este paso ya no es el que se ensayó."
    assert remarks["settings"] == "El artículo cambió en algún paso anterior."
    assert remarks["se-fue"] == "El artículo cambió: este paso ya no está."
    assert not act(report, "se-fue").select(".meta a")
    # nothing is said of a file that may have been another
    assert words(act(report, "plantilla").select("p")[-2]) == "Se escribió un archivo."
    # the rehearsal was green all the same
    assert words(report.select_one("aside .outcome")) == "✓ Todos los pasos se ejecutaron y funcionaron"


def test_a_failure_and_what_was_not_reached(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    bad = CheckEvidence("tests/test_x.py::test_x[1]", "El puerto escucha.", passed=False, duration=0.1)
    late = CommandEvidence("sleep 9", "$", None, "z\n" * 99, 9.0)
    evidence = site.with_step(site.evidence("casos"), "espia", status="failed", checks=(bad,), commands=(late,))
    for step in evidence.steps[5:]:
        evidence = site.with_step(evidence, step.name, status="not reached", checks=(), commands=(), duration=0.0)
    start = CheckpointEvidence("instalar-nginx", "2026-11-23T20:00:00+00:00", 3845.0)
    evidence = site.with_step(evidence, "circus-ini", recorded="2026-11-23T20:01:00+00:00")
    site.save(replace(evidence, outcome="failed", checkpoint=start))
    site.build()
    report = site.page("casos/ensayo")
    assert words(report.select_one("aside .outcome")) == "✗ El ensayo falló"
    assert facts(report)["Punto de partida"] == (
        "la máquina de un ensayo anterior, guardada después de instalar-nginx; había empezado el 23 de noviembre de "
        "2026, 20:00 UTC, 1 h 4 min antes que este ensayo"
    )
    assert [str(link["href"]) for link in report.select("aside.rehearsal > p a")] == ["#espia"]
    failed = act(report, "espia")
    assert words(failed.select_one(".meta")).startswith("✗ Falló · 0,3 s")
    assert "no terminó a tiempo · 9,0 s" in [words(item) for item in failed.select("p.facts")]
    assert failed.select_one("details[open]") is not None
    assert (
        words(failed.select_one(".checks li.failed"))
        == "✗ El puerto escucha: no se cumplió 0,1 s · tests/test_x.py::test_x[1]"
    )
    assert words(act(report, "reiniciar").select_one(".meta")).startswith("○ El ensayo no llegó hasta acá · En el")
    assert "visto el 23 de noviembre de 2026, 20:01 UTC, en un ensayo anterior" in words(
        act(report, "circus-ini").select_one(".meta")
    )


def test_of_a_very_long_output_both_ends_are_there_and_the_way_to_the_rest(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    output = f"principio\n{'x' * 300_000}\nfin\n"
    waited = CommandEvidence("curl --silent http://127.0.0.1/", "$", 0, output, 0.1)
    site.save(site.with_step(site.evidence("casos"), "esperar", commands=(waited,)))
    site.build()
    shown = act(site.page("casos/ensayo"), "esperar").select_one("details pre.output")
    assert shown is not None
    note = shown.select_one(".elided")
    assert note is not None
    assert words(note) == f"… {len(output) - 1 - 2 * CLIP} caracteres omitidos acá: están en evidence.json …"
    assert [str(link["href"]) for link in note.select("a")] == ["evidence.json"]
    text = shown.get_text()
    assert text.startswith("principio\nxxx")
    assert text.endswith("xxx\nfin")
    assert len(text) < 2 * CLIP + 100


def test_nothing_in_the_evidence_becomes_mark_up_in_the_built_report(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    step = StepEvidence(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        "passed",
        1.0,
        (CommandEvidence(HOSTILE, HOSTILE, 0, HOSTILE, 1.0),),
        (CheckEvidence(HOSTILE, HOSTILE, passed=True, duration=1.0),),
        HOSTILE,
    )
    site.save(
        replace(
            evidence,
            source=HOSTILE,
            outcome=HOSTILE,
            started=HOSTILE,
            parameters={HOSTILE: HOSTILE},
            versions={HOSTILE: HOSTILE},
            machine=MachineEvidence(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 2, 1024, (HOSTILE,)),
            steps=(step, *evidence.steps, step),
            skips=(SkipEvidence(HOSTILE, HOSTILE),),
            checkpoint=CheckpointEvidence(HOSTILE, HOSTILE, 1.0),
        )
    )
    title = 'Un "título" con </script><b>negrita</b> & {llaves}'
    text = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", text.replace("Todos los casos en un solo artículo", title, 1))
    site.build(expected=EXIT_STALE)
    page = site.page("casos/ensayo")
    assert words(page.select_one(".lead a")) == title
    assert page.title is not None
    assert page.title.get_text() == f"Informe del ensayo: {title} · ensayar"
    source = str(page)
    assert not page.select("body script, img, b")
    (data,) = page.select("head > script[type]")
    assert json.loads(data.get_text())["about"]["headline"] == title
    assert not [element for element in page.find_all() if any(name.startswith("on") for name in element.attrs)]
    assert source.count("&lt;script&gt;alert(1)") >= 20
    assert not set("\x00\x07\x1b\x9b\u202e\ud800") & set(source)
    assert "rojo U+202Etxt␀␇U+009BU+D800" in page.select("pre.output")[0].get_text()


TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [HOSTILE, "\x1b[31mrojo\x1b[0m\r\x1b[K", '"><b>', "'onload=x ", "]]>", "<!--", "&lt;b&gt;", "javascript:x"]
    ),
)
NAME = st.one_of(st.sampled_from(["instalar-nginx", "espia", "esperar", "lo-que-vio", "_1", "Uno"]), TEXT)
SECONDS = st.floats(0, 1e6)
STATUS = st.one_of(st.sampled_from(["passed", "failed", "not reached"]), TEXT)
COMMAND = st.builds(CommandEvidence, TEXT, TEXT, st.none() | st.integers(0, 255), TEXT, SECONDS)
CHECK = st.builds(CheckEvidence, TEXT, TEXT, passed=st.booleans(), duration=SECONDS)
STEP = st.builds(
    StepEvidence,
    name=NAME,
    kind=st.one_of(st.sampled_from(["file", "console"]), TEXT),
    location=TEXT,
    digest=TEXT,
    status=STATUS,
    duration=SECONDS,
    commands=st.lists(COMMAND, max_size=2).map(tuple),
    checks=st.lists(CHECK, max_size=2).map(tuple),
    recorded=st.none() | TEXT,
)
EVIDENCE = st.builds(
    Evidence,
    article=TEXT,
    source=TEXT,
    outcome=STATUS,
    started=TEXT,
    duration=SECONDS,
    parameters=st.dictionaries(TEXT, TEXT, max_size=2),
    versions=st.dictionaries(TEXT, TEXT, max_size=2),
    machine=st.builds(
        MachineEvidence, TEXT, TEXT, TEXT, TEXT, st.integers(1), st.integers(), st.lists(TEXT, max_size=2).map(tuple)
    ),
    steps=st.lists(STEP, max_size=3).map(tuple),
    skips=st.lists(st.builds(SkipEvidence, TEXT, TEXT), max_size=2).map(tuple),
    checkpoint=st.none() | st.builds(CheckpointEvidence, NAME, TEXT, SECONDS),
)
TAGS = {"a", "aside", "code", "dd", "details", "div", "dl", "dt", "h2", "h3", "li", "nav", "ol", "p", "pre", "samp"}
TAGS |= {"section", "span", "summary", "time", "ul", "wbr"}
ATTRIBUTES = {"aria-hidden", "aria-label", "class", "data-nosnippet", "datetime", "href", "id", "lang", "open", "title"}
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(scope="session")
def article(rehearsed: Site) -> Article:
    found = parse(rehearsed.root / "posts/casos.rst", root=rehearsed.root)
    assert found is not None
    return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(evidence=EVIDENCE, language=st.sampled_from(["es", "en"]))
def test_whatever_a_record_holds_the_report_is_only_text(article: Article, evidence: Evidence, language: str) -> None:
    html = str(report_html(page_of(article, evidence, language, PLACES), evidence))
    assert UNSAFE.search(html) is None
    html.encode("utf-8")
    page = BeautifulSoup(html, "html.parser")
    assert {element.name for element in page.find_all()} <= TAGS
    assert {name for element in page.find_all() for name in element.attrs} <= ATTRIBUTES
    assert {str(link["href"])[0] for link in page.select("a")} <= {"#", "/", "e"}
    ids = [str(element["id"]) for element in page.select("[id]")]
    assert len(ids) == len(set(ids))
    assert {str(link["href"])[1:] for link in page.select("nav a, .meta a[href^='#']")} <= set(ids)
    assert len(page.select(".act")) == len(evidence.steps)
    for section, step in zip(page.select(".act"), evidence.steps, strict=True):
        if step.kind == "file" or step.status not in {"passed", "failed"}:
            continue
        printed = [pre.get_text() for pre in section.select("pre.output")]
        lines = [terminal_lines(command.output) for command in step.commands]
        assert len(printed) == sum(map(bool, lines))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cn", "Co", "Zl", "Zp"])))
def test_plain_output_is_there_letter_by_letter(article: Article, output: str) -> None:
    step = StepEvidence("x", "console", "a:1", "", "passed", 1.0, (CommandEvidence("x", "#", 0, output, 1.0),), ())
    machine = MachineEvidence("qemu", "tcg", "debian-13", "", 1, 1, ())
    evidence = Evidence("x", "a", "passed", "", 1.0, {}, {}, machine, (step,), ())
    page = BeautifulSoup(report_html(page_of(article, evidence, "es", PLACES), evidence), "html.parser")
    shown = page.select_one("pre.output")
    assert (shown.get_text() if shown else "") == output.rstrip()
