"""A timeline is an incident in order of time, for a post-mortem."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from alertrelay.nflog.history.episodes import episodes
from alertrelay.nflog.history.log_lines import read_lines
from alertrelay.nflog.history.timeline import Timeline, as_markdown, timeline
from alertrelay.policy.contradiction import contradicts

from tests.nflog.history.lines import ARN, MONDAY, firing, line, outcome

MINUTE = timedelta(minutes=1)
CPU, MEMORY = "orders-cpu", "orders-memory"
ACKNOWLEDGED = line(MONDAY + 4 * MINUTE, "acknowledged", fingerprint=f"f-{CPU}", by="ada", via="slack")
INCIDENT = [
    line(MONDAY - 9 * MINUTE, "deployment_kept", what="orders 41 to production"),
    *firing(MONDAY, CPU, 20),
    outcome(
        MONDAY + timedelta(seconds=4), CPU, starts_at=MONDAY.isoformat(), channel="email", receiver="email-oncall",
        outcome="fallback", reason="channel_failed", detail="PagerDuty answered 503", fallback_for="oncall/pagerduty/0",
    ),
    ACKNOWLEDGED,
    *firing(MONDAY + 6 * MINUTE, MEMORY, 10),
    line(MONDAY + 7 * MINUTE, "silence_set", by="bob", matchers=['service="orders"'], comment="we restart it"),
]  # fmt: skip


def incident(lines: Sequence[str], about: str, **options: Any) -> Timeline:
    found = timeline(read_lines(lines).decisions, about, contradicts=contradicts, **options)
    assert found is not None
    return found


def test_an_incident_has_what_fired_was_sent_and_was_done() -> None:
    found = incident(INCIDENT, '{}/{severity="critical"}:{}')
    assert (found.fired_at, found.resolved_at) == (MONDAY, MONDAY + 20 * MINUTE)
    assert [(one.what, one.alert or one.why) for one in found.entries] == [
        ("deployed", "orders 41 to production"),
        ("fired", CPU),
        ("notified", CPU),
        ("fell back", CPU),
        ("acknowledged", CPU),
        ("fired", MEMORY),
        ("notified", MEMORY),
        ("silenced", 'service="orders", we restart it'),
        ("resolved", MEMORY),
        ("resolve notified", MEMORY),
        ("resolved", CPU),
        ("resolve notified", CPU),
    ]
    fallback = next(one for one in found.entries if one.what == "fell back")
    assert (fallback.where, fallback.why) == (
        "email-oncall (email)", "channel_failed: PagerDuty answered 503, instead of oncall",
    )  # fmt: skip


def test_it_is_found_by_fingerprint_alertname_and_the_alarm_s_name() -> None:
    for about in (f"f-{CPU}", "cpu", CPU, ARN + CPU):
        assert incident(INCIDENT, about).alerts == (CPU,)
    assert timeline(read_lines(INCIDENT).decisions, "nothing", contradicts=contradicts) is None


def test_the_ones_before_it_stand_with_what_ended_them() -> None:
    before = [text for day in (9, 5, 3, 1) for text in firing(MONDAY - timedelta(days=day), CPU, 3 * day)]
    found = incident([*before, *INCIDENT], CPU)
    assert found.before_count == 4
    assert [one.ended_by for one in found.before] == [
        "resolved by itself within five minutes", *["resolved, nobody acknowledged it"] * 2,
    ]  # fmt: skip
    earlier = incident([*before, *INCIDENT], CPU, at=MONDAY - timedelta(days=4))
    assert (earlier.fired_at, earlier.before_count) == (MONDAY - timedelta(days=5), 1)


def test_places_that_are_sent_the_same_within_a_minute_are_one_line() -> None:
    starts = {"starts_at": MONDAY.isoformat()}
    many = [outcome(MONDAY + n * timedelta(seconds=10), "a", receiver=f"r{n}", **starts) for n in range(8)]
    assert [one.where for one in incident(many, "a").entries if one.what == "notified"] == [
        ", ".join(f"r{n} (slack)" for n in range(7)),  # the last one comes just a minute after the first
        "r7 (slack)",
    ]


def test_markdown_is_a_table_that_no_text_breaks() -> None:
    odd = outcome(
        MONDAY + MINUTE, CPU, starts_at=MONDAY.isoformat(), detail="a | b\n`c`", reason="repeat_interval_elapsed"
    )
    read = read_lines([*firing(MONDAY, CPU, 30), odd, "{"])
    found = incident([*firing(MONDAY, CPU, 30), odd], CPU)
    lines = list(as_markdown(found, doubts=read.doubts))
    assert lines[0] == "## orders-cpu, 2026-11-02"
    assert "Fired at 08:00:00 UTC until 08:30:00 (30 min 0 s)." in lines
    assert (
        "| 08:01:00 | notified | orders-cpu | slack-critical (slack) | repeat\\_interval\\_elapsed: a \\| b \\`c\\` |"
        in lines
    )
    assert lines[-1] == "- The log: 1 line is not of alertrelay's functions, and left out."


def test_an_episode_is_one_firing_in_the_lines_of_all_forwarders() -> None:
    late = outcome(MONDAY + 31 * MINUTE, CPU, starts_at=MONDAY.isoformat(), receiver="email-oncall", channel="email")
    again = firing(MONDAY + 60 * MINUTE, CPU, 2)
    old = [outcome(MONDAY + MINUTE, "old"), outcome(MONDAY + 2 * MINUTE, "old", reason="repeat_interval_elapsed")]
    found = episodes(read_lines([*firing(MONDAY, CPU, 30), late, *again, *old]).decisions)
    assert [(one.name, one.fired_at, len(one.decisions), one.by_itself) for one in found] == [
        (CPU, MONDAY, 3, False),
        ("old", MONDAY + MINUTE, 2, False),  # lines of an earlier version, without starts_at
        (CPU, MONDAY + 60 * MINUTE, 2, True),
    ]


def test_an_episode_knows_what_people_did() -> None:
    read = read_lines(
        [
            *firing(MONDAY, "ignored", 30),
            *firing(MONDAY, CPU, 30),
            ACKNOWLEDGED,
            *firing(MONDAY, "quiet", 30, outcome="suppressed", reason="silence"),
            *firing(MONDAY, "judged", 30),
            line(MONDAY + MINUTE, "judged", fingerprint="f-judged", helpful=False),
        ]
    )
    found = {one.name: one for one in episodes(read.decisions)}
    assert [name for name, one in found.items() if one.ignored] == ["ignored"]
    assert (found["quiet"].silenced, found["quiet"].notified) == (True, False)
    assert found["judged"].judgements == [False]
    assert found[CPU].ended_by == "resolved after ada acknowledged it"


def test_a_stale_update_neither_opens_nor_resolves() -> None:
    stale = {"outcome": "suppressed", "reason": "stale"}
    assert episodes(read_lines([outcome(MONDAY, "a", **stale)]).decisions) == []
    assert episodes(read_lines([outcome(MONDAY, "a", "resolved")]).decisions) == []


def silence(minute: int, until: int, name: str, *matchers: str, **fields: object) -> str:
    at, ends_at = ((MONDAY + one * MINUTE).isoformat() for one in (minute, until))
    own = {"id": name, "comment": name, "matchers": list(matchers), "starts_at": at, "ends_at": ends_at}
    return line(MONDAY + minute * MINUTE, "silence_set", **{**own, **fields})


def test_a_silence_is_of_an_incident_that_it_may_match_and_that_it_stood_in() -> None:
    severe = {"group_key": '{}/{severity=~"c.*"}:{service="orders", zone!="x"}'}
    lines = [
        *firing(MONDAY, CPU, 30, **severe),
        silence(-30, 60, "a stranger's", 'alertname="TryIt"', 'service="orders"'),
        silence(-30, -10, "over before", 'alertname="cpu"'),
        silence(-30, 60, "expired before", 'alertname="cpu"'),
        line(MONDAY - 5 * MINUTE, "silence_expired", id="expired before"),
        silence(-900, 60, "made before", 'service=~"ord.*"', 'instance="unknown here"'),
        silence(5, 60, "another service's", 'alertname="cpu"', 'service!="orders"'),
        silence(6, 60, "one of two", 'alertname="x"', 'service="orders"', 'alertname="cpu"', sets=[2, 1]),
        line(MONDAY + 8 * MINUTE, "silence_expired", id="made before"),
        line(MONDAY + 9 * MINUTE, "silence_expired", id="a stranger's"),
        silence(55, 60, "after", 'alertname="cpu"'),
    ]
    found = [(one.what, one.why.split(", ")[-1]) for one in incident(lines, CPU).entries if "silence" in one.what]
    assert found == [
        ("silenced", "made before"),
        ("silenced", "one of two"),
        ("silence expired", 'instance="unknown here"'),
    ]
    assert "| 2026-11-01 17:00:00 | silenced |" in "\n".join(as_markdown(incident(lines, CPU)))
    held = outcome(MONDAY + MINUTE, CPU, outcome="suppressed", reason="silence", detail="a stranger's: why")
    assert "a stranger's" in {one.why.split(", ")[-1] for one in incident([*lines, held], CPU).entries}
