"""The certificate authorities that the host trusts beyond Mozilla's.

A company's or a sandbox's proxy often signs with an authority of its own. A machine that does not know
it cannot fetch anything; what comes out here goes into its image.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
LOCAL_DIRECTORY = Path("/usr/local/share/ca-certificates")
STOCK_DIRECTORY = Path("/usr/share/ca-certificates")

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
_BLOCK = re.compile(_BEGIN + b".+?" + _END, re.DOTALL)


def certificates_in(paths: Iterable[Path]) -> dict[str, str]:
    """The certificates in the PEM files *paths*: SHA-256 of the DER form to PEM text.

    A file that cannot be read and a block that does not decode are passed over: the host's other
    programs do the same.
    """
    found: dict[str, str] = {}
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError:
            continue
        for block in _BLOCK.findall(data):
            try:
                der = base64.b64decode(b"".join(block.removeprefix(_BEGIN).removesuffix(_END).split()), validate=True)
            except binascii.Error:
                continue
            found[hashlib.sha256(der).hexdigest()] = ssl.DER_cert_to_PEM_cert(der)
    return found


def extra_authorities(
    environment: Mapping[str, str] | None = None,
    *,
    local: Path = LOCAL_DIRECTORY,
    stock: Path = STOCK_DIRECTORY,
) -> dict[str, str]:
    """What the bundles named in *environment* and *local* hold and *stock* does not; digest to PEM text."""
    environment = os.environ if environment is None else environment
    bundles = [Path(environment[name]) for name in BUNDLE_VARIABLES if environment.get(name)]
    trusted = certificates_in([*bundles, *sorted(local.rglob("*.crt"))])
    known = certificates_in(sorted(stock.rglob("*.crt")))
    return {digest: pem for digest, pem in sorted(trusted.items()) if digest not in known}
