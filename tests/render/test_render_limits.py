"""No alert can break a message: every channel's limits, escaping and shape hold for whatever text comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.alert import Alert, Integration, Kind, Labels, Source, Status
from alertrelay.channels import render
from alertrelay.notification import Failed, Listing, Message, Notification, Reason
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.example import all_rendered, target
from tests.render.notifications import HOSTILE, NOW, PAGER, alert, notification

RENDERED = all_rendered()


def told(name: str, given_: Notification) -> Message:
    return render(given_, target(RENDERED[name].settings))


@pytest.mark.parametrize("name", RENDERED)
def test_every_case_keeps_the_rules_of_its_channel(name: str, case: Notification) -> None:
    RENDERED[name].check(told(name, case))


HUGE = {
    "four-byte characters": "😀" * 20_000,
    "what must be escaped": "&" * 20_000,
    "hostile": HOSTILE * 200,
    "lone surrogates": "\ud83d" * 9_000,
    "one word": "x" * 250_000,
    "line ends": "a\n" * 9_000,
    "combining": "e\u0301" * 9_000,
}
TEXTS = (
    "summary",
    "description",
    "reason",
    "impact",
    "value",
    "threshold",
    "runbook_url",
    *(f"x{n}" for n in range(40)),
)


@pytest.mark.parametrize("name", RENDERED)
@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_a_hundred_alerts_of_huge_texts_stay_within_the_limits(name: str, text: str) -> None:
    big = alert(
        {f"{text[:50]}{n}": text[:1000] for n in range(60)} | {"alertname": text[:300], "env": text[:300]},
        dict.fromkeys(TEXTS, text),
        generator_url="https://example.com/?" + "&" * 1_700,
    )
    small = alert({"alertname": text[:300], "severity": text[:300], "pod": text[:2_000]}, {"summary": text[:2_000]})
    failed = Failed(integration=PAGER, text=text[:3_000], attempts=4, seconds=9)
    group = notification(
        big,
        *(replace(small, state_key=str(n)) for n in range(99)),
        counts=(10_000, 0),
        failed=failed,
        without_state=True,
        receiver=text[:300],
        group_labels={"alertname": text[:300], "pod": text[:300]},
    )
    RENDERED[name].check(told(name, group))


def _over(count: int) -> Notification:
    """A digest that resolves so many, of which it shows ten."""
    names = tuple(f"HighCPU of-{number}-x s{number}" for number in range(count))
    names_of = ({"alertname": "HighCPU", "service": f"s{number}"} for number in range(10))
    shown = [alert(labels, status="resolved", ends_at=NOW) for labels in names_of]
    return replace(notification(*shown, counts=(0, count)), listing=Listing(services=(), firing=(), resolved=names))


@pytest.mark.parametrize("name", RENDERED)
def test_a_digest_of_a_thousand_resolves_stays_within_the_limits(name: str) -> None:
    RENDERED[name].check(told(name, _over(1000)))


@pytest.mark.parametrize("name", ["email", "slack", "msteamsv2", "topic", "telegram"])
def test_a_digest_names_the_resolves_that_it_shows_no_line_of(name: str) -> None:
    message = str(told(name, _over(40)))
    assert [number for number in range(40) if f"of-{number}-x" not in message] == []


@pytest.mark.parametrize("name", RENDERED)
def test_a_notification_whose_alerts_could_not_be_read_still_says_what_is_known(name: str) -> None:
    unread = notification(group_labels={"alertname": "RDSHighCPU"}, counts=(2, 0))
    message = told(name, unread)
    RENDERED[name].check(message)
    assert "RDSHighCPU" in str(message)


TEXT = st.text(st.characters(codec=None), max_size=60) | st.sampled_from(
    [
        *("<!here>", "&amp;", "`", "```", "http://[", "https://a.b/|>?a=b&c", "\x00", "\ud800"),
        *("\r\nBcc: x", "…", "\u202e", "<@U1>", "@channel", "https://a.b/c|d>"),
    ]
)
NAMES = st.sampled_from(
    ["service", "cluster", "env", "region", "account_id", "team", "severity", "metric", "namespace", "pod", "<x>", "é"]
)
NOTES = st.sampled_from([*TEXTS[:8], "dashboard_url", "<b>", "", "`"])


def labelled(given_: Labels, name: str) -> dict[str, str]:
    return {"alertname": name or "x", **{n: v for n, v in given_.items() if v}}


MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by contract


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    kind: Kind = draw(st.sampled_from(["alert", "event"]))
    status: Status = "firing" if kind == "event" else draw(st.sampled_from(["firing", "resolved"]))
    source: Source = draw(st.sampled_from(["cloudwatch", "alertmanager", "raw", "aws-event"]))
    starts = draw(MOMENTS)
    ends = starts + timedelta(seconds=draw(st.integers(-5, 10**7))) if status == "resolved" else None
    return alert(
        labelled(draw(st.dictionaries(NAMES, TEXT, max_size=6)), draw(TEXT)),
        draw(st.dictionaries(NOTES, TEXT, max_size=6)) or {"summary": "x"},
        status=status,
        kind=kind,
        source=source,
        starts_at=starts,
        ends_at=ends,
        generator_url=draw(TEXT),
        state_key=draw(st.text("abc", min_size=1, max_size=4)),
    )


@st.composite
def notifications(draw: st.DrawFn) -> Notification:
    shown = draw(st.lists(alerts(), min_size=1, max_size=4))
    failed = draw(
        st.none()
        | st.builds(
            Failed,
            integration=st.sampled_from([PAGER, Integration(receiver="<x>", channel="slack", index=1)]),
            text=TEXT,
            attempts=st.integers(0, 9),
            seconds=st.floats(0, 1e5),
        )
    )
    return notification(
        *shown,
        reason=draw(st.sampled_from(list(Reason))),
        group_labels=draw(st.dictionaries(NAMES, TEXT, max_size=3)),
        at=NOW,
        failed=failed,
        next_try_at=draw(st.none() | MOMENTS),
        without_state=draw(st.booleans()),
        receiver=draw(TEXT) or "r",
    )


@pytest.mark.parametrize("name", RENDERED)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(notifications())
def test_arbitrary_text_anywhere_keeps_limits_escaping_and_json(name: str, given_: Notification) -> None:
    RENDERED[name].check(told(name, given_))
