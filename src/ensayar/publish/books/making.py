"""Puts a book together: the opening page, the article's chapters, and what is to be said of the book itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.publish.books.model import Book, Chapter
from ensayar.publish.books.pictures import picture_of
from ensayar.publish.books.reading import Surroundings, chapter_of, chapters_of, parsed
from ensayar.publish.html import element, join
from ensayar.publish.words import date, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ensayar.publish.books.model import Facts, Picture

OPENING, ABOUT = "_portada", "_sobre-este-libro"
"""Ids of what the article does not have."""


def book_of(
    fragment: str,
    facts: Facts,
    values: Mapping[str, str],
    *,
    address: Callable[[str], str],
    read: Callable[[str], tuple[str, bytes]],
) -> Book:
    """The book of the article whose HTML is *fragment*.

    :param values: those of the article's parameters.
    :param address: absolute, of what a link of the article leads to.
    :param read: path and data of the file of the picture that the article calls so.
    :raises UsageError: a picture cannot be shown.
    """
    pictures: dict[str, Picture] = {}

    def picture(source: str) -> str:
        path, data = read(source)
        if path not in pictures:
            pictures[path] = picture_of(path, data, frozenset(known.name for known in pictures.values()))
        return pictures[path].name

    around = Surroundings(facts.language, address, picture)
    chapters = chapters_of(fragment, around)
    about = str(say(facts.language, "book-about"))
    chapters.append(chapter_of(ABOUT, about, _about(facts, values), around))
    return Book(facts, _opening(facts, around), chapters, tuple(pictures.values()))


def _opening(facts: Facts, around: Surroundings) -> Chapter:
    days = [say(facts.language, "book-published", date=date(facts.language, facts.published))]
    if facts.modified != facts.published:
        days.append(say(facts.language, "book-modified", date=date(facts.language, facts.modified)))
    content = parsed(
        str(
            join(
                [
                    element("p", facts.site, class_="site"),
                    element("h1", facts.title),
                    *([element("p", facts.description, class_="lead")] if facts.description else []),
                    element("p", join(days, " · "), class_="meta"),
                    element("p", element("a", facts.address, href=facts.address), class_="meta"),
                ]
            )
        ),
        around,
    )
    content.tag = "section"
    content.set("id", OPENING)
    content.set("class", "opening")
    return Chapter(OPENING, facts.title, content)


def _about(facts: Facts, values: Mapping[str, str]) -> Markup:
    """What holds for all of the book."""
    link = element("a", facts.title, href=facts.address)
    said = [say(facts.language, "book-made-of", link=link, date=date(facts.language, facts.modified))]
    if values:
        listed = join((element("code", f"{name}={value}") for name, value in values.items()), ", ")
        said.append(say(facts.language, "book-values", values=listed))
    said.append(say(facts.language, "book-verdicts"))
    rights = Markup(facts.rights)  # noqa: S704  (of the site's own settings, as on each of its pages)
    return join(element("p", words) for words in (*said, *([rights] if rights else [])))
