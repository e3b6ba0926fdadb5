"""The slo function on moto: counts in CloudWatch become a state in the table, and metrics."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alertrelay.aws.clients import Clients
from alertrelay.config.slo import SloConfig
from alertrelay.memory.ports import ManualClock
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.runtime.slo import slo

from tests.aws import state
from tests.slo.objectives import objective

AT = 1_795_143_600


def test_the_function_reads_counts_and_keeps_the_budget(
    aws: Clients, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = objective()
    config = SloConfig(environment="prod", objectives=(one,))
    (tmp_path / "slo.json").write_text(json.dumps(config.to_json()), encoding="utf-8")
    clock = ManualClock(datetime.fromtimestamp(AT + 90, UTC))
    for signal, value in zip(one.signals, (1000.0, 20.0), strict=True):
        dimensions = [{"Name": n, "Value": v} for n, v in signal.dimensions.items()]
        data = [{"MetricName": signal.name, "Dimensions": dimensions, "Value": value,
                 "Timestamp": datetime.fromtimestamp(AT - 60 * n, UTC)} for n in range(1, 61)]  # fmt: skip
        aws.cloudwatch().put_metric_data(Namespace=signal.namespace, MetricData=data)  # type: ignore[arg-type]
    environ = {
        "AWS_REGION": "eu-west-1",
        "ALERTRELAY_SLO_CONFIG": "slo.json",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "ALERTRELAY_TABLE": state.TABLE,
    }
    handler = slo().bound(environ, clock=clock)
    assert handler(SELF_TEST, None) == {"self_test": PASSED, "objectives": 1}
    with state.table(aws.dynamodb()):
        assert handler({"detail-type": "Scheduled Event"}, None) is None
        (note,) = (
            state.dynamo(aws.dynamodb(), clock)
            .facts(alerts=(), inhibitors=(), objectives=["checkout"])
            .context.budgets.values()
        )
    assert note.rates[3600] == pytest.approx(20.0)
    assert note.consumed == pytest.approx(20 / 720 * 43.2)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = [line for line in printed if "_aws" in line and "SloBudgetRemaining" in line]
    assert (metrics["env"], metrics["slo"], metrics["service"]) == ("prod", "checkout", "slo")
