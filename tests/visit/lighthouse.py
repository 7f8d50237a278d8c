"""What Lighthouse says of a page. ``./dev test`` and ``./dev bench`` install it into ``.dev/lighthouse``.

In comes an address; out go scores from 0 to 100 by category, the audits that failed, and what was measured.
"""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visit.browser import CHROMIUM, FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

INSTALLED = Path(__file__).parents[2] / ".dev" / "lighthouse"
ACCESSIBILITY, PRACTICES, SEO, PERFORMANCE = "accessibility", "best-practices", "seo", "performance"
_SCRIPT = Path(__file__).with_name("lighthouse.mjs")
_SHOWN = 3
"""How many of the things that fail an audit are named."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a visitor with a slow phone waits for, as Lighthouse works it out."""

    contentful: float
    """First Contentful Paint: milliseconds until something is seen."""
    largest: float
    """Largest Contentful Paint (LCP): milliseconds until the largest part is seen."""
    blocking: float
    """Total Blocking Time (TBT): milliseconds in which the page does not react."""
    shift: float
    """Cumulative Layout Shift (CLS): how much of what was seen moves, without unit."""
    transferred: int
    """Bytes that came over the network, headers included."""


@dataclass(frozen=True, slots=True)
class Result:
    """What Lighthouse says of one page."""

    scores: Mapping[str, int]
    """By category, 0 to 100; an audit that could not be made counts as 0 for its category."""
    failing: tuple[str, ...]
    """A line for each audit that counts and is not perfect, with what it found."""
    metrics: Metrics | None
    """``None`` where the performance was not asked for."""
    index: float
    """Lighthouse's benchmark index: how fast the computer was; 1500 to 2000 is usual where nothing else runs."""


def read(lhr: Mapping[str, Any]) -> Result:
    """What Lighthouse's result *lhr* says.

    :raises RuntimeError: the page could not be looked at.
    """
    if "runtimeError" in lhr:
        message = f"{lhr['requestedUrl']}: {lhr['runtimeError']['message']}"
        raise RuntimeError(message)
    scores, failing = {}, []
    for name, category in lhr["categories"].items():
        scores[name] = round(100 * (category["score"] or 0))
        # what does not apply to the page has no weight in its result
        counting = [lhr["audits"][each["id"]] for each in category["auditRefs"] if each["weight"]]
        failing += [f"{name}: {_told(audit)}" for audit in counting if audit["score"] != 1]
    metrics = _metrics(lhr["audits"]) if PERFORMANCE in scores else None
    return Result(scores, tuple(failing), metrics, float(lhr["environment"]["benchmarkIndex"]))


def _told(audit: Mapping[str, Any]) -> str:
    items = audit.get("details", {}).get("items", [])
    said = [audit["title"], audit.get("displayValue"), audit.get("explanation"), audit.get("errorMessage")]
    said += [json.dumps(_short(item), ensure_ascii=False) for item in items[:_SHOWN]]
    return f"{audit['id']}: {'; '.join(each for each in said if each)}"


def _short(item: Mapping[str, Any]) -> object:
    """The element that an audit complains about, or all that it says."""
    node = item.get("node")
    return {"selector": node["selector"], "snippet": node["snippet"]} if node else item


def _metrics(audits: Mapping[str, Any]) -> Metrics:
    def value(name: str) -> float:
        return float(audits[name]["numericValue"])

    return Metrics(
        contentful=value("first-contentful-paint"),
        largest=value("largest-contentful-paint"),
        blocking=value("total-blocking-time"),
        shift=value("cumulative-layout-shift"),
        transferred=round(value("total-byte-weight")),
    )


@dataclass(frozen=True, slots=True)
class Lighthouse:
    """Lighthouse, running and waiting for addresses."""

    process: subprocess.Popen[str]
    """Node, with ``lighthouse.mjs``."""

    def look(self, url: str, categories: Sequence[str]) -> Result:
        """What it says of the page at *url*, as a phone sees it.

        :raises RuntimeError: it ended, or could not look at the page.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"url": url, "categories": list(categories), "chromium": CHROMIUM, "flags": FLAGS}
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            message = f"{url}: Lighthouse ended with {self.process.wait()}; what it said is above"
            raise RuntimeError(message)
        return read(json.loads(answer))


@contextmanager
def started() -> Iterator[Lighthouse]:
    """Lighthouse, for as many pages as are wanted.

    :raises FileNotFoundError: it is not installed.
    """
    if not (INSTALLED / "node_modules" / "lighthouse").is_dir():
        message = "Lighthouse is not installed; type: ./dev test tests/site/test_lighthouse.py"
        raise FileNotFoundError(message)
    # as a text, so that its imports are looked for where Node is started
    command = ["node", "--input-type=module", "--eval", _SCRIPT.read_text(encoding="utf-8")]
    with subprocess.Popen(
        command, cwd=INSTALLED, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Lighthouse(process)
