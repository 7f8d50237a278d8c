"""What our plugins share: where an article's pages are, what they depend on, and how a build ends."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
import sys
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.utils import CustomEncoder, LocaleBorg

from ensayar import atomic
from ensayar.errors import EnsayarError

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any
"""Nikola has no types."""
TEMPLATE = "report.tmpl"
_SETTINGS = (
    *("ENSAYAR_BOOKS", "FILES_FOLDERS", "IMAGE_FOLDERS", "INDEX_FILE", "POSTS", "PAGES", "PRETTY_URLS", "SITE_URL"),
    *("STRIP_INDEXES", "URL_TYPE"),
)
_CODE = (
    "publish/books/*.*",
    "*.py",
    "rst/*.py",
    "matching/*.py",
    "mutation/*.py",
    "publish/*.py",
    "nikola_plugins/*.py",
    "templates/*",
)


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
    source: str = post.source_path
    return os.path.basename(source).split(".", 1)[0]  # noqa: PTH119  (each build asks it of each article)


def renew(target: Path, data: bytes) -> None:
    """Have *data* in the file *target*, which is left alone where it has them, and never holds half of them."""
    with suppress(OSError):
        if target.read_bytes() == data:
            return
    atomic.write(target, data)


@cache
def own_digest() -> str:
    """Of the code that makes pages."""
    package = Path(str(importlib.resources.files("ensayar")))
    digest = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(package.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def site_digest(site: Untyped) -> str:
    """Of what every report depends on, and no text: settings and templates."""
    digest = hashlib.sha256()
    before = LocaleBorg().current_lang
    for language in site.config["TRANSLATIONS"]:
        # Nikola knows best what a page depends on; asked once, because the answer is long and the same for all
        task = site.generic_renderer(language, "", TEMPLATE, {}, context={"title": "", "permalink": ""})
        settings = {name: site.config.get(name) for name in _SETTINGS} | {"page": task["uptodate"][0].config}
        digest.update(json.dumps(settings, cls=CustomEncoder, sort_keys=True).encode())
        for path in task["file_dep"]:
            digest.update(Path(path).read_bytes())
    LocaleBorg().set_locale(before)
    return digest.hexdigest()
