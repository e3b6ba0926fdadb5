"""Makes untrusted text safe for a message: cleans it, cuts it at a character, turns it into a link."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import accumulate
from urllib.parse import quote, urlsplit

ELLIPSIS = "…"
# Bidirectional overrides and isolates can show a text in another order than it was written in.
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
_SPACE_AT_LINE_END = re.compile(r" +\n")
_BLANK_LINES = re.compile(r"\n{3,}")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][A-Za-z0-9_.!#$%&'()*+,/:;=?@~-]*)?")
"""An address that is what `link` makes of it: most are."""
_MAX_URL = 1800
_GSM_SUBSTITUTES = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")", "^": "", "|": "/", "\\": "/", "`": "'"})
_ASCII_SUBSTITUTES = str.maketrans(
    {"\u2026": "...", "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
)


def clean(text: str) -> str:
    """Returns the text without control characters, lone surrogates and bidirectional overrides; line ends are newlines,
    at most two in a row."""
    if text.isprintable():
        return text.strip()
    lines = _LINE_ENDS.sub("\n", text).replace("\t", "    ")
    # Most texts have nothing to remove, and one may be 256 KB long.
    kept = lines if lines.replace("\n", "").isprintable() else "".join(map(_printable, lines))
    return _BLANK_LINES.sub("\n\n", _SPACE_AT_LINE_END.sub("\n", kept)).strip()


def _printable(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    if char in _BIDI:
        return ""
    category = unicodedata.category(char)
    return {"Cs": "\ufffd", "Cc": "", "Zs": " "}.get(category, char)


def one_line(text: str) -> str:
    """Returns `clean`, with every run of white space as one space."""
    # What is printable has no control character, override or line end, and no white space but spaces.
    if text.isprintable():
        return text if "  " not in text and text == text.strip() else " ".join(text.split())
    return " ".join(clean(text).split())


def cut(text: str, limit: int, escapes: Mapping[str, str] | None = None) -> str:
    """Returns `text` with `escapes` applied to its characters, cut to `limit` with an ellipsis. A character that stands
    in the replacement of others is the first of `escapes`.

    The limit counts UTF-16 units of the escaped text: services do not document whether they count those or code points.
    A character, its escape and what is joined to it stay whole.
    """
    begins = whole = text if len(text) <= limit else text[: limit + 1]
    if escapes:
        for char, escaped in escapes.items():
            if char in whole:
                whole = whole.replace(char, escaped)
    if len(whole) <= limit and (whole.isascii() or width(whole) <= limit):
        return whole
    pieces: Sequence[str] = [escapes.get(char, char) for char in begins] if escapes else begins
    sizes = accumulate(map(len if whole.isascii() else width, pieces))
    ends = next((place for place, size in enumerate(sizes) if size > limit - 1), len(pieces))
    while ends and (_joins(text[ends]) or text[ends - 1] == "\u200d"):
        ends -= 1
    return "".join(pieces[:ends]).rstrip() + ELLIPSIS


def short(text: str, limit: int) -> str:
    """Returns the text on one line, at most `limit` long."""
    # Most texts are plain already: as wide as they are long, with nothing to remove.
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text and text == text.strip():
        return text
    return cut(one_line(text), limit)


def shortened(texts: Mapping[str, str], *, limit: int = 200, name_limit: int = 100) -> dict[str, str]:
    """Returns names and values, each on one line, values at most `limit` long."""
    found = {}
    for key, text in texts.items():
        name = key if key.isidentifier() and key.isascii() and len(key) <= name_limit else short(key, name_limit)
        line = one_line(text)
        found[name] = line if len(line) <= limit and line.isascii() else cut(line, limit)
    return found


def cut_each(texts: Mapping[str, str], limit: int) -> dict[str, str]:
    """Returns texts by name, each cut to `limit` UTF-16 units."""
    # A character takes two units at most.
    return {name: text if 2 * len(text) <= limit else cut(text, limit) for name, text in texts.items()}


def width(text: str) -> int:
    """Returns the length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _joins(char: str) -> bool:
    return char in _JOINERS or unicodedata.combining(char) != 0


def ascii_text(text: str) -> str:
    """Returns `text` in ASCII: accents dropped, other characters as `?`, line ends kept."""
    plain = unicodedata.normalize("NFKD", clean(text).translate(_ASCII_SUBSTITUTES))
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"\?{2,}", "?", bare.encode("ascii", "replace").decode("ascii"))


def gsm_text(text: str) -> str:
    """Returns ASCII that costs one septet a character in an SMS (GSM 03.38's basic table)."""
    return " ".join(ascii_text(text).translate(_GSM_SUBSTITUTES).replace("~", "-").split())


def link(url: str) -> str:
    """Returns the address in ASCII where it is one for a browser (http or https, with a host), else "".

    What a renderer would have to escape (`<`, `>`, `|`, `"`, space, non-ASCII) is percent-encoded.
    """
    bare = url.strip()
    if _PLAIN_URL.fullmatch(bare) and len(bare) <= _MAX_URL:
        return bare
    if not bare or not (bare.isprintable() or (clean(bare) == bare and "\n" not in bare)):
        return ""
    try:
        parts = urlsplit(bare)
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    encoded = quote(bare, safe=_URL_SAFE)
    return encoded if len(encoded) <= _MAX_URL else ""
