"""What a person sees during a rehearsal: on a terminal one living line, else plain lines.

Times left are estimated from the last evidence, and only where there is some.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from ensayar.model import Step

REFRESH = 4  # times a second


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Progress:
    """An observer that writes to a console."""

    def __init__(self, console: Console, *, expected: Mapping[str, float] | None = None, quiet: bool = False) -> None:
        """*expected*: seconds that each step took last time."""
        self.console = console
        self.expected = dict(expected or {})
        self.quiet = quiet
        self._started = time.monotonic()
        self._title = ""
        self._step_started = 0.0
        self._last = ""
        self._live: Live | None = None

    def __rich__(self) -> Text:
        """The living line."""
        elapsed = time.monotonic() - self._step_started
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{clock(time.monotonic() - self._started)} ", style="dim")
        text.append(self._title, style="bold")
        text.append(f" {elapsed:.0f} s{self._estimate()} ")
        text.append(self._last, style="dim")
        return text

    def _estimate(self) -> str:
        left = sum(self.expected.values())
        return f", about {clock(left)} left" if left else ""

    def _begin(self, title: str) -> None:
        self._end()
        self._title, self._last, self._step_started = title, "", time.monotonic()
        if self.console.is_terminal and not self.quiet:
            self._live = Live(self, console=self.console, refresh_per_second=REFRESH, transient=True)
            self._live.start()

    def _end(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def line(self, text: str, style: str = "") -> None:
        """A line that stays."""
        if not self.quiet:
            self.console.print(Text(text, style=style), soft_wrap=True)

    def phase(self, text: str) -> None:
        """Something other than a step goes on: the image is built, the machine starts."""
        if self.console.is_terminal:
            self._begin(text)
        else:
            self.line(f"{clock(time.monotonic() - self._started)} {text}")

    def notice(self, text: str) -> None:
        """What a person should know also afterwards."""
        self.line(f"{clock(time.monotonic() - self._started)} {text}")

    def step_started(self, number: int, total: int, step: Step) -> None:
        """Step *number* of *total* begins."""
        self._begin(f"[{number}/{total}] {step.name}")

    def output(self, text: str) -> None:
        """Keep the machine's last line for the living line."""
        lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
        if lines:
            self._last = "".join(char if char.isprintable() else " " for char in lines[-1].strip())

    def step_finished(self, step: Step, duration: float, error: BaseException | None) -> None:
        """A line that stays: done or failed, and how long it took."""
        self.expected.pop(step.name, None)
        title = self._title
        self._end()
        mark, style = ("✗", "red") if error else ("✓", "")
        at = clock(time.monotonic() - self._started)
        self.line(f"{at} {mark} {title}  {duration:.1f} s  {step.location}", style)

    def check(self, description: str, duration: float, *, passed: bool) -> None:
        """A check ended."""
        self._end()
        self.line(f"       {'✓' if passed else '✗'} {description}  {duration:.1f} s", "dim" if passed else "red")

    def elapsed(self) -> str:
        """Time since the beginning."""
        return clock(time.monotonic() - self._started)

    def close(self) -> None:
        """No more."""
        self._end()
