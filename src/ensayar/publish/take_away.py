"""Where a reader gets the whole deployment as one file. Works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar import bundle
from ensayar.publish.html import element, join
from ensayar.publish.words import say

if TYPE_CHECKING:
    from markupsafe import Markup

    from ensayar.publish.page import Page


def take_away_html(page: Page, url: str) -> Markup:
    """The line that offers the deployment of *page*'s article, which is at *url*."""
    name = bundle.file_name(page.article.slug)
    kilobytes = max(1, round(len(bundle.pack(page.article)) / 1000))
    link = element("a", element("code", name), href=url, download=name)
    words = [say(page.language, "take-away", link=link, kilobytes=kilobytes)]
    if page.article.parameters:
        words.append(say(page.language, "take-away-values"))
    return element("p", join(words, " "), class_="take-away")
