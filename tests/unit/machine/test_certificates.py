"""Which authorities of the host are extra: compared by what they are, not by how they are written."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from ensayar.machine.certificates import certificates_in, extra_authorities

if TYPE_CHECKING:
    from pathlib import Path


def pem(der: bytes, width: int = 64, newline: str = "\n") -> str:
    """Certificates are not looked into, so that any bytes will do."""
    text = base64.b64encode(der).decode()
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    return newline.join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


MOZILLAS, OURS, THEIRS = (bytes([number]) * 300 for number in (1, 2, 3))


def test_only_what_the_stock_lacks_is_extra(tmp_path: Path) -> None:
    stock, local = tmp_path / "stock" / "mozilla", tmp_path / "local"
    stock.mkdir(parents=True)
    local.mkdir()
    (stock / "a.crt").write_text(pem(MOZILLAS))
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("# a comment\n" + pem(MOZILLAS, width=76, newline="\r\n") + pem(OURS))
    (local / "theirs.crt").write_text(pem(THEIRS))
    (local / "ours-again.crt").write_text(pem(OURS, width=70))
    found = extra_authorities(
        {"SSL_CERT_FILE": str(bundle), "PIP_CERT": str(bundle), "CURL_CA_BUNDLE": str(tmp_path / "missing")},
        local=local,
        stock=stock.parent,
    )
    assert set(found) == {hashlib.sha256(der).hexdigest() for der in (OURS, THEIRS)}
    assert pem(OURS) in found.values()


def test_their_order_does_not_depend_on_where_they_were_found(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(pem(OURS) + pem(THEIRS))
    two.write_text(pem(THEIRS) + pem(OURS))
    found = [
        list(extra_authorities({"SSL_CERT_FILE": str(path)}, local=tmp_path / "no", stock=tmp_path / "no"))
        for path in (one, two)
    ]
    assert found[0] == found[1]


def test_what_is_not_a_certificate_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_text("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n" + pem(OURS))
    assert list(certificates_in([path, tmp_path])) == [hashlib.sha256(OURS).hexdigest()]
