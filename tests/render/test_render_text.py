"""Text that may hold anything."""

from __future__ import annotations

import pytest
from alertrelay.render.text import ELLIPSIS, ascii_text, clean, cut, gsm_text, link, one_line, width
from hypothesis import given
from hypothesis import strategies as st

ESCAPES = {"&": "&amp;", "<": "&lt;"}


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("a  \nb\t", "a\nb"),
        ("\ud83d half of a pair", "\ufffd half of a pair"),
        ("order\u202egnp.exe", "ordergnp.exe"),
        ("\u00a0 Zürich 😀 中 ", "Zürich 😀 中"),
        (" \x07 ", ""),
    ],
)
def test_clean_keeps_what_people_can_read(given_: str, expected: str) -> None:
    assert clean(given_) == expected


def test_one_line_has_no_line_end() -> None:
    assert one_line("ALARM\r\nBcc: everyone@example.com\n\n  now") == "ALARM Bcc: everyone@example.com now"


@pytest.mark.parametrize(
    ("given_", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abcd efg", 6, "abcd…"),
        ("a&b", 7, "a&amp;b"),
        ("a&bc", 7, "a&amp;…"),
        ("a&bc", 6, "a…"),
        ("😀😀😀", 5, "😀😀…"),
        ("abe\u0301e\u0301", 4, "ab…"),
        ("ab👩\u200d👩\u200d👧", 7, "ab…"),
        ("", 5, ""),
    ],
)
def test_cut_keeps_characters_and_escapes_whole(given_: str, limit: int, expected: str) -> None:
    assert cut(given_, limit, ESCAPES) == expected


@given(st.text(), st.integers(1, 50))
def test_cut_never_exceeds_its_limit_and_marks_every_cut(text: str, limit: int) -> None:
    told = cut(text, limit, ESCAPES)
    whole = "".join(ESCAPES.get(char, char) for char in text)
    assert width(told) <= limit
    assert told == whole or (told.endswith(ELLIPSIS) and whole.startswith(told[:-1]))


@given(st.text(st.characters(codec=None)))
def test_clean_text_is_clean_already(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode("utf-8")


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (" https://wiki.example.com/a?b=1&c=2#d ", "https://wiki.example.com/a?b=1&c=2#d"),
        ("https://wiki.example.com/a b|c>d", "https://wiki.example.com/a%20b%7Cc%3Ed"),
        ("https://wiki.example.com/ä%20b", "https://wiki.example.com/%C3%A4%20b"),
        ("HTTPS://wiki.example.com", "HTTPS://wiki.example.com"),
        ("javascript:alert(1)", ""),
        ("ftp://example.com/x", ""),
        ("https://", ""),
        ("http://[", ""),
        ("https://a.example\nhttps://b.example", ""),
        ("wiki: how to", ""),
        ("https://example.com/" + "x" * 2_000, ""),
        ("", ""),
    ],
)
def test_a_link_is_an_address_for_a_browser_or_nothing(given_: str, expected: str) -> None:
    assert link(given_) == expected


def test_ascii_keeps_what_has_an_ascii_form() -> None:
    assert ascii_text("Zürich \u2013 “5 %” … 中文\nend") == 'Zurich - "5 %" ... ?\nend'


def test_text_for_a_phone_has_only_characters_of_one_septet() -> None:
    assert gsm_text("a [b] {c} `d` e|f ^g ~h\n\ni") == "a (b) (c) 'd' e/f g -h i"
