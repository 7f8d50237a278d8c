"""``deploy.sh`` as data: its parts as JSON, from which the browser writes the script with the reader's values.

A string stands for itself; ``["w", text]`` is a word, ``["d", text]`` a here-document, ``["s", pattern]`` what the
machine has to print. Marks of parameters still stand in the latter three; the browser puts in the values and then
quotes, in this order.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ensayar.deploy import Document, Shown, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.deploy import Part

# a mark whose name has hyphens, as it stands in a regular expression
_ESCAPED_MARK = re.compile(r"@@[a-z](?:[a-z0-9_]|\\-)*@@")


def as_json(parts: Iterable[Part]) -> str:
    """*parts*, raw, for the page."""
    return json.dumps([_plain(part) for part in parts], ensure_ascii=False, separators=(",", ":"))


def _plain(part: Part) -> str | list[str]:
    if isinstance(part, Word):
        return ["w", part.text]
    if isinstance(part, Document):
        return ["d", part.text]
    if isinstance(part, Shown):
        return ["s", _ESCAPED_MARK.sub(lambda match: match[0].replace("\\", ""), part.pattern())]
    return part
