"""A server of a built site, with the headers and the compression that docs/publishing.rst asks of one."""

from __future__ import annotations

import functools
import gzip
import http
import http.server
import io
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = Path(__file__).parents[2] / "docs" / "publishing.rst"
_SAME = {"application/javascript": "text/javascript"}
"""One type by the names that Nginx and Python have for it."""


@dataclass(frozen=True, slots=True)
class Compression:
    """What the documentation tells a server to compress."""

    types: frozenset[str]
    """MIME types."""
    level: int
    """Of gzip, 1 to 9."""
    least: int
    """Bytes under which it does not pay."""

    def pays(self, kind: str, size: int) -> bool:
        """Whether *size* bytes of the MIME type *kind* are compressed."""
        return size >= self.least and _SAME.get(kind, kind) in self.types


@functools.cache
def policies() -> list[str]:
    """The headers that the documentation tells a server to send: with a page, a picture, and the player's page."""
    return re.findall(r'add_header Content-Security-Policy "(.+?)"', _PAGE.read_text(encoding="utf-8"))


@functools.cache
def not_found() -> list[str]:
    """The pages that the documentation tells a server to show for what is not there."""
    return re.findall(r"error_page 404 (/\S+);", _PAGE.read_text(encoding="utf-8"))


@functools.cache
def compression() -> Compression:
    """What the documentation tells a server to compress, as its example for Nginx has it.

    :raises LookupError: the example lacks a directive.
    """
    text = _PAGE.read_text(encoding="utf-8")

    def directive(name: str) -> str:
        found = re.search(rf"^ +{name} ([^;]+);$", text, re.MULTILINE)
        if not found:
            message = f"docs/publishing.rst: no {name} in the example for Nginx"
            raise LookupError(message)
        return found[1]

    # Nginx compresses text/html wherever it compresses at all
    types = {_SAME.get(kind, kind) for kind in ("text/html", *directive("gzip_types").split())}
    return Compression(frozenset(types), int(directive("gzip_comp_level")), int(directive("gzip_min_length")))


@functools.lru_cache(maxsize=256)
def _compressed(data: bytes, level: int) -> bytes:
    return gzip.compress(data, level, mtime=0)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the files of a directory as the documentation asks for; what is not there is its ``404.html``."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two packets, and the second would wait for the first

    asked: ClassVar[list[str]] = []
    """The path of every request, for whoever empties it."""

    def log_request(self, *_arguments: object) -> None:
        self.asked.append(self.path)

    def log_message(self, *_arguments: object) -> None:
        """Not into the test's output."""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        path = Path(self.translate_path(self.path))
        if self.path.partition("?")[0].endswith("/"):
            path /= "index.html"
        kind = self.guess_type(str(path))
        takes = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (takes and path.is_file() and compression().pays(kind, path.stat().st_size)):
            return super().send_head()
        body = _compressed(path.read_bytes(), compression().level)
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        return io.BytesIO(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        first = urlsplit(self.path).path.split("/")[1]
        page = Path(self.directory) / (f"{first}/404.html" if f"/{first}/404.html" in not_found() else "404.html")
        if code != http.HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        page, picture, player = policies()
        path = urlsplit(self.path).path
        framed = path.startswith("/assets/player/") and path.endswith(".html")
        policy = picture if path.endswith(".svg") else player if framed else page
        self.send_header("Content-Security-Policy", policy)
        super().end_headers()


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The address of the site that was built into *directory*."""
    handler = functools.partial(Handler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
