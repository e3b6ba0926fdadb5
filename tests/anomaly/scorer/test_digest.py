"""The digest of a day in shadow: when it is due, what it holds, and that it comes once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from alertrelay.anomaly.scorer.digest import digest, due_at, of_day
from alertrelay.anomaly.scorer.publish import message
from alertrelay.anomaly.scorer.shard_state import JournalEntry
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.slack import render as slack
from alertrelay.channels.slack.buttons import read
from alertrelay.sources import Envelope, parse
from alertrelay.values import shadow

from tests.anomaly.scorer.world import START, World, config, watch
from tests.channels.slack.example import check_slack
from tests.render.notifications import notification

HOUR = 3600.0
DUE = datetime(2026, 11, 20, 8, 0, tzinfo=UTC).timestamp()  # nine in Berlin
BERLIN = config(shadow_digest="09:00", timezone="Europe/Berlin")
BOT = SlackSettings(mode="bot", key="k", url="https://slack.com/api/chat.postMessage", channel="C1", buttons=True)


def entry(number: int = 1, *, hours: float = 6.0, **changes: Any) -> JournalEntry:
    """An anomaly that began so many hours before the digest."""
    at = DUE - hours * HOUR
    given: dict[str, Any] = {
        "at": at,
        "kind": "opened",
        "watch": "orders",
        "metric": "Shop Orders",
        "mode": "shadow",
        "text": "far above its usual range",
        "score": 0.9,
        "since": at,
        "fingerprint": f"{number:016x}",
        "service": "shop",
    }
    return JournalEntry(**{**given, **changes})


def test_it_is_due_at_its_time_in_the_time_zone() -> None:
    assert due_at(BERLIN, DUE) == DUE
    assert due_at(BERLIN, DUE - 1) == DUE - 24 * HOUR
    assert due_at(BERLIN, DUE + 23 * HOUR) == DUE
    assert due_at(config(), DUE) is None


def test_an_anomaly_stands_in_the_digest_of_one_day_alone() -> None:
    within = entry(1, hours=2.0), entry(2, hours=25.9)
    others = entry(3, hours=1.9), entry(4, hours=26.0), entry(5, mode="alert"), entry(6, kind="ended")
    assert {one.fingerprint for one in of_day([*within, *others, entry(1, hours=2.0)], DUE)} == {
        one.fingerprint for one in within
    }
    assert of_day([entry(3, hours=1.9)], DUE + 24 * HOUR)


def test_the_rarest_come_first_and_the_rest_is_counted() -> None:
    found = of_day([entry(n, score=0.8 + n / 100) for n in range(12)], DUE)
    made = digest(BERLIN, found, DUE)
    shown = shadow.read(made["annotations"][shadow.ANNOTATION])
    assert [one.fingerprint for one in shown] == [f"{n:016x}" for n in range(11, 3, -1)]
    assert made["annotations"]["description"].endswith("and 4 more: alertrelay anomaly status --env prod")
    assert "alertrelay feedback 000000000000000b helpful --env prod" in made["annotations"]["description"]


def test_in_slack_each_finding_has_its_buttons_elsewhere_it_is_a_line() -> None:
    found = of_day([entry(n, text="<&>" * 200) for n in range(8)], DUE)
    text = message([digest(BERLIN, found, DUE)])
    (alert,) = parse(Envelope(text=text), received_at=datetime.fromtimestamp(DUE, UTC)).alerts
    assert (alert.kind, alert.source) == ("event", "anomaly")
    sent = slack.render(notification(alert), BOT)
    pressed = [one for block in sent["blocks"] if block["type"] == "actions" for one in block["elements"]]
    judged = [read(one["action_id"], one["value"]).judged for one in pressed]
    assert [one.fingerprint for one in judged if one][::2] == [one.fingerprint for one in found]
    assert {(one.started, one.watch) for one in judged if one} == {(int(found[0].since), "orders")}
    check_size(sent)
    plain = slack.render(notification(alert), SlackSettings(mode="incoming", key="k", url="", channel=""))
    check_slack(plain)
    assert "alertrelay feedback" in json.dumps(plain)
    assert "started" not in json.dumps(plain)  # the annotation itself is shown to nobody


def check_size(sent: Any) -> None:
    assert len(json.dumps(sent["blocks"], ensure_ascii=False)) < 12_500
    assert len(sent["blocks"]) <= 45


def test_findings_for_which_slack_has_no_room_are_counted() -> None:
    found = of_day([entry(n, service="ü" * 90) for n in range(8)], DUE)
    (alert,) = parse(
        Envelope(text=message([digest(BERLIN, found, DUE)])), received_at=datetime.fromtimestamp(DUE, UTC)
    ).alerts
    sent = slack.render(notification(alert), BOT)
    check_size(sent)
    assert "more not shown: alertrelay anomaly status" in json.dumps(sent)


def test_the_scorer_publishes_it_once_a_day_whichever_run_is_first() -> None:
    world = World(config=config(watch(mode="shadow"), shadow_digest="06:00"))
    world.shop()
    world.change(START + 2 * HOUR, lambda value: value * 3 + 600, points=6)
    hour = datetime.fromtimestamp(START, UTC).hour
    world.until(START + ((5.9 - hour) % 24) * HOUR)
    assert world.published == []
    world.until(world.now + HOUR)
    ((_, topic, update),) = world.published
    assert topic == "info"
    assert update["labels"] == {"env": "prod", "alertname": "ShadowFindings", "severity": "info"}
    (finding,) = shadow.read(update["annotations"][shadow.ANNOTATION])
    (opened,) = world.events("anomaly_opened")
    assert finding.fingerprint == opened["fingerprint"]
    assert [fields["findings"] for fields in world.events("shadow_digest")][-1] == 1


def test_a_topic_that_fails_gets_the_digest_from_the_next_run() -> None:
    world = World(config=config(watch(mode="shadow"), shadow_digest="06:00"))
    world.shop()
    world.change(START + 2 * HOUR, lambda value: value * 3 + 600, points=6)
    hour = datetime.fromtimestamp(START, UTC).hour
    world.until(START + ((5.9 - hour) % 24) * HOUR)
    world.topic_fails = True
    world.until(world.now + HOUR)
    world.topic_fails = False
    world.run()
    world.run()
    assert [update["labels"]["alertname"] for _, _, update in world.published] == ["ShadowFindings"]
