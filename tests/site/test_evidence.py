"""What a page says about the rehearsal, and what it does not claim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import EXIT_STALE
from ensayar.evidence import CheckEvidence, CommandEvidence, MachineEvidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from bs4 import BeautifulSoup

    from .conftest import Site


def verdict(page: BeautifulSoup, name: str) -> str:
    found = page.select(f"figure#{name} > .verdict")
    assert len(found) == 1
    summary = found[0].find("summary") or found[0]
    return " ".join(summary.get_text().split())


def outcome(page: BeautifulSoup) -> str:
    box = page.select_one("aside.rehearsal .outcome")
    assert box is not None
    return " ".join(box.get_text().split())


def facts(page: BeautifulSoup) -> dict[str, str]:
    return {
        item.select_one("dt").get_text(): " ".join(item.select_one("dd").get_text().split())  # type: ignore[union-attr]  # every item has both
        for item in page.select("aside.rehearsal dl > div")
    }


def test_the_box_sums_up_the_rehearsal(rehearsed: Site) -> None:
    page = rehearsed.page("casos")
    assert outcome(page) == "✓ Ensayado: todos los pasos se ejecutaron y funcionaron"
    assert facts(page) == {
        "Fecha": "23 de noviembre de 2026",
        "Pasos": "10 de 10 verificados",
        "Comprobaciones": "10 de 10 se cumplieron",
        "Bloques que no se ejecutan": "2",
        "Duración": "9 min 12 s",
        "Máquina": "Debian 13, 2 CPU, 1024 MiB",
        "Ejecución": "emulada (TCG), varias veces más lenta que una máquina real",
        "Versiones": "nginx 1.26.3, Django 5.2.19",
        "Lo que la máquina recibió prestado": "El proxy del anfitrión: http_proxy http://10.0.2.2:3128.",
    }
    assert page.select_one("aside.rehearsal time[datetime='2026-11-23T21:04:05Z']") is not None


def test_a_verified_step_says_when_and_lists_its_checks(rehearsed: Site) -> None:
    page = rehearsed.page("casos")
    assert verdict(page, "circus-ini") == "✓ Verificado el 23 de noviembre de 2026 · 0,3 s · 1 comprobación"
    items = page.select("figure#circus-ini details.verdict li")
    assert [" ".join(item.get_text().split()) for item in items] == ["✓ Se ve el efecto de circus-ini"]


def test_output_is_what_the_machine_printed_with_what_varies_marked(rehearsed: Site) -> None:
    page = rehearsed.page("casos")
    outputs = page.select("figure#instalar-nginx .code > pre.output")
    assert [output.get_text() for output in outputs] == [
        "active",
        "MainPID=4711",
        'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n⋯ 2 líneas más\nHOME_URL="https://www.debian.org/"\n⋯ 1 línea más',
    ]
    assert [mark.get_text() for mark in outputs[1].select(".varies")] == ["4711"]
    waited = page.select_one("figure#esperar pre.output")
    assert waited is not None
    assert [mark.get_text() for mark in waited.select(".varies")] == ["todo bien", "0.25 s"]


def test_output_that_the_article_leaves_out_unfolds_shortened(rehearsed: Site) -> None:
    folded = rehearsed.page("casos").select("figure#instalar-nginx > details.recorded")
    assert [" ".join(item.summary.get_text().split()) for item in folded if item.summary] == [
        "Lo que imprimió apt-get install --yes nginx-light en el ensayo (302 líneas)",
        "Lo que imprimió cat /etc/os-release en el ensayo (5 líneas)",
    ]
    long = folded[0].select_one("samp")
    assert long is not None
    lines = long.get_text().split("\n")
    assert lines[0] == "Reading package lists... Done"
    assert lines[60] == "… 182 líneas omitidas acá …"
    assert len(lines) == 121


def test_without_evidence_nothing_is_verified_and_wildcards_stand(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.build()
    page = site.page("casos")
    assert outcome(page) == "○ Este artículo todavía no se ensayó"
    assert "Ninguno de sus 10 pasos está verificado." in page.select("aside.rehearsal p")[1].get_text()
    assert {verdict(page, str(figure["id"])) for figure in page.select("figure.file, figure.console")} == {
        "○ Sin verificar: todavía no se ensayó"
    }
    assert [mark.get_text() for mark in page.select("figure#esperar .wildcard")] == ["...", "<duración>"]
    assert not page.select(".varies, .recorded, details.verdict")


def test_a_changed_block_and_all_after_it_lose_their_mark(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace("{% load static %}", "{% load i18n %}"))
    site.build(expected=EXIT_STALE)
    page = site.page("casos")
    assert verdict(page, "circus-ini").startswith("✓ Verificado")
    assert verdict(page, "plantilla") == "○ Sin verificar: cambió después del ensayo del 23 de noviembre de 2026"
    assert verdict(page, "settings") == (
        "○ Sin verificar: cambió algún paso anterior después del ensayo del 23 de noviembre de 2026"
    )
    assert not page.select("figure#esperar .varies")
    assert outcome(page) == "○ Ensayado en parte"
    assert facts(page)["Pasos"] == "2 de 10 verificados"
    links = [str(link["href"]) for link in page.select("aside.rehearsal > p:not(.full) a")]
    assert links[0] == "#plantilla"
    assert len(links) == 8


def test_a_removed_step_unverifies_what_follows(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    site.save(replace(evidence, steps=(replace(evidence.steps[0], name="antes"), *evidence.steps)))
    site.build(expected=EXIT_STALE)
    assert verdict(site.page("casos"), "instalar-nginx").startswith("○ Sin verificar: cambió algún paso anterior")


def test_prose_and_captions_do_not_unverify(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    changed = source.replace("Un párrafo de entrada", "Un comienzo").replace("La configuración", "Los ajustes")
    site.write("posts/casos.rst", changed)
    site.build()
    assert facts(site.page("casos"))["Pasos"] == "10 de 10 verificados"


def test_a_failed_rehearsal_is_not_dressed_up(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    evidence = site.with_step(evidence, "plantilla", status="failed", checks=())
    for step in evidence.steps[3:]:
        evidence = site.with_step(evidence, step.name, status="not reached", checks=(), commands=())
    site.save(replace(evidence, outcome="failed"))
    site.build()
    page = site.page("casos")
    assert outcome(page) == "✗ El último ensayo falló"
    assert page.select_one("aside.rehearsal p a[href='#plantilla']") is not None
    assert verdict(page, "plantilla").startswith("✗ Falló en el ensayo del 23 de noviembre de 2026")
    assert verdict(page, "settings") == "○ Sin verificar: el ensayo del 23 de noviembre de 2026 no llegó hasta acá"


def test_a_check_that_did_not_hold_is_a_failure(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    bad = CheckEvidence("test_x", "El puerto escucha", passed=False, duration=0.1)
    site.save(site.with_step(site.evidence("casos"), "plantilla", checks=(bad,)))
    site.build()
    page = site.page("casos")
    assert outcome(page) == "✗ El último ensayo falló"
    assert verdict(page, "plantilla").startswith("✗ Falló")
    assert page.select("figure#plantilla li.failed")[0].get_text().split()[1:] == [
        "El",
        "puerto",
        "escucha:",
        "no",
        "se",
        "cumplió",
    ]


HOSTILE = (
    "</samp></pre><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31mrojo\x1b[0m \u202etxt\x00\x07\x9b\ud800"
)


def test_nothing_in_the_evidence_becomes_mark_up(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    checks = (CheckEvidence(HOSTILE, HOSTILE, passed=True, duration=0.1),)
    commands = tuple(
        replace(command, output=f"{command.output}\n{HOSTILE}" if "os-release" in command.command else command.output)
        for command in evidence.steps[0].commands
    )
    evidence = site.with_step(evidence, "instalar-nginx", checks=checks, commands=commands)
    waited = CommandEvidence("curl --silent http://127.0.0.1/", "$", 0, f"Hola, muro: {HOSTILE} en 1 s", 0.1)
    evidence = site.with_step(evidence, "esperar", commands=(waited,))
    evidence = replace(
        evidence,
        started=HOSTILE,
        versions={HOSTILE: HOSTILE},
        machine=MachineEvidence(HOSTILE, HOSTILE, "debian-13", HOSTILE, 2, 1024, (HOSTILE,)),
    )
    site.save(evidence)
    site.build()
    page = site.page("casos")
    source = str(page)
    assert not page.select("body script, img")
    assert not [element for element in page.find_all() if any(name.startswith("on") for name in element.attrs)]
    assert source.count("&lt;script&gt;alert(1)") >= 6
    assert not set("\x00\x07\x1b\x9b\u202e\ud800") & set(source)
    shown = page.select_one("figure#esperar .varies")
    assert shown is not None
    assert "␛[31mrojo␛[0m U+202Etxt␀␇U+009BU+D800" in shown.get_text()


@pytest.mark.parametrize("text", ["{", '{"schema": 99}', '{"schema": 1}'])
def test_evidence_that_cannot_be_read_stops_the_build(new_site: Callable[..., Site], text: str) -> None:
    site = new_site("casos", "otro")
    site.write("tutorial/casos/evidence/evidence.json", text)
    printed = site.build(expected=2)
    assert "tutorial/casos/evidence/evidence.json: not usable as evidence" in printed
    assert "Traceback" not in printed


def test_a_very_long_line_is_shortened_where_all_of_it_can_be_had(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    commands = tuple(replace(each, output="a" * 70_000 + "fin") for each in evidence.steps[0].commands)
    site.save(site.with_step(evidence, "instalar-nginx", commands=commands))
    site.build()
    shown = site.page("casos").select("figure#instalar-nginx details.recorded samp")
    assert shown
    for each in shown:
        assert len(each.get_text()) < 2_100
        assert each.get_text().endswith("afin")
        note = each.select_one(".elided a")
        assert note is not None
        assert note.get_text() == "… 68003 caracteres más …"
        assert str(note["href"]).endswith("ensayo/#instalar-nginx")


def test_the_box_says_how_many_steps_are_those_of_an_earlier_rehearsal(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    for step in evidence.steps[:2]:
        evidence = site.with_step(evidence, step.name, recorded="2026-11-20T08:00:00Z")
    site.save(evidence)
    site.build()
    page = site.page("casos")
    box = page.select_one("aside.rehearsal")
    assert box is not None
    assert ", sin 2 pasos que ya constaban de un ensayo anterior" in box.get_text()
    assert verdict(page, "instalar-nginx").startswith("✓ Verificado el 20 de noviembre de 2026")


def test_words_of_checks_have_their_language_where_the_page_has_another(project: Site) -> None:
    spanish, english = (
        "deploy-de-django-con-circus-chaussette-nginx",
        "en/deploying-django-with-circus-chaussette-and-nginx",
    )
    for path, marks in ((spanish, 0), (f"{spanish}/ensayo", 0), (english, 1), (f"{english}/rehearsal", 1)):
        items = project.page(path).select("details.verdict li, ul.checks li")
        assert len(items) > 100
        assert {len(item.select("[lang]")) for item in items} == {marks}
        assert {len(item.select("span[lang=es]")) for item in items} == {marks}
