"""Writes a bundle of roots as a folder in which OpenSSL finds each by the hash of its name, as `openssl rehash` does.

Reading a bundle takes 15 ms of a cold start; of a folder only what signed a peer's certificate is read. It is written
here because not every machine has `openssl`. Source: x509_name_canon of OpenSSL's crypto/x509/x_name.c.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

BUNDLE = Path("certifi", "cacert.pem")
FOLDER = Path("alertrelay", "channels", "transport", "roots")
"""Within the layer's packages: what is read, and what alertrelay.channels.transport.tls looks for."""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _SET, _UTF8, _VERSION = 0x30, 0x31, 0x0C, 0xA0
_ENCODINGS = {
    0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii", 0x1C: "utf-32-be", 0x1E: "utf-16-be",
}  # fmt: skip
"""Types of text whose case and spaces do not count, and how their bytes are read."""


def write(bundle: Path, folder: Path) -> None:
    """Write each certificate of a PEM file as `<hash>.<number>` into a new folder. Raises ValueError for one that is
    malformed."""
    folder.mkdir()
    names: Counter[str] = Counter()
    for body in _PEM.findall(bundle.read_text(encoding="utf-8")):
        name = name_hash(base64.b64decode(body))
        text = f"-----BEGIN CERTIFICATE-----\n{body.strip()}\n-----END CERTIFICATE-----\n"
        (folder / f"{name}.{names[name]}").write_text(text, encoding="ascii")
        names[name] += 1


def name_hash(certificate: bytes) -> str:
    """Return the hash of the subject of a DER certificate, as eight hexadecimal digits. Raises ValueError."""
    ((_, whole),) = _elements(certificate)
    (_, signed), *_ = _elements(whole)
    fields = [(tag, content) for tag, content in _elements(signed) if tag != _VERSION]
    _serial, _algorithm, _issuer, _validity, (_, subject), *_ = fields
    canonical = b"".join(_element(_SET, b"".join(map(_canonical, _elements(part)))) for _, part in _elements(subject))
    return f"{int.from_bytes(hashlib.sha1(canonical, usedforsecurity=False).digest()[:4], 'little'):08x}"


def _canonical(attribute: tuple[int, bytes]) -> bytes:
    """Returns one attribute of a name: its type, and its text in lower case with single spaces."""
    (kind, oid), (tag, value) = _elements(attribute[1])
    if tag in _ENCODINGS:
        words = re.split(r"[ \t\n\v\f\r]+", value.decode(_ENCODINGS[tag]).strip(" \t\n\v\f\r"))
        text = "".join(letter.lower() if letter.isascii() else letter for letter in " ".join(words))
        tag, value = _UTF8, text.encode()
    return _element(_SEQUENCE, _element(kind, oid) + _element(tag, value))


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the tag and the content of each element of DER. Raises ValueError."""
    at = 0
    while at < len(content):
        tag, length, at = content[at], content[at + 1] if at + 1 < len(content) else 0, at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(content[at : at + size], "big"), at + size
        if at + length > len(content):
            raise ValueError("a certificate is cut")
        yield tag, content[at : at + length]
        at += length


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
