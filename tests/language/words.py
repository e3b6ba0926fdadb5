"""Counts the words that the project does not use, apart from the names that the wire keeps."""

from __future__ import annotations

import re
from collections.abc import Set

BANNED = re.compile(r"\b(tells?|told|telling|whoever|speaks? for|gone|an end|a look)\b", re.IGNORECASE)
"""`docs/glossary.md` has the words to use instead: notify, resolve, flush, receiver."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def banned(text: str, *, wire_names: Set[str]) -> list[str]:
    """Returns each banned word of a text in order, also as a part of a name; wire names do not count.

    A wire name is left out where it stands in quotes or backticks, and anywhere if it cannot be a word of prose: a
    name of several words, such as `receiver_gone`, which Python spells RECEIVER_GONE.
    """
    names = sorted(map(re.escape, wire_names), key=len, reverse=True)
    text = re.sub(rf"""(["'`])(?:{"|".join(names)})\1""", '""', text)
    of_several = [name for name in names if "_" in name or "-" in name or _CAMEL.search(name)]
    if of_several:
        text = re.sub(rf"(?<!\w)(?:{'|'.join(of_several)})(?!\w)", "", text, flags=re.IGNORECASE)
    plain = re.sub(r"\s+(?:#\s+)?", " ", _CAMEL.sub(" ", text).replace("_", " "))
    return [found.lower() for found in BANNED.findall(plain)]
