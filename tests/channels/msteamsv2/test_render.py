from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.channels.msteamsv2.render import BUDGET, render
from alertrelay.notification import Listing, Message

from tests.channels.msteamsv2.example import SETTINGS, check_msteamsv2
from tests.render.notifications import CASES, RDS, alert, notification


def body(message: Message) -> list[dict[str, Any]]:
    elements: list[dict[str, Any]] = message["attachments"][0]["content"]["body"]
    return elements


def texts(message: Message) -> list[str]:
    return [element["text"] for element in body(message) if element["type"] == "TextBlock"]


def banner(message: Message) -> tuple[str, str]:
    first = body(message)[0]
    return first["style"], first["items"][0]["text"]


@pytest.mark.parametrize(
    ("case", "style", "begins"),
    [
        ("critical-everything", "attention", "🔴 CRITICAL RDSHighCPU (prod, orders-db-1): "),
        ("warning-name-only", "warning", "🟡 WARNING disk-full-web-7"),
        ("resolved", "good", "✅ RESOLVED after 12 min: RDSHighCPU"),
        ("some-ended", "warning", "🟡 WARNING PodCrashLooping"),
        ("fallback", "attention", "⚠️ PagerDuty FAILED: 🔴 CRITICAL RDSHighCPU"),
    ],
)
def test_the_banner_says_the_state_in_colour_and_in_words(case: str, style: str, begins: str) -> None:
    found, text = banner(render(CASES[case], SETTINGS))
    assert found == style
    assert text.startswith(begins)


def test_a_fallback_says_why_before_anything_else() -> None:
    first = texts(render(CASES["fallback"], SETTINGS))[0]
    assert first.startswith("**This page was NOT delivered: PagerDuty answered 503, 4 tries in 9 s.")


def test_links_are_buttons_and_a_link_that_is_none_is_said_in_words() -> None:
    actions = [element for element in body(render(CASES["critical-everything"], SETTINGS)) if "actions" in element]
    assert [action["title"] for action in actions[0]["actions"]] == ["Runbook", "Dashboard", "Alarm in CloudWatch"]
    assert "Runbook: javascript:alert(1)" in texts(render(CASES["hostile"], SETTINGS))


def test_an_alert_can_neither_mark_up_nor_call_a_function_of_the_card() -> None:
    text = "[bank](https://evil.example) *now* a_b `x` \\ {{DATE(2026-11-20T03:04:05Z, SHORT)}} <at>all</at>"
    message = render(notification(alert({"alertname": "X"}, {"summary": text})), SETTINGS)
    check_msteamsv2(message)
    assert banner(message)[1].endswith(
        r"X (prod): \[bank\](https://evil.example) \*now\* a\_b \`x\` \\ {"
        + "\u2060{DATE(2026-11-20T03:04:05Z, SHORT)}} "
        "<at>all</at>"
    )
    assert "entities" not in message["attachments"][0]["content"]["msteams"]


def test_the_lines_of_a_text_stay_lines() -> None:
    message = render(notification(alert({"alertname": "X"}, {"description": "one\ntwo", "summary": "s"})), SETTINGS)
    assert "one\n\ntwo" in texts(message)


def test_raw_text_is_shown_in_a_fixed_width() -> None:
    (found,) = (e for e in body(render(CASES["raw-text"], SETTINGS)) if e.get("fontType") == "Monospace")
    assert found["text"].startswith('{"job": "nightly"')


def test_what_is_not_shown_is_counted() -> None:
    lines = texts(render(CASES["group-of-10000"], SETTINGS))
    assert sum("PodCrashLooping: " in line for line in lines) == 12
    assert "_and 9987 more not shown_" in lines


@pytest.mark.parametrize("character", ["x", "é", "字", "😀", "*", "`"])
def test_a_card_too_large_is_cut_in_every_text_alike(character: str) -> None:
    annotations = {f"x{number}": character * 5_000 for number in range(9)} | {
        "summary": "s",
        "description": "d" * 9_000,
    }
    others = [alert({"alertname": f"{character * 300}{number}", "pod": character * 900}) for number in range(40)]
    message = render(notification(replace(RDS, annotations=annotations), *others), SETTINGS)
    check_msteamsv2(message)
    assert len(json.dumps(message)) > BUDGET / 4
    assert "RDSHighCPU" in banner(message)[1]
    assert any("more not shown" in text for text in texts(message))


def test_a_digest_names_as_many_alerts_as_a_card_holds_and_where_all_of_them_stand() -> None:
    names = tuple(f"HighCPU lasting-{number} s{number}" for number in range(5000))
    listing = Listing(services=(("orders", 3000), ("billing", 2000)), firing=names)
    one = notification(*(alert({"alertname": "X", "service": f"s{n}"}) for n in range(100)))
    message = render(replace(one, listing=listing, firing_count=5000, home={"region": "eu-central-1"}), SETTINGS)
    check_msteamsv2(message)
    said = json.dumps(message)
    assert len(said) <= BUDGET
    assert said.count("lasting-") >= 60
    assert "Most: orders 3000, billing 2000" in said
    assert "more not shown" in said
    assert "#alarmsV2:?~(alarmStateFilter~%27ALARM)" in said
