"""TLS before the emulated AWS and the stand-ins, as AWS and the channels' services have it: connections are kept."""

from __future__ import annotations

import contextlib
import http
import http.client
import http.server
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"})

_SIGNS = x509.KeyUsage(
    key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
)  # fmt: skip


def issue(folder: Path) -> tuple[Path, Path]:
    """Write a root of our own, and a certificate of it for 127.0.0.1 with its key. Returns the root's file and that of
    the certificate."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alertrelay bench root")])
    root = _certificate(name, name, root_key, root_key, x509.BasicConstraints(ca=True, path_length=None), _SIGNS)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = _certificate(subject, name, key, root_key, address)
    pem = serialization.Encoding.PEM
    roots, served = folder / "root.pem", folder / "served.pem"
    roots.write_bytes(root.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    served.write_bytes(certificate.public_bytes(pem) + private)
    return roots, served


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=not isinstance(extension, x509.SubjectAlternativeName))
    return builder.sign(signer, hashes.SHA256())


Quick = Callable[[str, bytes], tuple[int, bytes] | None]
"""Answers a request by its X-Amz-Target and body, with status and body, in place of what stands behind; None: it does
not."""


class Front:
    """A context manager: inside it `url` answers by TLS what the plain `upstream` answers, or `quick` where that knows
    the request, and no sooner than `seconds` after the request came. `took` has the seconds of each answer; `fault` is
    what `quick` raised last, whose connection is closed."""

    def __init__(self, upstream: str, certificate: Path) -> None:
        self.quick: Quick | None = None
        self.seconds = 0.0
        self.took: list[float] = []
        self.fault: Exception | None = None
        self.upstream = urlsplit(upstream)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._server = _Server(self)
        self.url = f"https://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Front:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wrapped(self, sock: Any) -> ssl.SSLSocket:
        """Returns the socket with TLS on it; the handshake is the connection's own thread's work."""
        return self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)


@contextlib.contextmanager
def fronts(upstreams: dict[str, str], certificate: Path) -> Iterator[dict[str, Front]]:
    """Give each upstream its front, by the same names."""
    with ExitStack() as entered:
        yield {name: entered.enter_context(Front(url, certificate)) for name, url in upstreams.items()}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, front: Front) -> None:
        self.front = front
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        sock, address = super().get_request()
        return self.front.wrapped(sock), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A function that was ended in the middle leaves its connections."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answers one request, itself or by what stands behind."""
        began = time.monotonic()
        front = cast(_Server, self.server).front
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self._quick(front, body) or self._handed_on(front, body)
        time.sleep(max(0.0, began + front.seconds - time.monotonic()))
        self.wfile.write(answer)
        front.took.append(time.monotonic() - began)

    def _quick(self, front: Front, body: bytes) -> bytes | None:
        try:
            found = front.quick(self.headers.get("X-Amz-Target", ""), body) if front.quick else None
        except Exception as fault:
            front.fault = fault
            raise
        if found is None:
            return None
        status, content = found
        return _written(f"{status} {http.HTTPStatus(status).phrase}", ["Content-Type: application/json"], content)

    def _handed_on(self, front: Front, body: bytes) -> bytes:
        host, port = front.upstream.hostname or "", front.upstream.port
        upstream = http.client.HTTPConnection(host, port, timeout=600)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection",)}
        upstream.request("POST", self.path, body=body, headers=headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        lines = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in _HOP]
        return _written(f"{answer.status} {answer.reason}", lines, content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name for it
        """Nothing."""


def _written(status: str, lines: list[str], content: bytes) -> bytes:
    head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(head).encode("latin-1") + content
