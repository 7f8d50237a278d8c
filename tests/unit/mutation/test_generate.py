"""Mutants of an article: what is altered, that each is another article, and that their names last."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar.console import unfinished
from ensayar.digest import step_digest
from ensayar.model import Account, Article, Command, ConsoleStep, FileStep, Location, Minimum
from ensayar.mutation.generate import NOTHING, dropped, looking, mutants
from ensayar.mutation.source import python
from ensayar.parameters import resolve, substitute
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ensayar.mutation.model import Mutant

CASES = "mutants.md"
HEADER = ".. rehearse::\n   :platform: debian-13\n   :login: muro\n\n"
ROOT = Path(__file__).parents[3]
OURS = ROOT / "posts" / "deploy-de-django-con-circus-chaussette-nginx.rst"


def made(read: Callable[..., Article | None], text: str) -> Article:
    found = read(HEADER + text)
    assert found is not None
    return resolve(found)


def test_what_is_altered(read: Callable[..., Article | None], case: tuple[str, str]) -> None:
    text, wanted = case
    lines = [f"{found.step} {found.operator}: {found.description}\n" for found in mutants(made(read, text))]
    assert "".join(lines).replace("→", "=>") == wanted  # an arrow is a tab in the file of cases


def different(article: Article, found: Sequence[Mutant]) -> None:
    """Every mutant is another article than the sound one, and than every other mutant; only its step differs."""
    digests = [tuple(map(step_digest, mutant.article.steps)) for mutant in found]
    digests.append(tuple(map(step_digest, article.steps)))
    assert len(set(digests)) == len(digests)
    names = [step.name for step in article.steps]
    for mutant in found:
        assert [step.name for step in mutant.article.steps] == names
        others = zip(article.steps, mutant.article.steps, strict=True)
        assert [one.name for one, other in others if one != other] == [mutant.step]
        assert mutant.article.step(mutant.step) is mutant.altered
        assert "\n" not in str(mutant)
    assert len({mutant.id for mutant in found}) == len(found)


# --- the article that this project is about -------------------------------------------------------------


@pytest.fixture(scope="module")
def ours() -> Article:
    raw = parse(OURS, root=ROOT)
    assert raw is not None
    return resolve(raw)


def test_our_article_has_enough_mutants_and_no_two_alike(ours: Article) -> None:
    found = mutants(ours)
    different(ours, found)
    altered = [mutant for mutant in found if not mutant.dropped]
    assert len(altered) >= 100
    names = {mutant.step for mutant in found if mutant.dropped}
    assert names | set(looking(ours)) == {step.name for step in ours.steps}
    assert not names & set(looking(ours))


def test_each_line_named_holds_what_is_touched(ours: Article) -> None:
    lines = [substitute(line, dict(ours.values)) for line in OURS.read_text(encoding="utf-8").split("\n")]
    for mutant in mutants(ours):
        line = lines[mutant.location.line - 1]
        if mutant.dropped or ", in “/" in mutant.description:
            assert line.lstrip().startswith(".. code-block::"), mutant
            continue
        touched = re.split(r" → | …|…", mutant.description)[0]
        assert touched in line, mutant


def test_names_survive_edits_elsewhere(ours: Article, tmp_path: Path) -> None:
    text = OURS.read_text(encoding="utf-8")
    edited = text.replace("   check_delay = 5\n", "   ; how often\n   check_delay = 6\n   warm = 1\n")
    edited = edited.replace(".. rehearse::", "A line more.\n\n.. rehearse::", 1)
    assert edited != text
    (tmp_path / OURS.name).write_text(edited, encoding="utf-8")
    raw = parse(tmp_path / OURS.name, root=tmp_path)
    assert raw is not None
    before, after = ({mutant.id for mutant in mutants(article)} for article in (ours, resolve(raw)))
    assert sorted(name.rpartition(":")[0] for name in before - after) == [
        "circus-ini:directive-lost",
        "circus-ini:value-changed",
    ]
    assert len(after - before) == 4


# --- anything -------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["yes", "no", "5", "077", "0750", "/srv/a/b.sock", "muro", "root", "a b c", "127.0.0.1:80", ""])
KEYS = st.sampled_from(["umask", "User", "listen", "path", "mode", "x.y", "Restart"])
PIECES = {
    "ini": st.builds("{} = {}".format, KEYS, WORDS),
    "nginx": st.builds("{} {};".format, KEYS, WORDS),
    "python": st.builds("{} = [{!r}, {{{!r}: {}}}]".format, st.sampled_from("abc"), WORDS, WORDS, st.booleans()),
    "sh": st.builds("{} {}".format, st.sampled_from(["exec", "umask", "A=", "echo 'x"]), WORDS),
    "text": WORDS,
}
STRAY = st.sampled_from(["", "# words", "[a]", "server {", "}", "   indented", "año \\", "def f():\n    return 1"])
COMMANDS = st.sampled_from(
    [
        "apt-get install --yes a b",
        "install -d -m 750 -o root -g muro /a /b",
        "chmod 640 /a && chown root:muro /a",
        "systemctl enable --now a",
        "ln -s /a /b",
        "useradd --system -d /a b",
        "umask 077; mkdir a b",
        "echo 'a\nb' > /srv/a/b",
        "A=1 serve 127.0.0.1:80 | tee a",
        "cat a",
        "if true; then chmod 640 a; fi",
        "cat <<E\nchmod 640 a\nE",
        'run "$(cat a)" `id` ${A:-b}',
    ]
)


@st.composite
def file_steps(draw: st.DrawFn, name: str) -> FileStep:
    language = draw(st.sampled_from(sorted(PIECES)))
    lines = draw(st.lists(st.one_of(PIECES[language], PIECES[language], STRAY), min_size=1, max_size=8))
    return FileStep(
        name=name,
        location=Location("posts/a.rst", 1),
        path=draw(st.sampled_from(["/a", "/etc/tmpfiles.d/a.conf", "/a/requirements.txt", "/b.py"])),
        content="\n".join(lines) + "\n",
        content_line=7,
        owner=draw(st.sampled_from(["root", "muro"])),
        group=draw(st.sampled_from(["root", "muro", "nogroup"])),
        mode=draw(st.integers(0, 0o7777)),
        replaces=None,
        language=language,
        caption="",
    )


@st.composite
def console_steps(draw: st.DrawFn, name: str) -> ConsoleStep:
    texts = draw(st.lists(COMMANDS, min_size=1, max_size=4))
    single = len(texts) == 1
    place = Location("posts/a.rst", 9)
    return ConsoleStep(
        name=name,
        location=Location("posts/a.rst", 3),
        commands=tuple(Command(text, draw(st.sampled_from(Account)), (), place) for text in texts),
        timeout=5,
        wait=None,
        background=single and draw(st.booleans()),
        output_of=None,
        expected=(),
        stop=False,
        reboot=False,
        exit_status=draw(st.integers(0, 3)),
        caption="",
    )


@st.composite
def articles(draw: st.DrawFn) -> Article:
    names = [f"s{number}" for number in range(draw(st.integers(1, 4)))]
    return Article(
        slug="a",
        source="posts/a.rst",
        language="en",
        platform="debian-13",
        login=draw(st.sampled_from(["muro", "root"])),
        versions=(),
        parameters=(),
        values=(),
        blocks=tuple(draw(st.one_of(file_steps(name), console_steps(name))) for name in names),
        minimum=Minimum(0, 0, Location("posts/a.rst", 1)),
    )


@given(articles())
def test_every_mutant_is_another_article_and_always_the_same(article: Article) -> None:
    found = mutants(article)
    different(article, found)
    assert mutants(article) == found
    for mutant in found:
        if isinstance(mutant.altered, ConsoleStep):
            assert all(unfinished(command.text) is None for command in mutant.altered.commands)
            assert all(command.text.strip() for command in mutant.altered.commands)
        else:
            assert mutant.altered.content == "" or mutant.altered.content.endswith("\n")


PYTHON = st.sampled_from(
    [
        "def f(a=1):\n    return 'a'",
        "class A:\n    b = 1\n\n    @p(2)\n    def c(self):\n        pass",
        "@d\n@e(1, x=True)\nclass B:\n  @p\n  def q(self): return [1]",
        "# words",
        "x = {1: 'año', 'b': [2, '/srv/a', ], **c}; y = '🎪', [3]",
        "f(a, b=1, *c, d='🎪')",
        "f(**d)",
        "if a: b = 1\nelse:\n    b = {'muro', 'x.y'}",
        "try:\n    a = 1\nexcept E:\n    b()\nfinally:\n    c()  # why",
        "with a as b: raise C('one\\n  two')",
        "while True:\n    (x\n     .y([\n  1]))\n    break",
        "z = f'{a} {[1, 2]}'\n'words'",
        "match a:\n    case 1:\n        b = 'yes'\n    case _:\n        del c",
    ]
)


@given(st.lists(PYTHON, min_size=1, max_size=5), st.booleans())
def test_python_that_parses_still_does(pieces: list[str], ended: bool) -> None:  # noqa: FBT001  (drawn)
    text = "\n".join(pieces) + ("\n" if ended else "")
    sound = ast.dump(ast.parse(text))
    texts = [edit.text for edit in python(text)]
    assert texts or set(pieces) <= {"# words", "f(**d)"}
    for altered in texts:
        assert ast.dump(ast.parse(altered)) != sound


def test_a_dropped_step_keeps_its_name_and_does_nothing(ours: Article) -> None:
    for step in ours.steps:
        nothing = dropped(step)
        assert (nothing.name, nothing.location) == (step.name, step.location)
        background = isinstance(step, ConsoleStep) and step.background
        assert [command.text for command in nothing.commands] == ([NOTHING] if background else [])
        assert nothing.background == background
        assert (nothing.reboot, nothing.output_of, nothing.exit_status) == (False, None, 0)
