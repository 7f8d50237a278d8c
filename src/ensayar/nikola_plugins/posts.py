"""What our plugins ask about a post or page of Nikola's."""

from __future__ import annotations

import hashlib
import inspect
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

Untyped = Any
"""Nikola has no types."""
_HEADER = re.compile(r"^\.\. rehearse::", re.MULTILINE)


def is_public(post: Untyped, language: str) -> bool:
    """Whether *post* is out in *language*, and wants to be found."""
    hidden = post.is_draft or post.is_private or post.publish_later or "noindex" in post.meta("robots", lang=language)
    return post.is_translation_available(language) and not hidden


def address(post: Untyped, language: str) -> str:
    """Where *post* is on the site: ``slug`` or ``en/slug``; the name of files that belong to it."""
    return str(post.permalink(language)).strip("/").removesuffix(".html")


def is_executable(source: str) -> bool:
    """Whether an article with this *source* has a deployment; without parsing it.

    An example of the directive is indented; the directive itself, as a rule, is not.
    """
    return _HEADER.search(source) is not None


def code_digest(module: ModuleType) -> str:
    """Of the code of *module*; short, since it is compared for each task of each build."""
    return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()
