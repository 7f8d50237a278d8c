"""Nikola's compiler for articles: docutils with our directives, evidence as a dependency, and no shortcodes.

A compiler of its own rather than an extension of ``rest``: an extension can neither keep ``{{% … %}}`` in a block from
being taken for a shortcode, nor stop a build at a faulty article, nor say that a page depends on a file that is not
there yet. Only directives that need nobody else's server are offered.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from docutils.parsers.rst import directives, roles
from nikola import shortcodes
from nikola.plugins.compile import rest as nikola_rest
from nikola.plugins.compile.rest import doc as nikola_doc
from nikola.utils import LocaleBorg, config_changed

from ensayar.errors import ArticleError, EnsayarError, Problem, UsageError
from ensayar.nikola_plugins.posts import is_executable, own_digest, slug_of
from ensayar.publish.directives import PlainAdmonitions, PlainTables, Source, bound
from ensayar.publish.page import evidence_path, load_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        """An article is compiled again when its evidence comes, changes or goes, or when our code changes."""
        super().register_extra_dependencies(post)
        slug = slug_of(post)

        def uptodate() -> Untyped:
            record = {"evidence": _digest(evidence_path(slug, Path.cwd())), "code": own_digest()}
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
        with _ending_the_build():
            page = load_page(Path(source_path), root=Path.cwd(), language=language) if source_path else None
            download = f"link://deployment/{page.article.slug}" if page and is_executable(data) else None
            registry = bound(page, language, source, problems, download)
            with (
                patch.dict(vars(directives)["_directives"], registry.directives),
                patch.dict(vars(roles)["_roles"], registry.roles),
                # ``{{% … %}}`` belongs to the templates that articles show
                patch.object(shortcodes, "extract_shortcodes", _without_shortcodes),
                patch.object(self, "logger", messages),
            ):
                result = super().compile_string(data, source_path, is_two_file, post, lang)
            _complain(problems, messages)
        return result


@contextmanager
def _ending_the_build() -> Iterator[None]:
    """What a person can act upon is said in plain lines, ``file:line: message``, and ends this build."""
    try:
        yield
    except EnsayarError as error:
        print(error, file=sys.stderr)  # noqa: T201  (Nikola's log would put the time before each place)
        # doit answers every other exception with a traceback
        raise SystemExit(error.exit_code) from error


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


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
