"""Writes the text of an alarm's AlarmDescription, which carries its metadata: CloudWatch sends nothing else of ours.

A sentence for people, a blank line, then `key: value` lines; `alertrelay.sources` reads it back.
"""

from __future__ import annotations

from collections.abc import Mapping

LIMIT = 1024  # characters, PutMetricAlarm


def describe(sentence: str, metadata: Mapping[str, str]) -> str:
    """Returns the description; empty values are left out. Raises ValueError where it is too long or would not read
    back."""
    for part in (sentence, *metadata.values()):
        if "\n" in part:
            raise ValueError(f"an alarm's description is read by line: {part!r} has a line break")
    text = "\n".join([sentence, "", *(f"{key}: {value}" for key, value in metadata.items() if value)])
    if len(text) > LIMIT:
        raise ValueError(f"an alarm's description has at most {LIMIT} characters, this has {len(text)}: {text[:80]!r}…")
    return text
