"""Nikola's tasks for the pictures that stand for pages where their links are shared.

``assets/cards/_<language>.png`` for all pages that list others, ``assets/cards/<address>.png`` for each post and page
that our compiler has not compiled, which draws that of the others itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.plugin_categories import Task
from nikola.utils import config_changed

from ensayar.nikola_plugins.building import own_digest
from ensayar.nikola_plugins.products import CARD, CARDS, COMPILER, output_of, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any
"""Nikola has no types."""


class Cards(Task):  # type: ignore[misc]  # untyped, see above
    """The pictures that no compiler draws."""

    name = "ensayar_cards"

    def gen_tasks(self) -> Iterator[dict[str, Untyped]]:
        """Called once by Nikola for each build."""
        self.site.scan_posts()
        yield self.group_task()
        config = self.site.config
        for language in config["TRANSLATIONS"]:
            titles = {Path(output_of(self.site), CARDS, f"_{language}.png"): config["BLOG_DESCRIPTION"](language)}
            for post in self.site.timeline:
                if post.compiler.name != COMPILER:
                    # private ones, too: they may be shared with whom they are for
                    found = wanted(self.site, post, language, executable=False)
                    titles |= {Path(found[CARD]): post.title(language)} if CARD in found else {}
            site = config["BLOG_TITLE"](language)
            for target, title in titles.items():
                yield {
                    "basename": self.name,
                    "name": str(target),
                    "targets": [str(target)],
                    "actions": [(_draw, (title, site, target))],
                    "uptodate": [
                        config_changed({"title": title, "site": site, "code": own_digest()}, f"ensayar.card:{target}")
                    ],
                    "clean": True,
                }


def _draw(title: str, site: str, target: Path) -> None:
    from ensayar.nikola_plugins.making import write_card  # noqa: PLC0415  (not where there is nothing to draw)

    write_card(title, site, target)
