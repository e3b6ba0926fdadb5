"""What the slo function reads of CloudWatch and keeps in the table, and what a forwarder reads of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from alertrelay.aws.slo.budgets import DynamoBudgets
from alertrelay.aws.slo.signals import CloudWatchSignals
from alertrelay.aws.state.items import budget_key
from alertrelay.config.slo import Signal
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.slo import MemoryBudgets
from alertrelay.slo.ports import BudgetsFailure, SignalsFailure
from alertrelay.state import BudgetNote
from botocore.exceptions import ClientError

from tests.aws import state

AT = 1_795_143_600
NOTE = BudgetNote(at=AT, percent=99.9, window=2_592_000, allowed=43.2, consumed=10.8, history=7.0, rates={300: 20.0})


def test_a_forwarder_reads_what_was_kept_of_an_objective(dynamodb: Any, clock: ManualClock) -> None:
    with state.table(dynamodb):
        budgets, store = DynamoBudgets(lambda: dynamodb, state.TABLE, clock), state.dynamo(dynamodb, clock)
        budgets.keep("checkout", NOTE)
        assert store.facts(alerts=(), inhibitors=(), objectives=["checkout", "orders"]).context.budgets == {
            "checkout": NOTE
        }
        assert store.facts(alerts=(), inhibitors=()).context.budgets == {}
        key = {"pk": {"S": budget_key("checkout")}, "sk": {"S": "B"}}
        item = dynamodb.get_item(TableName=state.TABLE, Key=key)["Item"]
        assert set(item) == {"pk", "sk", "v", "at", "ttl", "budget"}
        assert int(item["ttl"]["N"]) == AT + 7 * 86_400
        dynamodb.put_item(TableName=state.TABLE, Item={**item, "budget": {"S": '{"at": 1}'}})
        assert store.facts(alerts=(), inhibitors=(), objectives=["checkout"]).context.budgets == {}


@pytest.mark.parametrize("real", [True, False])
def test_a_late_run_does_not_replace_a_newer_state(real: bool, dynamodb: Any, clock: ManualClock) -> None:
    older = BudgetNote(**{**{name: getattr(NOTE, name) for name in NOTE.__slots__}, "at": AT - 300, "consumed": 1.0})
    with state.table(dynamodb):
        memory = MemoryBudgets()
        budgets = DynamoBudgets(lambda: dynamodb, state.TABLE, clock) if real else memory
        budgets.keep("checkout", NOTE)
        budgets.keep("checkout", older)
        store = state.dynamo(dynamodb, clock)
        kept = store.facts(alerts=(), inhibitors=(), objectives=["checkout"]).context.budgets if real else memory.kept
    assert kept["checkout"] == NOTE


def test_a_table_that_is_not_there_is_a_failure_without_details(dynamodb: Any, clock: ManualClock) -> None:
    with pytest.raises(BudgetsFailure) as caught:
        DynamoBudgets(lambda: dynamodb, "another", clock).keep("checkout", NOTE)
    assert "arn:" not in str(caught.value)


class _Client:
    """Answers GetMetricData as it is told, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[dict[str, Any]]()

    def get_metric_data(self, **request: Any) -> Any:
        self.asked.append(dict(request))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _signal(name: str) -> Signal:
    return Signal(namespace="Shop", name=name, dimensions={"Service": "orders", "Env": "prod"})


def _result(name: str, *values: float, status: str = "Complete") -> dict[str, Any]:
    times = [datetime.fromtimestamp(AT + 300 * n, UTC) for n in range(len(values))]
    return {"Id": name, "Timestamps": times, "Values": list(values), "StatusCode": status}


def test_requests_hold_as_many_metrics_as_their_points_allow() -> None:
    client = _Client(*({"MetricDataResults": []} for _ in range(3)))
    signals = [_signal(f"M{n}") for n in range(250)]
    CloudWatchSignals(cast(Any, lambda: client)).read(signals, period=300, start=AT - 300 * 1008, end=AT)
    # 100,800 points: a hundred metrics of 1,008 periods each.
    assert [len(one["MetricDataQueries"]) for one in client.asked] == [100, 100, 50]
    query = client.asked[0]["MetricDataQueries"][0]["MetricStat"]
    assert (query["Period"], query["Stat"]) == (300, "Sum")
    assert query["Metric"]["Dimensions"] == [{"Name": "Env", "Value": "prod"}, {"Name": "Service", "Value": "orders"}]


def test_a_metric_without_a_point_is_left_out() -> None:
    client = _Client({"MetricDataResults": [_result("m0", 3.0, 4.0), _result("m1")]})
    found = CloudWatchSignals(cast(Any, lambda: client)).read(
        [_signal("A"), _signal("B")], period=300, start=AT, end=AT + 600
    )
    assert found == {_signal("A").key: {AT: 3.0, AT + 300: 4.0}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ClientError({"Error": {"Code": "Throttling", "Message": "a secret"}}, "GetMetricData"), "Throttling"),
        ({"MetricDataResults": [_result("m0", status="InternalError")]}, "InternalError for A"),
    ],
)
def test_a_metric_that_cannot_be_read_fails_the_run(answer: Any, said: str) -> None:
    with pytest.raises(SignalsFailure) as caught:
        CloudWatchSignals(cast(Any, lambda: _Client(answer))).read([_signal("A")], period=300, start=AT, end=AT + 300)
    assert str(caught.value) == f"GetMetricData: {said}"
