from __future__ import annotations

import pytest
from alertrelay.sources.levels import guessed, higher, level, level_in_name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("P1", "critical"),
        ("P1 - site down", "critical"),
        ("SEV-2 (page)", "error"),
        ("sev 3", "warning"),
        ("Critical", "critical"),
        ("not critical", ""),
        ("non-critical", ""),
        ("banana", ""),
        ("", ""),
        (None, ""),
        (["critical"], "critical"),
        ("5xx errors are normal here, critical", ""),
    ],
)
def test_a_severity_field_names_a_severity_by_its_leading_words(value: object, expected: str) -> None:
    assert level(value) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UnHealthyHostCount-SEV1", "critical"),
        ("[SEV-2] queue", "error"),
        ("P1: api down", "critical"),
        ("prod-disk-critical", "critical"),
        ("critical-path-latency", ""),
        ("disk-non-critical", ""),
        ("latency-p1", ""),
        ("latency-p99", ""),
        ("SEVERAL-hosts", ""),
        ("HighCPU", ""),
    ],
)
def test_a_name_has_a_severity_only_as_a_whole_word(name: str, expected: str) -> None:
    assert level_in_name(name) == expected


@pytest.mark.parametrize(
    ("guess", "given", "expected"),
    [
        ("critical", "", "critical"),
        ("info", "", "warning"),
        ("warning", "critical", "critical"),
        ("", "info", "info"),
        ("error", "info", "error"),
    ],
)
def test_a_guess_raises_what_the_topic_gives_and_never_lowers_it(guess: str, given: str, expected: str) -> None:
    assert guessed(guess, given) == expected


def test_the_graver_severity_counts() -> None:
    assert (higher("info", "error"), higher("", "info"), higher()) == ("error", "info", "")
