from __future__ import annotations

import pytest
from alertrelay.sources.severity import of_topic, severity


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("critical", "critical"),
        ("CRITICAL ", "critical"),
        ("Sev1", "critical"),
        ("SEV-1", "critical"),
        ("sev 1", "critical"),
        ("P1", "critical"),
        ("page", "critical"),
        ("High", "error"),
        ("p2", "error"),
        ("Warn", "warning"),
        ("medium", "warning"),
        ("P3", "warning"),
        ("informational", "info"),
        ("low", "info"),
        ("Purple", "purple"),
        ("sev9", "sev9"),
    ],
)
def test_words_of_clear_meaning_are_mapped_and_others_kept_in_lower_case(word: str, meaning: str) -> None:
    assert severity(word) == meaning


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("alertrelay-prod-critical", {"severity": "critical"}),
        ("critical", {"severity": "critical"}),
        ("Team_Critical", {"severity": "critical"}),
        ("alertrelay-prod-critical.fifo", {"severity": "critical"}),
        ("alertrelay-dev-slo-violations", {"severity": "warning", "category": "slo"}),
        ("alertrelay-dev-infrastructure", {"severity": "warning", "category": "infrastructure"}),
        ("noncritical", {}),
        ("alertrelay-prod-ops", {}),
        ("critical-things", {}),
        ("", {}),
    ],
)
def test_the_last_words_of_a_topics_name_decide(name: str, given: dict[str, str]) -> None:
    assert of_topic(f"arn:aws:sns:eu-central-1:111122223333:{name}") == given
