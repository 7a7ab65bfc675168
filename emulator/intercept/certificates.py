"""A certificate authority that lives as long as one run, and the root certificates it may stand beside.

The authority's key never leaves this process; a leaf's key is a file of the temporary folder for as long as OpenSSL
takes to read it.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from emulator.errors import UsageError

__all__ = ["Authority", "root_certificates"]

PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
NAMED_BY: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
USUAL: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
"""Where Debian, Fedora, and Alpine and macOS keep their bundle."""


class Authority:
    """Signs one certificate per host. `pem` is what a client must trust. Raises `UsageError` without trustme."""

    def __init__(self) -> None:
        try:
            import trustme
        except ImportError:
            raise UsageError("--intercept needs trustme: pip install 'ringback[intercept]'") from None
        self._ca = trustme.CA(organization_name="Ringback", organization_unit_name="Throw-away authority of one run")
        self.pem: bytes = self._ca.cert_pem.bytes()

    def context(self, hosts: Sequence[str], folder: Path) -> ssl.SSLContext:
        """Each host under its own certificate, by SNI; a client that names none sees one that is good for all, and one
        that names another gets the alert `unrecognized_name`."""
        own = {host: self._context([host], folder) for host in hosts}
        made = self._context(hosts, folder)

        def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            if name is None:
                return None
            found = own.get(name.lower())
            if found is None:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            connection.context = found
            return None

        made.sni_callback = choose
        return made

    def _context(self, hosts: Sequence[str], folder: Path) -> ssl.SSLContext:
        leaf = self._ca.issue_cert(*hosts)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.set_alpn_protocols(["http/1.1"])
        with leaf.private_key_and_cert_chain_pem.tempfile(dir=str(folder)) as path:
            made.load_cert_chain(path)
        return made


def root_certificates(environment: Mapping[str, str]) -> bytes:
    """PEM of every root that a program with this environment would trust: of the files it names, else the system's.

    Raises `UsageError` when there are none.
    """
    found: dict[bytes, None] = {}
    for path in _bundles(environment):
        try:
            found |= dict.fromkeys(PEM.findall(path.read_bytes()))
        except OSError:
            continue
    if not found:
        raise UsageError(
            "--passthrough: found no root certificates on this machine; name a file of them in SSL_CERT_FILE"
        )
    return b"\n".join(found) + b"\n"


def _bundles(environment: Mapping[str, str]) -> Iterator[Path]:
    yield from (Path(environment[name]) for name in NAMED_BY if environment.get(name))
    if environment.get("SSL_CERT_FILE"):
        return
    usual = ssl.get_default_verify_paths()
    yield from map(Path, filter(None, (usual.openssl_cafile, *USUAL)))
    folder = Path(environment.get("SSL_CERT_DIR") or usual.openssl_capath)
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.suffix in (".pem", ".crt", ".0"))
