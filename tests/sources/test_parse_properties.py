"""Whatever lands on a topic becomes at least one alert that a person can read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.sources import Envelope, parse, unwrap
from alertrelay.sources.awsevent.bridge import READERS
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EVENTS = [json.loads(file.read_text()) for file in sorted((Path(__file__).parents[2] / "events").glob("*.json"))]
MESSAGES = [record["Sns"]["Message"] for event in EVENTS for record in event.get("Records", [])]

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
# Text that hypothesis may draw with lone surrogates: JSON can spell those.
JSON = st.recursive(
    SCALARS | st.text(st.characters(codec=None), max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
WORDS = sorted(
    {
        "Records", "Sns", "Message", "body", "messageId", "eventSource", "Type", "TopicArn", "MessageAttributes",
        "alerts", "labels", "annotations", "status", "startsAt", "fingerprint", "receiver", "version", "AlarmName",
        "NewStateValue",
        "NewStateReason", "StateChangeTime", "AlarmDescription", "Trigger", "Metrics", "MetricStat", "Dimensions",
        "AlarmTags", "AlarmContributorAttributes", "TriggeringChildren", "Threshold", "Period", "AlarmArn", "detail",
        "detail-type", "source", "id", "alarmData", "state", "configuration", "findings", "orgId", "account", "region",
        "resources", "time", "severity",
        "eventArn", "statusCode", "eventTypeCategory", "lastStatus", "containers", "exitCode", "service", "resource",
        "AutoScalingGroupName", "Event", "Event Source", "Event Message", "ElastiCache:Failover", "notificationType",
        "mail", "bounce", "s3", "messageType", "configRuleName", "newEvaluationResult", "budgetName",
        "anomalyId", "impact", "approval", "pipelineName", "commandId", "documentName", "userIdentity", "eventName",
        "requestContext", "responsePayload", "Id", "ProductArn", "title", "type", "data", "default", "name",
        "muteDetail", "insightId", "changeType", "page", "totalPages", "affectedEntities", "EventID",
        "SourceIdentifier", "incidentId", "reason", "message", "anomalies", "check-name", "resource_id",
        "content", "description", "nextSteps", "metadata", "threadId", "meta", "monitor", "transition",
        "tags", "alert_transition", "alert_title", "alert_id", "issueUrl", "priority", "event", "event_type",
        "occurred_at", "alert_group", "alert_group_id", "alert_payload", "permalinks", "link", "summary", "level",
        "EvaluationState", "evaluationCriteria", "promQLCriteria", "query", "aggregationExpression", "queryString",
        "logGroupIdentifiers", "rulename", "grafana_state_reason", "Error", "alert",
    }
)  # fmt: skip
SHAPED = st.recursive(
    SCALARS
    | st.sampled_from(
        [
            "aws:s3",
            "aws.ecs",
            "ECS Task State Change",
            "Incident Closed",
            "RDS-EVENT-0007",
            "FAILED",
            "AWS Health Event",
            "GuardDuty Finding",
        ]
    )
    | st.sampled_from(
        ["custom", "aws.partner/datadog.com/x", "aws.partner/newrelic.com/x", "CLOSED", "P1", "resolved"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=8),
    max_leaves=30,
)


def check(event: object) -> None:
    envelopes = unwrap(event)
    assert envelopes
    for envelope in envelopes:
        assert Envelope.from_json(json.loads(json.dumps(envelope.to_json()))).text == envelope.text
        parsed = parse(envelope, received_at=NOW)
        assert parsed.alerts
        assert "parser failed" not in parsed.problem  # the safety net is there, and nothing should need it
        for alert in parsed.alerts:
            assert alert.labels["alertname"].strip()
            assert alert.annotations["summary"].strip()
            assert alert.state_key
            assert all(alert.labels)
            assert all(alert.labels.values())
            assert max(map(len, alert.labels.values())) <= 1024
            assert all(alert.annotations.values())
            assert alert.ends_at is not None or alert.status != "resolved"
            for text in (*alert.labels.items(), *alert.annotations.items(), (alert.state_key, alert.generator_url)):
                "".join(text).encode()
            for at in (alert.starts_at, alert.ends_at or NOW, alert.updated_at or NOW):
                assert rfc3339(at).endswith("Z")


@given(JSON)
@settings(deadline=None)
def test_any_json_is_parsed_to_alerts_that_can_be_kept(value: object) -> None:
    check(value)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_parsed_to_alerts_that_can_be_kept(content: bytes) -> None:
    check(content)


@given(SHAPED)
@settings(deadline=None, max_examples=300)
def test_json_of_our_own_words_in_any_place(value: object) -> None:
    check(value)
    check(json.dumps(value))


def _replaced(value: Any, path: list[int], by: Any) -> Any:
    """`value` with one node, reached by `path`, replaced."""
    if not path or not isinstance(value, dict | list) or not value:
        return by
    if isinstance(value, list):
        index = path[0] % len(value)
        return [_replaced(each, path[1:], by) if at == index else each for at, each in enumerate(value)]
    key = sorted(value)[path[0] % len(value)]
    return {**value, key: _replaced(value[key], path[1:], by)}


@given(st.sampled_from(sorted(READERS)), SHAPED, SHAPED)
@settings(deadline=None, max_examples=400)
def test_every_kind_of_event_with_any_detail(kind: str, detail: object, resources: object) -> None:
    source, named, _ = kind.partition(":")
    event = {"source": f"aws.{source}" if named else "aws.x", "detail-type": kind, "id": "1", "region": "eu-central-1"}
    check({**event, "detail": detail, "resources": resources})
    check([{**event, "detail": json.dumps(detail)}])


PIECES = [
    "Alerts Firing:", "Alerts Resolved:", "Labels:", "Annotations:", " - alertname = A", " - a = b", "Source: ", "\n",
    '{"alerts": [', '"labels": {', '"alertname": "A"', '"annotations": {', '"', "}", "]", ",", ":", "\\", "x",
    "StackId='", "'",
    "Alert: A - critical", "*Resolved:* A ns/a-1", "severity: high", "labels:", "  a: b", "status: resolved",
    "An AWS Backup job failed", "Resource ARN : arn:aws:rds", "AWS Budget Notification", "Budget Name: x", " ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@settings(deadline=None, max_examples=300)
def test_text_of_pieces_that_parsers_look_for(pieces: list[str]) -> None:
    check("".join(pieces))


SUBJECTS = ["[FIRING:1]", "[RESOLVED] Disk full (x)", "Problem: a", "** RECOVERY b is OK **", "[" * 9, "", "Invoice"]


@given(st.sampled_from(SUBJECTS) | st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=30))
@settings(deadline=None, max_examples=200)
def test_text_under_any_subject(subject: str, pieces: list[str]) -> None:
    check({"Records": [{"Sns": {"Message": "\n".join(pieces), "Subject": subject, "MessageId": "m"}}]})


@given(st.sampled_from(EVENTS), st.lists(st.integers(0, 50), min_size=1, max_size=5), JSON)
@settings(deadline=None, max_examples=200)
def test_an_event_with_any_part_replaced(event: Any, path: list[int], by: Any) -> None:
    check(_replaced(event, path, by))


@given(st.sampled_from(MESSAGES), st.lists(st.integers(0, 50), min_size=1, max_size=7), SCALARS | JSON)
@settings(deadline=None, max_examples=400)
def test_a_message_with_any_part_replaced(message: str, path: list[int], by: Any) -> None:
    try:
        value = json.loads(message)
    except ValueError:
        value = message
    check({"Records": [{"Sns": {"Message": json.dumps(_replaced(value, path, by)), "MessageId": "m"}}]})


@given(st.sampled_from(MESSAGES), st.integers(0, 5000))
@settings(deadline=None)
def test_a_message_cut_anywhere(message: str, at: int) -> None:
    check(message[:at])
