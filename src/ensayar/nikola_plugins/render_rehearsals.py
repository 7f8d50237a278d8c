"""Nikola's task for the full reports: a page for each article that has evidence, and the evidence beside it.

What an article does is known once it is parsed, which takes longer than all that Nikola does with a page that is up to
date. So nothing is parsed to find out what there is to do; the task that is out of date parses its own article. What it
finds out about the age of the evidence it leaves in a file for :mod:`ensayar.nikola_plugins.check_evidence`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.plugin_categories import Task
from nikola.utils import CustomEncoder, apply_filters, config_changed

from ensayar.nikola_plugins.building import digest_of, ending_the_build, marker_of, own_digest, places_of, slug_of
from ensayar.publish.acts import DATA
from ensayar.publish.page import evidence_path, load_page, mutation_path
from ensayar.publish.report import report_html
from ensayar.publish.words import DEFAULT, WORDS
from ensayar.verdict import change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ensayar.publish.page import Page

Untyped = Any
"""Nikola has no types."""
TEMPLATE = "report.tmpl"


@dataclass(frozen=True, slots=True)
class Common:
    """What every report in one language depends on."""

    files: tuple[str, ...]
    """Templates."""
    digest: str
    """Of the site's settings."""


class RenderRehearsals(Task):  # type: ignore[misc]  # untyped, see above
    """The reports of the whole site."""

    name = "render_rehearsals"

    def gen_tasks(self) -> Iterator[Untyped]:
        """A task for each report that there should be, and for each that there should be no longer."""
        self.site.scan_posts()
        yield self.group_task()
        for lang in self.site.config["TRANSLATIONS"]:
            common: Common | None = None
            for post in self.site.timeline:
                if not post.is_translation_available(lang):
                    continue
                target = self._target(post, lang)
                if evidence_path(slug_of(post), Path.cwd()).is_file():
                    common = common or self._common(lang)
                    yield self._rendering(post, lang, target, common)
                elif target.exists():
                    yield self._removal(post, lang, target)

    def _target(self, post: Untyped, lang: str) -> Path:
        name = WORDS.get(lang, WORDS[DEFAULT])["report-path"]
        path = Path(self.site.config["OUTPUT_FOLDER"], post.destination_path(lang))
        folder = path.parent if path.name == self.site.config["INDEX_FILE"] else path.with_suffix("")
        return folder / name / str(self.site.config["INDEX_FILE"])

    def _common(self, lang: str) -> Common:
        # Nikola knows best what a page depends on; asked once, because the answer is long and the same for all
        task = self.site.generic_renderer(lang, "", TEMPLATE, {}, context={"title": "", "permalink": ""})
        settings = json.dumps(task["uptodate"][0].config, cls=CustomEncoder, sort_keys=True)
        return Common(tuple(task["file_dep"]), hashlib.sha256(settings.encode()).hexdigest())

    def _rendering(self, post: Untyped, lang: str, target: Path, common: Common) -> Untyped:
        context = self._context(post, lang)
        if context["hidden"]:  # the site map asks here what it should not name
            self.site.post_per_file[str(target.relative_to(self.site.config["OUTPUT_FOLDER"]))] = post
        slug = slug_of(post)
        # optional, hence no file that a task can depend on
        mutation = digest_of(mutation_path(slug, Path()))
        deps = {"site": common.digest, "code": own_digest(), "context": context, "mutation": mutation}
        task = {
            "basename": self.name,
            "name": str(target),
            "targets": [str(target), str(target.with_name(DATA)), str(marker_of(self.site, post, lang))],
            "file_dep": [
                post.translated_base_path(lang),  # the page's text: it changes with all that the article is read from
                str(evidence_path(slug, Path())),
                *common.files,
            ],
            "uptodate": [config_changed(deps, "ensayar.report")],
            "actions": [(self._render, [post, lang, target, context])],
            "clean": True,
        }
        return apply_filters(task, self.site.config["FILTERS"])

    def _context(self, post: Untyped, lang: str) -> dict[str, Untyped]:
        """What the template needs besides the report, and the page depends on."""
        title, words = post.title(lang), WORDS.get(lang, WORDS[DEFAULT])
        alternates = {
            other: places_of(post, other).report
            for other in self.site.config["TRANSLATIONS"]
            if post.is_translation_available(other)
        }
        return {
            "title": words["report-title"].format(title=title),
            "description": words["report-description"].format(title=title),
            "permalink": places_of(post, lang).report,
            "pagekind": ["report"],
            "lang": lang,
            "article": {"title": title, "url": post.permalink(lang), "author": post.author(lang)},
            "alternates": alternates,
            "hidden": bool(post.is_draft or post.is_private or post.publish_later),
        }

    def _render(self, post: Untyped, lang: str, target: Path, context: dict[str, Untyped]) -> None:
        with ending_the_build():
            source = Path(post.translated_source_path(lang))
            page = load_page(source, root=Path.cwd(), language=lang, places=places_of(post, lang))
        marker = marker_of(self.site, post, lang)
        marker.parent.mkdir(parents=True, exist_ok=True)
        if page is None or page.evidence is None:  # no longer an article that could be rehearsed
            marker.write_text("", encoding="utf-8")
            _remove(target)
            return
        marker.write_text(_age(page), encoding="utf-8")
        body = report_html(page, page.evidence)
        self.site.render_template(TEMPLATE, str(target), context | {"body": body, "rehearsed": page.evidence.started})
        shutil.copyfile(evidence_path(page.article.slug, Path.cwd()), target.with_name(DATA))

    def _removal(self, post: Untyped, lang: str, target: Path) -> Untyped:
        def remove() -> None:
            marker_of(self.site, post, lang).unlink(missing_ok=True)
            _remove(target)

        return {"basename": self.name, "name": f"remove {target}", "actions": [remove], "uptodate": [False]}


def _age(page: Page) -> str:
    problem = change(page.article, page.verdicts)
    return f"{problem}\n" if problem else ""


def _remove(target: Path) -> None:
    for path in (target, target.with_name(DATA)):
        path.unlink(missing_ok=True)
    if target.parent.is_dir() and not any(target.parent.iterdir()):
        target.parent.rmdir()
