"""Nikola's compiler for articles: docutils with our directives, evidence as a dependency, and no shortcodes.

A compiler of its own rather than an extension of ``rest``: an extension can neither keep ``{{% … %}}`` in a block from
being taken for a shortcode, nor stop a build at a faulty article, nor say that a page depends on a file that is not
there yet. Only directives that need nobody else's server are offered.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from docutils.parsers.rst import directives, roles
from nikola import shortcodes
from nikola.plugins.compile import rest as nikola_rest
from nikola.plugins.compile.rest import doc as nikola_doc
from nikola.utils import LocaleBorg, config_changed

from ensayar.errors import ArticleError, Problem, UsageError
from ensayar.nikola_plugins.building import digest_of, ending_the_build, own_digest, places_of, slug_of
from ensayar.nikola_plugins.posts import is_executable
from ensayar.publish.directives import PlainAdmonitions, PlainTables, Source, bound
from ensayar.publish.page import evidence_path, load_page, mutation_path, variation_path

if TYPE_CHECKING:
    from collections.abc import Sequence

Untyped = Any
"""Nikola has no types."""


class CompileRehearsedRest(nikola_rest.CompileRest):  # type: ignore[misc]  # untyped, see above
    """reStructuredText with rehearsed blocks to HTML."""

    name = "ensayar_rest"
    friendly_name = "reStructuredText, rehearsed"

    def set_site(self, site: Untyped) -> None:
        """Called once by Nikola."""
        super().set_site(site)
        site.rst_transforms += (PlainTables, PlainAdmonitions)
        nikola_doc.Plugin().set_site(site)  # the role for links between posts

    def register_extra_dependencies(self, post: Untyped) -> None:
        """An article is compiled again when what is known about it comes, changes or goes, or when our code changes."""
        super().register_extra_dependencies(post)
        slug = slug_of(post)

        def uptodate() -> Untyped:
            record = {
                "evidence": digest_of(evidence_path(slug, Path.cwd())),
                "mutation": digest_of(mutation_path(slug, Path.cwd())),
                "variation": digest_of(variation_path(slug, Path.cwd())),
                "code": own_digest(),
            }
            return config_changed(record, f"ensayar.evidence:{post.source_path}")

        post.add_dependency_uptodate(uptodate, is_callable=True, add="fragment")

    def compile_string(
        self,
        data: str,
        source_path: str | None = None,
        is_two_file: bool = True,  # noqa: FBT001, FBT002  (Nikola's signature)
        post: Untyped = None,
        lang: str | None = None,
    ) -> Untyped:
        """The HTML of an article, and what it depends on. A faulty article ends the build, strict or not."""
        language = lang or LocaleBorg().current_lang
        metadata = "" if is_two_file else self.split_metadata(data, post, lang)[0]
        source = Source(source_path or "<string>", 0 if is_two_file else len(metadata.splitlines()) + 1)
        problems: list[Problem] = []
        messages = Messages()
        with ending_the_build():
            page = None
            if source_path:
                page = load_page(
                    Path(source_path), root=Path.cwd(), language=language, places=places_of(post, language)
                )
            download = f"link://deployment/{page.article.slug}" if page and is_executable(data) else None
            registry = bound(page, language, source, problems, download)
            with (
                patch.dict(vars(directives)["_directives"], registry.directives),
                patch.dict(vars(roles)["_roles"], registry.roles),
                # ``{{% … %}}`` belongs to the templates that articles show
                patch.object(shortcodes, "extract_shortcodes", _without_shortcodes),
                patch.object(self, "logger", messages),
            ):
                html, level, needed, codes = super().compile_string(data, source_path, is_two_file, post, lang)
            _complain(problems, messages)
        if page is not None:  # a translation needs what its article includes
            needed.add(*(name for name in page.article.files if name != source.path))
        return html, level, needed, codes


def _complain(problems: Sequence[Problem], messages: Messages) -> None:
    if problems:
        raise ArticleError(problems)
    if messages.lines:
        raise UsageError("\n".join(messages.lines))


class Messages:
    """Takes the place of the compiler's logger: keeps what docutils warns about, place first."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.level = logging.WARNING

    def log(self, level: int, text: str) -> None:
        """*text* as Nikola writes it: ``[file:line] message``."""
        if level >= self.level:
            self.lines.append(re.sub(r"^\[(.*?)\] ", r"\1: ", " ".join(text.split())))

    def error(self, text: str, *arguments: object) -> None:
        """Nikola's own complaints."""
        self.lines.append(text.format(*arguments))


def _without_shortcodes(data: str) -> tuple[str, dict[str, str]]:
    return data, {}
