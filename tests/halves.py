"""The whole suite as two pytest runs at the same time: a virtual machine leaves much of a second processor alone.

The run with the article's machine shows itself as it goes, the other one when both are over: all that needs no machine,
and then what wants small ones of its own. ``./dev test`` calls this.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import IO

ROOT = Path(__file__).parents[1]
LOG = ".dev/log/tests-without-the-article.log"
ARTICLE = "posts/deploy-de-django-con-circus-chaussette-nginx.rst"
"""The others are rehearsed by ``./dev rehearse`` and ``./dev test-all``, and their committed evidence has to hold."""
WITH_ARTICLE = (ARTICLE, "tests/deployment", "tests/mutation")
"""In this order: the article's checkpoints are what the broken articles start from."""
AT_LAST = "tests/machine"
"""Of the others, what needs a machine: by then there is most room for it."""
APART = ("tests/faults", "tests/load", "tests/stacks")
"""They have verbs of their own."""
OPTIONS = ("-m", "not long")
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A run must not outlive us, however we end, and gets its Ctrl-C from us, once.
_BOUND = ("setpriv", "--pdeathsig", "TERM", "env", "--default-signal=HUP,INT,TERM")


def without_article(root: Path) -> tuple[str, ...]:
    """Every other folder of tests, the one with machines last."""
    folders = (f"tests/{path.name}" for path in sorted((root / "tests").iterdir()) if path.is_dir())
    apart = {*WITH_ARTICLE, *APART, AT_LAST, "tests/__pycache__"}
    return (*(name for name in folders if name not in apart), AT_LAST)


def start(command: Sequence[str], output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """A run whose output goes to *output*, or where ours goes."""
    return subprocess.Popen(
        [*_BOUND, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
    )


def run(shown: Sequence[str], kept: Sequence[str], log: Path) -> int:
    """Run both commands; the exit status of *shown* unless that is 0, then that of *kept*, whose output is in *log*."""
    runs: list[subprocess.Popen[bytes]] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        for each in runs:
            if each.poll() is None:
                each.send_signal(number)

    for number in FORWARDED:
        signal.signal(number, forward)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        runs += [start(shown), start(kept, stream)]
        status = runs[0].wait()
        if runs[1].poll() is None:
            print(f"· waiting for the tests without the article ({log})", flush=True)  # noqa: T201
        other = runs[1].wait()
    print("· the tests without the article:", flush=True)  # noqa: T201
    sys.stdout.write(log.read_text(encoding="utf-8", errors="replace"))
    for name, code in (("with the article", status), ("without the article", other)):
        if code:
            print(f"./dev: the tests {name} ended with {code}", file=sys.stderr)  # noqa: T201
    code = status or other
    return code if code >= 0 else 128 - code


def main() -> int:
    """Both halves."""
    first = ["pytest", *OPTIONS, "--ensayar-deploy", *WITH_ARTICLE]
    second = ["pytest", *OPTIONS, *without_article(ROOT)]
    print(f"· two runs at the same time; what does not need the article's machine goes to {LOG}", flush=True)  # noqa: T201
    return run(first, second, ROOT / LOG)


if __name__ == "__main__":
    sys.exit(main())
