"""Screenshots as pytest items: ``posts/x.rst::name``, bound to the step before them as a check is."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ensayar import album
from ensayar.checkpoints.engine import engine_digest
from ensayar.errors import EnsayarError
from ensayar.screenshots import options_digest
from ensayar.testing.report import describe
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from ensayar.model import Article
    from ensayar.screenshots import Screenshot

DIGEST = pytest.StashKey[str]()
"""Of a check: what tells its code from another, see :mod:`ensayar.testing.fingerprint`."""
_CODE = ("album.py", "camera", "screenshots.py", "testing/screenshots.py")
_WORDS = {"es": "La captura «{name}» se ve como la guardada", "en": "The screenshot “{name}” looks as the one kept"}


class ScreenshotItem(pytest.Item):
    """One look."""

    def __init__(self, *, shot: Screenshot, article: Article, **kwargs: Any) -> None:  # noqa: ANN401  (pytest's)
        super().__init__(**kwargs)
        self.shot = shot
        self.article = article
        self.description = _WORDS.get(article.language, _WORDS["en"]).format(name=shot.name)

    def runtest(self) -> None:
        """Look at the machine after the step before it."""
        stage = stage_of(self.config)
        scene = stage.rehearsal(self.article)
        scene.advance(self.shot.after)
        # here and not above: most articles need no browser
        from ensayar.camera.judging import Look, judge  # noqa: PLC0415

        program = os.environ.get("ENSAYAR_COMMAND", "ensayar")
        command = f"{program} accept {shlex.quote(self.article.source)} --screenshots"
        look = Look(self.shot, self.article, stage.project_of(self.path), command)
        said = judge(look, scene.machine, keep=stage.keeping)
        if said:
            stage.on_notice(said)
        self.stash[DIGEST] = self.digest()  # the next one is compared with what is there now

    def digest(self) -> str:
        """What tells this look from another, with what it is compared with: SHA-256, in hexadecimal.

        :raises UsageError: what is kept cannot be read.
        """
        stage = stage_of(self.config)
        place = album.kept(stage.project_of(self.path), self.article.slug)
        parts = (
            engine_digest(_CODE),
            _browser(),
            options_digest(self.shot),
            str(self.article.values),
            str(stage.keeping),  # a look that nothing came of says nothing
            album.digest(place, self.shot.name),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], *_: Any) -> str | TerminalRepr:  # noqa: ANN401
        """What a person needs to act, without a traceback; bugs keep theirs."""
        if isinstance(excinfo.value, EnsayarError):
            return describe(excinfo.value, self.article.source, stage_of(self.config).parameters)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[str, int, str]:
        """Where the directive stands; pytest counts lines from 0."""
        return str(self.path), self.shot.location.line - 1, self.name


@cache
def _browser() -> str:
    """What the browser says that it is; another one may see another thing."""
    try:
        done = subprocess.run(["chromium", "--version"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
