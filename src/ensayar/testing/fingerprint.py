"""Digests of checks: a check whose code is the same says the same of the same machine.

Code is compared as it is parsed, so that comments and blanks do not count. A check's own function (or class) counts,
and all that it may lean on: what is no test in any module of its directory, every other file there, the
``conftest.py`` of each directory above up to the project's root, modules of the project that these import, and the
versions of the engine, pytest and testinfra. Other checks do not.
"""

from __future__ import annotations

import ast
import hashlib
import secrets
import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.checkpoints.engine import CHECKING, engine_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    from ensayar.model import Article

_TOOLS = ("pytest", "pytest-testinfra")
_ENGINE = Path(__file__).parents[1]


class Fingerprints:
    """The digests of one session's checks, taken right after they were collected: of the code that is going to run."""

    def __init__(self, items: Iterable[pytest.Item], since: float) -> None:
        """*items* are those collected; *since* is when the session began, wall clock, seconds since 1970."""
        self._since = since
        self._torn = False
        self._tests: dict[Path, set[str]] = defaultdict(set)
        for item in items:
            self._tests[item.path].add(_outermost(item))
        self._modules: dict[Path, ast.Module | str] = {}
        self._texts: dict[Path, list[tuple[str, str]]] = {}
        self._surroundings: dict[tuple[Path, Path], str] = {}
        self._nearby: dict[tuple[Path, Path], str] = {}

    def digest(self, item: pytest.Item, article: Article, root: Path) -> str:
        """SHA-256, in hexadecimal, of what *item* would ask of the finished steps of *article*.

        One that is nobody else's where a file was saved meanwhile: what has run may be another text.
        """
        around = (item.path.parent, root)
        if around not in self._surroundings:
            self._surroundings[around] = _hashed(self._around(*around))
        return self._digest(item, article, self._surroundings[around])

    def own_digest(self, item: pytest.Item, article: Article, root: Path) -> str:
        """Like :meth:`digest`, whatever the engine, pytest and testinfra are, and without those modules of other tests
        that nothing around *item* so much as names.
        """
        near = (item.path, root)
        if near not in self._nearby:
            others = set(self._tests) - self._named(item.path, root)
            self._nearby[near] = _hashed(self._files(item.path.parent, root, others))
        return self._digest(item, article, self._nearby[near])

    def _named(self, path: Path, root: Path) -> set[Path]:
        """*path*, and the modules of tests whose name stands in it, in what it may lean on, or in one of these."""
        directory = path.parent
        around = [each for each in directory.rglob("*.py") if not _hidden(each.relative_to(directory))]
        around += [each / "conftest.py" for each in directory.parents if each.is_relative_to(root)]
        found = {path}
        waiting = [path, *(each for each in around if each.is_file() and each not in self._tests)]
        while waiting:
            text = self._read(waiting.pop()).decode(errors="replace")
            named = {each for each in self._tests if each.stem in text} - found
            found |= named
            waiting += named
        return found

    def _digest(self, item: pytest.Item, article: Article, surroundings: str) -> str:
        own = [text for name, text in self._parts(item.path) if name == _outermost(item)]
        torn = [secrets.token_hex(16)] if self._torn else []
        return _hashed([str(article.values), item.nodeid, *own, surroundings, *torn])

    def _around(self, directory: Path, root: Path) -> Iterator[str]:
        yield engine_digest(CHECKING)
        yield from (f"{tool} {version(tool)}" for tool in _TOOLS)
        yield from self._files(directory, root, set())

    def _files(self, directory: Path, root: Path, without: set[Path]) -> Iterator[str]:
        """Of what lies around checks, unless it is among *without* and nothing else imports it."""
        files = [
            path
            for path in directory.rglob("*")
            if path.is_file() and not _hidden(path.relative_to(directory)) and path not in without
        ]
        above = [each / "conftest.py" for each in directory.parents if each.is_relative_to(root)]
        modules = [path for path in files if path.suffix == ".py"] + [path for path in above if path.is_file()]
        for path in sorted({*files, *self._imported(modules, root)}):
            yield str(path.relative_to(root))
            if path.suffix == ".py":
                yield from (text for name, text in self._parts(path) if name not in self._tests.get(path, ()))
            else:
                yield hashlib.sha256(self._read(path)).hexdigest()

    def _imported(self, paths: Iterable[Path], root: Path) -> set[Path]:
        """*paths*, and the project's own modules that they import, as this process has found them."""
        found: set[Path] = set()
        waiting = list(paths)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                module = self._module(path)
                waiting += [each for each in _imports(module) if _is_projects(each, root)]
        return found

    def _parts(self, path: Path) -> list[tuple[str, str]]:
        """What *path* consists of, with the names of its functions and classes."""
        if path not in self._texts:
            module = self._module(path)
            nodes = module.body if isinstance(module, ast.Module) else []
            texts = [(getattr(node, "name", ""), ast.dump(node)) for node in nodes]
            self._texts[path] = [("", module)] if isinstance(module, str) else texts
        return self._texts[path]

    def _module(self, path: Path) -> ast.Module | str:
        """*path* as it is parsed, or what is wrong with it."""
        if path not in self._modules:
            try:
                self._modules[path] = ast.parse(self._read(path))
            except (SyntaxError, ValueError) as error:
                self._modules[path] = f"unreadable: {error}"
        return self._modules[path]

    def _read(self, path: Path) -> bytes:
        try:
            self._torn = self._torn or path.stat().st_mtime >= self._since
            return path.read_bytes()
        except OSError as error:
            return f"unreadable {error.strerror}".encode()


def _hashed(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _outermost(item: pytest.Item) -> str:
    """The name of the function or class of the module that *item* comes from."""
    names = item.nodeid.partition("[")[0].split("::")[1:]
    return names[0] if names else item.name


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _imports(module: ast.Module | str) -> Iterator[Path]:
    """The files of the modules that *module* imports."""
    for node in ast.walk(module) if isinstance(module, ast.Module) else ():
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            file = getattr(sys.modules.get(name), "__file__", None)
            if file:
                yield Path(file)


def _is_projects(path: Path, root: Path) -> bool:
    """Whether *path* is the project's own: neither ours, whose digest is taken as a whole, nor of an environment."""
    inside = path.is_relative_to(root) and not path.is_relative_to(_ENGINE)
    return inside and not _hidden(path.relative_to(root)) and "site-packages" not in path.parts
