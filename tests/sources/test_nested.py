"""Messages within messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alertrelay.sources import unwrap

EVENT = {"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "id": "1"}
DETAIL = {"instance-id": "i-0abc", "state": "stopped"}
PLAIN = {**EVENT, "detail": DETAIL}


def sns(message: Any, **fields: Any) -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": "arn:aws:sns:eu-central-1:111122223333:t",
        "Message": text,
        **fields,
    }


def sqs(body: Any) -> dict[str, Any]:
    return {"messageId": "q-1", "body": json.dumps(body), "eventSource": "aws:sqs", "attributes": {}}


@pytest.mark.parametrize(
    "value",
    [
        {"Records": [sqs(sns(PLAIN))]},
        [sqs(sns(PLAIN))],
        sns(sns(PLAIN)),
        sns({"Records": [{"Sns": sns(PLAIN)}]}),
        {"Records": [sqs({"Records": [{"Sns": sns(json.dumps(json.dumps(PLAIN)))}]})]},
    ],
    ids=["SNS in SQS", "a list of SQS records", "SNS in SNS", "a Lambda event in SNS", "all of it"],
)
def test_envelopes_within_envelopes_are_opened(parsed: Any, value: Any) -> None:
    (envelope,) = unwrap(value)
    assert envelope.message_id == "m-1"
    assert envelope.record_id in ("", "q-1")
    assert parsed(envelope.text).source == "aws-event"


def test_the_queues_record_is_kept_for_its_reply() -> None:
    (envelope,) = unwrap({"Records": [sqs(sns(sns(PLAIN)))]})
    assert envelope.record_id == "q-1"


@pytest.mark.parametrize(
    "value",
    [
        {**EVENT, "detail": json.dumps(DETAIL)},
        {"detailType": EVENT["detail-type"], "source": "aws.ec2", "detail": DETAIL},
        {
            "DetailType": EVENT["detail-type"],
            "Source": "aws.ec2",
            "Detail": {"InstanceId": "i-0abc", "State": "stopped"},
        },
        {"default": json.dumps(PLAIN)},
        {"body": json.dumps(PLAIN), "headers": {}, "isBase64Encoded": False},
        {"requestContext": {}, "requestPayload": PLAIN},
        [PLAIN],
        [json.dumps(PLAIN)],
    ],
)
def test_an_event_is_known_however_it_is_packed(one: Any, value: Any) -> None:
    alert = one(value)
    assert alert.source == "aws-event"
    assert alert.labels["alertname"] == "EC2InstanceStopped"
    assert "i-0abc" in alert.annotations["summary"]


def test_a_list_of_events_is_an_alert_each_and_what_is_none_of_them_stays_raw(parsed: Any) -> None:
    result = parsed([PLAIN, {**PLAIN, "id": "2"}, {"a": 1}, {"b": 2}], message_id="m-1")
    assert result.source == "aws-event"
    assert [alert.source for alert in result.alerts] == ["aws-event", "aws-event", "raw", "raw"]
    assert len({alert.state_key for alert in result.alerts}) == 4


def test_an_alarm_whose_detail_is_text_is_still_an_alarm(parsed: Any) -> None:
    detail = {"alarmName": "a", "state": {"value": "ALARM"}}
    alarm = {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": json.dumps(detail)}
    assert parsed(alarm).source == "eventbridge"


@pytest.mark.parametrize(
    "tags",
    [
        {"team": "payments"},
        [{"Key": "team", "Value": "payments"}],
        [{"key": "team", "value": "payments"}],
        [{"TagKey": "team", "TagValue": "payments"}],
        [{"team": "payments"}],
        '{"team": "payments"}',
        '[{"Key": "team", "Value": "payments"}]',
    ],
)
def test_tags_are_read_in_every_shape(one: Any, alarm: Any, tags: Any) -> None:
    assert one(alarm(AlarmTags=tags, AlarmTagsStatus="SUCCESS")).labels["team"] == "payments"
    assert one(alarm(AlarmTags=None, alarmTags=tags)).labels["team"] == "payments"


def test_an_alarm_without_trigger_names_its_contributor(one: Any, alarm: Any) -> None:
    message = alarm(
        Trigger=...,
        NewStateReason="Threshold crossed.",
        AlarmContributorId="c1",
        AlarmContributorAttributes={"service": "checkout"},
    )
    assert one(message).annotations["summary"] == "Alarm orders-cpu for checkout is ALARM. Threshold crossed."
