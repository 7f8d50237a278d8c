"""Nikola's tasks for the deployments to take away: ``<address>/<slug>.tar.gz`` beside the page of each article.

``link://deployment/<slug>`` is where it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.plugin_categories import Task
from nikola.utils import config_changed

from ensayar import bundle
from ensayar.errors import UsageError
from ensayar.nikola_plugins.building import ending_the_build, own_digest, slug_of
from ensayar.nikola_plugins.posts import address, is_executable
from ensayar.rst import parse
from ensayar.translations import original_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any
"""Nikola has no types."""


class Downloads(Task):  # type: ignore[misc]  # untyped, see above
    """A file for each article."""

    name = "ensayar_downloads"

    def set_site(self, site: Untyped) -> None:
        """Called once by Nikola."""
        super().set_site(site)
        site.register_path_handler("deployment", self.path)

    def path(self, name: str, language: str) -> list[str]:
        """Where the deployment of the article called *name* is: ``link://deployment/<name>``."""
        for post in self.site.timeline:
            if slug_of(post) == name:
                return [*filter(None, address(post, language).split("/")), bundle.file_name(name)]
        message = f"link://deployment/{name}: no article is called so"
        raise ValueError(message)

    def gen_tasks(self) -> Iterator[dict[str, Untyped]]:
        """Called once by Nikola for each build."""
        self.site.scan_posts()
        yield self.group_task()
        for language in self.site.config["TRANSLATIONS"]:
            for post in self.site.timeline:
                if not post.is_translation_available(language):
                    continue
                source = Path(post.translated_source_path(language))
                if not is_executable(source.read_text(encoding="utf-8")):
                    continue
                if original_of(Path(post.source_path)):
                    with ending_the_build():
                        message = f"{post.source_path}: TRANSLATIONS in conf.py has no such language; add it"
                        raise UsageError(message)
                target = Path(self.site.config["OUTPUT_FOLDER"], *self.path(slug_of(post), language))
                yield {
                    "basename": self.name,
                    "name": str(target),
                    # the page's text, too: it changes with what the article includes
                    "file_dep": [str(source), post.translated_base_path(language)],
                    "targets": [str(target)],
                    "actions": [(_pack, (source, target))],
                    "uptodate": [config_changed({"code": own_digest()}, f"ensayar.download:{target}")],
                    "clean": True,
                }


def _pack(source: Path, target: Path) -> None:
    article = parse(source, root=Path.cwd())
    if article is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(bundle.pack(article))
