from __future__ import annotations

from typing import Any

POSTED = {"labels": {"alertname": "A", "severity": "critical"}, "startsAt": "2026-11-20T08:50:00Z"}
LISTED = {
    **POSTED,
    "fingerprint": "5d2f0c9b7a1e4638",
    "status": {"state": "suppressed", "silencedBy": ["x"], "inhibitedBy": []},
    "endsAt": "2026-11-20T08:55:00Z",
    "updatedAt": "2026-11-20T08:51:00Z",
    "receivers": [{"name": "r"}],
}


def test_what_is_posted_is_an_alert_an_entry(parsed: Any) -> None:
    other = {"labels": {"alertname": "B"}, "endsAt": "2026-11-20T08:55:00Z"}
    result = parsed([POSTED, other])
    assert result.source == "alertmanager"
    assert [(alert.name, alert.status) for alert in result.alerts] == [("A", "firing"), ("B", "resolved")]
    assert result.alerts[1].starts_at == result.alerts[1].ends_at


def test_what_is_posted_says_itself_when_it_will_have_ended(one: Any) -> None:
    alert = one([{**POSTED, "endsAt": "2099-01-01T00:00:00Z"}])
    assert (alert.status, alert.ends_at.year) == ("firing", 2099)


def test_what_is_listed_fires_until_it_is_no_longer_listed(one: Any) -> None:
    alert = one([LISTED])
    assert (alert.status, alert.state_key, alert.ends_at) == ("firing", "5d2f0c9b7a1e4638", None)
    assert alert.updated_at.isoformat() == "2026-11-20T08:51:00+00:00"


def test_groups_are_opened(parsed: Any) -> None:
    group = {
        "labels": {"alertname": "A"},
        "receiver": {"name": "r"},
        "alerts": [LISTED, {**LISTED, "fingerprint": "0" * 16}],
    }
    assert len(parsed([group, {**group, "alerts": [POSTED]}]).alerts) == 3


def test_older_answers_are_unwrapped(parsed: Any) -> None:
    assert parsed({"status": "success", "data": [POSTED]}).source == "alertmanager"
    prometheus = {"labels": {"alertname": "A"}, "state": "firing", "activeAt": "2026-11-20T08:50:00Z", "value": "1e+00"}
    (alert,) = parsed({"status": "success", "data": {"alerts": [prometheus]}}).alerts
    assert (alert.status, alert.starts_at.minute) == ("firing", 50)


def test_one_alert_alone_is_read(one: Any) -> None:
    assert one(POSTED).name == "A"


def test_a_list_of_anything_else_is_not_taken(parsed: Any) -> None:
    assert parsed([{"labels": {}}]).source == "raw"
    assert parsed([]).source == "raw"
