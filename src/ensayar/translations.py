"""Which posts are translations of which: ``slug.xx.rst`` lies beside ``slug.rst``, and translates it."""

from __future__ import annotations

import glob
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# As Nikola's TRANSLATIONS_PATTERN has it: a language of ISO 639-1 ("vue.js.rst" translates nothing), maybe with a
# region or a script.
_LANGUAGE = re.compile(
    "(?:a[abefkmnrsvyz]|b[aeghimnors]|c[aehorsuvy]|d[aevz]|e[elnostu]|f[afijory]|g[adlnuv]|h[aeiortuyz]|i[adegikostu]|j[av]"
    "|k[agijklmnorsuvwy]|l[abginotuv]|m[ghiklnrsty]|n[abdeglnorvy]|o[cjmrs]|p[ailst]|qu|r[mnouw]|s[acdegiklmnoqrstuvw]"
    "|t[aeghiklnorstwy]|u[grkz]|v[eio]|w[ao]|xh|y[io]|z[ahu])(?:[_-][A-Za-z]{2,5})?"
)


def original_of(path: Path) -> Path | None:
    """The post that the one in *path* is a translation of; ``None`` where it is none."""
    slug, _, language = path.stem.partition(".")
    original = path.with_name(f"{slug}{path.suffix}")
    return original if path.suffix == ".rst" and _LANGUAGE.fullmatch(language) and original.is_file() else None


def translations_of(path: Path) -> tuple[Path, ...]:
    """The translations that lie beside the post in *path*, in a fixed order."""
    if "." in path.stem or not path.parent.is_dir():
        return ()
    beside = sorted(path.parent.glob(f"{glob.escape(path.stem)}.*.rst"))
    return tuple(other for other in beside if other.is_file() and original_of(other) == path)
