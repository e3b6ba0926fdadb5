"""Parses matchers: Alertmanager's two grammars, and the rule of which one wins.

Sources: prometheus/alertmanager pkg/labels/parse.go (classic, up to 0.26), matcher/parse (UTF-8, from 0.27) and
matcher/compat (the fallback between the two, which is Alertmanager's default).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import re2

from alertrelay.config.model import Matcher, Operator
from alertrelay.config.printed_matchers import RESERVED

_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*((?s:.*?))\s*")
_ONE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
"""Of the dialect, Go's RE2 leaves out this one escape, which half a character would match."""
_CLASSIC_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SIMPLE_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}


class MatcherError(ValueError):
    """Raised for a text that is not a matcher; the message has the cause."""


class ParsedMatchers(NamedTuple):
    """The matchers of a text; `disagree` describes how the two grammars differ on it, "" where they agree."""

    matchers: tuple[Matcher, ...]
    disagree: Literal["", "classic-only", "different"]


def parse_matchers(text: str) -> ParsedMatchers:
    """Parses one string of a `matchers:` list, which may hold several matchers and braces.

    Both grammars are tried: where only the classic one accepts, or both and differ, the classic result counts; where
    only the UTF-8 one accepts, that. Raises MatcherError with the classic grammar's reason where neither does.
    """
    try:
        modern = parse_utf8(text)
    except MatcherError:
        return ParsedMatchers(parse_classic(text), "classic-only")
    try:
        classic = parse_classic(text)
    except MatcherError:
        return ParsedMatchers(modern, "")
    return ParsedMatchers(classic, "" if classic == modern else "different")


def parse_matcher(text: str) -> Matcher:
    """Parses one matcher, as an argument of a command or of the API. Raises MatcherError.

    As `parse_matchers` it lets the classic grammar win, where a comma belongs to the value.
    """
    if text.startswith("{") or text.endswith("}"):
        raise MatcherError(f"{text!r} has braces, which a single matcher has not")
    try:
        return _classic_one(text)
    except MatcherError as error:
        try:
            (only,) = parse_utf8(text)
        except (MatcherError, ValueError):
            raise error from None
        return only


def matcher(name: str, op: Operator, value: str) -> Matcher:
    """Makes a matcher whose regular expression compiles. Raises MatcherError."""
    if op in ("=~", "!~"):
        check_regex(value)
    return Matcher(name=name, op=op, value=value)


def check_regex(pattern: str) -> None:
    """Raises MatcherError where RE2, which is what Alertmanager matches with, does not take the pattern."""
    options = re2.Options()
    options.log_errors = False
    if _ONE_BYTE.search(pattern):
        raise MatcherError(f"{pattern!r} is not a regular expression of RE2: invalid escape sequence: \\C")
    try:
        re2.compile(f"^(?:{pattern})$", options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if error.args else "bad pattern"
        raise MatcherError(f"{pattern!r} is not a regular expression of RE2: {reason}") from None
    except UnicodeEncodeError:
        raise MatcherError("the regular expression holds a broken character") from None


def valid_name(name: str, *, utf8: bool = True) -> bool:
    """Checks a label name: any text that is not empty from 0.27 on; letters, digits and underscores before."""
    return bool(name) if utf8 else _CLASSIC_NAME.fullmatch(name) is not None


# --- classic -------------------------------------------------------------------------------------------------------


def parse_classic(text: str) -> tuple[Matcher, ...]:
    """Raises MatcherError."""
    inner = text.removeprefix("{").removesuffix("}")
    return tuple(_classic_one(part) for part in _split_classic(inner))


def _split_classic(text: str) -> list[str]:
    """Splits at the commas outside double quotes; a trailing comma is allowed."""
    parts = []
    part = ""
    quoted = escaped = False
    for char in text:
        if char == "," and not quoted:
            parts.append(part)
            part = ""
            continue
        if char == '"' and not escaped:
            quoted = not quoted
        escaped = char == "\\" and not escaped
        part += char
    if part.strip():
        parts.append(part.strip())
    return parts


def _classic_one(text: str) -> Matcher:
    match = _CLASSIC.fullmatch(text)
    if match is None:
        raise MatcherError(f"{text!r} is not a matcher: write it as name=value")
    name, op, raw = match.groups()
    return matcher(name, _operator(op), _classic_value(raw))


def _classic_value(raw: str) -> str:
    """Unquoted, or in double quotes; \\n, \\" and \\\\ are escapes, any other backslash is itself."""
    quoted = raw.startswith('"')
    body = raw[1:] if quoted else raw
    out: list[str] = []
    closed = False
    at = 0
    while at < len(body):
        char = body[at]
        if char == "\\" and at + 1 < len(body):
            following = body[at + 1]
            out.append({"n": "\n", '"': '"', "\\": "\\"}.get(following, "\\" + following))
            at += 2
            continue
        if char == '"':
            if not quoted or at + 1 < len(body):
                raise MatcherError(f"the value {raw!r} holds a double quote that is not escaped")
            closed = True
        else:
            out.append(char)
        at += 1
    if quoted and not closed:
        raise MatcherError(f"the value {raw!r} opens a double quote that nothing closes")
    return "".join(out)


# --- UTF-8 ---------------------------------------------------------------------------------------------------------


class _Token(NamedTuple):
    kind: Literal["{", "}", ",", "op", "text"]
    text: str


def parse_utf8(text: str) -> tuple[Matcher, ...]:
    """Raises MatcherError."""
    tokens = _tokens(text)
    if tokens and tokens[0].kind == "{":
        if tokens[-1].kind != "}":
            raise MatcherError(f"{text!r} opens a brace that nothing closes")
        tokens = tokens[1:-1]
    elif any(token.kind == "}" for token in tokens):
        raise MatcherError(f"{text!r} closes a brace that nothing opened")
    found = []
    while tokens:
        found.append(_utf8_one(tokens[:3], text))
        tokens = tokens[3:]
        if tokens and tokens[0].kind != ",":
            raise MatcherError(f"{text!r}: a comma is expected after {found[-1].name!r}")
        tokens = tokens[1:]
    return tuple(found)


def _utf8_one(tokens: list[_Token], text: str) -> Matcher:
    if [token.kind for token in tokens] != ["text", "op", "text"]:
        raise MatcherError(f'{text!r} is not a list of matchers such as name="value"')
    name, op, value = (token.text for token in tokens)
    if not name:
        raise MatcherError(f"{text!r} has a label name that is empty")
    return matcher(name, _operator(op), value)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in "{},":
            tokens.append(_Token(char, char))  # type: ignore[arg-type]  # one of the three kinds
            at += 1
        elif char in "=!":
            op = text[at : at + 2] if text[at : at + 2] in ("=~", "!=", "!~") else char
            if op == "!":
                raise MatcherError(f"{text!r}: after '!' comes '=' or '~'")
            tokens.append(_Token("op", op))
            at += len(op)
        elif char == '"':
            end = _quote_end(text, at)
            tokens.append(_Token("text", _go_unquote(text[at + 1 : end])))
            at = end + 1
        elif char in RESERVED:
            raise MatcherError(f"{text!r}: {char!r} has to stand in double quotes")
        else:
            end = at
            while end < len(text) and not text[end].isspace() and text[end] not in RESERVED:
                end += 1
            tokens.append(_Token("text", text[at:end]))
            at = end
    return tokens


def _quote_end(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise MatcherError(f"{text!r} opens a double quote that nothing closes")
    return at


def _go_unquote(body: str) -> str:
    """Returns the inside of a Go string literal in double quotes, which must come out as valid UTF-8."""
    out = bytearray()
    at = 0
    while at < len(body):
        char = body[at]
        if char == "\n":
            raise MatcherError("a line break in quotes is written \\n")
        if char != "\\":
            out += char.encode("utf-8", "surrogatepass")
            at += 1
            continue
        code, length = _go_escape(body[at + 1 :])
        out += code
        at += 1 + length
    try:
        return out.decode("utf-8")
    except UnicodeDecodeError:
        raise MatcherError("a text in quotes is not valid UTF-8") from None


def _go_escape(rest: str) -> tuple[bytes, int]:
    """Returns the bytes of one escape and how many characters it took after the backslash."""
    kind = rest[:1]
    if kind in _SIMPLE_ESCAPES:
        return bytes([_SIMPLE_ESCAPES[kind]]), 1
    for start, digits, base in (("x", 2, 16), ("u", 4, 16), ("U", 8, 16), ("", 3, 8)):
        allowed = "01234567" if base == 8 else "0123456789abcdefABCDEF"
        number = rest[len(start) : len(start) + digits]
        if not rest.startswith(start) or len(number) != digits or any(d not in allowed for d in number):
            continue
        code = int(number, base)
        if start in ("x", "") and code < 256:
            return bytes([code]), len(start) + digits
        if start in ("u", "U") and code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
            return chr(code).encode(), len(start) + digits
    raise MatcherError(f"'\\{kind}' is not an escape")


def _operator(text: str) -> Operator:
    match text:
        case "=" | "!=" | "=~" | "!~":
            return text
    raise MatcherError(f"{text!r} is not one of = != =~ !~")
