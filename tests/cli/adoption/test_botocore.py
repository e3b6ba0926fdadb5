"""The requests as botocore sends them, to moto: what is throttled is asked again with backoff, and named in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws

from cli.adoption import sources
from cli.command import main
from tests.cli.adoption.cloudwatch import ACCOUNT, REGION, TOPICS
from tests.example import CONFIG

ADOPT = ["adopt", "--config-dir", str(CONFIG), "--env", "prod", "--account", ACCOUNT]
PAUSES: list[float] = []


class Throttles:
    """Answers the first requests of each operation as an account of 5,000 alarms does."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked: Counter[str] = Counter()

    def __call__(self, event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.asked[operation] += 1
        if self.asked[operation] > self.times:
            return None
        raw: Any = SimpleNamespace(stream=lambda: iter([b'{"__type": "Throttling"}']))
        return AWSResponse(request.url, 400, HTTPHeaders(), raw)


@pytest.fixture(name="throttles")
def _throttles(monkeypatch: pytest.MonkeyPatch) -> Iterator[Throttles]:
    """An account of two alarms, whose clients wait for nothing."""
    PAUSES.clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=PAUSES.append))
    with mock_aws():
        client = sources.clients_of()(REGION)
        cloudwatch = client("cloudwatch")
        for name in ("orders-P1", "web-slow"):
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="AWS/ECS",
                MetricName="CPUUtilization",
                Dimensions=[{"Name": "ServiceName", "Value": "orders"}],
                ExtendedStatistic="p95",
                Period=60,
                EvaluationPeriods=5,
                DatapointsToAlarm=3,
                Threshold=80.0,
                ComparisonOperator="GreaterThanThreshold",
                TreatMissingData="notBreaching",
                AlarmActions=[f"arn:aws:sns:{REGION}:{ACCOUNT}:ops-mails"],
            )
        made = Throttles(2)
        cloudwatch.meta.events.register_first("before-send.cloudwatch", made)
        monkeypatch.setattr(sources, "clients_of", lambda: lambda _: client)
        yield made


def test_what_is_throttled_is_asked_again_without_an_alarm_left_out(
    throttles: Throttles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.yml"
    assert main([*ADOPT, "--plan", str(plan)]) == 0
    assert main([*ADOPT, "--apply", str(plan)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 changed"
    assert throttles.asked["PutMetricAlarm"] == 4  # two of them throttled
    assert len(PAUSES) == 2 * len(throttles.asked)
    found = sources.clients_of()(REGION)("cloudwatch").describe_alarms(AlarmNames=["orders-P1"])["MetricAlarms"][0]
    assert found["OKActions"] == [f"{TOPICS}critical"]
    assert (found["ExtendedStatistic"], found["DatapointsToAlarm"], found["Threshold"]) == ("p95", 3, 80.0)
    assert (found["TreatMissingData"], found["Dimensions"][0]["Value"]) == ("notBreaching", "orders")


def test_what_stays_throttled_is_said_and_nothing_is_planned(
    throttles: Throttles, capsys: pytest.CaptureFixture[str]
) -> None:
    throttles.times = 10
    assert main(ADOPT) == 2
    assert "AWS throttles the calls (Throttling): try again in a minute; nothing is planned" in capsys.readouterr().err
    assert throttles.asked["DescribeAlarms"] == 10
