"""What of an output is published."""

from __future__ import annotations

import pytest

from ensayar.testing.recorder import without_mirrors


@pytest.mark.parametrize(
    ("output", "published"),
    [
        ("Get:1 http://mirror.example/debian trixie InRelease\n", "Get:1 <mirror> trixie InRelease\n"),
        ("a\nHit:12 https://u:p@mirror.example trixie\nb\n", "a\nHit:12 <mirror> trixie\nb\n"),
        ("Looking in indexes: https://one.example/simple, https://two.example\n", "Looking in indexes: <mirror>\n"),
        ("  Downloading https://one.example/a.whl (5 kB)\n", "  Downloading <mirror> (5 kB)\n"),
        ("E: Failed to fetch http://mirror.example/x.deb  404\n", "E: Failed to fetch <mirror>  404\n"),
        ("Location: http://muro.example/\n", "Location: http://muro.example/\n"),
        ("  Downloading django.whl (8 MB)\n", "  Downloading django.whl (8 MB)\n"),
    ],
)
def test_addresses_of_mirrors_stay_with_the_host(output: str, published: str) -> None:
    assert without_mirrors(output) == published
