"""What the host lends, and what is said about it."""

from __future__ import annotations

import pytest

from ensayar.machine import adaptations
from ensayar.machine.adaptations import as_seen_from_guest, loan, without_credentials


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    # Those of the computer that runs the tests are not what is tested here.
    monkeypatch.setattr(adaptations, "extra_authorities", lambda _environment: {})


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("http://127.0.0.1:3128", "http://10.0.2.2:3128"),
        ("http://127.1.2.3:3128/", "http://10.0.2.2:3128/"),
        ("http://localhost", "http://10.0.2.2"),
        ("http://me:secret@localhost:8080/a?b", "http://me:secret@10.0.2.2:8080/a?b"),
        ("http://[::1]:3128", "http://10.0.2.2:3128"),
        ("localhost:3128", "http://10.0.2.2:3128"),
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://localhost.example", "http://localhost.example"),
    ],
)
def test_the_hosts_loopback_is_reached_through_the_gateway(url: str, seen: str) -> None:
    assert as_seen_from_guest(url) == seen


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:secret@proxy.example:3128", "http://proxy.example:3128"),
        ("https://token@index.example/simple?key=secret#secret", "https://index.example/simple"),
        ("https://a:p%40ss@w@index.example/x", "https://index.example/x"),
        ("me:secret@proxy.example:3128", "http://proxy.example:3128"),
    ],
)
def test_what_is_shown_holds_no_secret(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_a_proxy_goes_to_every_login_and_to_apt_and_its_password_not_into_the_evidence() -> None:
    lent = loan({"https_proxy": "http://me:secret@127.0.0.1:3128", "NO_PROXY": "intra.example, localhost"})
    files = dict(lent.files)
    assert files["/etc/environment"] == (
        'https_proxy="http://me:secret@10.0.2.2:3128"\n'
        'HTTPS_PROXY="http://me:secret@10.0.2.2:3128"\n'
        'no_proxy="localhost,127.0.0.1,::1,intra.example"\n'
        'NO_PROXY="localhost,127.0.0.1,::1,intra.example"\n'
    )
    assert files["/etc/apt/apt.conf.d/90ensayar-proxy"] == ('Acquire::https::Proxy "http://me:secret@10.0.2.2:3128";\n')
    assert [(each.kind, each.description) for each in lent.adaptations] == [
        ("proxy", "The host's proxy: https_proxy http://10.0.2.2:3128.")
    ]


def test_an_index_goes_to_pip() -> None:
    lent = loan({"PIP_INDEX_URL": "https://user:secret@index.example/simple/"})
    assert dict(lent.files) == {"/etc/pip.conf": "[global]\nindex-url = https://user:secret@index.example/simple/\n"}
    assert lent.adaptations[0].description == "The host's Python package index: https://index.example/simple/."


@pytest.mark.parametrize("environment", [{}, {"PIP_INDEX_URL": "file:///srv/wheels"}, {"http_proxy": ""}])
def test_a_host_that_has_nothing_special_lends_nothing(environment: dict[str, str]) -> None:
    assert loan(environment) == adaptations.Loan((), ())


def test_authorities_are_counted_and_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptations, "extra_authorities", lambda _environment: {"a": "pem", "b": "pem"})
    assert [each.description for each in loan({}).adaptations] == [
        "2 certificate authorities that the host trusts beyond Mozilla's."
    ]
