"""What the console asks of the relay beside Alertmanager's API."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.alert import rfc3339
from alertrelay.aws.intake.decision_log import LogDecisions
from alertrelay.config.escalation import Tier
from alertrelay.config.model import Config, InhibitRule, Matcher
from alertrelay.groups.router import groups_for
from alertrelay.intake.console.messages import readable
from alertrelay.intake.ports import HandledLetter
from alertrelay.intake.view import listed
from alertrelay.nflog.group_state import AlertItem, GroupChange, GroupHeader, GroupIdentity, Progress
from alertrelay.nflog.ledger import Ledger
from alertrelay.policy.group_key import group_labels, key_of
from alertrelay.policy.inhibit import Firing, SourceIndex, inhibiting
from alertrelay.policy.rehearsal import targets_of
from alertrelay.sources import Envelope, parse
from alertrelay.state import AnomalyNote, BudgetNote
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.door import ADMIN, NOW, READ, SILENCE, Door, router_of
from tests.intake.test_api import SILENCE_BODY, deliver, fire
from tests.intake.test_console_session import by_cookie, sign_in
from tests.intake.test_operating import Logs

SCRIPT = "<script>alert(1)</script>"


def only(door: Door) -> str:
    """The fingerprint of the only alert."""
    (found,) = door.ask("GET", "/api/v1/overview", token=READ).json["alerts"]
    return str(found["fingerprint"])


def page(door: Door, fingerprint: str = "") -> Any:
    return door.ask("GET", f"/api/v1/alert/{fingerprint or only(door)}", token=READ).json


def record(door: Door, ledger: Ledger, *, failures: int = 0, notified: bool = False) -> None:
    """Records a flush of every group of what fires, with this ledger."""
    now = door.clock.now()
    (item,) = door.store.firing(now)
    for target in targets_of(door.config, item.alert.labels):
        identity = GroupIdentity(
            integration=target.integration,
            route_id=target.route.id,
            group_key="",
            group_labels=group_labels(target.route, item.alert.labels),
        )
        gid = target.gid
        door.store.arm(gid, GroupHeader(identity=identity), due=now)
        held = door.store.header(gid)
        assert held is not None
        assert held.schedule.next_due is not None
        door.store.bring_forward(gid, due=now, seen=held.schedule.next_due)
        assert door.store.lease(gid, owner="flush", now=now, until=now + timedelta(seconds=35))
        change = GroupChange(
            ledger=ledger,
            progress=Progress(
                recorded_at=now,
                notified_at=now if notified else None,
                failures=failures,
                failing_since=now if failures else None,
            ),
            due=now,
            next_due=now + timedelta(minutes=5),
            closing=False,
            config_hash=door.config.hash,
        )
        assert door.store.record(gid, owner="flush", change=change)


def test_an_alert_has_what_became_of_it_at_each_integration(door: Door) -> None:
    fire(door, "Down", service="orders", severity="critical")
    found = page(door)
    assert found["alert"]["annotations"] == {"summary": "Down it is"}
    assert found["suppressedBy"] == []
    assert {each["state"] for each in found["notifications"]} == {"pending"}
    assert {"pagerduty", "slack"} <= {each["channel"] for each in found["notifications"]}
    key = key_of(found["alert"]["fingerprint"])
    for ledger, state in (
        (Ledger(firing=frozenset({key})), "notified"),
        (Ledger(firing=frozenset({key}), unsure=frozenset({key})), "uncertain"),
        (Ledger(fallback_firing=frozenset({key}), fallbacks=frozenset({"a/slack/0"})), "by_fallback"),
        (Ledger(storm=frozenset({key})), "in_digest"),
    ):
        record(door, ledger, notified=True)
        shown = page(door)["notifications"]
        assert {each["state"] for each in shown} == {state}
        assert {each["at"] for each in shown} == {rfc3339(door.clock.now())}
    record(door, Ledger(), failures=3)
    failing = page(door)["notifications"][0]
    assert (failing["state"], failing["failures"]) == ("failing", 3)
    assert (failing["failingSince"], failing["next"]) == ("2026-11-20T03:04:05.000Z", "2026-11-20T03:09:05.000Z")


def test_who_acknowledged_an_alert_is_shown_by_the_name_of_the_session(door: Door) -> None:
    fire(door, "Down", service="orders")
    cookie, given = sign_in(door), {"fingerprint": only(door), "comment": SCRIPT}
    assert by_cookie(door, cookie, "POST", "/api/v1/acknowledgements", given).status == 200
    door.clock.sleep(5)
    fire(door, "Down", service="orders")
    found = page(door)["alert"]["acknowledged"]
    assert (found["by"], found["comment"], found["via"]) == ("ana", SCRIPT, "console")


def outcome(fingerprint: str, at: str, **fields: str) -> str:
    """A line of a forwarder's log."""
    logged = {"level": "INFO", "location": "emit:83", "message": "outcome", "timestamp": f"2026-11-20 {at},000+0000"}
    logged |= {"service": "slack-forwarder", "alertname": "Down"}
    return json.dumps({**logged, "fingerprint": fingerprint, "state_key": fingerprint, "status": "firing", **fields})


def test_the_past_of_an_alert_is_that_of_the_log_else_of_the_table(door: Door) -> None:
    fire(door, "Down", service="orders")
    door.ask("POST", "/api/v2/silences", {**SILENCE_BODY, "comment": "planned"}, token=SILENCE)
    fingerprint = only(door)
    target = f"/api/v1/alert/{fingerprint}"
    found = door.ask("GET", f"{target}/timeline", token=READ).json
    assert [(each["what"], each["text"], each["who"]) for each in found["entries"]] == [
        ("fired", "", ""),
        ("silenced", "planned", "ops"),
    ]
    assert found["complete"] is False
    assert door.ask("GET", f"{target}?outcomes=1", token=READ).json["outcomes"] is None
    assert "outcomes" not in page(door, fingerprint)
    place = {"receiver": "slack-critical", "channel": "slack"}
    door.logged = [
        outcome(fingerprint, "03:01:00", outcome="pending", reason="channel_failed", detail="answered 503", **place),
        outcome(fingerprint, "03:02:00", outcome="delivered", reason="first_notification", **place),
        outcome("another", "03:02:00", outcome="delivered", reason="first_notification", **place),
    ]
    found = door.ask("GET", f"{target}/timeline", token=READ).json
    assert found["complete"] is True
    assert [each["what"] for each in found["entries"]] == ["fired", "failed", "notified"]
    assert "slack-critical" in found["entries"][-1]["channel"]
    newest, oldest = door.ask("GET", f"{target}?outcomes=1", token=READ).json["outcomes"]
    assert (newest["integration"], newest["outcome"], newest["at"]) == (
        "slack-critical/slack",
        "notified",
        "2026-11-20T03:02:00.000Z",
    )
    assert oldest["detail"] == "answered 503"


def test_the_past_of_an_alert_that_the_table_does_not_show_is_that_of_the_log(door: Door) -> None:
    fingerprint = "0123456789abcdef"
    assert door.ask("GET", f"/api/v1/alert/{fingerprint}/timeline", token=READ).status == 404
    door.logged = [outcome(fingerprint, "01:02:00", outcome="delivered", reason="first_notification", receiver="a")]
    found = door.ask("GET", f"/api/v1/alert/{fingerprint}/timeline", token=READ).json
    assert [each["what"] for each in found["entries"]] == ["fired", "notified"]


def test_what_the_functions_logged_is_asked_of_their_log_groups(door: Door) -> None:
    logs, said = Logs(), list[str]()
    found = LogDecisions(lambda: logs, ["slack", "intake"], door.clock, lambda event, **_: said.append(event))
    assert found.lines("0123456789abcdef", since=NOW - timedelta(hours=1), now=NOW) == [(NOW - timedelta(hours=1), "")]
    assert logs.asked["logGroupNames"] == ["slack", "intake"]
    assert 'filter @message like "0123456789abcdef"' in logs.asked["queryString"]
    assert found.lines('" or 1=1', since=NOW, now=NOW) == []
    failed = LogDecisions(lambda: Logs(ends="Failed"), ["slack"], door.clock, lambda event, **_: said.append(event))
    assert failed.lines("0123456789abcdef", since=NOW, now=NOW) is None
    assert said == ["decisions_not_read"]


def test_why_an_alert_is_suppressed_is_named(config: Config) -> None:
    rule = InhibitRule(
        source=(Matcher(name="alertname", op="=", value="NodeDown"),),
        target=(Matcher(name="alertname", op="=", value="Down"),),
        equal=("service",),
    )
    door = Door(replace(config, inhibit_rules=(rule,)))
    fire(door, "Down", "NodeDown", service="orders", severity="warning")
    body = {**SILENCE_BODY, "endsAt": "2026-11-21T03:04:05Z", "comment": SCRIPT}
    door.ask("POST", "/api/v2/silences", body)
    down, node = sorted(door.ask("GET", "/api/v1/overview").json["alerts"], key=lambda each: each["name"])
    silence, inhibition = page(door, down["fingerprint"])["suppressedBy"]
    assert (silence["why"], silence["silence"]["comment"]) == ("silence", SCRIPT)
    assert inhibition["alert"]["fingerprint"] == node["fingerprint"]
    assert {each["state"] for each in page(door, down["fingerprint"])["notifications"]} == {"quiet"}


def test_a_resolved_alert_is_shown_for_half_an_hour(door: Door) -> None:
    fire(door, "Down", service="orders")
    fingerprint = only(door)
    door.clock.sleep(300)
    door.tick()
    deliver(door)
    assert page(door, fingerprint)["alert"]["status"] == "resolved"
    door.clock.sleep(1801)
    assert door.ask("GET", f"/api/v1/alert/{fingerprint}", token=READ).status == 404
    assert door.ask("GET", f"/api/v1/alert/{'0' * 16}/messages", token=READ).status == 404


def test_a_silence_is_previewed_made_expired_and_made_again(door: Door) -> None:
    fire(door, "Down", "Slow", service="orders", severity="warning")
    matchers = [{"name": "alertname", "value": "Down|Up", "isRegex": True, "isEqual": True}]
    seen = door.ask("POST", "/api/v1/silences/preview", {"matchers": matchers}, token=READ).json
    assert (seen["total"], seen["alerts"][0]["name"], seen["warnings"]) == (1, "Down", [])
    cookie = sign_in(door)
    wanted = {"matchers": matchers, "endsAt": "2026-11-20T05:04:05Z", "comment": "a restart"}
    made = by_cookie(door, cookie, "POST", "/api/v2/silences", wanted).json["silenceID"]
    (silence,) = door.ask("GET", "/api/v2/silences", token=READ).json
    assert (silence["id"], silence["createdBy"]) == (made, "ana")
    assert by_cookie(door, cookie, "DELETE", f"/api/v2/silence/{made}").status == 200
    assert door.ask("POST", "/api/v2/silences", {**silence, "id": ""}, token=SILENCE).status == 200
    states = {each["status"]["state"] for each in door.ask("GET", "/api/v2/silences", token=READ).json}
    assert states == {"expired", "active"}


@pytest.mark.parametrize(
    ("matchers", "status", "said"),
    [
        ([{"name": "alertname", "value": ".+", "isRegex": True}], 200, "every alert that fires now matches"),
        ([{"name": "service", "value": "orders|billing", "isRegex": True}], 200, "alerts of 2 services match"),
        ([{"name": "alertname", "value": "Dwon"}], 200, "no alert that fires now matches"),
        ([{"name": "alertname", "value": "(", "isRegex": True}], 400, ""),
        ([{"name": "alertname", "value": ".*", "isRegex": True}], 400, "alerts without any of the labels"),
        ([], 400, "a silence needs a matcher"),
        ("x", 400, "'matchers' is a list"),
    ],
)
def test_a_preview_warns_and_names_the_mend(door: Door, matchers: Any, status: int, said: str) -> None:
    fire(door, "Down", service="orders")
    fire(door, "Down", service="billing")
    answer = door.ask("POST", "/api/v1/silences/preview", {"matchers": matchers}, token=READ)
    assert (answer.status, said in answer.text) == (status, True), answer.text


def test_the_way_of_labels_is_drawn(door: Door) -> None:
    found = door.ask(
        "POST", "/api/v1/route", {"labels": {"severity": "critical", "service": "orders"}}, token=READ
    ).json

    def ends(node: Any) -> list[str]:
        own = [node["receiver"]] if node["ends"] else []
        assert node["taken"] or not any(child["taken"] for child in node["routes"])
        return own + [name for child in node["routes"] for name in ends(child)]

    assert found["tree"]["taken"]
    assert sorted(ends(found["tree"])) == sorted(found["receivers"])
    assert "pagerduty-oncall" in found["receivers"]
    whole = door.ask("POST", "/api/v1/route", {"labels": {}}, token=READ).json
    assert (whole["tree"]["taken"], whole["receivers"], ends(whole["tree"])) == (False, [], [])
    bodies: list[object] = [{}, {"labels": {"a": 1}}, [], {"labels": []}]
    for body in bodies:
        assert door.ask("POST", "/api/v1/route", body, token=READ).status == 422


def test_each_channels_message_is_previewed(door: Door) -> None:
    fire(door, SCRIPT, service="orders", severity="critical", region="eu-west-1")
    fingerprint = only(door)
    target = f"/api/v1/alert/{fingerprint}/messages"
    answer = door.ask("GET", target, token=READ, headers={"host": "alerts.example.com"})
    assert answer.headers["Content-Type"] == "application/json"
    found = answer.json["messages"]
    assert {"pagerduty", "slack", "email"} <= {each["channel"] for each in found}
    assert all(SCRIPT in each["title"] and each["text"] and "fault" not in each for each in found)
    (mail,) = [each for each in found if each["receiver"] == "email-oncall"]
    assert mail["text"] == mail["body"]["text"]
    assert f"https://alerts.example.com/console#/alert/{fingerprint}" in mail["text"]
    assert "eu-west-1" not in mail["title"]  # as in a real one, which names only other regions
    assert not door.topics.published


def test_texts_of_a_message_come_without_what_machines_read() -> None:
    body = {"event_action": "trigger", "payload": {"summary": "Down", "custom_details": {"Firing": 1}}, "html": "<p>"}
    assert readable(body) == "Down\nFiring: 1"


def test_what_is_not_delivered_is_listed_and_dead_letters_go_again_once(door: Door) -> None:
    fire(door, "Down", service="orders", severity="critical")
    record(door, Ledger(), failures=2)
    door.letters.letters += [
        HandledLetter(about=f"Alert{number} firing", sent_at=NOW, done="sent", why="so") for number in range(101)
    ]
    found = door.ask("GET", "/api/v1/undelivered", token=READ).json
    assert {each["why"] for each in found["groups"]} == {"failing"}
    assert found["groups"][0]["alerts"] == ["Down firing"]
    assert found["more"] is False
    assert found["deadLetters"] == [{"queue": "slack-forwarder-failed", "messages": 101}]
    wanted = {"queue": "slack-forwarder-failed"}
    assert door.ask("POST", "/api/v1/redrive", wanted, token=SILENCE).status == 403
    first = door.ask("POST", "/api/v1/redrive", wanted, token=ADMIN).json
    assert (len(first["handled"]), first["more"]) == (100, True)
    assert door.ask("POST", "/api/v1/redrive", wanted, token=ADMIN).json["more"] is False
    assert door.ask("POST", "/api/v1/redrive", wanted, token=ADMIN).json["handled"] == []
    missing = door.ask("POST", "/api/v1/redrive", {"queue": "nosuch"}, token=ADMIN)
    assert (missing.status, "slack-forwarder-failed" in missing.text) == (404, True)
    assert door.ask("POST", "/api/v1/redrive", {}, token=ADMIN).status == 422


def test_budgets_and_anomalies_are_shown_where_they_exist(door: Door) -> None:
    assert door.ask("GET", "/api/v1/budgets", token=READ).json["budgets"] == []
    door.store.budgets["orders-availability"] = BudgetNote(
        at=NOW.timestamp(),
        percent=99.9,
        window=2_592_000,
        allowed=40.0,
        consumed=10.0,
        history=86_400,
        rates={3600: 1.5},
    )
    (budget,) = door.ask("GET", "/api/v1/budgets", token=READ).json["budgets"]
    assert (budget["objective"], budget["remaining"], budget["burnRates"]) == (
        "orders-availability",
        0.75,
        {"3600": 1.5},
    )
    door.store.anomalies["orders"] = [AnomalyNote(text="twice the usual", score=0.9, since="2026-11-20T03:00:00Z")]
    assert door.ask("GET", "/api/v1/anomalies", token=READ).json["anomalies"] == []
    fire(door, "Down", service="orders")
    (note,) = door.ask("GET", "/api/v1/anomalies", token=READ).json["anomalies"]
    assert (note["service"], note["text"], note["score"]) == ("orders", "twice the usual", 0.9)


def test_five_thousand_alerts_are_listed_at_once(door: Door, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may inhibit, and each may be inhibited: compared one with another they would be 25 million pairs."""
    any_alert = (Matcher(name="alertname", op="=~", value="Alert.*"),)
    rule = InhibitRule(source=any_alert, target=any_alert, equal=("service",))
    loud = Door(replace(config, inhibit_rules=(rule,)))
    entry = {"status": "firing", "startsAt": "2026-11-20T03:00:00Z", "annotations": {"summary": "it is slow"}}
    one = parse(
        Envelope(text=json.dumps({"version": "4", "alerts": [{**entry, "labels": {"alertname": "Alert"}}]})),
        received_at=NOW,
    ).alerts[0]
    items = [
        AlertItem(
            key=f"{number:016x}",
            order_key="0" * 20 + "0",
            rank=3,
            alert=replace(
                one,
                labels={"alertname": f"Alert{number}", "service": f"s{number % 50}", "severity": "critical"},
                fingerprint=f"{number:016x}",
                state_key=f"{number}",
            ),
        )
        for number in range(5_000)
    ]
    monkeypatch.setattr(type(loud.store), "firing", lambda *_: items)
    answer = loud.ask("GET", "/api/v1/overview", token=READ, headers={"accept-encoding": "gzip"})
    assert answer.status == 200
    assert len(answer.text) < 1_000_000
    assert len(listed(config, items, (), now=NOW)) == 5_000


labels = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)
matcher = st.builds(Matcher, name=st.sampled_from("abc"), op=st.sampled_from(("=", "!=")), value=st.sampled_from("xy"))
side = st.lists(matcher, max_size=2).map(tuple)
rules = st.lists(
    st.builds(InhibitRule, source=side, target=side, equal=st.lists(st.sampled_from("abc"), max_size=2).map(tuple)),
    max_size=3,
)


@given(rules=rules, sources=st.lists(labels, max_size=6), target=labels)
def test_the_index_finds_what_comparing_all_finds(rules: Any, sources: Any, target: Any) -> None:
    firing = [Firing(state_key=str(number), labels=each) for number, each in enumerate(sources)]
    assert SourceIndex(rules, firing).inhibiting(target) == inhibiting(rules, target, firing)


def test_a_tier_of_the_escalation_is_shown_as_one_until_somebody_is_on_the_alert(config: Config) -> None:
    tiers = (Tier(number=2, after=900, receivers=("slack-critical",)),)
    door = Door(replace(config, escalation=tiers))
    fire(door, "Down", service="orders", severity="critical")
    (item,) = door.store.firing(NOW)
    for gid, header in groups_for(router_of(door), item.alert.labels).items():
        if header.identity.route_id == tiers[0].route_id:
            door.store.arm(gid, header, due=NOW + timedelta(minutes=15))
    shown = page(door)["notifications"]
    assert {each["tier"] for each in shown[:-1]} == {0}
    last = shown[-1]
    assert (last["tier"], last["receiver"], last["state"]) == (2, "slack-critical", "escalates")
    assert last["next"] == "2026-11-20T03:19:05.000Z"
    door.ask("POST", "/api/v1/acknowledgements", {"fingerprint": only(door), "by": "ana"}, token=SILENCE)
    assert page(door)["notifications"][-1]["state"] == "acknowledged"
