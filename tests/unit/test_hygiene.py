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
# A key, not the mention of one: the header and its first line of base64.
KEY = re.compile(rb"-{5}BEGIN [A-Z ]*PRIVATE KEY-{5}\\?[rn\s]+[A-Za-z0-9+/=]{32}")


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name for name in names.decode().split("\0") if name and (ROOT / name).is_file()]


def any_of(words: list[str]) -> re.Pattern[bytes]:
    return re.compile("|".join(re.escape(word) for word in words).encode())


def offenders(pattern: re.Pattern[bytes]) -> list[str]:
    """``file:line: match`` of each match of *pattern* in a tracked text file."""
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
    assert offenders(any_of(HOSTS)) == []


def test_no_path_of_a_machine_is_named() -> None:
    # a checkout such as /srv or /root would forbid what articles may say
    here = [f"{ROOT}/"] if len(ROOT.parts) > 2 else []
    assert offenders(any_of([*PLACES, *here])) == []


def test_no_private_key_is_kept() -> None:
    made = f"-----BEGIN OPENSSH PRIVATE {'KEY'}-----\n{'b3BlbnNzaC1rZXktdjE' * 3}\n"
    assert KEY.search(made.encode())
    assert offenders(KEY) == []


@pytest.mark.parametrize("path", ["dev", ".ci/run"])
def test_scripts_may_be_run(path: str) -> None:
    listed = subprocess.run(["git", "ls-files", "-s", path], cwd=ROOT, check=True, capture_output=True, text=True)
    assert listed.stdout.startswith("100755 ")


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "exec ./dev test"
    assert "./dev test" in (ROOT / "README.md").read_text(encoding="utf-8")
