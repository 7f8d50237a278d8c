"""What no tracked file may hold: index hosts, paths of a person's machine, keys."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# In parts, so that this file does not hold them either.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
    )
]
PLACES = ["/".join(("", *parts, "")) for parts in (("work",), ("tmp", "w"), ("opt", "wheels"))]
SECRETS = [f"BEGIN {kind} KEY" for kind in ("OPENSSH PRIVATE", "RSA PRIVATE", "EC PRIVATE", "PRIVATE")]


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name for name in names.decode().split("\0") if name and (ROOT / name).is_file()]


def offenders(words: list[str]) -> list[str]:
    """``file:line: word`` of each of *words* in a tracked text file."""
    pattern = re.compile("|".join(re.escape(word) for word in words).encode())
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" in data:
            continue
        for match in pattern.finditer(data):
            line = data.count(b"\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}: {match[0].decode()}")
    return found


def test_there_are_files_to_look_at() -> None:
    assert ROOT / "pyproject.toml" in tracked()


def test_no_package_index_is_named() -> None:
    assert offenders(HOSTS) == []


def test_no_path_of_a_machine_is_named() -> None:
    # a checkout such as /srv or /root would forbid what articles may say
    here = [f"{ROOT}/"] if len(ROOT.parts) > 2 else []
    assert offenders([*PLACES, *here]) == []


def test_no_private_key_is_kept() -> None:
    assert offenders(SECRETS) == []


@pytest.mark.parametrize("path", ["dev", ".ci/run"])
def test_scripts_may_be_run(path: str) -> None:
    listed = subprocess.run(["git", "ls-files", "-s", path], cwd=ROOT, check=True, capture_output=True, text=True)
    assert listed.stdout.startswith("100755 ")


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "exec ./dev test"
    assert "./dev test" in (ROOT / "README.md").read_text(encoding="utf-8")
