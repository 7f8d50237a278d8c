"""Real sites built by the real Nikola, with the project's own settings and theme."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import settings
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from ensayar import recordings
from ensayar.digest import step_digest
from ensayar.errors import EXIT_STALE
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
from ensayar.recording.tape import Event, dump, seconds_of
from ensayar.recordings import Recording
from ensayar.rst import parse
from ensayar.translations import original_of
from visit import axe as axe_core
from visit import server
from visit.browser import CHROMIUM, FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from selenium.webdriver.remote.webelement import WebElement

    from ensayar.model import Step

# Hypothesis looks for wrong answers, not for slow ones (computers are noisy).
settings.register_profile("ensayar", deadline=None)
settings.load_profile("ensayar")

ROOT = Path(__file__).parents[2]
ARTICLES = Path(__file__).parent / "articles"
FRAMES = "assets/player/"
"""Where the pages are that articles show in a frame; they have a policy of their own."""


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

    def articles(self) -> list[Path]:
        """Its posts, without translations."""
        return [path for path in sorted((self.root / "posts").glob("*.rst")) if original_of(path) is None]

    def post(self, name: str) -> Path:
        """One of the test articles, as a post."""
        return self.write(f"posts/{name}.rst", (ARTICLES / f"{name}.rst").read_text(encoding="utf-8"))

    @staticmethod
    def environment() -> dict[str, str]:
        """That of somebody who calls Nikola, and not ``./dev``, which names itself in what it tells people to type."""
        return {**{key: value for key, value in os.environ.items() if key != "ENSAYAR_COMMAND"}, "NO_COLOR": "1"}

    def build(self, *arguments: str, expected: int | Collection[int] = 0, strict: bool = True) -> str:
        """``nikola build``; what it printed.

        :param expected: what it has to exit with: this, or one of these.
        """
        command = [sys.executable, "-m", "nikola", "build", *(["--strict"] if strict else []), *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment(), capture_output=True, text=True, check=False
        )
        codes = (expected,) if isinstance(expected, int) else expected
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout + done.stderr

    def page(self, url: str) -> BeautifulSoup:
        """The built page under *url*."""
        return BeautifulSoup((self.root / "output" / url / "index.html").read_text(encoding="utf-8"), "lxml")

    def pages(self) -> dict[str, BeautifulSoup]:
        """Every built page by the name of its file, but what articles show in a frame."""
        return {
            name: BeautifulSoup(data.decode("utf-8"), "lxml")
            for name, data in self.outputs().items()
            if name.endswith(".html") and not name.startswith(FRAMES)
        }

    def frames(self) -> dict[str, BeautifulSoup]:
        """What articles show in a frame: the player's pages, by the names of their files."""
        return {
            name: BeautifulSoup(data.decode("utf-8"), "lxml")
            for name, data in self.outputs().items()
            if name.endswith(".html") and name.startswith(FRAMES)
        }

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

    def record(self, name: str, steps: Mapping[str, Sequence[tuple[float, str]]], accelerator: str = "tcg") -> Path:
        """Leave recordings of *steps* of the post *name* where ``ensayar record`` would; each: when, what."""
        article = parse(self.root / f"posts/{name}.rst", root=self.root)
        assert article is not None
        directory = self.root / "tutorial" / name / "evidence" / recordings.DIRECTORY
        directory.mkdir(parents=True, exist_ok=True)
        found = recordings.load(directory)
        digests = {step.name: step_digest(step) for step in resolve(article).steps}
        for step, printed in steps.items():
            events = [Event(seconds, text) for seconds, text in printed]
            path = recordings.cast_path(directory, step)
            path.write_text(dump(events, step, 1_795_000_000), encoding="utf-8")
            found[step] = Recording(digests[step], "2026-11-18T10:26:40Z", seconds_of(events), accelerator)
        recordings.save(directory, name, found)
        return directory

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
                "qemu", "tcg", "debian-13", "c0ffee", 2, 1024, ("The host's proxy: http_proxy http://10.0.2.2:3128.",)
            ),
            steps=tuple(_passed(step, (outputs or {}).get(step.name)) for step in resolved.steps),
            skips=tuple(SkipEvidence(str(skip.location), skip.reason) for skip in resolved.skips),
        )


def _passed(step: Step, outputs: list[str] | None) -> StepEvidence:
    commands: tuple[CommandEvidence, ...] = ()
    if isinstance(step, ConsoleStep) and step.output_of:
        commands = (CommandEvidence("", "$", 0, "\n".join(outputs or step.expected), 0.31),)
    elif isinstance(step, ConsoleStep) and not step.background:
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


def make_site(folder: Path, *posts: str, bilingual: bool = False, books: Collection[str] = ()) -> Site:
    """The project's settings, theme and pages, and the test articles *posts*; in Spanish only, or as the project is.

    :param books: the formats in which articles are books, too; a PDF takes seconds.
    """
    site = Site(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = (ROOT / "conf.py").read_text(encoding="utf-8")
    settings = f"{settings}\nENSAYAR_BOOKS = {tuple(books)}\n"
    site.write("conf.py", settings if bilingual else f'{settings}TRANSLATIONS = {{"es": ""}}\n')
    for name in ("themes", "pages"):
        shutil.copytree(ROOT / name, folder / name, ignore=None if bilingual else shutil.ignore_patterns("*.en.rst"))
    (folder / "posts").mkdir()
    for post in posts:
        site.post(post)
    return site


@pytest.fixture
def new_site(tmp_path: Path) -> Callable[..., Site]:
    """Makes a site with the test articles that are named."""
    return lambda *posts, folder="sitio": make_site(tmp_path / folder, *posts)


OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nID=debian\nHOME_URL="https://www.debian.org/"\nBUG="x"\n'


TYPED = (
    (0.0, "\x1b[?2004h# "),
    (0.1, "systemctl is-active nginx\r\n"),
    (0.2, "\x1b[32mactive\x1b[0m\r\n"),
    (60.2, "un minuto después\r\n# "),
)
"""What a terminal showed, with a wait of a minute."""


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site whose article was rehearsed; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("ensayado") / "sitio", "casos", "otro", books=("epub", "pdf"))
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
    site.record("casos", {"instalar-nginx": TYPED, "termina-mal": [(0.0, "$ "), (0.4, "cat\r\n")]})
    site.build("--invariant")
    return site


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The project's own site with what is committed or being written now, rehearsed or not; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("proyecto") / "sitio", bilingual=True)
    for name in ("posts", "files", "tutorial"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, site.root / name, dirs_exist_ok=True)
    site.build(expected=(0, EXIT_STALE))  # test_stale.py has a word on that
    return site


MANY = 23


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with so many articles that lists go on, and a word many times in each; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("muchos") / "sitio")
    sections = "".join(f"Parte {part}\n---------\n\nUn acróbata aquí.\n\n" for part in range(1, 8))
    for number in range(1, MANY + 1):
        day = f"2026-01-{number:02} 12:00:00 UTC-03:00"
        title = "El acróbata" if number == 5 else f"Número {number}"
        about = ".. tags: carpa, pista\n.. description: Uno de tantos."
        head = f".. title: {title}\n.. slug: n{number}\n.. date: {day}\n{about}\n\n"
        site.write(f"posts/n{number}.rst", f"{head}Entra el elenco: ﬁn, Größe, Ñandú, I\u0307stanbul.\n\n{sections}")
    site.build()
    return site


@pytest.fixture(name="policies")
def _policies() -> list[str]:
    return server.policies()


@contextmanager
def served(site: Site) -> Iterator[str]:
    """The address of the built *site*."""
    with server.served(site.root / "output") as address:
        yield address


@pytest.fixture(scope="session")
def addresses(rehearsed: Site, project: Site) -> Iterator[dict[str, str]]:
    """Where the two sites can be visited."""
    with ExitStack() as stack:
        yield {
            "rehearsed": stack.enter_context(served(rehearsed)),
            "project": stack.enter_context(served(project)),
        }


@pytest.fixture
def address(addresses: dict[str, str]) -> str:
    """Where the test site can be visited."""
    return addresses["rehearsed"]


COPY_SECONDS = 10.0
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "ArrowDown": (40, "")}


@dataclass(frozen=True, slots=True)
class Window:
    """A real browser, and what a reader does with it."""

    driver: webdriver.Chrome
    """Debian's Chromium."""

    def command(self, name: str, **arguments: object) -> Any:  # noqa: ANN401  (the protocol's own types)
        """A command of the Chrome DevTools Protocol."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def show(self, url: str, width: int = 1440, scheme: str = "light", **features: str) -> None:
        """Visit *url*; *features*: media features, as ``prefers_reduced_motion="reduce"``."""
        self.be(width, scheme, **features)
        self.driver.get(url)

    def be(self, width: int, scheme: str, **features: str) -> None:
        """A window of *width* pixels of somebody who likes the colours of *scheme*, without visiting anything anew."""
        wanted = {"prefers-color-scheme": scheme} | {key.replace("_", "-"): value for key, value in features.items()}
        self.command(
            "Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in wanted.items()]
        )
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def js(self, script: str, *arguments: object) -> Any:  # noqa: ANN401  (whatever the script returns)
        """What *script* returns in the page."""
        return self.driver.execute_script(script, *arguments)

    def later(self, script: str) -> Any:  # noqa: ANN401  (whatever the script hands over)
        """What *script* hands over to the function that it is given."""
        return self.driver.execute_async_script(script)

    def press(self, key: str) -> None:
        """A key, where the focus is."""
        code, text = KEYS[key]
        for kind in ("rawKeyDown", "char", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)

    def clipboard(self) -> str:
        """What the reader would paste."""
        script = "const done = arguments[0]; navigator.clipboard.readText().then(done, error => done(String(error)))"
        text: str = self.later(script)
        return text

    def copied_by(self, button: WebElement) -> str:
        """What the reader would paste after pressing *button*: a page writes to the clipboard after the click."""
        nothing = "nothing was copied"
        self.js("arguments[0].scrollIntoView({block: 'center'})", button)
        self.later(f"const done = arguments[0]; navigator.clipboard.writeText({json.dumps(nothing)}).then(done)")
        button.click()
        until = time.monotonic() + COPY_SECONDS
        while (text := self.clipboard()) == nothing and time.monotonic() < until:
            time.sleep(0.02)
        return text

    def complaints(self) -> list[str]:
        """What the browser logged since it was last asked: errors, and what a policy forbids."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


@contextmanager
def opened(profile: Path, preferences: dict[str, object]) -> Iterator[Window]:
    """A browser of its own, with *preferences* of its user."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        yield Window(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker, as a script."""
    return axe_core.script()


@pytest.fixture(scope="session")
def _downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("descargas")


@pytest.fixture
def downloads(_downloads: Path) -> Path:
    """Where the browser saves what is downloaded: nothing yet, whatever other tests have taken."""
    for path in _downloads.iterdir():
        path.unlink()
    return _downloads


@pytest.fixture(scope="session")
def _window(tmp_path_factory: pytest.TempPathFactory, _downloads: Path) -> Iterator[Window]:
    with opened(tmp_path_factory.mktemp("perfil"), {}) as window:
        # also kinds of files that a browser asks about first
        window.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(_downloads))
        window.command("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        yield window


@pytest.fixture
def window(_window: Window, addresses: dict[str, str]) -> Window:
    """The browser of a reader who was never here before."""
    for address in addresses.values():
        _window.command("Storage.clearDataForOrigin", origin=address.rstrip("/"), storageTypes="local_storage")
    _window.complaints()
    return _window
