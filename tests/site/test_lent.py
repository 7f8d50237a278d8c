"""What the host lends is told in the reader's language, whatever it lends."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ensayar.machine import adaptations
from ensayar.publish.lent import known, lent_html

if TYPE_CHECKING:
    from collections.abc import Iterator

LOANS = {
    "http_proxy": "http://ana:secreto@127.0.0.1:3128/",
    "https_proxy": "http://proxy.example:8080",
    "PIP_INDEX_URL": "https://indice.example/simple?token=secreto",
    "ENSAYAR_APT_MIRROR": "http://replica.example/debian",
}


def everything_lent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Every sentence that the machine has, for every set of loans and number of authorities."""
    for count in range(len(LOANS) + 1):
        for names in itertools.combinations(LOANS, count):
            for authorities in ((), ("una",), ("una", "otra")):
                monkeypatch.setattr(adaptations, "extra_authorities", lambda _environment, them=authorities: them)
                loan = adaptations.loan({name: LOANS[name] for name in names})
                assert len(loan.adaptations) >= bool(names) + bool(authorities)
                yield from (item.description for item in loan.adaptations)


def test_every_sentence_of_the_machine_is_said_in_spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = set(everything_lent(monkeypatch))
    assert len(sentences) == 7
    for sentence in sentences:
        assert known(sentence), sentence
        assert "lang=" not in lent_html(sentence, "es")
        assert BeautifulSoup(lent_html(sentence, "en"), "html.parser").get_text() == sentence


@pytest.mark.parametrize(
    ("sentence", "spanish"),
    [
        (
            "1 certificate authority that the host trusts beyond Mozilla's.",
            "1 autoridad de certificación en la que el anfitrión confía, además de las de Mozilla.",
        ),
        (
            "12 certificate authorities that the host trusts beyond Mozilla's.",
            "12 autoridades de certificación en las que el anfitrión confía, además de las de Mozilla.",
        ),
        (
            "The host's proxy: http_proxy http://10.0.2.2:3128, https_proxy http://10.0.2.2:3128.",
            "El proxy del anfitrión: http_proxy http://10.0.2.2:3128, https_proxy http://10.0.2.2:3128.",
        ),
        (
            "The host's Python package index: https://a.example/.",
            "El índice de paquetes de Python del anfitrión: https://a.example/.",
        ),
        (
            "The host's Debian mirror: http://a.example/debian.",
            "La réplica de Debian del anfitrión: http://a.example/debian.",
        ),
    ],
)
def test_the_words(sentence: str, spanish: str) -> None:
    assert BeautifulSoup(lent_html(sentence, "es"), "html.parser").get_text() == spanish


def test_a_sentence_of_another_time_is_shown_as_english() -> None:
    shown = BeautifulSoup(lent_html("A <b>clock</b> of the host's.", "es"), "html.parser").find_all()
    assert [(item.name, item.attrs, item.get_text()) for item in shown] == [
        ("span", {"lang": "en"}, "A <b>clock</b> of the host's.")
    ]
    assert not known("The host's proxy: a\nThe host's proxy: b.")
