"""What `testssl.sh <https://testssl.sh/>`_ has to say of the site's encryption, and what the article says to that."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from finished.secure import Site

pytestmark = [pytest.mark.vm, pytest.mark.long]

FINE = {"OK", "INFO", "DEBUG"}
EXPLAINED = {
    "HSTS_time": "an hour to begin with: the article says when to raise it",
    "cipher_order": "every cipher that is offered is good, so the visitor may choose the one that costs them least",
    "BREACH": "what is secret in a page is Django's token, which it masks anew for each answer",
    "engine_problem": "of the computer that asks: its OpenSSL has no engine for GOST",
    "secure_renego": "of the computer that asks: its OpenSSL cannot try it",
    "cert_chain_of_trust": "nobody but the rehearsal trusts its authority",
    "cert_revocation": "an authority of one's own revokes nothing",
    "DNS_CAArecord": "example domains have no DNS",
    "cert_trust": "the name is asked for at an address that is not its own",
    "overall_grade": "it follows from the authority that nobody trusts",
}


def findings(site: Site, directory: Path) -> dict[str, str]:
    """By its name, each finding that is worse than a remark."""
    table = directory / "testssl.json"
    command = [
        "testssl",
        *("--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none", "--ip", "127.0.0.1"),
        *("--add-ca", str(site.authorities)),
        *("--connect-timeout", "60", "--openssl-timeout", "60", "--jsonfile", str(table)),
        f"https://{site.domain}:{urlsplit(site.url).port}/",
    ]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=3000)
    said = json.loads(table.read_text(encoding="utf-8"))
    assert len(said) > 50, said
    return {each["id"]: f"{each['severity']}: {each['finding']}" for each in said if each["severity"] not in FINE}


def test_encryption_leaves_nothing_unexplained(site: Site, tmp_path: Path) -> None:
    found = findings(site, tmp_path)
    assert {name: said for name, said in found.items() if name.partition(" ")[0] not in EXPLAINED} == {}
    assert found, "even what is explained was not found"
