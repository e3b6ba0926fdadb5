"""Payloads of real systems, where their folder stands beside the project; they are read, never copied."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alertrelay.sources import parse, unwrap

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FOLDER = Path(__file__).parents[2].parent / "shared" / "payloads"
SOURCE_OF_FOLDER = {
    "cloudwatch-alarm-message": "cloudwatch",
    "cloudwatch-sns-envelope": "cloudwatch",
    "cloudwatch-sns-lambda-event": "cloudwatch",
    "alertmanager-webhook": "alertmanager",
    "cloudwatch-lambda-direct": "cloudwatch-direct",
    "grafana-webhook": "grafana",
    "alertmanager-api-v2": "alertmanager",
    "sns-lambda-other": "aws-event",
}
# What nobody could know: plain words, and the confirmation of a subscription.
RAW = {"terraform-aws--text-message", "alerta-test-webhooks", "aws-powertools-snssqsevent"}
FILES = sorted(FOLDER.glob("*/*"))


@pytest.mark.skipif(not FILES, reason="no folder of real payloads beside the project")
def test_every_real_payload_becomes_alerts_that_a_person_can_read() -> None:
    for file in FILES:
        parsed = [parse(envelope, received_at=NOW) for envelope in unwrap(file.read_bytes())]
        assert parsed, file
        for each in parsed:
            assert not each.problem.endswith("Error"), (file, each.problem)
            assert (each.source == "raw") == (file.stem in RAW), file
            if file.stem not in RAW:
                assert each.source == SOURCE_OF_FOLDER.get(file.parent.name, each.source), file
            for alert in each.alerts:
                assert alert.labels["alertname"], file
                assert alert.annotations["summary"], file
                assert alert.state_key, file
                assert all(alert.labels.values()), file
                assert (alert.ends_at is not None) == (alert.status == "resolved"), file
