"""Text in items and queue bodies: as many bytes as UTF-8 needs, and no more than fit."""

from __future__ import annotations

import json

import pytest
from alertrelay.values.text import compact_json, fitted, stored_bytes
from hypothesis import example, given, settings
from hypothesis import strategies as st

ANY = st.text(st.characters(), max_size=200)


def test_japanese_text_takes_the_bytes_of_utf8() -> None:
    text = "障" * 80_000
    assert stored_bytes(text) == len(text.encode()) + 2


def test_ascii_content_is_written_as_ever() -> None:
    value = {"b": ["x", 1, None, True], "a": {"quote": '"\\', "control": "\n\x01"}}
    assert compact_json(value, sort_keys=True) == json.dumps(
        value, ensure_ascii=True, separators=(",", ":"), sort_keys=True
    )


@given(st.dictionaries(ANY, ANY, max_size=4))
@example({"a": "\ud83d\ude00 \ud83d \uffff \\uffff"})
@settings(deadline=None)
def test_any_text_is_read_as_it_was_written(value: dict[str, str]) -> None:
    written = compact_json(value)
    written.encode()
    assert json.loads(written) == json.loads(json.dumps(value))


@given(st.dictionaries(st.text(max_size=3), ANY, max_size=5), st.integers(500, 1500))
@settings(deadline=None)
def test_what_fits_stays_whole_and_what_does_not_is_cut_to_the_limit(texts: dict[str, str], limit: int) -> None:
    found = fitted(texts, limit)
    assert found.keys() == texts.keys()
    assert sum(map(stored_bytes, found.values())) <= limit
    if sum(map(stored_bytes, texts.values())) <= limit:
        assert found == texts


@pytest.mark.parametrize("text", ["x" * 10_000, "障" * 10_000, "a" * 5_000 + "障" * 5_000, "\x01" * 10_000])
def test_the_longest_is_cut_and_says_by_how_much(text: str) -> None:
    found = fitted({"short": "kept", "long": text}, 5_000)
    assert found["short"] == "kept"
    kept = len(found["long"].partition("\n[cut here")[0])
    assert found["long"].endswith(f"[cut here: {10_000 - kept:,} of 10,000 characters are not shown]")
    assert 4_000 < stored_bytes(found["long"]) <= 5_000
