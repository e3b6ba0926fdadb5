"""Draws the points of a metric as a PNG, with the standard library alone: for a mail, which shows no chart otherwise.

The form of the file: Portable Network Graphics (W3C, 2003), 11.2: a header, a palette, the rows compressed by zlib,
each with a filter byte of 0, and the chunk that closes it.
"""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise

from alertrelay.values.charted import ChartPoints

WIDTH, HEIGHT = 560, 120
_MARGIN, _THICK, _DASH = 6, 2, 8
_GROUND, _LINE, _LIMIT = range(3)
_PALETTE = bytes((0xFF, 0xFF, 0xFF, 0x17, 0x5C, 0xD3, 0xB4, 0x23, 0x18))
"""White, the blue of the line, the red of the threshold."""


def png(drawn: ChartPoints) -> bytes:
    """Returns the picture: the values by their times, and the threshold as a broken line, in one scale."""
    rows = [bytearray(WIDTH) for _ in range(HEIGHT)]
    heights = _heights(drawn)
    if drawn.threshold is not None:
        for x in range(_MARGIN, WIDTH - _MARGIN):
            if x // _DASH % 2 == 0:
                _dot(rows, x, heights[-1], heights[-1], _LIMIT)
    places = list(zip(_columns(drawn), heights, strict=False))
    for (left, begin), (right, end) in pairwise(places):
        for x in range(left, right + 1):
            at, after = (
                begin + (end - begin) * (step - left) // max(1, right - left) for step in (x, min(x + 1, right))
            )
            _dot(rows, x, min(at, after), max(at, after), _LINE)
    return _file(rows)


def _heights(drawn: ChartPoints) -> list[int]:
    """Returns the row of each value, and that of the threshold behind them."""
    values = [value for _, value in drawn.points] + ([] if drawn.threshold is None else [drawn.threshold])
    low, high = min(values), max(values)
    room = HEIGHT - 2 * _MARGIN - _THICK
    # Halves, since the difference of two large numbers may be infinite.
    wide = (high / 2 - low / 2) or 1.0
    return [_MARGIN + round(room * (1 - (value / 2 - low / 2) / wide)) for value in values]


def _columns(drawn: ChartPoints) -> list[int]:
    first, last = drawn.points[0][0], drawn.points[-1][0]
    return [_MARGIN + int((WIDTH - 2 * _MARGIN - 1) * (at - first) / ((last - first) or 1.0)) for at, _ in drawn.points]


def _dot(rows: list[bytearray], x: int, top: int, bottom: int, colour: int) -> None:
    for y in range(top, bottom + _THICK):
        rows[y][x] = colour


def _file(rows: list[bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, held) for name, held in chunks)


def _chunk(name: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held))
