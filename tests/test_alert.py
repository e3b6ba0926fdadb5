"""The alert model: fingerprints, times, severities, what a notification counts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alertrelay.alert import Alert, Integration, Status, fingerprint, rfc3339, severity_rank
from alertrelay.notification import Notification, Reason
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 20, 3, 4, 5, 678_901, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[2] / "shared" / "payloads"
FOLDERS = ("alertmanager-webhook", "alertmanager-api-v2")
EDITED = ("bougou-cpuhigh", "etherlord-servicedown")
"""Files in which somebody changed labels by hand and left the fingerprint as it was."""


def alert(severity: str = "", *, status: Status = "firing") -> Alert:
    labels = {"alertname": "X", **({"severity": severity} if severity else {})}
    return Alert(
        labels=labels,
        annotations={},
        status=status,
        kind="alert",
        starts_at=NOW,
        ends_at=NOW if status == "resolved" else None,
        updated_at=None,
        source="alertmanager",
        fingerprint=fingerprint(labels),
        state_key="a",
    )


def notification(*alerts: Alert, firing: int = 1, resolved: int = 0) -> Notification:
    return Notification(
        id="1",
        integration=Integration(receiver="oncall", channel="pagerduty", index=0),
        status="firing",
        reason=Reason.FIRST,
        environment="prod",
        group_key="{}:{}",
        group_labels={},
        dedup_key="d",
        alerts=alerts,
        news=frozenset(),
        firing_count=firing,
        resolved_count=resolved,
        at=NOW,
    )


# --- fingerprints --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, "cbf29ce484222325"),  # FNV-1a's own start
        ({"alertname": "A", "v": "x"}, "f858ffd5a924ba41"),
        ({"severity": "critical", "alertname": "RDSHighCPU", "service": "orders"}, "9122f03169fc20d3"),
        ({"alertname": "A", "v": 'say "hi"'}, "74b94035a4dbdecd"),
        ({"alertname": "A", "v": "a\nb\tc\rd"}, "3bb91ecacba2f427"),
        ({"alertname": "A", "v": "\x00\x01\x1f\x7f"}, "d073c4b9e24aa85e"),
        ({"alertname": "A", "v": "zürich 東京 🔥"}, "de878e6fb0d342f4"),
    ],
)
def test_a_fingerprint_is_the_one_that_alertmanager_prints(labels: dict[str, str], expected: str) -> None:
    """Read from a webhook of Alertmanager 0.25 that was sent these labels."""
    assert fingerprint(labels) == expected


def _printed(value: Any) -> Iterator[tuple[Mapping[str, str], str]]:
    """Every label set in a JSON document that has its fingerprint beside it."""
    if isinstance(value, dict):
        if isinstance(value.get("labels"), dict) and value.get("fingerprint"):
            yield value["labels"], value["fingerprint"]
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from _printed(inner)


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="no folder of real payloads beside the project")
def test_the_fingerprints_of_real_payloads_are_ours() -> None:
    seen = 0
    for file in sorted(file for folder in FOLDERS for file in (PAYLOADS / folder).glob("*.json")):
        if file.name.startswith(EDITED):
            continue
        for labels, printed in _printed(json.loads(file.read_bytes())):
            assert fingerprint(labels) == printed, (file.name, labels)
            seen += 1
    assert seen >= 5


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), min_size=1), st.data())
def test_a_fingerprint_depends_on_the_labels_alone(labels: dict[str, str], data: st.DataObject) -> None:
    assert fingerprint(dict(data.draw(st.permutations(list(labels.items()))))) == fingerprint(labels)
    name, value = next(iter(labels.items()))
    assert fingerprint({**labels, name: value + "x"}) != fingerprint(labels)
    assert fingerprint({name + value: "", **labels}) != fingerprint(labels)


def test_half_a_character_has_a_fingerprint() -> None:
    assert fingerprint({"a": "\ud83d"}) != fingerprint({"a": "\ud83e"})


# --- values --------------------------------------------------------------------------------------------------------


def test_a_time_is_printed_in_utc_with_milliseconds_that_are_cut_and_not_rounded() -> None:
    assert rfc3339(NOW) == "2026-11-20T03:04:05.678Z"
    assert rfc3339(NOW.replace(microsecond=999_999)) == "2026-11-20T03:04:05.999Z"
    assert rfc3339(NOW.astimezone(timezone(timedelta(hours=-5)))) == "2026-11-20T03:04:05.678Z"
    assert rfc3339(NOW.replace(microsecond=0)) == "2026-11-20T03:04:05.000Z"


def test_severities_are_ordered_and_what_is_no_severity_comes_last() -> None:
    ordered = ["critical", "error", "warning", "info", "page-me"]
    ranks = [severity_rank({"severity": name}) for name in ordered]
    assert ranks == sorted(ranks, reverse=True)
    assert severity_rank({}) == severity_rank({"severity": "Critical"}) == 0


def test_an_alert_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        alert().status = "resolved"  # type: ignore[misc]  # that is the test


def test_an_integration_is_named_like_its_place_in_the_file() -> None:
    assert str(Integration(receiver="oncall", channel="pagerduty", index=2)) == "oncall/pagerduty/2"


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        ([alert("info"), alert("critical"), alert("warning")], "critical"),
        ([alert("info"), alert("critical", status="resolved")], "info"),
        ([alert("info", status="resolved"), alert("critical", status="resolved")], "critical"),
        ([alert()], "warning"),
        ([], "warning"),
    ],
    ids=["highest", "of what fires", "all ended", "none given", "nothing shown"],
)
def test_a_notification_is_as_severe_as_the_worst_that_fires(alerts: list[Alert], expected: str) -> None:
    assert notification(*alerts).severity == expected


def test_a_notification_counts_what_it_does_not_show() -> None:
    assert notification(alert(), firing=40, resolved=3).not_shown == 42
    assert notification(alert(), firing=0).not_shown == 0
