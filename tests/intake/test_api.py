"""The API as Alertmanager's clients see it: shapes, filters, codes (SEMANTICS of API v2), and who may ask what."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from alertrelay.alert import rfc3339
from alertrelay.groups.insert import insert, updates_of
from alertrelay.ports import Telemetry
from alertrelay.sources import Envelope, parse
from alertrelay.state import StoreFailure
from alertrelay.values.charted import ANNOTATION

from tests.intake.door import ADMIN, NOW, PUSH, READ, SILENCE, Door, alert, router_of

SILENCE_BODY = {
    "matchers": [{"name": "alertname", "value": "Down", "isRegex": False, "isEqual": True}],
    "startsAt": rfc3339(NOW),
    "endsAt": rfc3339(NOW + timedelta(hours=2)),
    "createdBy": "ops",
    "comment": "a planned restart",
}


def deliver(door: Door) -> None:
    """Stores what was published, as a forwarder does."""
    silent = Telemetry(emit=lambda _: None, log=lambda *_, **__: None, alert_ops=lambda _: None)
    for topic, message, _ in door.topics.published:
        now = door.clock.now()
        read = parse(
            Envelope(text=message, topic_arn=f"arn:aws:sns:eu-west-1:1:alertrelay-prod-{topic}"), received_at=now
        )
        for update in updates_of(read.alerts, received=now):
            insert(
                update, {}, router=router_of(door), alerts=door.store, groups=door.store, inhibitors=door.store,
                telemetry=silent, now=now,
            )  # fmt: skip
    door.topics.published.clear()


def fire(door: Door, *names: str, **labels: str) -> None:
    ends = rfc3339(door.clock.now() + timedelta(minutes=4))
    answer = door.ask("POST", "/api/v2/alerts", [alert(name, ends=ends, **labels) for name in names], token=PUSH)
    assert answer.status == 200
    deliver(door)


def test_a_posted_alert_is_listed_silenced_and_resolved(door: Door) -> None:
    fire(door, "Down", "Slow", service="orders")
    listed = door.ask("GET", "/api/v2/alerts", token=READ).json
    assert {one["labels"]["alertname"] for one in listed} == {"Down", "Slow"}
    assert [one["fingerprint"] for one in listed] == sorted(one["fingerprint"] for one in listed)
    assert all(
        one["status"] == {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []} for one in listed
    )
    assert listed[0]["receivers"] == [{"name": one} for one in dict.fromkeys(r["name"] for r in listed[0]["receivers"])]
    made = door.ask("POST", "/api/v2/silences", SILENCE_BODY, token=SILENCE).json["silenceID"]
    down = next(one for one in door.ask("GET", "/api/v2/alerts").json if one["labels"]["alertname"] == "Down")
    assert down["status"] == {"state": "suppressed", "silencedBy": [made], "inhibitedBy": [], "mutedBy": []}
    assert len(door.ask("GET", "/api/v2/alerts?silenced=false").json) == 1
    assert len(door.ask("GET", "/api/v2/alerts?active=false").json) == 1
    door.clock.sleep(300)
    door.tick()
    deliver(door)
    assert door.ask("GET", "/api/v2/alerts").json == []


def test_a_post_is_listed_before_a_forwarder_stored_it(door: Door) -> None:
    ends = rfc3339(door.clock.now() + timedelta(minutes=4))
    assert door.ask("POST", "/api/v2/alerts", [alert("Down", ends=ends)], token=PUSH).status == 200
    (posted,) = door.ask("GET", "/api/v2/alerts").json
    assert posted["labels"] == {"alertname": "Down", "severity": "warning"}
    assert (posted["endsAt"], posted["status"]["state"]) == (ends, "active")
    deliver(door)
    (stored,) = door.ask("GET", "/api/v2/alerts").json
    assert {key: stored[key] for key in ("labels", "fingerprint", "receivers", "startsAt")} == {
        key: posted[key] for key in ("labels", "fingerprint", "receivers", "startsAt")
    }
    door.clock.sleep(1)
    ended = alert("Down", ends=rfc3339(door.clock.now()))
    assert door.ask("POST", "/api/v2/alerts", [ended], token=PUSH).status == 200
    assert door.ask("GET", "/api/v2/alerts").json == []


def test_what_only_a_chart_needs_is_not_listed(door: Door) -> None:
    shown = alert("Down", ends=rfc3339(door.clock.now() + timedelta(minutes=4)))
    shown["annotations"] = {"summary": "it is down", ANNOTATION: "{}"}
    assert door.ask("POST", "/api/v2/alerts", [shown], token=PUSH).status == 200
    deliver(door)
    (listed,) = door.ask("GET", "/api/v2/alerts").json
    assert listed["annotations"] == {"summary": "it is down"}


def test_filters_select_by_matchers_and_receiver(door: Door) -> None:
    fire(door, "Down", service="orders")
    fire(door, "Slow", service="basket")

    def names(query: str) -> list[str]:
        return [one["labels"]["alertname"] for one in door.ask("GET", f"/api/v2/alerts?{query}").json]

    assert names("filter=service%3D%22orders%22") == ["Down"]
    assert names("filter=service%3D~%22o.*%22&filter=alertname%21%3D%22Down%22") == []
    assert names("filter=service%3D~%22.%7B1%2C6%7D%22&filter=alertname%3DDown") == ["Down"]  # a comma of its own
    assert names("receiver=nobody-of-that-name") == []
    assert len(names("receiver=.*")) == 2
    assert door.ask("GET", "/api/v2/alerts?filter=service").status == 400
    assert door.ask("GET", "/api/v2/alerts?receiver=(").status == 400
    assert door.ask("GET", "/api/v2/alerts?active=perhaps").status == 422


def test_groups_are_those_of_the_route_tree(door: Door) -> None:
    fire(door, "Down", "Slow", service="orders")
    groups = door.ask("GET", "/api/v2/alerts/groups").json
    assert groups
    for group in groups:
        assert set(group) == {"alerts", "labels", "receiver"}
        assert all(group["labels"].items() <= one["labels"].items() for one in group["alerts"])
    receivers = {one["name"] for one in door.ask("GET", "/api/v2/receivers").json}
    assert {group["receiver"]["name"] for group in groups} <= receivers


def test_an_alert_that_another_one_explains_is_inhibited(door: Door) -> None:
    rule = door.config.inhibit_rules[0]
    equal = {name: "same" for name in rule.equal if name != "alertname"}
    source, target = (
        {"alertname": "Same", **equal, **{one.name: one.value for one in side if one.op == "="}}
        for side in (rule.source, rule.target)
    )
    posted = [{"labels": labels, "endsAt": rfc3339(NOW + timedelta(minutes=4))} for labels in (source, target)]
    assert door.ask("POST", "/api/v2/alerts", posted, token=PUSH).status == 200
    deliver(door)
    states = {one["labels"].get("severity"): one["status"] for one in door.ask("GET", "/api/v2/alerts").json}
    assert states[target.get("severity", "warning")]["inhibitedBy"]


def test_a_silence_is_created_changed_shown_and_expired(door: Door) -> None:
    made = door.ask("POST", "/api/v2/silences", SILENCE_BODY).json["silenceID"]
    assert door.ask("GET", f"/api/v2/silence/{made}", token=READ).json["comment"] == "a planned restart"
    longer = {**SILENCE_BODY, "id": made, "endsAt": rfc3339(NOW + timedelta(hours=4))}
    assert door.ask("POST", "/api/v2/silences", longer).json == {"silenceID": made}
    other = {**longer, "matchers": [{**SILENCE_BODY["matchers"][0], "value": "Slow"}]}  # type: ignore[dict-item]
    again = door.ask("POST", "/api/v2/silences", other).json["silenceID"]
    assert again != made
    assert [one["status"]["state"] for one in door.ask("GET", "/api/v2/silences").json] == ["active", "expired"]
    for _ in range(2):  # idempotent
        answer = door.ask("DELETE", f"/api/v2/silence/{again}", token=SILENCE)
        assert (answer.status, answer.text) == (200, "")
    assert door.ask("GET", '/api/v2/silences?filter=alertname%3D"Slow"').json[0]["id"] == again


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("GET", "/api/v2/silence/4d2d4a27-6ddc-4b0c-9a53-3f6b4a3f8a10", None, 404),
        ("DELETE", "/api/v2/silence/4d2d4a27-6ddc-4b0c-9a53-3f6b4a3f8a10", None, 404),
        ("GET", "/api/v2/silence/no-uuid", None, 422),
        ("POST", "/api/v2/silences", "{", 400),
        ("POST", "/api/v2/silences", {"comment": 1}, 422),
        ("POST", "/api/v2/silences", {**SILENCE_BODY, "endsAt": "2020-01-01T00:00:00Z"}, 400),
        ("POST", "/api/v2/silences", {**SILENCE_BODY, "matchers": []}, 400),
        ("POST", "/api/v2/silences", {**SILENCE_BODY, "id": "4d2d4a27-6ddc-4b0c-9a53-3f6b4a3f8a10"}, 404),
        ("POST", "/api/v2/alerts", "[", 400),
        ("POST", "/api/v2/alerts", {"labels": {}}, 400),
        ("PUT", "/api/v2/alerts", [], 405),
        ("GET", "/api/v1/alerts", None, 404),
        ("GET", "/api/v2/../../etc/passwd", None, 404),
        ("GET", "/api/v2//alerts", None, 404),
        ("GET", "/api/v2/silence/..%2f..%2fstatus", None, 422),
        ("GET", "//", None, 404),
    ],
)
def test_wrong_requests_are_answered_as_upstream(
    door: Door, method: str, target: str, body: object, status: int
) -> None:
    assert door.ask(method, target, body).status == status


def test_another_content_type_is_415(door: Door) -> None:
    answer = door.ask("POST", "/api/v2/alerts", "[]", headers={"content-type": "text/plain"})
    assert (answer.status, answer.json["code"]) == (415, 415)


def test_the_status_has_what_amtool_asks_for(door: Door) -> None:
    status = door.ask("GET", "/api/v2/status").json
    assert status["versionInfo"]["version"] == "0.35.0"
    assert status["config"]["original"].startswith("route:")
    assert status["cluster"]["status"] == "disabled"


def test_metrics_have_alertmanagers_names(door: Door) -> None:
    fire(door, "Down")
    text = door.ask("GET", "/metrics").text
    assert 'alertmanager_alerts{state="active"} 1' in text
    assert 'alertmanager_build_info{branch="alertrelay"' in text


def test_health_is_503_while_the_table_fails(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert door.ask("GET", "/health").json["healthy"] is True

    def failing() -> None:
        raise StoreFailure("DynamoDB get_item: too slow")

    monkeypatch.setattr(door.store, "silences", failing)
    answer = door.ask("GET", "/health")
    assert (answer.status, answer.json["table"]) == (503, "DynamoDB get_item: too slow")
    assert door.ask("GET", "/api/v2/alerts").status == 503


def test_stats_count_alerts_and_groups(door: Door) -> None:
    fire(door, "Down", "Slow", service="orders")
    found = door.ask("GET", "/stats").json
    assert found["alerts"] == {"active": 2, "suppressed": 0}
    assert found["groups"] == len(door.ask("GET", "/api/v2/alerts/groups").json)


class TestWebhook:
    def test_each_alert_goes_to_the_topic_of_its_severity(self, door: Door) -> None:
        fires = {"status": "firing", "labels": {"alertname": "A", "severity": "critical"}, "startsAt": rfc3339(NOW)}
        ended = {"status": "resolved", "labels": {"alertname": "B"}, "endsAt": rfc3339(NOW)}
        group = {"version": "4", "receiver": "relay", "groupKey": "{}:{}", "alerts": [fires, ended]}
        assert door.ask("POST", "/api/v1/alertmanager", group, token=PUSH).json == {"alerts": 2}
        assert [(topic, len(json.loads(text)["alerts"])) for topic, text, _ in door.topics.published] == [
            ("critical", 1),
            ("warning", 1),
        ]
        assert json.loads(door.topics.published[0][1])["groupKey"] == "{}:{}"

    def test_grafanas_webhook_is_listed_with_what_it_says(self, door: Door) -> None:
        """Keys: grafana.com/docs/grafana/latest/alerting, "Configure the webhook notifier"."""
        fires = {
            "status": "firing",
            "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
            "annotations": {"summary": "zone us-1 is short of memory"},
            "startsAt": "2026-11-20T04:03:00.157076+01:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://grafana.example.com/alerting/1afz29v7z/edit",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://grafana.example.com/alerting/silence/new",
            "dashboardURL": "",
            "panelURL": "",
            "values": {"B": 44.239, "C": 1},
        }
        body = {
            "receiver": "alertrelay", "status": "firing", "orgId": 1, "alerts": [fires], "version": "1",
            "groupKey": "{}:{}", "truncatedAlerts": 0, "title": "[FIRING:1] (blue)", "state": "alerting",
        }  # fmt: skip
        assert door.ask("POST", "/api/v1/alertmanager", body, token=PUSH).json == {"alerts": 1}
        deliver(door)
        (listed,) = door.ask("GET", "/api/v2/alerts").json
        assert listed["labels"] == {**fires["labels"], "severity": "warning"}  # type: ignore[dict-item]
        assert listed["startsAt"].startswith("2026-11-20T03:03:00.157")

    def test_a_topic_that_takes_nothing_is_503(self, door: Door) -> None:
        door.topics.failing = True
        group = {"receiver": "relay", "alerts": [{"labels": {"alertname": "A"}}]}
        assert door.ask("POST", "/api/v1/alertmanager", group).status == 503

    @pytest.mark.parametrize("body", ["not JSON", "[]", {"text": "a payload of the team's own"}, "null", ""])
    def test_a_body_that_is_no_alert_is_400_and_kept(self, door: Door, body: object) -> None:
        answer = door.ask("POST", "/api/v1/alertmanager", body)
        assert answer.status == 400
        assert "expected the webhook of Alertmanager or Grafana" in answer.json["message"]
        assert len(door.refused.kept) == 1

    def test_our_own_notification_is_marked_as_a_loop(self, door: Door) -> None:
        group = {"receiver": "relay", "alerts": [{"labels": {"alertname": "A"}}]}
        door.ask("POST", "/api/v1/alertmanager", group, headers={"alertrelay-hop": "1"})
        assert door.topics.published[0][2] == {"alertrelay-hop": "1"}


class TestTokens:
    @pytest.mark.parametrize(
        ("authorization", "status"),
        [
            (f"Bearer {PUSH}", 200),
            (f"bearer {PUSH}-next", 200),
            (f"Basic {base64.b64encode(f'prometheus:{PUSH}'.encode()).decode()}", 200),
            (f"Bearer {ADMIN}", 200),
            (f"Bearer {READ}", 403),
            (f"Bearer {SILENCE}", 403),
            (f"Bearer {PUSH}x", 401),
            ("Bearer ", 401),
            ("Basic ::", 401),
            ("Basic " + "A" * 100_000, 401),
            ("Digest x", 401),
            ("", 401),
        ],
    )
    def test_a_post_is_answered_by_the_right_of_its_token(self, door: Door, authorization: str, status: int) -> None:
        answer = door.ask("POST", "/api/v2/alerts", [], token="", headers={"authorization": authorization})
        assert answer.status == status
        if status in (401, 403):
            assert answer.json == {"message": {401: "Unauthorized", 403: "Forbidden"}[status]}

    def test_a_new_token_works_within_half_a_minute(self, door: Door) -> None:
        assert door.ask("GET", "/api/v2/status", token="a-token-of-tomorrow").status == 401
        door.secret["intake_read_token"] = "a-token-of-tomorrow"
        door.clock.sleep(31)
        assert door.ask("GET", "/api/v2/status", token="a-token-of-tomorrow").status == 200
        assert door.ask("GET", "/api/v2/status", token=READ).status == 401

    def test_without_any_token_in_the_secret_a_post_has_to_come_again(self, door: Door) -> None:
        door.secret.clear()
        assert door.ask("POST", "/api/v2/alerts", []).status == 503

    def test_a_short_token_is_none(self, door: Door) -> None:
        door.secret["intake_push_token"] = "short"
        assert door.ask("POST", "/api/v2/alerts", [], token="short").status == 401

    def test_load_balancers_need_none(self, door: Door) -> None:
        assert [door.ask("GET", path, token="").text for path in ("/-/healthy", "/-/ready")] == ["OK", "OK"]


class TestBodies:
    def test_a_body_over_four_megabytes_is_413(self, door: Door) -> None:
        assert door.ask("POST", "/api/v2/alerts", "[" + " " * (4 * 1024 * 1024) + "]").status == 413

    @pytest.mark.parametrize("encoding", ["gzip", "snappy", "br, gzip"])
    def test_a_compressed_body_is_415(self, door: Door, encoding: str) -> None:
        assert door.ask("POST", "/api/v2/alerts", "[]", headers={"content-encoding": encoding}).status == 415

    def test_a_body_in_base64_is_read(self, door: Door) -> None:
        body = base64.b64encode(json.dumps([alert()]).encode()).decode()
        assert door.ask("POST", "/api/v2/alerts", body, isBase64Encoded=True).status == 200
        assert door.ask("POST", "/api/v2/alerts", "%%%", isBase64Encoded=True).status == 400

    def test_deep_and_broken_json_is_400(self, door: Door) -> None:
        assert door.ask("POST", "/api/v2/alerts", "[" * 100_000).status == 400
        assert door.ask("POST", "/api/v2/alerts", '[{"labels": {"a": "\\ud800"}}]').status == 400


def test_no_token_is_answered_or_logged(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    for target in ("/api/v2/status", "/api/v2/alerts", "/health", "/nothing"):
        for token in (READ, f"{PUSH}x", PUSH):
            answer = door.ask("GET", target, token=token)
            assert token not in answer.text
    assert not any(token in capsys.readouterr().out for token in (PUSH, READ))
