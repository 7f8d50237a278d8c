"""Nikola's tasks for the pictures that stand for pages where their links are shared.

``assets/cards/<address>.png`` for each post and page, ``assets/cards/_<language>.png`` for all other pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.plugin_categories import Task
from nikola.utils import config_changed

from ensayar.nikola_plugins.posts import address, code_digest
from ensayar.publish import card

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any
"""Nikola has no types."""
FOLDER = Path("assets/cards")


class Cards(Task):  # type: ignore[misc]  # untyped, see above
    """A picture for each page."""

    name = "ensayar_cards"

    def gen_tasks(self) -> Iterator[dict[str, Untyped]]:
        """Called once by Nikola for each build."""
        self.site.scan_posts()
        yield self.group_task()
        config = self.site.config
        code = code_digest(card)
        for language in config["TRANSLATIONS"]:
            # private ones, too: they may be shared with whom they are for
            posts = [
                post
                for post in self.site.timeline
                if post.is_translation_available(language) and not post.meta("robots", lang=language)
            ]
            titles = {address(post, language) or "index": post.title(language) for post in posts}
            titles[f"_{language}"] = config["BLOG_DESCRIPTION"](language)
            site = config["BLOG_TITLE"](language)
            for name, title in titles.items():
                target = Path(config["OUTPUT_FOLDER"]) / FOLDER / f"{name}.png"
                yield {
                    "basename": self.name,
                    "name": str(target),
                    "targets": [str(target)],
                    "actions": [(_draw, (title, site, target))],
                    "uptodate": [
                        config_changed({"title": title, "site": site, "code": code}, f"ensayar.card:{target}")
                    ],
                    "clean": True,
                }


def _draw(title: str, site: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(card.card_png(title, site))
