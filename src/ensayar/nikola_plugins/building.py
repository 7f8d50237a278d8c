"""What our plugins share: where an article's pages are, what they depend on, and how a build ends."""

from __future__ import annotations

import hashlib
import importlib.resources
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensayar.errors import EnsayarError
from ensayar.publish.page import NOWHERE, Places
from ensayar.publish.words import DEFAULT, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any
"""Nikola has no types."""
_CODE = ("*.py", "rst/*.py", "matching/*.py", "mutation/*.py", "publish/*.py", "nikola_plugins/*.py", "templates/*")


@contextmanager
def ending_the_build() -> Iterator[None]:
    """What a person can act upon is said in plain lines, ``file:line: message``, and ends this build."""
    try:
        yield
    except EnsayarError as error:
        print(error, file=sys.stderr)  # noqa: T201  (Nikola's log would put the time before each place)
        # doit answers every other exception with a traceback
        raise SystemExit(error.exit_code) from error


def slug_of(post: Untyped) -> str:
    """What the project calls the article, in whatever language; its address may be another."""
    return Path(post.source_path).name.split(".")[0]


def places_of(post: Untyped, language: str) -> Places:
    """Where an article and the full report of its rehearsal are published."""
    if post is None:
        return NOWHERE
    address: str = post.permalink(language)
    folder = address.removesuffix(f"/{post.index_file}").removesuffix(".html").removesuffix("/")
    name = WORDS.get(language, WORDS[DEFAULT])["report-path"]
    return Places(address, f"{folder}/{name}/{'' if post.strip_indexes else post.index_file}")


def marker_of(site: Untyped, post: Untyped, language: str) -> Path:
    """The file that says whether the evidence of an article is older than the article: one line if so, else none."""
    return Path(site.config["CACHE_FOLDER"], "ensayar", f"{slug_of(post)}.{language}.stale")


def digest_of(path: Path) -> str | None:
    """SHA-256, in hexadecimal, of a file; ``None`` without it."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


@cache
def own_digest() -> str:
    """Of the code that makes pages."""
    package = Path(str(importlib.resources.files("ensayar")))
    digest = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(package.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()
