"""Reads the literals of a template: texts, characters and numbers, as Go does."""

from __future__ import annotations

import math
import re

from compiler.templates.syntax import TemplateSyntaxError

_ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.?)")
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_BASES = {"0x": 16, "0X": 16, "0o": 8, "0O": 8, "0b": 2, "0B": 2}
_INTEGER = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
)
_FLOAT = re.compile(r"[+-]?(?:[0-9](?:_?[0-9])*)?(?:\.(?:[0-9](?:_?[0-9])*)?)?(?:[eE][+-]?[0-9]+)?")


def unquoted(token: str, at: int) -> str:
    """Returns the text of a literal in quotes or backquotes. Raises TemplateSyntaxError."""
    if token[0] == "`":
        return token[1:-1].replace("\r", "")
    raw = bytearray()
    last = 0
    body = token[1:-1]
    for found in _ESCAPE.finditer(body):
        raw += body[last : found.start()].encode("utf-8", "surrogateescape") + _escape(found, token[0], at)
        last = found.end()
    raw += body[last:].encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")


def _escape(found: re.Match[str], quote: str, at: int) -> bytes:
    simple, octal, hexa, short, long = found.groups()
    if simple and (simple not in "'\"" or simple == quote):
        return _SIMPLE.get(simple, simple).encode()
    if octal and int(octal, 8) < 256:
        return bytes([int(octal, 8)])
    if hexa:
        return bytes([int(hexa, 16)])
    code = short or long
    if code and int(code, 16) < 0x110000 and not 0xD800 <= int(code, 16) < 0xE000:
        return chr(int(code, 16)).encode()
    shown = found.group()
    raise TemplateSyntaxError(at + found.start() + 1, f"{shown!r} is not an escape of Go", "write \\\\ for a backslash")


def number(token: str, at: int) -> int | float:
    """Returns a number: a float where it has a point or an exponent. Raises TemplateSyntaxError."""
    if _INTEGER.fullmatch(token):
        value = _whole(token)
        if -(2**63) <= value < 2**63:
            return value
        raise TemplateSyntaxError(at, f"{token} does not fit into Go's int", "write a smaller number")
    if _FLOAT.fullmatch(token) and any(char.isdigit() for char in token):
        fraction = float(token.replace("_", ""))
        if math.isfinite(fraction):
            return fraction
    raise TemplateSyntaxError(at, f"{token} is not a number that is served here", "as in 3, 0.5 or -1")


def _whole(token: str) -> int:
    sign = -1 if token[0] == "-" else 1
    digits = token.lstrip("+-").replace("_", "")
    base = _BASES.get(digits[:2])
    if base:
        return sign * int(digits[2:], base)
    return sign * (int(digits, 8) if digits[0] == "0" and len(digits) > 1 else int(digits))


def character(token: str, at: int) -> int:
    """Returns the code of a character in single quotes. Raises TemplateSyntaxError."""
    text = unquoted(token, at)
    if len(text) != 1:
        raise TemplateSyntaxError(
            at, "a text stands in single quotes, which hold one character", 'use double quotes: "'
        )
    return ord(text)
