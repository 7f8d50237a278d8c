"""Nikola's compiler for articles: docutils with our directives, evidence as a dependency, and no shortcodes.

A compiler of its own rather than an extension of ``rest``: an extension can neither keep ``{{% … %}}`` in a block from
being taken for a shortcode, nor stop a build at a faulty article, nor say that a page depends on a file that is not
there yet. Only directives that need nobody else's server are offered.
"""

from __future__ import annotations

import logging
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils.parsers.rst import directives, roles
from nikola import shortcodes
from nikola.plugins.compile import rest as nikola_rest
from nikola.plugins.compile.rest import doc as nikola_doc
from nikola.utils import LocaleBorg

from ensayar.errors import ArticleError, Problem, UsageError
from ensayar.nikola_plugins.building import ending_the_build, own_digest, site_digest, slug_of
from ensayar.nikola_plugins.posts import is_executable, is_hidden
from ensayar.nikola_plugins.products import (
    BOOKS,
    COMPILER,
    DOWNLOAD,
    REPORT,
    books_of,
    listed,
    output_of,
    possible,
    records_of,
    wanted,
)
from ensayar.translations import original_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Untyped = Any
"""Nikola has no types."""


class CompileRehearsedRest(nikola_rest.CompileRest):  # type: ignore[misc]  # untyped, see above
    """reStructuredText with rehearsed blocks to HTML."""

    name = COMPILER
    friendly_name = "reStructuredText, rehearsed"

    _complete = False
    """Whether the list of what all articles depend on is."""
    _timeline: Untyped = None
    """The posts that :attr:`_posts` was made from."""
    _posts: Mapping[str, Untyped]
    """By what the project calls them."""

    def set_site(self, site: Untyped) -> None:
        """Called once by Nikola."""
        super().set_site(site)
        for scheme, kind in (("deployment", DOWNLOAD), *((kind, kind) for kind in BOOKS)):
            site.register_path_handler(scheme, partial(self._product, scheme, kind))
        unknown = next((kind for kind in books_of(site) if kind not in BOOKS), None)
        if unknown is not None:
            with ending_the_build():
                message = f"conf.py: ENSAYAR_BOOKS: no book can be made as {unknown!r}; it may hold “epub” and “pdf”"
                raise UsageError(message)
        nikola_doc.Plugin().set_site(site)  # the role for links between posts

    def _product(self, scheme: str, kind: str, name: str, language: str) -> list[str]:
        """Where that *kind* of what is made of the article called *name* is: ``link://deployment/<name>``."""
        if self._timeline is not self.site.timeline:  # Nikola makes a new one when it reads the posts again
            self._timeline = self.site.timeline
            self._posts = {slug_of(post): post for post in self._timeline}
        if name in self._posts:
            path = possible(self.site, self._posts[name], language)[kind]
            return [*filter(None, path.removeprefix(output_of(self.site)).split("/"))]
        message = f"link://{scheme}/{name}: no article is called so"
        raise ValueError(message)

    def register_extra_dependencies(self, post: Untyped) -> None:
        """An article is compiled again when what is known about it comes, changes or goes, or when what all articles
        depend on changes: our code, and what their reports are made with.
        """
        super().register_extra_dependencies(post)
        for path in records_of(post):
            # one that comes or goes changes the set of files, which is as good a reason for doit
            post.add_dependency(path, "fragment")
        if not self._complete:
            # Nikola compares these for each post anyway
            self.config_dependencies += [f"ensayar code {own_digest()}", f"ensayar site {site_digest(self.site)}"]
            self._complete = True

    def get_extra_targets(self, post: Untyped, lang: str, dest: str) -> list[str]:
        """What is made together with the text."""
        found = wanted(self.site, post, lang)
        if DOWNLOAD in found and slug_of(post) != Path(post.source_path).stem and original_of(Path(post.source_path)):
            with ending_the_build():
                message = f"{post.source_path}: TRANSLATIONS in conf.py has no such language; add it"
                raise UsageError(message)
        if REPORT in found and is_hidden(post):  # the site map asks here what it should not name
            report = found[REPORT].removeprefix(f"{output_of(self.site)}/")
            self.site.post_per_file[report] = post
        return [*super().get_extra_targets(post, lang, dest), *found.values(), *listed(found)]

    def compile(
        self,
        source: str,
        dest: str,
        is_two_file: bool = True,  # noqa: FBT001, FBT002  (Nikola's signature)
        post: Untyped = None,
        lang: str | None = None,
    ) -> bool:
        """The text of an article into the file *dest*, and what is made of it besides."""
        done: bool = super().compile(source, dest, is_two_file, post, lang)
        if post is not None:
            from ensayar.nikola_plugins.making import make  # noqa: PLC0415  (not where nothing is compiled)

            make(self.site, post, lang or LocaleBorg().current_lang, Path(dest))
        return done

    def compile_string(
        self,
        data: str,
        source_path: str | None = None,
        is_two_file: bool = True,  # noqa: FBT001, FBT002  (Nikola's signature)
        post: Untyped = None,
        lang: str | None = None,
    ) -> Untyped:
        """The HTML of an article, and what it depends on. A faulty article ends the build, strict or not."""
        # not where nothing is compiled
        from unittest.mock import patch  # noqa: PLC0415

        from ensayar.nikola_plugins.reports import places_of  # noqa: PLC0415
        from ensayar.publish.directives import (  # noqa: PLC0415
            NOTHING,
            Offers,
            PlainAdmonitions,
            PlainTables,
            Source,
            bound,
        )
        from ensayar.publish.page import load_page  # noqa: PLC0415

        language = lang or LocaleBorg().current_lang
        metadata = "" if is_two_file else self.split_metadata(data, post, lang)[0]
        source = Source(source_path or "<string>", 0 if is_two_file else len(metadata.splitlines()) + 1)
        problems: list[Problem] = []
        messages = Messages()
        with ending_the_build():
            page = None
            if source_path:
                page = load_page(
                    Path(source_path),
                    root=Path.cwd(),
                    language=language,
                    places=places_of(post, language),
                    spoken=self.site.config["DEFAULT_LANG"],
                )
            offers = NOTHING
            if page and is_executable(data):
                slug = page.article.slug
                books = {kind: f"link://{kind}/{slug}" for kind in books_of(self.site)}
                offers = Offers(f"link://deployment/{slug}", books)
            registry = bound(page, language, source, problems, offers)
            with (
                patch.dict(vars(directives)["_directives"], registry.directives),
                patch.dict(vars(roles)["_roles"], registry.roles),
                # ``{{% … %}}`` belongs to the templates that articles show
                patch.object(self.site, "rst_transforms", [*self.site.rst_transforms, PlainTables, PlainAdmonitions]),
                patch.object(shortcodes, "extract_shortcodes", _without_shortcodes),
                patch.object(self, "logger", messages),
            ):
                html, level, needed, codes = super().compile_string(data, source_path, is_two_file, post, lang)
            _complain(problems, messages)
        if page is not None:  # a translation needs what its article includes
            needed.add(*(name for name in page.article.files if name != source.path))
            if offers.books and post is not None:
                from ensayar.nikola_plugins.books import pictures_in  # noqa: PLC0415  (not where nothing is compiled)

                needed.add(*pictures_in(html, self.site, post, language))
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
