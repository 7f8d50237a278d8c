"""What our plugins ask about a post or page of Nikola's."""

from __future__ import annotations

import re
from typing import Any

Untyped = Any
"""Nikola has no types."""
_HEADER = re.compile(r"^\.\. rehearse::", re.MULTILINE)


def is_hidden(post: Untyped) -> bool:
    """Whether *post* is not out: a draft, private, or to be out some day."""
    return bool(post.is_draft or post.is_private or post.publish_later)


def is_searchable(post: Untyped, language: str) -> bool:
    """Whether *post* is out in *language*, and wants to be found."""
    if is_hidden(post) or not post.is_translation_available(language):
        return False
    return "noindex" not in post.meta("robots", lang=language) and post.meta("searchable", lang=language) != "no"


def address(post: Untyped, language: str) -> str:
    """Where *post* is on the site: ``slug`` or ``en/slug``; the name of files that belong to it."""
    return str(post.permalink(language)).strip("/").removesuffix(".html")


def is_executable(source: str) -> bool:
    """Whether an article with this *source* has a deployment; without parsing it.

    An example of the directive is indented; the directive itself, as a rule, is not.
    """
    return _HEADER.search(source) is not None
