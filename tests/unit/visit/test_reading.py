"""What is made of Lighthouse's answer, and the server that the pages come from."""

from __future__ import annotations

import gzip
import http.client
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pytest

from visit.lighthouse import read
from visit.server import compression, policies, served

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {"id": "good", "title": "Good", "score": 1}
POOR: dict[str, Any] = {
    "id": "poor",
    "title": "Poor",
    "score": 0.5,
    "details": {"items": [{"node": {"selector": "main > p", "snippet": "<p>", "path": "1"}}, {"url": "b"}]},
}
BROKEN: dict[str, Any] = {"id": "broken", "title": "Broken", "score": None, "errorMessage": "did not work"}


def answer(score: float | None, *audits: dict[str, Any], weight: int = 1) -> dict[str, Any]:
    return {
        "requestedUrl": "http://x/",
        "environment": {"benchmarkIndex": 1500.5},
        "categories": {"seo": {"score": score, "auditRefs": [{"id": each["id"], "weight": weight} for each in audits]}},
        "audits": {each["id"]: each for each in audits},
    }


def test_a_page_without_faults() -> None:
    found = read(answer(1, GOOD))
    assert (found.scores, found.failing, found.metrics, found.index) == ({"seo": 100}, (), None, 1500.5)


def test_an_audit_that_fails_is_told_with_what_it_found() -> None:
    found = read(answer(0.92, GOOD, POOR))
    assert found.scores == {"seo": 92}
    assert found.failing == ('seo: poor: Poor; {"selector": "main > p", "snippet": "<p>"}; {"url": "b"}',)


def test_an_audit_that_could_not_be_made_is_no_audit_that_was_passed() -> None:
    found = read(answer(None, GOOD, BROKEN))
    assert (found.scores, found.failing) == ({"seo": 0}, ("seo: broken: Broken; did not work",))


def test_an_audit_that_does_not_count_is_not_told() -> None:
    assert read(answer(1, POOR, weight=0)).failing == ()


def test_a_page_that_could_not_be_looked_at_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="http://x/: no page"):
        read({**answer(0, GOOD), "runtimeError": {"code": "X", "message": "no page"}})


@pytest.fixture
def output(tmp_path: Path) -> Path:
    for name, text in (("index.html", "<p>x</p>" * 100), ("short.html", "x"), ("404.html", "<p>none</p>")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "a.svg").write_text("<svg></svg>" * 100, encoding="utf-8")
    (tmp_path / "a.png").write_bytes(b"x" * 1000)
    (tmp_path / "assets/player").mkdir(parents=True)
    (tmp_path / "assets/player/es.html").write_text("x", encoding="utf-8")
    (tmp_path / "a.js").write_text("let x;" * 100, encoding="utf-8")
    return tmp_path


def get(
    connection: http.client.HTTPConnection, path: str, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def test_the_server_does_what_the_documentation_asks_for(output: Path) -> None:
    page, picture, player = policies()
    with served(output) as address:
        connection = http.client.HTTPConnection(urlparse(address).netloc, timeout=10)  # one for all that follows
        for path, compressed, policy in (
            ("/", True, page),
            ("/?q=x", True, page),
            ("/a.js", True, page),
            ("/a.svg", True, picture),
            ("/a.png", False, page),
            ("/short.html", False, page),
            ("/assets/player/es.html?x", False, player),
        ):
            status, headers, body = get(connection, path, Accept_Encoding="gzip, br")
            name = path.lstrip("/").partition("?")[0] or "index.html"
            assert status == 200
            assert headers.get("Content-Encoding") == ("gzip" if compressed else None), path
            assert (gzip.decompress(body) if compressed else body) == (output / name).read_bytes(), path
            assert headers["Content-Security-Policy"] == policy
        status, headers, body = get(connection, "/")
        assert (status, headers.get("Content-Encoding")) == (200, None)
        assert body == (output / "index.html").read_bytes()
        status, headers, body = get(connection, "/none/", Accept_Encoding="gzip")
        assert (status, body) == (404, b"<p>none</p>")
        assert get(connection, "/short.html")[0] == 200
        connection.close()


def test_compression_is_what_the_documentation_says() -> None:
    found = compression()
    assert {"text/html", "text/css", "text/javascript", "image/svg+xml"} <= found.types
    assert "image/png" not in found.types
    assert 1 <= found.level <= 9
    assert found.pays("application/javascript", found.least)
    assert not found.pays("text/html", found.least - 1)
