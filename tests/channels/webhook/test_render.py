from __future__ import annotations

from dataclasses import replace

import pytest
from alertrelay.channels.webhook import render as webhook
from alertrelay.notification import Reason

from tests.channels.webhook.example import WEBHOOK
from tests.render.notifications import CASES, RDS, notification


def test_a_webhook_truncates_at_max_alerts_and_counts_the_whole_group() -> None:
    told = webhook.render(CASES["group-of-10000"], WEBHOOK)
    assert (len(told["alerts"]), told["truncatedAlerts"]) == (5, 9_995)
    whole = webhook.render(CASES["group-of-10000"], replace(WEBHOOK, max_alerts=0))
    assert (len(whole["alerts"]), whole["truncatedAlerts"]) == (100, 9_900)


def test_a_webhook_gets_labels_as_they_came() -> None:
    given_ = CASES["hostile"].alerts[0]
    (told,) = webhook.render(CASES["hostile"], WEBHOOK)["alerts"]
    assert told["labels"]["alertname"] == given_.labels["alertname"]
    assert told["fingerprint"] == given_.fingerprint


def test_a_webhook_finds_a_fallback_in_an_annotation_of_every_alert() -> None:
    told = webhook.render(CASES["fallback"], WEBHOOK)
    assert told["commonAnnotations"]["alertrelay_notice"].startswith("This page was NOT delivered")
    assert "alertrelay_notice" in told["alerts"][0]["annotations"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.FIRST, "first notification"),
        (Reason.NEW_ALERTS, "new alerts added"),
        (Reason.SOME_RESOLVED, "some alerts resolved"),
        (Reason.ALL_RESOLVED, "all alerts resolved"),
        (Reason.REPEAT, "repeat interval elapsed"),
        (Reason.STORE_FAILING, "unknown"),
    ],
)
def test_a_webhook_names_the_reason_as_alertmanager_does(reason: Reason, expected: str) -> None:
    assert webhook.render(notification(RDS, reason=reason), WEBHOOK)["notification_reason"] == expected
