"""pyproject.toml, the lock and the page about dependencies say the same."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "dependencies.rst").read_text(encoding="utf-8")

DISTRIBUTION_OF = {
    "PIL": "pillow",
    "qemu": "qemu-qmp",
    "sphinxcontrib": "sphinxcontrib-asciinema",
    "testinfra": "pytest-testinfra",
    "_pytest": "pytest",
}


def normal(requirement: str) -> str:
    """The distribution's name as indexes compare it (PEP 503)."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


RUNTIME = {normal(item) for item in PYPROJECT["project"]["dependencies"]}
OPTIONAL = {normal(item) for group in PYPROJECT["project"]["optional-dependencies"].values() for item in group}
DEVELOPMENT = {normal(item) for group in PYPROJECT["dependency-groups"].values() for item in group}
LOCKED = {normal(line) for line in LOCK.splitlines() if re.match(r"[a-z0-9]", line)}


@pytest.mark.parametrize("name", sorted(RUNTIME | OPTIONAL | DEVELOPMENT))
def test_every_dependency_is_locked(name: str) -> None:
    assert name in LOCKED


def test_every_locked_version_has_a_hash() -> None:
    entries = re.findall(r"^[a-z0-9].*(?:\n .*)*", LOCK, re.MULTILINE)
    assert len(entries) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []


def test_the_lock_names_no_index() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^\s*-", LOCK.replace("    --hash", ""), re.MULTILINE)


def test_what_node_gets_is_locked_too() -> None:
    folder = ROOT / "tests" / "visit"
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    own = locked.pop("")
    assert own["dependencies"] == wanted["dependencies"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted["dependencies"]} == wanted[
        "dependencies"
    ]
    assert len(locked) > 100
    assert [name for name, each in locked.items() if not each["integrity"].startswith("sha512-")] == []
    assert [name for name, each in locked.items() if "resolved" in each or each.get("hasInstallScript")] == []
    assert {name for name in wanted["dependencies"] if f"``{name}``" not in PAGE} == set()


def test_the_page_explains_every_dependency_and_no_other() -> None:
    tables = PAGE.partition("System packages")[0]
    items = re.findall(r"^   \* - (.*)$", tables, re.MULTILINE) + re.findall(r"^.*``types-.*$", tables, re.MULTILINE)
    explained = {normal(name) for line in items for name in re.findall(r"``([\w.-]+)``", line)}
    assert explained == RUNTIME | OPTIONAL | DEVELOPMENT


def test_the_page_explains_every_system_package_that_dev_installs() -> None:
    script = (ROOT / "dev").read_text(encoding="utf-8")
    needed = set(re.findall(r"\bneed ([a-z0-9.+-]+) (?:command|python3|test) ", script))
    items = re.findall(r"^   \* - (.*)$", PAGE.partition("System packages")[2], re.MULTILINE)
    assert {name for line in items for name in re.findall(r"``([\w.+-]+)``", line)} == needed


def test_the_package_imports_only_what_it_declares() -> None:
    imported = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.resources.files":
                imported |= {str(each.value).partition(".")[0] for each in node.args if isinstance(each, ast.Constant)}
    others = imported - sys.stdlib_module_names - {"ensayar"}
    assert {DISTRIBUTION_OF.get(name, name) for name in others} == RUNTIME | OPTIONAL
