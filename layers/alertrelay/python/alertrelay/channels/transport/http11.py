"""Writes a request and reads an answer of HTTP/1.1. Pure but for the stream that is read.

What http.client does with the email package, whose import takes longer than ten requests. Source: RFC 9112; limits are
those of http.client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*)?\r?\n")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NO_TARGET = re.compile(r"[^!-~]")
_NO_VALUE = re.compile(r"[\r\n\0]")
_SIZE = re.compile(rb"\s*([0-9a-fA-F]{1,15})\s*(?:;[^\r\n]*)?\r?\n")
_LINE, _LINES = 65_536, 100
_INFORMATIONAL = 8
"""Answers of 1xx that may come before the one that counts."""


class NotHttp(Exception):
    """What came is no answer of HTTP/1.1, or it ended within its head."""


class Head(NamedTuple):
    """The beginning of an answer. `kept` says that the connection may be used again once the body was read."""

    status: int
    headers: Mapping[str, str]
    kept: bool


def request(target: str, host: str, headers: Mapping[str, str], body: bytes, *, method: str = "POST") -> bytes:
    """Return a request. Raises ValueError where the target or a header cannot be written."""
    if _NO_TARGET.search(target):
        raise ValueError("the target is malformed")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or _NO_VALUE.search(value):
            raise ValueError("a header is malformed")
        lines.append(f"{name}: {value}")
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def read_head(stream: BinaryIO) -> Head:
    """Read the status and the headers, by lower-case name; of several with one name the values stand behind each other.
    Raises NotHttp, and OSError as the stream does."""
    for _ in range(_INFORMATIONAL):
        found = _STATUS.fullmatch(stream.readline(_LINE + 1))
        if found is None:
            raise NotHttp
        headers = _headers(stream)
        status = int(found[2])
        if status >= 200 or status == 101:
            return Head(status, headers, found[1] == b"1" and "close" not in headers.get("connection", "").lower())
    raise NotHttp


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    last = ""
    for _ in range(_LINES + 1):
        line = stream.readline(_LINE + 1)
        if not line.endswith(b"\n"):
            raise NotHttp  # it is too long, or the end
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            return headers
        name, colon, value = text.partition(":")
        if text[0] in " \t" and last:
            headers[last] += f" {text.strip()}"  # a header that was folded, as it once was allowed
        elif colon and _NAME.fullmatch(name):
            last = name.lower()
            headers[last] = f"{headers[last]}, {value.strip()}" if last in headers else value.strip()
    raise NotHttp


def read_body(stream: BinaryIO, head: Head, most: int) -> tuple[bytes, bool, bool]:
    """Read the body, at most so many bytes of it: with whether it is whole, and whether its length was known. Never
    raises: the status came, and the status is what most peers answer with."""
    chunked = head.headers.get("transfer-encoding", "").lower().endswith("chunked")
    length = head.headers.get("content-length", "")
    read = bytearray()
    if head.status in (204, 304):
        return b"", True, True
    try:
        if chunked:
            whole = _chunks(stream, read, most)
        elif length.isascii() and length.isdecimal():
            whole = _some(stream, read, int(length), most)
        else:
            _some(stream, read, most + 1, most)
            return bytes(read[:most]), not length and len(read) <= most, False
    except (OSError, NotHttp):
        return bytes(read[:most]), False, False
    return bytes(read[:most]), whole, whole


def _some(stream: BinaryIO, read: bytearray, length: int, most: int) -> bool:
    """Reads so many bytes, and returns whether all of them came and none was too many."""
    wanted = min(length, most + 1 - len(read))
    missing = wanted
    while missing > 0 and (part := stream.read(min(missing, 65_536))):
        read += part
        missing -= len(part)
    return missing == 0 and wanted == length and len(read) <= most


def _chunks(stream: BinaryIO, read: bytearray, most: int) -> bool:
    while True:
        found = _SIZE.fullmatch(stream.readline(_LINE + 1))
        if found is None:
            raise NotHttp
        size = int(found[1], 16)
        if not size:
            _headers(stream)  # trailers
            return True
        if not _some(stream, read, size, most):
            return False
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise NotHttp
