"""Final checks of a server that is there already: here this computer, which testinfra calls ``local://``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from ensayar.testing.server import server_of
from plugin.sample import make
from plugin.sessions import outcomes, session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FINAL = '''
import pytest

pytestmark = [pytest.mark.article("a"), pytest.mark.after_step("two")]


@pytest.mark.final
def test_it_is_seen(ensayar_host, site_url, secure_url, parameters):
    assert ensayar_host.check_output("echo here") == "here"
    assert site_url == "http://127.0.0.1:8099"
    assert secure_url == "https://127.0.0.1"
    assert parameters == {"word": "other"}


@pytest.mark.final
def test_it_fails(ensayar_host):
    assert ensayar_host.run("false").rc == 0


@pytest.mark.final
def test_it_is_asked_all_the_same():
    """After others have failed."""


def test_of_a_step(ensayar_host):
    raise AssertionError
'''
TO = "--hosts=local://"


@pytest.fixture
def place(pytester: pytest.Pytester) -> Path:
    """A project with an article and its checks."""
    return make(pytester.path)


@pytest.fixture
def run(pytester: pytest.Pytester, place: Path) -> Callable[..., pytest.RunResult]:
    return partial(session, pytester, place)


@pytest.fixture
def finals(place: Path) -> Path:
    path = place / "tests" / "deployment" / "test_final.py"
    path.write_text(FINAL, encoding="utf-8")
    return path


@pytest.mark.parametrize("arguments", [["tests/deployment"], ["posts"], ["posts", "tests/deployment"]])
@pytest.mark.usefixtures("finals")
def test_only_final_checks_are_made_and_no_machine_is_started(
    run: Callable[..., pytest.RunResult], place: Path, arguments: list[str]
) -> None:
    result = run(*arguments, TO, "--ensayar-url", "http://127.0.0.1:8099/", "--ensayar-parameter", "word=other")
    assert outcomes(result) == [
        "test_log_is_complete ERROR",  # it asks for a machine
        "test_it_is_seen PASSED",
        "test_it_fails FAILED",
        "test_it_is_asked_all_the_same PASSED",
    ]
    result.stdout.fnmatch_lines(["a: a check of a server has no machine to start or stop; ask “host” and “site_url”"])
    assert result.ret == 1
    assert not (place / "machines").exists()
    assert not (place / "tutorial").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([TO], "ERROR: --hosts local://: where is its site? add --ensayar-url http://…"),
        ([TO + ",ssh://a"], "ERROR: --hosts local://,ssh://a: one server at a time"),
        ([TO, "--ensayar-url", "localhost:8000"], "ERROR: --ensayar-url localhost:8000: write http://… or https://…"),
        (["--ensayar-url", "http://a"], "ERROR: --ensayar-url goes with --hosts; add it"),
    ],
)
@pytest.mark.usefixtures("finals")
def test_what_is_missing_is_said(run: Callable[..., pytest.RunResult], arguments: list[str], said: str) -> None:
    result = run("tests/deployment", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_checks_of_several_articles_are_not_made_of_one_server(
    run: Callable[..., pytest.RunResult], place: Path, finals: Path
) -> None:
    (place / "posts" / "b.rst").write_text((place / "posts" / "a.rst").read_text(encoding="utf-8"), encoding="utf-8")
    text = finals.read_text(encoding="utf-8").replace('article("a")', 'article("b")')
    finals.with_name("test_others.py").write_text(f"{text}\n\ndef test_plain():\n    raise AssertionError\n")
    url = ("--ensayar-url", "http://127.0.0.1:8099")
    result = run("tests/deployment", TO, *url)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --hosts: these are the checks of several articles; name yours, as in *"])
    one = run("posts/b.rst", TO, *url, "--ensayar-parameter", "word=other")
    assert {line.split()[0] for line in outcomes(one)} == {
        "test_it_is_seen",
        "test_it_fails",
        "test_it_is_asked_all_the_same",
    }


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("ssh://root@example.org", "http://example.org"),
        ("ssh://root@example.org:2222", "http://example.org"),
        ("ssh://root@[::1]:2222", "http://[::1]"),
        ("root@example.org", "http://example.org"),
        ("root@example.org:2222", "http://example.org"),
        ("[::1]:22", "http://[::1]"),
    ],
)
def test_the_site_is_where_the_server_is(pytester: pytest.Pytester, host: str, url: str) -> None:
    config = pytester.parseconfig(f"--hosts={host}")
    found = server_of(config)
    assert found is not None
    assert (found.host, found.url) == (host, url)
