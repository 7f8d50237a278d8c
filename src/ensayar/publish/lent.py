"""What the host lent to the machine, in the reader's language.

The evidence holds one English sentence for each loan, as :mod:`ensayar.machine.adaptations` wrote it, then or years
ago. Known sentences are said in the words of the page; any other is shown as it stands, and marked as English.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ensayar.publish.html import element
from ensayar.publish.marking import safe
from ensayar.publish.words import counted, say

if TYPE_CHECKING:
    from markupsafe import Markup

_AUTHORITIES = re.compile(r"(\d{1,9}) certificate authorit(?:y|ies) that the host trusts beyond Mozilla's\.")
_THINGS = {
    "proxy": re.compile(r"The host's proxy: (.+)\."),
    "python-index": re.compile(r"The host's Python package index: (.+)\."),
    "debian-mirror": re.compile(r"The host's Debian mirror: (.+)\."),
}


def known(sentence: str) -> bool:
    """Whether *sentence* can be said in another language."""
    return _AUTHORITIES.fullmatch(sentence) is not None or any(
        pattern.fullmatch(sentence) for pattern in _THINGS.values()
    )


def lent_html(sentence: str, language: str) -> Markup:
    """One thing that was lent."""
    match = _AUTHORITIES.fullmatch(sentence)
    if match:
        return counted(language, int(match[1]), "authority", "authorities")
    for key, pattern in _THINGS.items():
        match = pattern.fullmatch(sentence)
        if match:
            return say(language, key, what=match[1])
    return safe(sentence) if language == "en" else element("span", safe(sentence), lang="en")
