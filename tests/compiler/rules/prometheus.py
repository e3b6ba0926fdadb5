"""A Prometheus on loopback with native histograms on, and what writes histograms into it at any time.

The remote-write protocol 1.0 (https://prometheus.io/docs/specs/prw/remote_write_spec/): a protobuf WriteRequest
(prompb/types.proto), compressed as a snappy block. Both are written by hand, since the tester of rules cannot write
native histograms and two packages for one message would be more than the message.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY = "Server is ready to receive web requests"
LITERAL = 60_000
TWO_BYTES = 61 << 2
_VARINT, _DOUBLE, _BYTES = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server, by its address."""

    address: str

    def write(self, labels: Mapping[str, str], histograms: Mapping[int, int], bucket: int) -> None:
        """Writes a series of histograms: by the second, how many observations one bucket of schema 0 has."""
        series = b"".join(_bytes(1, _label(name, value)) for name, value in sorted(labels.items()))
        series += b"".join(_bytes(4, _histogram(at, count, bucket)) for at, count in histograms.items())
        self._ask("/api/v1/write", _snappy(_bytes(1, series)), {"Content-Encoding": "snappy"})

    def query(self, expression: str, at: int) -> dict[str, float]:
        """Returns the value of each series of an expression by its label service, or slo and service."""
        body = urllib.parse.urlencode({"query": expression, "time": at}).encode()
        found = json.loads(self._ask("/api/v1/query", body, {}))["data"]["result"]
        return {one["metric"]["service"]: float(one["value"][1]) for one in found}

    def _ask(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        request = urllib.request.Request(self.address + path, data=body, headers=dict(headers))
        with urllib.request.urlopen(request, timeout=20) as answer:
            read: bytes = answer.read()
            return read


@contextmanager
def prometheus(folder: Path) -> Iterator[Prometheus]:
    """Runs a server whose data is in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1m}\n")
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=native-histograms",
        "--web.enable-remote-write-receiver",
    ]
    process: subprocess.Popen[str]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr
        lines = []
        try:
            for line in process.stderr:
                lines.append(line)
                if READY in line:
                    break
            else:
                raise AssertionError("".join(lines))
            yield Prometheus(f"http://127.0.0.1:{port}")
        finally:
            process.kill()


def _label(name: str, value: str) -> bytes:
    return _bytes(1, name.encode()) + _bytes(2, value.encode())


def _histogram(at: int, count: int, bucket: int) -> bytes:
    span = _number(1, _zigzag(bucket)) + _number(2, 1)
    parts: list[Any] = [
        _number(1, count),
        _double(3, float(count)),
        _double(5, 1e-9),
        _number(6, 0),
        _bytes(11, span),
        _bytes(12, _varint(_zigzag(count))),
        _number(15, at * 1000),
    ]
    return b"".join(parts)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(number)


def _double(field: int, number: float) -> bytes:
    return _varint(field << 3 | _DOUBLE) + struct.pack("<d", number)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(content)) + content


def _snappy(content: bytes) -> bytes:
    """Returns a snappy block of literals alone: https://github.com/google/snappy/blob/main/format_description.txt."""
    found = _varint(len(content))
    for start in range(0, len(content), LITERAL):
        part = content[start : start + LITERAL]
        found += bytes([TWO_BYTES]) + struct.pack("<H", len(part) - 1) + part
    return found
