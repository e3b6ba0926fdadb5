"""Reads untrusted text: makes it printable, keeps it within bounds, drops it where empty."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

LABEL_MAX = 1_024
"""Characters of a label's value. CloudWatch's own limit of a dimension's value is 1,024."""
ANNOTATION_MAX = 20_000
"""Characters of an annotation. With it an alert of a 256 KB message stays well within a DynamoDB item."""
SUMMARY_MAX = 250
"""Characters of a summary: one line of a phone."""


def printable(value: object) -> str:
    """Returns `value` as valid Unicode text: text as it is, null as "", all else as JSON."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else as_json(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # "\ud83d" alone: JSON can say it, UTF-8 and every API of ours cannot
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "")


def as_json(value: object) -> str:
    """Returns compact JSON that stays readable: no escapes for non-ASCII characters."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "(nested too deep to be shown)"


def cut(text: str, limit: int) -> str:
    """Cuts to `limit` characters; a cut text ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut_with_note(text: str, limit: int = ANNOTATION_MAX) -> str:
    """Cuts to `limit` characters and a note with the number of characters left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[cut here: {len(text) - limit:,} of {len(text):,} characters are not shown]"


def one_line(text: str, limit: int = SUMMARY_MAX) -> str:
    """Returns the first line that is not blank, spaces collapsed."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return cut(" ".join(line.split()), limit)


def first_sentence(text: str, limit: int = SUMMARY_MAX) -> str:
    """Returns the first line up to the end of its first sentence; a short one ("No.", "e.g. This") is not taken for
    one."""
    line = one_line(text, len(text))
    end = re.search(r"(?<=.{19}[.!?])(?= [A-Z])", line)
    return cut(line[: end.start()] if end else line, limit)


def mapping(value: object) -> Mapping[str, object]:
    """Returns `value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def field(fields: Mapping[str, object], key: str) -> str:
    """Returns the value of a key as text without surrounding space, "" where it is missing or null."""
    return printable(fields.get(key)).strip()


def string_map(value: object) -> dict[str, str]:
    """Returns a JSON object with every value as text."""
    return {printable(name): printable(each) for name, each in mapping(value).items()}


def pairs(value: object) -> dict[str, str]:
    """Names and values as an object, or as the list of {Key, Value} or {name, value} that most of AWS writes.

    An entry without those keys is itself names and values: [{"team": "payments"}].
    """
    if not isinstance(value, list):
        return string_map(value)
    found: dict[str, str] = {}
    for entry in map(mapping, value):
        lower = {key.lower().removeprefix("tag"): each for key, each in entry.items()}
        name = lower.get("key", lower.get("name"))
        found.update({printable(name): printable(lower.get("value"))} if name is not None else string_map(entry))
    return found


def items(value: object) -> tuple[object, ...]:
    """Returns `value` where it is a JSON list, else an empty one."""
    return tuple(value) if isinstance(value, list) else ()


def label_set(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Returns labels in the order given: every value text, none empty, none over LABEL_MAX."""
    clean = ((cut(printable(name), LABEL_MAX), cut(printable(value), LABEL_MAX)) for name, value in pairs)
    return {name: value for name, value in clean if name and value}


def annotation_set(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Returns annotations in the order given: every value text, none empty, none over ANNOTATION_MAX and its note."""
    clean = ((cut(printable(name), LABEL_MAX), cut_with_note(printable(value).strip())) for name, value in pairs)
    return {name: value for name, value in clean if name and value}
