"""Another value for a setting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar.mutation import values


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("a", "yes", [("value-changed", "no")]),
        ("a", "FALSE", [("value-changed", "TRUE")]),
        ("a", "9", [("value-changed", "10")]),
        ("a", "10s", [("value-changed", "100s")]),
        ("a", "0.5", [("value-changed", "1.5")]),
        ("a", "8080", [("value-changed", "8081")]),
        ("a", "65535", [("value-changed", "655350")]),
        ("a", "0640", []),
        ("Mode", "0640", [("mode-tightened", "0600"), ("mode-loosened", "0644")]),
        ("DirectoryMode", "2755", [("mode-tightened", "2700"), ("mode-loosened", "2777")]),
        ("KillMode", "mixed", [("value-changed", "process")]),
        ("UMask", "0077", [("umask-changed", "0022")]),
        ("umask", "022", [("umask-changed", "077")]),
        ("umask", "7", [("umask-changed", "0")]),
        ("umask", "$x", []),
        ("User", "muro", [("value-changed", "root")]),
        ("Group", "root", [("value-changed", "nogroup")]),
        ("user", "root", [("value-changed", "nobody")]),
        ("listen", "[::]:80", [("port-changed", "[::]:81")]),
        ("url", "redis://127.0.0.1:6379/1", [("port-changed", "redis://127.0.0.1:6380/1")]),
        ("url", "http://muro", []),
        ("url", "http://a.example/b/c", [("path-changed", "http://a.example/b/c2")]),
        ("p", "unix:/run/a.sock", [("path-changed", "unix:/run/a2.sock")]),
        ("p", "'/static/'", [("path-changed", "'/static2/'")]),
        ("p", "/dev/null", []),
        ("p", "/root/.profile", [("path-changed", "/root/.profile2")]),
        ("p", "a/b", []),
        ("After", "a.target b.service", [("value-changed", "a.target")]),
        ("name", "muro.example", [("value-changed", "x-muro.example")]),
        ("address", "127.0.0.1", []),
        ("", "a sentence of words", []),
        ("a", "", []),
        ("a", "word", []),
    ],
)
def test_another_value(key: str, value: str, wanted: list[tuple[str, str]]) -> None:
    assert list(values.another(key, value)) == wanted


@given(st.text(alphabet="umaskUserMode", max_size=6), st.text(max_size=20))
def test_another_value_is_another(key: str, value: str) -> None:
    assert all(new != value for _, new in values.another(key, value))


@given(st.integers(0, 0o7777))
def test_a_mode_is_tightened_and_loosened(mode: int) -> None:
    assert values.tightened(mode) & 0o77 == 0
    assert values.tightened(mode) | mode == mode
    assert values.loosened(mode) | mode == values.loosened(mode)
