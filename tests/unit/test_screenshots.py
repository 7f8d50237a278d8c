"""Screenshots as values: where they stand, what they are of, what is known of them, and where a browser goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar import album
from ensayar.album import Picture
from ensayar.digest import step_digest
from ensayar.errors import ArticleError, UsageError
from ensayar.evidence import CheckEvidence, Evidence, MachineEvidence, StepEvidence
from ensayar.model import Article
from ensayar.parameters import resolve
from ensayar.project import Project
from ensayar.rst import parse
from ensayar.rst.screenshots import selectors
from ensayar.screenshots import (
    SCHEMES,
    Screenshot,
    Target,
    change,
    has_own_values,
    of,
    options_digest,
    resolved,
    state_digest,
    target,
    verdict,
)
from ensayar.verdict import Standing, Verdict, verdicts

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """\
.. rehearse::
   :platform: debian-13
   :language: {language}

.. parameter:: host
   :default: sitio.test

   The host.

.. code-block:: console
   :name: one

   # true

.. code-block:: text
   :skip: {skip}
   :name: aside

   x

"""
SHOT = """\
.. screenshot:: front
   :url: http://@@host@@:8000/a?b=c
   :alt: Dice
      @@host@@.
   :caption: La portada
   :mask: time, :is(.pid, [title="a, b"]),
      p

"""
REST = """\
.. code-block:: console
   :name: two

   # false

.. screenshot:: back
   :url: /
   :host-name: @@host@@
   :alt: Lo mismo.
   :width: 400
   :height: 300
   :tolerance: 0.5%
"""
SPANISH = SOURCE.format(language="es", skip="porque sí") + SHOT + REST
ENGLISH = (
    SOURCE.format(language="en", skip="because")
    .replace(".. code-block:: console\n   :name: one\n\n   # true\n", ".. shared:: one\n")
    .replace(
        ".. code-block:: text\n   :skip: because\n   :name: aside\n\n   x\n", ".. shared:: aside\n   :skip: because\n"
    )
)
SHARED = ".. shared:: front\n   :alt: It says @@host@@.\n\n"
SHARED_REST = ".. shared:: two\n\n.. shared:: back\n   :alt: The same.\n   :caption: Again\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "posts").mkdir()
    return tmp_path


def read(root: Path, text: str = SPANISH, name: str = "a.rst") -> Article:
    (root / "posts" / name).write_text(text, encoding="utf-8")
    found = parse(root / "posts" / name, root=root)
    assert found is not None
    return found


@pytest.fixture
def article(root: Path) -> Article:
    return resolve(read(root))


def test_a_screenshot_stands_after_a_step_and_is_none(article: Article) -> None:
    front, back = of(article)
    assert [step.name for step in article.steps] == ["one", "two"]
    assert [block.name for block in article.blocks] == ["one", "aside", "two"]
    assert (front.after, back.after) == ("one", "two")
    assert (front.width, front.height, front.tolerance) == (1280, 800, 0.0001)
    assert (back.width, back.height, back.tolerance) == (400, 300, 0.005)
    assert front.masks == ("time", ':is(.pid, [title="a, b"])', "p")
    assert (front.alt, front.caption, str(front.location)) == ("Dice @@host@@.", "La portada", "posts/a.rst:21")


def test_an_article_without_any_is_the_article_that_it_was(root: Path) -> None:
    assert type(read(root, SOURCE.format(language="es", skip="x"))) is Article


def test_values_stand_in_what_is_asked_for_and_in_the_words(root: Path) -> None:
    raw = read(root)
    assert resolved(raw) == resolved(resolve(raw))
    front, back = resolved(resolve(raw, {"host": "otro.test"}))
    assert (front.url, front.alt, back.host_name) == ("http://otro.test:8000/a?b=c", "Dice otro.test.", "otro.test")
    assert has_own_values(resolve(raw))
    assert not has_own_values(resolve(raw, {"host": "otro.test"}))


@pytest.mark.parametrize(
    ("url", "host_name", "wanted"),
    [
        ("http://localhost:8000/", "", Target("http://localhost:8000/", "localhost", 8000, inside=True)),
        ("http://127.0.0.1", "", Target("http://127.0.0.1/", "127.0.0.1", 80, inside=True)),
        ("/admin/?a=b#c", "", Target("http://localhost/admin/?a=b#c", "localhost", 80, inside=True)),
        ("/", "Sitio.test", Target("http://sitio.test/", "sitio.test", 80, inside=True)),
        ("http://localhost:81/x", "sitio.test", Target("http://sitio.test:81/x", "sitio.test", 81, inside=True)),
        ("http://sitio.test/", "", Target("http://sitio.test/", "sitio.test", 80, inside=False)),
        ("http://sitio.test:80/", "otro.test", Target("http://otro.test/", "otro.test", 80, inside=False)),
    ],
)
def test_where_a_browser_goes(article: Article, url: str, host_name: str, wanted: Target) -> None:
    assert target(replace(of(article)[0], url=url, host_name=host_name)) == wanted


@pytest.mark.parametrize(
    "url", ["", "x", "//x/", "ftp://x/", "http://", "http://a b/", "http://a:0/", "http://a:1:2/", "/ñ"]
)
def test_what_is_no_address(article: Article, url: str) -> None:
    with pytest.raises(ValueError, match="is neither"):
        target(replace(of(article)[0], url=url))


def test_words_and_places_are_no_part_of_what_was_asked_for(article: Article) -> None:
    front = resolved(article)[0]
    same = options_digest(front)
    moved = replace(front.location, line=1)
    assert options_digest(replace(front, alt="x", caption="y", location=moved, name="z", after="two")) == same
    others = [
        {"url": "/"},
        {"host_name": "x"},
        {"width": 1},
        {"height": 1},
        {"tolerance": 0.5},
        {"masks": ()},
    ]
    assert len({same, *(options_digest(replace(front, **change)) for change in others)}) == len(others) + 1  # type: ignore[arg-type]


def test_what_led_there_is_what_it_is_of_and_what_follows_is_not(root: Path) -> None:
    before = resolve(read(root))
    one, two = (state_digest(before, name) for name in ("one", "two"))
    after = resolve(read(root, SPANISH.replace("# false", "# true")))
    assert state_digest(after, "one") == one
    assert state_digest(after, "two") != two
    first = resolve(read(root, SPANISH.replace("# true", "# :")))
    assert state_digest(first, "one") != one
    # and no step knows of a screenshot
    plain = resolve(read(root, SPANISH.replace(SHOT, "")))
    assert [step_digest(step) for step in plain.steps] == [step_digest(step) for step in before.steps]


class TestEdition:
    def problems(self, root: Path, text: str) -> list[str]:
        with pytest.raises(ArticleError) as caught:
            read(root, text, "a.en.rst")
        return str(caught.value).splitlines()

    def test_it_shares_the_screenshots_and_says_in_its_words_what_they_show(self, root: Path) -> None:
        original = resolve(read(root))
        edition = resolve(read(root, ENGLISH + SHARED + SHARED_REST, "a.en.rst"))
        assert [(shot.alt, shot.caption) for shot in of(edition)] == [
            ("It says @@host@@.", "La portada"),
            ("The same.", "Again"),
        ]
        pairs = list(zip(resolved(original), resolved(edition), strict=True))
        assert [options_digest(mine) == options_digest(other) for mine, other in pairs] == [True, True]
        assert [shot.after for shot in of(edition)] == ["one", "two"]

    def test_what_a_screenshot_shows_has_to_be_said(self, root: Path) -> None:
        read(root)
        text = ENGLISH + ".. shared:: front\n\n" + SHARED_REST
        assert self.problems(root, text) == [
            "posts/a.en.rst:15: “front” is a screenshot; say in this language what it shows: “:alt: text”"
        ]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                SHARED_REST,
                "posts/a.en.rst:1: the screenshot “front” of posts/a.rst:21 is missing; write “.. shared:: front”",
            ),
            (
                SHARED_REST + "\n" + SHARED,
                "posts/a.en.rst:21: the screenshot “front” comes after “two” here, and after “one” in the original",
            ),
            (
                SHOT.replace(":8000", ":8001") + SHARED_REST,
                (
                    "posts/a.en.rst:15: the screenshot “front” is not what it is in posts/a.rst:21; "
                    "write “.. shared:: front”"
                ),
            ),
            (
                SHARED + SHARED_REST + "\n" + SHOT.replace("front", "more"),
                "posts/a.en.rst:24: the screenshot “more” is not in posts/a.rst, whose edition this is",
            ),
            (
                SHARED + SHARED_REST + "\n" + SHARED,
                "posts/a.en.rst:24: the name “front” is taken at posts/a.en.rst:15; choose another",
            ),
        ],
    )
    def test_it_has_those_of_its_article_and_no_others(self, root: Path, text: str, said: str) -> None:
        read(root)
        assert self.problems(root, ENGLISH + text) == [said]

    def test_alt_is_for_screenshots(self, root: Path) -> None:
        read(root)
        text = (ENGLISH + SHARED + SHARED_REST).replace("shared:: one\n", "shared:: one\n   :alt: x\n")
        assert any("unknown option “:alt:”" in line for line in self.problems(root, text))


def test_selectors_are_parted_at_commas_outside_of_brackets() -> None:
    assert selectors("") == ()
    assert selectors("a,b , .c:not(d, e), [f='g,h']") == ("a", "b", ".c:not(d, e)", "[f='g,h']")


class TestStanding:
    @pytest.fixture
    def shot(self, article: Article) -> Screenshot:
        return resolved(article)[0]

    @pytest.fixture
    def picture(self, article: Article, shot: Screenshot) -> Picture:
        masked: dict[str, dict[str, tuple[album.Box, ...]]] = {scheme: {} for scheme in SCHEMES}
        options, state = options_digest(shot), state_digest(article, "one")
        return Picture(options, state, "2026-11-23T00:00:00Z", "Chromium 1", 1, 1, masked)

    def standing(
        self,
        article: Article,
        shot: Screenshot,
        picture: Picture | None,
        *checks: tuple[str, bool],
        status: str = "passed",
        rehearsed: bool = True,
    ) -> Standing:
        made = tuple(CheckEvidence(name, "", passed=passed, duration=0.0) for name, passed in checks)
        steps = tuple(
            StepEvidence(step.name, "console", "", step_digest(step), status, 0.0, (), made) for step in article.steps
        )
        machine = MachineEvidence("qemu", "tcg", article.platform, "", 1, 1, ())
        evidence = Evidence("a", "", "passed", "2026-11-23T00:00:00Z", 0.0, {}, {}, machine, steps, ())
        known = verdicts(article, evidence if rehearsed else None)
        return verdict(shot, article, picture, known["one"]).standing

    def test_seen_in_the_last_rehearsal(self, article: Article, shot: Screenshot, picture: Picture) -> None:
        seen = ("posts/a.rst::front", True)
        assert self.standing(article, shot, picture, seen) is Standing.VERIFIED
        assert self.standing(article, shot, picture, ("posts/a.rst::front", False)) is Standing.FAILED
        # another check of the step is another matter
        other = ("tests/deployment/test_a.py::front", False)
        assert self.standing(article, shot, picture, seen, other, status="failed") is Standing.VERIFIED

    def test_not_seen(self, article: Article, shot: Screenshot, picture: Picture) -> None:
        assert self.standing(article, shot, None, ("posts/a.rst::front", True)) is Standing.NEVER
        assert self.standing(article, shot, picture) is Standing.NOT_REACHED
        assert self.standing(article, shot, picture, rehearsed=False) is Standing.NEVER

    def test_changed_since(self, root: Path, article: Article, shot: Screenshot, picture: Picture) -> None:
        seen = ("posts/a.rst::front", True)
        assert self.standing(article, replace(shot, width=900), picture, seen) is Standing.CHANGED
        edited = resolve(read(root, SPANISH.replace("# true", "# :")))
        assert self.standing(edited, shot, picture, seen) is Standing.AFTER_CHANGE
        later = resolve(read(root, SPANISH.replace("# false", "# :")))
        assert self.standing(later, shot, picture, seen) is Standing.VERIFIED


class TestAlbum:
    def picture(self, options: str = "x") -> Picture:
        return Picture(options, "y", "2026-11-23T00:00:00Z", "C", 2, 3, {"light": {"p": ((1, 2, 3, 4),)}, "dark": {}})

    def files(self, directory: Path, name: str) -> dict[Path, bytes]:
        return {album.picture_path(directory, name, scheme): f"{name} {scheme}".encode() for scheme in SCHEMES}

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        directory = tmp_path / "screenshots"
        assert album.load(directory) == {}
        found = {"a": self.picture(), "b": self.picture("z")}
        album.write(directory, "s", found, self.files(directory, "a") | self.files(directory, "b"), ["b", "a"])
        assert album.load(directory) == found
        assert [*album.load(directory)] == ["b", "a"]
        assert album.actions(directory, "s", found, self.files(directory, "a"), ["b", "a"]) == ()

    def test_what_has_no_picture_is_not_there_and_what_nobody_wants_goes(self, tmp_path: Path) -> None:
        directory = tmp_path / "screenshots"
        found = {"a": self.picture(), "b": self.picture()}
        album.write(directory, "s", found, self.files(directory, "a") | self.files(directory, "b"), ["a", "b"])
        before = album.digest(directory, "a")
        album.picture_path(directory, "a", "dark").unlink()
        assert [*album.load(directory)] == ["b"]
        assert [*album.load(directory, whole=False)] == ["a", "b"]
        assert album.digest(directory, "a") != before
        album.drop(directory, "s", "a")
        assert sorted(path.name for path in directory.iterdir()) == ["b-dark.png", "b-light.png", "screenshots.json"]
        album.drop(directory, "s", "b")
        assert not directory.exists()

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 2}', '{"schema": 1, "screenshots": {"a": {"x": 1}}}'])
    def test_a_list_that_is_none_is_said(self, tmp_path: Path, text: str) -> None:
        (tmp_path / album.FILE_NAME).write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="no list of screenshots"):
            album.load(tmp_path)

    def test_where_they_lie(self, tmp_path: Path) -> None:
        assert album.kept(Project(tmp_path), "a") == tmp_path / "tutorial/a/evidence/screenshots"
        assert album.pending(Project(tmp_path), "a") == tmp_path / ".dev/screenshots/a"


def test_the_first_that_is_of_something_else_by_now_is_named_with_its_place(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENSAYAR_COMMAND", "ensayar")
    article = resolve(read(root))
    shots = {shot.name: shot for shot in resolved(article)}
    day = "2026-11-23T21:04:05Z"
    pictures = {
        name: Picture(options_digest(shot), state_digest(article, shot.after), day, "C", shot.width, shot.height, {})
        for name, shot in shots.items()
    }
    known = {
        step.name: Verdict(
            Standing.VERIFIED, day, StepEvidence(step.name, "console", "a.rst:1", "", "passed", 1.0, (), ())
        )
        for step in article.steps
    }
    assert change(article, pictures, known) is None
    assert change(article, {}, known) is None  # one that was never taken claims nothing
    back = pictures["back"]
    for other, words in (
        (replace(back, options="other"), "it has changed"),
        (replace(back, state="other"), "what comes before it has changed"),
    ):
        assert str(change(article, pictures | {"back": other}, known)) == (
            f"{shots['back'].location}: screenshot “back”: {words} since its picture was taken; "
            f"rehearse it: ensayar rehearse {article.source}"
        )
