"""Reads untrusted text: makes it printable, keeps it within bounds, drops it where empty."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

LABEL_MAX = 1_024
"""Characters of a label's value. CloudWatch's own limit of a dimension's value is 1,024."""
LABELS_BYTES = 300_000
"""Of all labels as JSON, which no cut of the annotations makes up for: an item of DynamoDB takes 400 KB."""
_LABELS_PLAIN = LABELS_BYTES // 13
"""Characters of labels that surely fit: a control character is six bytes, and a pair has five more."""
ANNOTATION_MAX = 20_000
"""Characters of an annotation. With it an alert of a 256 KB message stays well within a DynamoDB item."""
SUMMARY_MAX = 250
"""Characters of a summary: one line of a phone."""
NAMES_MAX = 200
"""Labels of an alert, and its annotations. CloudWatch's own limit of a contributor's attributes is 150."""
READ_MAX = 4_096
"""Characters of a text that a regular expression reads. CloudWatch's own limit of a reason is 1,023. What is shown is
cut elsewhere and later: a secret in the text is never cut in two by this."""


def printable(value: object) -> str:
    """Returns `value` as valid Unicode text: text as it is, null as "", all else as JSON."""
    if value is None:
        return ""
    if type(value) is int:
        return str(value)  # as JSON has it, in a tenth of the time
    text = value if isinstance(value, str) else as_json(value)
    if text.isascii():
        return text.replace("\x00", "")
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


def compact_json(value: object, *, sort_keys: bool = False) -> str:
    """Return JSON as a store takes it: nothing is escaped, so that Japanese takes its three bytes a character and not
    six, but what UTF-8 has no form for (lone surrogates) and what SQS refuses (U+FFFE, U+FFFF)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)
    return _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


_REFUSED = re.compile("[\ud800-\udfff\ufffe\uffff]")


def stored_bytes(text: str) -> int:
    """Return how many bytes a text takes as JSON in UTF-8."""
    return len(compact_json(text).encode())


def fitted(texts: Mapping[str, str], limit: int) -> dict[str, str]:
    """Return the texts so that they take at most `limit` bytes as JSON in UTF-8. What is cut are the longest, to one
    length, and each ends in a note of how much is missing."""
    sizes = {name: stored_bytes(text) for name, text in texts.items()}
    if sum(sizes.values()) <= limit:
        return dict(texts)
    left, cap = limit, 0
    for place, size in enumerate(sorted(sizes.values())):
        cap = left // (len(sizes) - place)
        if size > cap:
            break
        left -= size
    return {name: text if sizes[name] <= cap else _cut_to_bytes(text, cap) for name, text in texts.items()}


def _cut_to_bytes(text: str, limit: int) -> str:
    """Returns the most of its beginning that fits with the note."""
    fits, too_many = 0, len(text)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if stored_bytes(cut_with_note(text, middle)) <= limit:
            fits = middle
        else:
            too_many = middle
    return cut_with_note(text, fits)


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
    joined = " ".join(line.split())
    return joined if len(joined) <= limit else cut(joined, limit)


def first_sentence(text: str, limit: int = SUMMARY_MAX) -> str:
    """Returns the first line up to the end of its first sentence; a short one ("No.", "e.g. This") is not taken for
    one."""
    line = one_line(text, len(text))
    end = re.search(r"(?<=.{19}[.!?])(?= [A-Z])", line)
    return cut(line[: end.start()] if end else line, limit)


def unquoted(text: str) -> str:
    """Return a text without the quotation marks that an input transformer of EventBridge leaves around every line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or not all(len(line) > 1 and line[0] == line[-1] == '"' for line in lines):
        return text
    return "\n".join(line[1:-1].replace('\\"', '"') for line in lines)


def mapping(value: object) -> Mapping[str, object]:
    """Returns `value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def field(fields: Mapping[str, object], key: str) -> str:
    """Returns the value of a key as text without surrounding space, "" where it is missing or null."""
    return texts_of(fields, key)[key]


def texts_of(fields: Mapping[str, object], *keys: str) -> dict[str, str]:
    """Returns the values of several keys as text without surrounding space, "" where one is missing or null."""
    found: dict[str, str] = {}
    for key in keys:
        value = fields.get(key)
        if value is None:
            found[key] = ""
        elif isinstance(value, str) and value.isascii() and value.isprintable():
            found[key] = value.strip()
        else:
            found[key] = printable(value).strip()
    return found


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
    """Returns labels in the order given: every value text, none empty, none over LABEL_MAX, no more than NAMES_MAX.
    Where all together exceed LABELS_BYTES the longest are cut, with a note."""
    found: dict[str, str] = {}
    for name, value in pairs:
        # Most labels are plain and short already: no call for those.
        key = name if isinstance(name, str) and name.isidentifier() else cut(printable(name), LABEL_MAX)
        if len(found) >= NAMES_MAX and key not in found:
            continue
        if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= LABEL_MAX:
            text = value
        else:
            text = cut(printable(value), LABEL_MAX)
        if key and text:
            found[key] = text
    return found if sum(map(len, found.values())) + sum(map(len, found)) <= _LABELS_PLAIN else _within_item(found)


def _within_item(labels: Mapping[str, str]) -> dict[str, str]:
    return fitted(labels, LABELS_BYTES - sum(stored_bytes(name) + 2 for name in labels))


def annotation_set(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Returns annotations in the order given: text, none empty, none over ANNOTATION_MAX and its note, at most
    NAMES_MAX."""
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name if isinstance(name, str) and name.isidentifier() else cut(printable(name), LABEL_MAX)
        if len(found) >= NAMES_MAX and key not in found:
            continue
        if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= ANNOTATION_MAX:
            text = value.strip()
        else:
            text = cut_with_note(printable(value).strip())
        if key and text:
            found[key] = text
    return found


def how_many(count: int, one: str, several: str = "") -> str:
    """Returns a count with its word: `1 route`, `2 routes`, `1,200 tries`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
