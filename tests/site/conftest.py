"""Real sites built by the real Nikola, with the project's own settings and theme."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from ensayar.digest import step_digest
from ensayar.evidence import (
    CheckEvidence,
    CommandEvidence,
    Evidence,
    MachineEvidence,
    SkipEvidence,
    StepEvidence,
)
from ensayar.model import ConsoleStep
from ensayar.parameters import defaults, resolve
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Step

ROOT = Path(__file__).parents[2]
ARTICLES = Path(__file__).parent / "articles"


@dataclass(frozen=True, slots=True)
class Site:
    """A site of its own in a temporary directory."""

    root: Path

    def write(self, path: str, text: str) -> Path:
        """A file of the site."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def post(self, name: str) -> Path:
        """One of the test articles, as a post."""
        return self.write(f"posts/{name}.rst", (ARTICLES / f"{name}.rst").read_text(encoding="utf-8"))

    def build(self, *arguments: str, expected: int = 0, strict: bool = True) -> str:
        """``nikola build``; what it printed."""
        command = [sys.executable, "-m", "nikola", "build", *(["--strict"] if strict else []), *arguments]
        done = subprocess.run(
            command, cwd=self.root, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False
        )
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout + done.stderr

    def page(self, url: str) -> BeautifulSoup:
        """The built page under *url*."""
        return BeautifulSoup((self.root / "output" / url / "index.html").read_text(encoding="utf-8"), "lxml")

    def outputs(self) -> dict[str, bytes]:
        """Every built file."""
        return _files(self.root / "output")

    def times(self) -> dict[str, int]:
        """When each built file was written, in nanoseconds."""
        output = self.root / "output"
        return {str(path.relative_to(output)): path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}

    def save(self, evidence: Evidence) -> Path:
        """Leave *evidence* where a rehearsal would."""
        text = json.dumps(evidence.as_dict(), ensure_ascii=True)
        return self.write(f"tutorial/{evidence.article}/evidence/evidence.json", text)

    @staticmethod
    def with_step(evidence: Evidence, name: str, **changes: Any) -> Evidence:  # noqa: ANN401  (the test names the fields)
        """*evidence* with one step different."""
        steps = tuple(replace(step, **changes) if step.name == name else step for step in evidence.steps)
        return replace(evidence, steps=steps)

    def evidence(self, name: str, outputs: dict[str, list[str]] | None = None) -> Evidence:
        """Evidence of a rehearsal of the post *name* in which every step passed.

        :param outputs: by step, what each of its commands printed; without, what the article shows.
        """
        article = parse(self.root / f"posts/{name}.rst", root=self.root)
        assert article is not None
        resolved = resolve(article)
        return Evidence(
            article=name,
            source=article.source,
            outcome="passed",
            started="2026-11-23T21:04:05Z",
            duration=552.4,
            parameters=defaults(article.parameters),
            versions={"nginx": "1.26.3", "Django": "5.2.19"},
            machine=MachineEvidence(
                "qemu", "tcg", "debian-13", "c0ffee", 2, 1024, ("El intermediario (proxy) del anfitrión.",)
            ),
            steps=tuple(_passed(step, (outputs or {}).get(step.name)) for step in resolved.steps),
            skips=tuple(SkipEvidence(str(skip.location), skip.reason) for skip in resolved.skips),
        )


def _passed(step: Step, outputs: list[str] | None) -> StepEvidence:
    commands: tuple[CommandEvidence, ...] = ()
    if isinstance(step, ConsoleStep):
        shown = outputs or ["\n".join(command.expected) for command in step.commands]
        commands = tuple(
            CommandEvidence(command.text, command.account.value, 0, output, 0.31)
            for command, output in zip(step.commands, shown, strict=True)
        )
    return StepEvidence(
        name=step.name,
        kind="console" if isinstance(step, ConsoleStep) else "file",
        location=str(step.location),
        digest=step_digest(step),
        status="passed",
        duration=0.31,
        commands=commands,
        checks=(CheckEvidence(f"test_{step.name}", f"Se ve el efecto de {step.name}", passed=True, duration=0.1),),
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def make_site(folder: Path, *posts: str) -> Site:
    """The project's settings, theme and pages, and the test articles *posts*."""
    site = Site(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "conf.py", folder)
    for name in ("themes", "pages"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "posts").mkdir()
    for post in posts:
        site.post(post)
    return site


@pytest.fixture
def new_site(tmp_path: Path) -> Callable[..., Site]:
    """Makes a site with the test articles that are named."""
    return lambda *posts, folder="sitio": make_site(tmp_path / folder, *posts)


OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nID=debian\nHOME_URL="https://www.debian.org/"\nBUG="x"\n'


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site whose article was rehearsed; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("ensayado") / "sitio", "casos", "otro")
    outputs = {
        "instalar-nginx": [
            "Reading package lists...\rReading package lists... Done\nSetting up nginx-light\n" + "línea\n" * 300,
            "active\n",
            "MainPID=4711\n",
            OS_RELEASE,
        ],
        "esperar": ["Hola, muro: todo bien en 0.25 s\n"],
    }
    site.save(site.evidence("casos", outputs))
    site.build("--invariant")
    return site


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The project's own site with what is committed or being written now; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("proyecto") / "sitio")
    for name in ("posts", "files", "tutorial"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, site.root / name, dirs_exist_ok=True)
    site.build()
    return site
