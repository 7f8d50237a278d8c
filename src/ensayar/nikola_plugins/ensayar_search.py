"""Nikola's tasks for the search: a module with the text of each article and page, an index for each language.

``assets/search/texts/<address>.js`` is made again when that article's HTML changes, ``assets/search/<language>.js``
when one of those does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.plugin_categories import Task
from nikola.utils import config_changed

from ensayar.nikola_plugins.posts import address, code_digest, is_public
from ensayar.publish import search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Untyped = Any
"""Nikola has no types."""
FOLDER = Path("assets/search")


class SearchIndex(Task):  # type: ignore[misc]  # untyped, see above
    """Data for the search page."""

    name = "ensayar_search"

    def gen_tasks(self) -> Iterator[dict[str, Untyped]]:
        """Called once by Nikola for each build."""
        self.site.scan_posts()
        yield self.group_task()
        folder = Path(self.site.config["OUTPUT_FOLDER"]) / FOLDER
        code = code_digest(search)
        for language in self.site.config["TRANSLATIONS"]:
            public = [post for post in self.site.timeline if is_public(post, language)]
            found = [post for post in public if post.meta("searchable", lang=language) != "no"]
            addresses = [address(post, language) for post in found]
            texts = [folder / f"texts/{place or 'index'}.js" for place in addresses]
            for post, text in zip(found, texts, strict=True):
                fragment = Path(post.translated_base_path(language))
                yield self._task(text, [fragment], (_write_texts, (fragment, text)), {"code": code})
            urls = [f"../../{place}/" if place else "../../" for place in addresses]
            names = [text.relative_to(folder).as_posix() for text in texts]
            articles = [(url, post.title(language), name) for url, post, name in zip(urls, found, names, strict=True)]
            index = folder / f"{language}.js"
            yield self._task(index, texts, (_write_index, (articles, index)), {"code": code, "articles": articles})

    def _task(self, target: Path, needed: Sequence[Path], action: Untyped, kw: dict[str, Untyped]) -> Untyped:
        return {
            "basename": self.name,
            "name": str(target),
            "file_dep": [str(path) for path in needed],
            "targets": [str(target)],
            "actions": [action],
            "uptodate": [config_changed(kw, f"ensayar.search:{target}")],
            "clean": True,
        }


def _write_texts(fragment: Path, target: Path) -> None:
    passages = search.passages_of(fragment.read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(search.texts_module(passages), encoding="utf-8")


def _write_index(articles: Sequence[tuple[str, str, str]], target: Path) -> None:
    entries = []
    for url, title, name in articles:
        passages = search.passages_in((target.parent / name).read_text(encoding="utf-8"))
        entries.append(search.Entry(url, title, name, search.words_in(title, passages)))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(search.index_module(entries), encoding="utf-8")
