"""Visitors of the site, in the host: they read the page and leave entries, whatever happens to the machine meanwhile.

Every visitor comes at its time, whether those before it have been answered or not (an *open* load), as people do. So a
site that is away is noticed the moment it is away, and one that is back the moment it is back.
"""

from __future__ import annotations

import itertools
import re
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

    from finished.secure import Site

PAGES_A_SECOND = 2.0
ENTRIES_A_SECOND = 1.0
PATIENCE = 30.0
"""Seconds after which a visitor gives up; who was answered later was not."""

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass(frozen=True, slots=True)
class Visit:
    """One request."""

    start: float
    """When it was sent; seconds of the monotonic clock."""
    end: float
    """When it was answered, or given up."""
    said: str
    """The status, or what went wrong."""
    good: bool
    """Whether that is what a visitor wants: 200 for a page, 302 for an entry."""


def back(struck: float, visits: Iterable[Visit]) -> float | None:
    """Seconds from *struck* to the first good answer after which nobody was turned away; ``None`` without one.

    Visitors who were answered before *struck* are of no account; those who were waiting then are.
    """
    after = [visit for visit in visits if visit.end >= struck]
    last_bad = max((visit.start for visit in after if not visit.good), default=struck)
    return min((visit.end - struck for visit in after if visit.good and visit.start >= last_bad), default=None)


class Visitors:
    """The visitors of one site; a context manager that begins to send them and waits for the last one."""

    def __init__(self, site: Site, *, pages: float = PAGES_A_SECOND, entries: float = ENTRIES_A_SECOND) -> None:
        """They come to *site*: *pages* and *entries* a second."""
        self._site = site
        self._rates = ((self.page, pages), (self.entry, entries))
        self._name = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._pages: list[Visit] = []
        self._entries: list[Visit] = []
        self._acknowledged: list[str] = []
        self._done = threading.Event()
        self._threads: list[threading.Thread] = []
        self._token = ""

    def __enter__(self) -> Self:
        page = self.fetch()
        found = _TOKEN.search(page.text)
        assert found is not None, page.text
        # The cookie holds another form of the same secret; Django takes the one as it takes the other.
        self._token = page.cookies["csrftoken"]
        for visit, rate in self._rates:
            if rate:
                self._start(lambda visit=visit, rate=rate: self._send(visit, rate))  # type: ignore[misc]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:  # the senders come first, so that the list has stopped growing by then
            thread.join()

    def pages(self) -> tuple[Visit, ...]:
        """The pages so far, in the order of their ends."""
        with self._lock:
            return tuple(self._pages)

    def entries(self) -> tuple[Visit, ...]:
        """The entries so far, likewise."""
        with self._lock:
            return tuple(self._entries)

    def acknowledged(self) -> tuple[str, ...]:
        """The texts of the entries that the site said it has."""
        with self._lock:
            return tuple(self._acknowledged)

    def fetch(self, path: str = "/", timeout: float = PATIENCE) -> requests.Response:
        """What the site answers now."""
        return self._site.get(path, timeout=timeout)

    def page(self) -> None:
        """One visitor reads the page."""
        start = time.monotonic()
        try:
            status = self.fetch().status_code
            said, good = str(status), status == requests.codes.ok
        except requests.RequestException as error:
            said, good = type(error).__name__, False
        self._note(self._pages, Visit(start, time.monotonic(), said, good))

    def entry(self) -> None:
        """One visitor leaves an entry."""
        text = f"entrada {next(self._numbers)} de {self._name}"
        start = time.monotonic()
        try:
            with self._site.visitor() as visitor:
                status = visitor.post(
                    f"{self._site.url}/",
                    data={"csrfmiddlewaretoken": self._token, "autor": "Visitante", "texto": text},
                    headers={"Connection": "close", "Cookie": f"csrftoken={self._token}"},
                    allow_redirects=False,
                    timeout=PATIENCE,
                ).status_code
            said, good = str(status), status == requests.codes.found
        except requests.RequestException as error:
            said, good = type(error).__name__, False
        self._note(self._entries, Visit(start, time.monotonic(), said, good), text)

    def _note(self, visits: list[Visit], visit: Visit, text: str | None = None) -> None:
        with self._lock:
            visits.append(visit)
            if text is not None and visit.good:
                self._acknowledged.append(text)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _send(self, visit: Callable[[], None], rate: float) -> None:
        due = time.monotonic()
        while not self._done.wait(max(0.0, due - time.monotonic())):
            due += 1 / rate
            self._start(visit)
