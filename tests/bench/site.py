"""Sites of many articles: the project's settings, theme and pages, with articles and evidence that are made up.

What comes in is the project; what goes out is a directory that Nikola can build, with our plugin or without.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.place import environment, run, told
from ensayar.digest import act_digest, step_digest
from ensayar.evidence import FILE_NAME, CheckEvidence, CommandEvidence, Evidence, MachineEvidence, StepEvidence
from ensayar.model import ConsoleStep
from ensayar.parameters import defaults, resolve
from ensayar.project import Project
from ensayar.rst import parse

if TYPE_CHECKING:
    from ensayar.model import Step

OUTPUT = "output"
_COMMAND = (sys.executable, "-m", "nikola", "build", "--strict")
_COPIED = ("themes", "pages", "files")
_WITHOUT = """
# the plugin is off; docutils knows our names, and shows what it finds there
sys.path.append({tests!r})
from bench import lenient
lenient.register()
COMPILERS = {{"rest": (".rst",)}}
EXTRA_PLUGINS_DIRS = []
DISABLED_PLUGINS = [*DISABLED_PLUGINS, "rest_listing"]
"""
_ARTICLE = """\
.. title: Un programa que dice {word} ({number})
.. slug: {slug}
.. date: {date}
.. tags: {tag}
.. description: Cómo se instala y se prueba el programa {number}, que dice {word}.

{prose[0]}

.. rehearse::
   :platform: debian-13
   :login: root
   :language: es

.. parameter:: saludo
   :default: Hola
   :pattern: [A-Za-z]{{1,20}}

   Cómo saluda el programa.

El programa
===========

{prose[1]}

.. code-block:: sh
   :name: programa
   :file: /usr/local/bin/{slug}
   :mode: 0755

   #!/bin/sh
   echo "¡@@saludo@@, {word}!"

La prueba
=========

{prose[2]}

.. code-block:: console
   :name: probar

   # {slug}
   ¡Hola, {word}!
   # date +%Y
   <número>
"""
_ARTICLES_PER_TAG = 10
_WORDS, _WORDS_EACH = 5000, 40
"""The vocabulary of a site, and of it in each paragraph."""
_MACHINE = MachineEvidence("qemu", "tcg", "debian-13", "made up", 2, 1024, ())


@dataclass(frozen=True, slots=True)
class Site:
    """A site in a directory of its own."""

    root: Path
    """The directory."""

    def build(self) -> float:
        """Seconds that ``nikola build`` takes, from the key stroke to its end."""
        return run(_COMMAND, self.root, environment())

    def build_and_tell(self) -> str:
        """What ``nikola build`` prints: a line for each task that it runs."""
        return told(_COMMAND, self.root, environment())[1]

    def outputs(self) -> dict[str, tuple[int, str]]:
        """Each built file by its path: when it was written (nanoseconds since 1970), and a digest of its contents."""
        files = sorted(path for path in (self.root / OUTPUT).rglob("*") if path.is_file())
        return {
            path.relative_to(self.root / OUTPUT).as_posix(): (
                path.stat().st_mtime_ns,
                hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in files
        }

    def forget(self) -> None:
        """All that was built goes, so that the next build is a full one."""
        for name in (OUTPUT, "cache", ".doit.db"):
            path = self.root / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def slug(number: int) -> str:
    """What article *number* is called."""
    return f"programa-{number:04}"


def text(number: int) -> str:
    """Article *number*: always the same, and unlike every other."""
    chance = random.Random(number)  # noqa: S311  (no secret)
    prose = [" ".join(_word(chance.randrange(_WORDS)) for _ in range(_WORDS_EACH)).capitalize() + "." for _ in range(3)]
    day = f"20{10 + number // 336:02}-{1 + number // 28 % 12:02}-{1 + number % 28:02} 12:00:00 UTC"
    return _ARTICLE.format(
        number=number,
        slug=slug(number),
        word=_word(number),
        date=day,
        tag=f"tema-{number // _ARTICLES_PER_TAG:03}",
        prose=prose,
    )


def _word(number: int) -> str:
    """A word that can be said: *number* in syllables."""
    spoken = ""
    while number or not spoken:
        number, digit = divmod(number, 70)
        spoken += "bcdfglmnprstvz"[digit // 5] + "aeiou"[digit % 5]
    return spoken


def make(folder: Path, project: Path, count: int, *, plugin: bool = True) -> Site:
    """A site of *count* articles, each with evidence of a rehearsal that went well."""
    site = Site(folder)
    folder.mkdir(parents=True)
    for name in _COPIED:
        shutil.copytree(project / name, folder / name)
    settings = (project / "conf.py").read_text(encoding="utf-8")
    if not plugin:
        settings = f"{settings}\nimport sys\n{_WITHOUT.format(tests=str(Path(__file__).parents[1]))}"
    # what a site costs, not what laying out a thousand PDFs does
    (folder / "conf.py").write_text(f"{settings}\nENSAYAR_BOOKS = ()\n", encoding="utf-8")
    for number in range(count):
        post = folder / "posts" / f"{slug(number)}.rst"
        post.parent.mkdir(exist_ok=True)
        post.write_text(text(number), encoding="utf-8")
        rehearse(site, number, "2026")
    return site


def rehearse(site: Site, number: int, year: str) -> Path:
    """Leave evidence where a rehearsal of article *number* in *year* would; the file."""
    article = parse(site.root / "posts" / f"{slug(number)}.rst", root=site.root)
    assert article is not None
    resolved = resolve(article)
    evidence = Evidence(
        article=article.slug,
        source=article.source,
        outcome="passed",
        started=f"{year}-11-23T21:04:05Z",
        duration=42.5,
        parameters=defaults(article.parameters),
        versions={},
        machine=_MACHINE,
        steps=tuple(_passed(step, year) for step in resolved.steps),
        skips=(),
    )
    path = Project(site.root).evidence(article.slug) / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(evidence.as_dict(), ensure_ascii=True), encoding="utf-8")
    return path


def _passed(step: Step, year: str) -> StepEvidence:
    commands = step.commands if isinstance(step, ConsoleStep) else ()
    return StepEvidence(
        name=step.name,
        kind="console" if isinstance(step, ConsoleStep) else "file",
        location=str(step.location),
        digest=step_digest(step),
        status="passed",
        duration=0.31,
        commands=tuple(
            CommandEvidence(
                command.text, command.account.value, 0, "\n".join(command.expected).replace("<número>", year), 0.1
            )
            for command in commands
        ),
        checks=(CheckEvidence(f"test_{step.name}", f"Se ve el efecto de {step.name}", passed=True, duration=0.1),),
        acts=act_digest(step),
    )
