"""The points of a noisy alarm's metric are read page by page, as far back as CloudWatch keeps them."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import botocore.session
from alertrelay.aws.metric_points import points_of
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from compiler.alarms.tuning import alarm_file
from compiler.load import load
from tests.example import CONFIG
from tests.nflog.history.lines import MONDAY

MODEL: Any = botocore.session.get_session().get_service_model("cloudwatch").operation_model("GetMetricData")
DAY = timedelta(days=1)


def test_pages_are_joined_and_every_planned_alarm_asks_validly() -> None:
    asked: list[dict[str, Any]] = []

    def get_metric_data(**request: Any) -> dict[str, Any]:
        validate_parameters(request, MODEL.input_shape)
        asked.append(request)
        wanted = next(query["Id"] for query in request["MetricDataQueries"] if query["ReturnData"])
        page = {"Id": wanted, "Timestamps": [MONDAY + len(asked) * DAY], "Values": [float(len(asked))]}
        return {"MetricDataResults": [page], **({} if "NextToken" in request else {"NextToken": "more"})}

    client = SimpleNamespace(get_metric_data=get_metric_data)
    environment = load(CONFIG, "prod").environment
    assert environment is not None
    text = (CONFIG / "environments" / "prod.yml").read_text(encoding="utf-8")
    every = [one for one in alarm_file(environment, "prod.yml", text).alarms.values() if one.queries]
    assert len(every) > 100
    for one in every:
        asked.clear()
        found = points_of(lambda: client, one.queries, one.period, since=MONDAY - 28 * DAY, until=MONDAY)
        assert found == {MONDAY + DAY: 1.0, MONDAY + 2 * DAY: 2.0}
        kept = 15 if one.period < 300 else 28
        assert asked[0]["StartTime"] == MONDAY - kept * DAY


def test_no_answer_is_none() -> None:
    def refused(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "Throttling"}}, "GetMetricData")

    client = SimpleNamespace(get_metric_data=refused)
    assert points_of(lambda: client, [{"Id": "m"}], 60, since=MONDAY, until=MONDAY) is None
