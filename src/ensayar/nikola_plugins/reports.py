"""The full reports: a page for each article that has evidence, and the evidence beside it.

What is found out about the age of the evidence is left in a file for :mod:`ensayar.nikola_plugins.check_evidence`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.utils import apply_filters

from ensayar import screenshots
from ensayar.album import DIRECTORY
from ensayar.nikola_plugins.building import TEMPLATE, renew, slug_of
from ensayar.nikola_plugins.posts import is_hidden
from ensayar.nikola_plugins.products import MARKER, RECORD, REPORT
from ensayar.parameters import resolve
from ensayar.publish.page import NOWHERE, Places
from ensayar.publish.records import evidence_path
from ensayar.publish.report import report_html
from ensayar.publish.words import DEFAULT, WORDS
from ensayar.verdict import change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ensayar.publish.page import Page

Untyped = Any
"""Nikola has no types."""


def places_of(post: Untyped, language: str) -> Places:
    """Where an article, the full report of its rehearsal and its recordings are published."""
    if post is None:
        return NOWHERE
    address: str = post.permalink(language)
    folder = address.removesuffix(f"/{post.index_file}").removesuffix(".html").removesuffix("/")
    words = WORDS.get(language, WORDS[DEFAULT])
    report = f"{folder}/{words['report-path']}/{'' if post.strip_indexes else post.index_file}"
    return Places(address, report, f"{folder}/{words['recording-path']}/", f"{folder}/{DIRECTORY}")


def write(site: Untyped, post: Untyped, page: Page, targets: Mapping[str, str]) -> None:
    """The report of what *page* knows, the evidence beside it and the marker, where *targets* say."""
    if page.evidence is None:  # it went while its page was made; the next build takes the rest away
        return
    context = _context(site, post, page.language)
    body = {"body": report_html(page, page.evidence), "rehearsed": page.evidence.started}
    site.render_template(TEMPLATE, targets[REPORT], context | body)
    renew(Path(targets[RECORD]), evidence_path(slug_of(post), Path.cwd()).read_bytes())
    problem = change(page.article, page.verdicts) or screenshots.change(
        resolve(page.article), page.pictures, page.verdicts
    )
    renew(Path(targets[MARKER]), f"{problem}\n".encode() if problem else b"")
    filtered = {"targets": [targets[REPORT], targets[RECORD]], "actions": []}
    for action, arguments in apply_filters(filtered, site.config["FILTERS"])["actions"]:
        action(*arguments)


def _context(site: Untyped, post: Untyped, language: str) -> dict[str, Untyped]:
    """What the template needs besides the report."""
    title, words = post.title(language), WORDS.get(language, WORDS[DEFAULT])
    alternates = {
        other: places_of(post, other).report
        for other in site.config["TRANSLATIONS"]
        if post.is_translation_available(other)
    }
    return {
        "title": words["report-title"].format(title=title),
        "description": words["report-description"].format(title=title),
        "permalink": places_of(post, language).report,
        "pagekind": ["report"],
        "lang": language,
        "article": {"title": title, "url": post.permalink(language), "author": post.author(language)},
        "alternates": alternates,
        "hidden": is_hidden(post),
    }
