"""Digests of checks: a check whose code is the same says the same of the same machine.

Code is compared as it is parsed, so that comments and blanks do not count. A check's own function (or class) counts,
what its module holds besides tests, and every other module that lies beside it or above it, up to the project's root.
"""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from ensayar.model import Article


def check_digest(item: pytest.Item, article: Article, root: Path) -> str:
    """SHA-256, in hexadecimal, of what *item* would ask of the finished steps of *article*."""
    parts = [str(article.values), item.nodeid, _module(item.path, _outermost(item))]
    parts += [_file(path) for path in _neighbours(item.path, root)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _outermost(item: pytest.Item) -> str:
    """The name of the function or class of the module that *item* comes from."""
    names = item.nodeid.partition("[")[0].split("::")[1:]
    return names[0] if names else item.name


@lru_cache(maxsize=4096)
def _module(path: Path, name: str) -> str:
    """The definition of *name* in the module *path*, and all that is no test."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        return f"unreadable: {error}"
    wanted = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        or node.name == name
        or not node.name.startswith(("test", "Test"))
    ]
    return "\n".join(ast.dump(node) for node in wanted)


@lru_cache(maxsize=1024)
def _file(path: Path) -> str:
    try:
        return ast.dump(ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError) as error:
        return f"unreadable: {error}"


def _neighbours(path: Path, root: Path) -> list[Path]:
    """Modules that a check may import from beside it, and the ``conftest.py`` of every directory down to it."""
    beside = [each for each in path.parent.glob("*.py") if not each.name.startswith("test_")]
    above = [
        directory / "conftest.py"
        for directory in path.parent.parents
        if directory.is_relative_to(root) and (directory / "conftest.py").is_file()
    ]
    return sorted([*beside, *above])
