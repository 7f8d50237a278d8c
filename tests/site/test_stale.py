"""Evidence that is older than its article: the page says so, and a strict build ends with it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import EXIT_STALE
from ensayar.parameters import resolve
from ensayar.project import Project
from ensayar.publish.page import load_page
from ensayar.recordings import to_be_seen
from ensayar.screenshots import resolved, verdict
from ensayar.verdict import Standing

from .conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.publish.page import Page

    from .conftest import Site

LINE = (
    r"^posts/casos\.rst:{line}: step “{step}”: {what} since the rehearsal of 2026-11-23, and {count} of 10 steps are "
    r"not verified; rehearse it: ensayar rehearse posts/casos\.rst$"
)


def said(printed: str, line: int, step: str, count: int, what: str = "it has changed") -> bool:
    pattern = LINE.format(line=line, step=step, count=count, what=what)
    return len(re.findall(pattern, printed, re.MULTILINE)) == 1 and printed.count("rehearse it") == 1


def change(site: Site, old: str, new: str) -> None:
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    assert old in source
    site.write("posts/casos.rst", source.replace(old, new, 1))


def test_a_strict_build_builds_all_and_ends_with_what_is_stale(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    site.build()
    change(site, "{% load static %}", "{% load i18n %}")
    printed = site.build(expected=EXIT_STALE)
    assert said(printed, 71, "plantilla", 8)
    assert "Traceback" not in printed
    assert "Sin verificar: cambió después" in site.page("casos").select("figure#plantilla .verdict")[0].get_text()
    # also where nothing has to be built, and as often as it is asked
    for _ in range(2):
        assert said(site.build(expected=EXIT_STALE), 71, "plantilla", 8)
    # the author goes on writing
    assert said(site.build(strict=False), 71, "plantilla", 8)
    change(site, "{% load i18n %}", "{% load static %}")
    assert "rehearse it" not in site.build()


def test_all_else_is_built_before_a_strict_build_ends(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    site.save(evidence)
    change(site, "   # systemctl reboot", "   # systemctl --force reboot")
    assert said(site.build(expected=EXIT_STALE), 145, "reiniciar", 1)
    stale = site.outputs()
    fresh = new_site("casos", "otro", folder="otro")
    fresh.save(evidence)
    fresh.build()
    assert stale.keys() == fresh.outputs().keys()
    assert {"sitemap.xml", "rss.xml", "casos/ensayo/index.html", "otro/index.html"} <= stale.keys()


def test_new_evidence_makes_a_strict_build_green_again(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    change(site, "check_delay = 5", "check_delay = 4")
    assert said(site.build(expected=EXIT_STALE), 54, "circus-ini", 9)
    site.save(site.evidence("casos"))
    assert "rehearse it" not in site.build()


def test_a_step_that_went_makes_those_after_it_stale(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    evidence = site.evidence("casos")
    site.save(replace(evidence, steps=(replace(evidence.steps[0], name="antes"), *evidence.steps)))
    assert said(site.build(expected=EXIT_STALE), 36, "instalar-nginx", 10, "what comes before it has changed")


def test_what_was_never_rehearsed_or_failed_is_not_stale(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    assert "rehearse it" not in site.build()
    evidence = site.with_step(site.evidence("casos"), "reiniciar", status="failed", checks=())
    site.save(replace(evidence, outcome="failed"))
    assert "rehearse it" not in site.build()


def test_prose_is_not_rehearsed(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    change(site, "Un párrafo de entrada", "Un comienzo")
    assert "rehearse it" not in site.build()


def test_deleting_the_evidence_is_no_way_to_stay_stale(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    change(site, "{% load static %}", "{% load i18n %}")
    site.build(expected=EXIT_STALE)
    (site.root / "tutorial/casos/evidence/evidence.json").unlink()
    assert "rehearse it" not in site.build()


def test_what_the_project_publishes_is_what_was_rehearsed(project: Site) -> None:
    # red: an article has changed since its rehearsal; ./dev rehearse writes the evidence anew
    assert "rehearse it" not in project.build()


def executable() -> list[Page]:
    """The project's own articles that have steps, with their records."""
    pages = [load_page(path, root=ROOT, language="es") for path in Project(ROOT).articles()]
    found = [page for page in pages if page is not None]
    assert found
    return found


def test_what_the_project_s_readers_watch_and_see_is_what_its_articles_do() -> None:
    # red: ./dev ensayar record, or ./dev rehearse for a screenshot, makes it anew
    for page in executable():
        article = resolve(page.article)
        assert {step.name for step in article.steps if to_be_seen(step)} == set(page.recordings)
        standings = [verdict(s, article, page.pictures.get(s.name), page.verdict(s.after)) for s in resolved(article)]
        assert {found.standing for found in standings} <= {Standing.VERIFIED}


def test_each_step_of_the_project_s_articles_was_rehearsed_as_it_stands() -> None:
    # red: ./dev rehearse makes it anew; ./dev test rehearses one article only
    for page in executable():
        standings = {step.name: page.verdict(step.name).standing for step in page.article.steps}
        assert {name for name, standing in standings.items() if standing is not Standing.VERIFIED} == set()


@pytest.mark.long
def test_the_project_s_articles_were_rehearsed_with_other_values_and_with_faults() -> None:
    # red: ./dev ensayar rehearse --parameters random, ./dev ensayar mutate --json
    for page in executable():
        assert page.variation is not None
        assert page.noticed is not None
