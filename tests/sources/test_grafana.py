from __future__ import annotations

from typing import Any

import pytest

FINGERPRINT = "5d2f0c9b7a1e4638"


def body(*, entry: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    alert = {
        "status": "firing",
        "labels": {"alertname": "Slow", "grafana_folder": "shop"},
        "annotations": {},
        "startsAt": "2026-11-20T09:48:20.123456+01:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": FINGERPRINT,
        "silenceURL": "https://grafana.example.com/silence",
        "dashboardURL": "https://grafana.example.com/d",
        "panelURL": "",
        "values": {"B": 2.41372, "C": 1, "D": None},
        **(entry or {}),
    }
    return {"receiver": "r", "status": "firing", "version": "1", "orgId": 1, "alerts": [alert], **fields}


def test_links_and_values_become_annotations(one: Any) -> None:
    alert = one(body())
    assert (alert.source, alert.state_key) == ("grafana", FINGERPRINT)
    assert alert.annotations == {
        "summary": "Slow",
        "value": "B=2.414, C=1",
        "dashboard_url": "https://grafana.example.com/d",
        "silence_url": "https://grafana.example.com/silence",
    }


def test_what_the_rules_author_wrote_wins(one: Any) -> None:
    notes = one(body(entry={"annotations": {"dashboard_url": "https://mine", "summary": "s"}})).annotations
    assert (notes["dashboard_url"], notes["summary"]) == ("https://mine", "s")


def test_an_older_version_has_its_values_as_text(one: Any) -> None:
    assert one(body(entry={"values": None, "valueString": "[ value=3 ]"})).annotations["value"] == "[ value=3 ]"


@pytest.mark.parametrize(("state", "status"), [("alerting", "firing"), ("ok", "resolved")])
def test_its_own_word_for_the_state_counts_where_status_is_missing(one: Any, state: str, status: str) -> None:
    assert one(body(entry={"status": None}, status=None, state=state)).status == status


def test_an_empty_group_is_an_event_of_grafana(one: Any) -> None:
    alert = one({**body(), "alerts": []})
    assert (alert.source, alert.labels["alertname"]) == ("grafana", "EmptyNotification")


def test_the_links_tell_it_from_alertmanager(parsed: Any) -> None:
    without = {name: value for name, value in body().items() if name != "orgId"}
    assert parsed(without).source == "grafana"
    bare = {**without, "alerts": [{"labels": {"alertname": "Slow"}}]}
    assert parsed(bare).source == "alertmanager"
