"""Texts of alerts count one thing in the singular."""

from __future__ import annotations

from typing import Any

import pytest
from alertrelay.sources.burn_rate import sentence

LAMBDA = {
    "version": "1.0",
    "requestContext": {
        "functionArn": "arn:aws:lambda:eu-central-1:111122223333:function:pay:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 1,
        "requestId": "r-1",
    },
    "requestPayload": {"order": 1},
    "responsePayload": {"errorMessage": "boom"},
}
CERTIFICATE = {
    "version": "0",
    "id": "1",
    "source": "aws.acm",
    "detail-type": "ACM Certificate Approaching Expiration",
    "account": "111122223333",
    "region": "eu-central-1",
    "time": "2026-11-20T08:58:00Z",
    "resources": [],
    "detail": {"CommonName": "example.com", "DaysToExpiry": 1},
}
OBJECT = {
    "eventSource": "aws:s3",
    "eventName": "ObjectCreated:Put",
    "awsRegion": "eu-central-1",
    "s3": {"bucket": {"name": "b"}, "object": {"key": "c.txt", "size": 1}},
}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (LAMBDA, "after 1 try. boom"),
        (CERTIFICATE, "expires in 1 day"),
        ({"Records": [OBJECT]}, "b/c.txt, 1 byte"),
        (
            {"receiver": "r", "status": "firing", "alerts": [], "truncatedAlerts": 1},
            "1 more alert of this group was left",
        ),
    ],
)
def test_a_summary_counts_one_in_the_singular(one: Any, message: dict[str, Any], said: str) -> None:
    summary = one(message).annotations["summary"]
    assert said in f"{summary} "
    assert f"{said}s" not in summary


def test_a_burn_rate_counts_one_in_the_singular() -> None:
    said = sentence(objective="a", windows=["1"], rate=720.0, limit=None, over=True)
    assert "over 1 minute:" in said
    assert said.endswith("lasts 1 hour")
