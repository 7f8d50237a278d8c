"""Nikola's tasks for the search: a module with the text of each article and page, an index for each language.

``assets/search/texts/<address>.js`` is made again when that article's HTML changes, by our compiler where that has
compiled the article; ``assets/search/<language>.js`` when one of those does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.plugin_categories import Task
from nikola.utils import config_changed

from ensayar.nikola_plugins.building import own_digest, renew
from ensayar.nikola_plugins.posts import address, is_searchable
from ensayar.nikola_plugins.products import COMPILER, SEARCH, output_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Untyped = Any
"""Nikola has no types."""


class SearchIndex(Task):  # type: ignore[misc]  # untyped, see above
    """Data for the search page."""

    name = "ensayar_search"

    def gen_tasks(self) -> Iterator[dict[str, Untyped]]:
        """Called once by Nikola for each build."""
        self.site.scan_posts()
        yield self.group_task()
        folder = f"{output_of(self.site)}/{SEARCH}"
        for language in self.site.config["TRANSLATIONS"]:
            found = [post for post in self.site.timeline if is_searchable(post, language)]
            addresses = [address(post, language) for post in found]
            texts = [texts_of(self.site, place) for place in addresses]
            for post, text in zip(found, texts, strict=True):
                if post.compiler.name != COMPILER:
                    fragment = post.translated_base_path(language)
                    yield self._task(text, [fragment], (_write_texts, (fragment, text)), {})
            urls = [f"../../{place}/" if place else "../../" for place in addresses]
            names = [text.removeprefix(f"{folder}/") for text in texts]
            articles = [(url, post.title(language), name) for url, post, name in zip(urls, found, names, strict=True)]
            index = f"{folder}/{language}.js"
            yield self._task(index, texts, (_write_index, (articles, index)), {"articles": articles})

    def _task(self, target: str, needed: Sequence[str], action: Untyped, kw: dict[str, Untyped]) -> Untyped:
        return {
            "basename": self.name,
            "name": target,
            "file_dep": list(needed),
            "targets": [target],
            "actions": [action],
            "uptodate": [config_changed(kw | {"code": own_digest()}, f"ensayar.search:{target}")],
            "clean": True,
        }


def _write_texts(fragment: str, target: str) -> None:
    from ensayar.nikola_plugins.making import write_texts  # noqa: PLC0415  (not where there is nothing to write)

    write_texts(Path(fragment), Path(target))


def _write_index(articles: Sequence[tuple[str, str, str]], index: str) -> None:
    from ensayar.publish import search  # noqa: PLC0415  (not where there is nothing to write)

    target = Path(index)
    entries = []
    for url, title, name in articles:
        passages = search.passages_in((target.parent / name).read_text(encoding="utf-8"))
        entries.append(search.Entry(url, title, name, search.words_in(title, passages)))
    renew(target, search.index_module(entries).encode())
