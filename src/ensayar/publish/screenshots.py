"""A screenshot as HTML: a figure with its caption, the picture in the scheme that is in force, and how it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.album import picture_path
from ensayar.parameters import resolve, substitute
from ensayar.publish.html import element, join
from ensayar.publish.look import Look
from ensayar.publish.marking import with_values
from ensayar.publish.standing import sign_html
from ensayar.publish.words import date, say
from ensayar.screenshots import resolved, verdict
from ensayar.verdict import Standing

if TYPE_CHECKING:
    from markupsafe import Markup

    from ensayar.album import Picture
    from ensayar.publish.page import Page
    from ensayar.screenshots import Screenshot
    from ensayar.verdict import Verdict

PLAIN = Look()
DARK = "screen and (prefers-color-scheme: dark)"
"""On paper it is always light; the reader's own choice of colours takes the place of this, by script."""
_OWN_WORDS = frozenset({Standing.VERIFIED, Standing.FAILED, Standing.NOT_REACHED})
_SIGNS = {Standing.VERIFIED: True, Standing.FAILED: False}


def screenshot_html(shot: Screenshot, page: Page, look: Look = PLAIN) -> Markup:
    """The figure for a raw *shot* of *page*."""
    picture = page.pictures.get(shot.name)
    article = resolve(page.article)
    sound = next(each for each in resolved(article) if each.name == shot.name)
    known = verdict(sound, article, picture, page.verdict(shot.after))
    return element(
        "figure",
        _caption(shot, page),
        _picture(shot, picture, page) if picture else element("p", _alt(shot, page), class_="missing"),
        _standing(known, page.language, taken=picture is not None),
        class_=" ".join(("block", "screenshot", *look.classes)),
        id=shot.name,
    )


def _caption(shot: Screenshot, page: Page) -> Markup:
    label = str(say(page.language, "anchor", name=shot.name))
    parts = [element("code", with_values(shot.url, page.values), class_="path")]
    if shot.caption:
        parts.insert(0, element("strong", with_values(shot.caption, page.values), class_="title"))
    kind = [
        element("span", say(page.language, "screenshot"), class_="language"),
        element("a", "§", class_="anchor", href=f"#{shot.name}", aria_label=label),
    ]
    return element("figcaption", join([*parts, element("span", join(kind, " "), class_="kind")], " "))


def _alt(shot: Screenshot, page: Page) -> str:
    return substitute(shot.alt, page.values)


def _picture(shot: Screenshot, picture: Picture, page: Page) -> Markup:
    def address(scheme: str) -> str:
        return f"{page.places.pictures}/{picture_path(Path(), shot.name, scheme)}"

    size = {"width": picture.width, "height": picture.height}
    return element(
        "picture",
        element("source", srcset=address("dark"), media=DARK, **size),
        element("img", src=address("light"), alt=_alt(shot, page), loading="lazy", decoding="async", **size),
    )


def _standing(known: Verdict, language: str, *, taken: bool) -> Markup:
    key = known.standing.value
    if not taken:
        key = "screenshot-none"
    elif known.standing in _OWN_WORDS:
        key = f"screenshot-{key}"
    words = [sign_html(passed=_SIGNS.get(known.standing)), " ", say(language, key, date=date(language, known.started))]
    if known.standing in _SIGNS:
        words.append(element("span", class_="as-rehearsed"))  # filled where the reader has put in values of their own
    return element("p", *words, class_=f"verdict {known.standing.value}")
