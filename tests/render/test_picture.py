"""A metric as a PNG: a file that any program reads, with the line above and below its threshold."""

from __future__ import annotations

import struct
import zlib

import pytest
from alertrelay.render.picture import HEIGHT, WIDTH, png
from alertrelay.values.charted import ChartPoints

RISE = ChartPoints(name="cpu", points=tuple((60.0 * n, float(n)) for n in range(20)), threshold=15.0)
GROUND, LINE, LIMIT = range(3)


def rows(drawn: ChartPoints) -> list[bytes]:
    """Reads a picture back: a row of palette indices each, from the top."""
    data = png(drawn)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, held = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(name + held)
        chunks[name] = held
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", chunks[b"IHDR"]) == (WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    pixels = zlib.decompress(chunks[b"IDAT"])
    assert len(pixels) == HEIGHT * (WIDTH + 1)
    return [pixels[row * (WIDTH + 1) + 1 : (row + 1) * (WIDTH + 1)] for row in range(HEIGHT)]


def height(found: list[bytes], x: int, colour: int) -> int:
    return next(y for y, row in enumerate(found) if row[x] == colour)


def test_a_rise_is_drawn_from_low_to_high_through_its_threshold() -> None:
    found = rows(RISE)
    left, right = height(found, 6, LINE), height(found, WIDTH - 7, LINE)
    assert left > height(found, 16, LIMIT) > right
    for x in range(6, WIDTH - 6):
        assert any(row[x] == LINE for row in found), "the line is whole"


@pytest.mark.parametrize(
    "drawn",
    [
        ChartPoints(name="flat", points=((0.0, 3.0), (60.0, 3.0), (120.0, 3.0)), threshold=None),
        ChartPoints(name="huge", points=((0.0, -1.7e308), (60.0, 1.7e308)), threshold=0.0),
        ChartPoints(name="one", points=((0.0, 1.0),), threshold=1.0),
        ChartPoints(name="at once", points=((5.0, 1.0), (5.0, 2.0)), threshold=None),
    ],
    ids=lambda drawn: drawn.name,
)
def test_a_picture_is_drawn_of_any_points(drawn: ChartPoints) -> None:
    assert len(rows(drawn)) == HEIGHT
