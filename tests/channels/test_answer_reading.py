from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote

import pytest
from alertrelay.channels.transport import answer
from alertrelay.channels.transport.answer import retry_after, shown
from hypothesis import given
from hypothesis import strategies as st

SECRETS = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("-5", 0.0),
        ("Fri, 20 Nov 2026 10:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Fri, 99 Nov 2026 10:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_peers_own_clock(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value, "date": "Fri, 20 Nov 2026 10:00:00 GMT"}) == seconds


def test_a_date_without_the_peers_clock_is_no_delay() -> None:
    assert retry_after({"retry-after": "Fri, 20 Nov 2026 10:01:00 GMT"}) is None


@given(st.text())
def test_any_retry_after_is_survived(value: str) -> None:
    seconds = retry_after({"retry-after": value, "date": value})
    assert seconds is None or seconds >= 0


@given(SECRETS, st.text(max_size=30), st.text(max_size=30))
def test_an_echoed_secret_is_not_shown(secret: str, before: str, after: str) -> None:
    forms = (secret, quote(secret), quote(secret, safe=""), base64.b64encode(secret.encode()).decode())
    for form in forms:
        told = shown(f"{before} {form} {after}", secret)
        assert form not in told or form in f"{before} {after}"


@pytest.mark.parametrize("echo", ["0123456789abcdef01234567", "eHh4YjEyMzQ1Njc4OTA=", "xoxb-1234567890-abcdef"])
def test_what_looks_like_a_token_is_not_shown_either(echo: str) -> None:
    assert shown(f"unknown key {echo}!") == "unknown key …!"


def test_what_a_peer_says_is_one_short_line() -> None:
    told = shown("a\r\nb\t\x1b[31m" + "word " * 100)
    assert len(told) == 200
    assert told.isprintable()


class Watched:
    """A regular expression that notes how long the texts are that it sees."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.longest = 0

    def sub(self, repl: Any, text: str) -> str:
        self.longest = max(self.longest, len(text))
        return self._pattern.sub(repl, text)


@pytest.mark.parametrize("filler", ["a", "a ", " ", "é", "…", "-."])
def test_an_answer_of_64_kb_is_cut_before_any_regular_expression_sees_it(
    filler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(answer._TOKEN_LIKE)
    monkeypatch.setattr(answer, "_TOKEN_LIKE", watched)
    told = shown(filler * (65_536 // len(filler)), "routing-key-0123456789")
    assert len(told) <= 200
    assert 0 < watched.longest <= 2_001


def test_no_token_is_found_by_going_back_over_what_was_seen() -> None:
    """One run of a class: at any place it matches, or fails within sixteen characters."""
    assert re.fullmatch(r"\[[^\]]+\]\{16,\}", answer._TOKEN_LIKE.pattern)


@given(SECRETS, st.integers(0, 2_100), st.sampled_from([" ", "x ", "\n"]))
def test_a_secret_is_shown_nowhere_around_the_cut(secret: str, before: int, filler: str) -> None:
    told = shown((filler * before)[:before] + secret + " " * 70_000, secret)
    assert secret not in told
    assert not any(secret[:length] in told for length in range(8, len(secret)) if secret[:length].strip("x "))


@given(st.integers(1_900, 2_010))
def test_a_token_of_somebody_else_is_not_shown_by_being_cut_in_two(before: int) -> None:
    token = "abcdefgh12345678ijklmnop"
    assert "abcd" not in shown(" " * before + token)


@pytest.mark.parametrize("header", ["9" * 65_536, "Fri, " + " " * 65_536, "(" * 65_536])
def test_a_header_of_any_length_is_survived(header: str) -> None:
    seconds = retry_after({"retry-after": header, "date": header})
    assert seconds is None or seconds >= 0


def test_words_and_numbers_of_an_error_stay() -> None:
    text = "5.1.1 'payload.summary' must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert shown(text, "not0a0real0routing0key0123456789") == text
