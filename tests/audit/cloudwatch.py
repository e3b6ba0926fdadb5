"""A CloudWatch that answers as botocore's service model has it: every question and every answer is held against it.

moto knows no log alarms, contributors or mute rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from tests.aws.test_alarms_ended import MODEL

Described = Mapping[str, Any]


class CloudWatch:
    """The alarms of an account: `alarms` by type (MetricAlarm, …), contributors by the alarm's name, mute rules by the
    names of their targets. `page` alarms fit on one; `fails` decides by operation and number of its call."""

    def __init__(
        self,
        *metric: Described,
        model: ServiceModel = MODEL,
        other: Mapping[str, Sequence[Described]] | None = None,
        contributors: Mapping[str, Sequence[Described]] | None = None,
        mutes: Mapping[str, Sequence[str]] | None = None,
        page: int = 100,
        fails: Callable[[str, int], str] = lambda _operation, _number: "",
    ) -> None:
        self.meta = SimpleNamespace(service_model=model)
        self.alarms: dict[str, list[Described]] = {"MetricAlarm": list(metric)}
        self.alarms |= {kind: list(found) for kind, found in (other or {}).items()}
        self.contributors, self.mutes = dict(contributors or {}), dict(mutes or {})
        self.page, self.fails = page, fails
        self.calls: list[str] = []

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        """DescribeAlarms."""
        types = asked.get("AlarmTypes", ["MetricAlarm"])  # of the service: without types, metric alarms alone
        found = [(kind, one) for kind in types for one in self.alarms.get(kind, ()) if _asked_for(one, asked)]
        return self._answer("DescribeAlarms", found, asked, _by_list)

    def describe_alarm_contributors(self, **asked: Any) -> dict[str, Any]:
        """DescribeAlarmContributors."""
        found = self.contributors.get(asked["AlarmName"], ())
        return self._answer("DescribeAlarmContributors", found, asked, lambda some: {"AlarmContributors": some})

    def list_alarm_mute_rules(self, **asked: Any) -> dict[str, Any]:
        """ListAlarmMuteRules."""
        assert asked["Statuses"] == ["ACTIVE"]
        found = [{"AlarmMuteRuleArn": arn, "Status": "ACTIVE"} for arn in self.mutes.get(asked["AlarmName"], ())]
        return self._answer("ListAlarmMuteRules", found, asked, lambda some: {"AlarmMuteRuleSummaries": some})

    def _answer(
        self, operation: str, found: Sequence[Any], asked: Mapping[str, Any], shown: Callable[[list[Any]], Any]
    ) -> dict[str, Any]:
        model = self.meta.service_model.operation_model(operation)
        assert not (faults := ParamValidator().validate(asked, model.input_shape).generate_report()), faults
        self.calls.append(operation)
        if code := self.fails(operation, self.calls.count(operation)):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
        start = int(asked.get("NextToken", 0))
        end = start + self.page
        answer = {**shown(list(found[start:end])), **({"NextToken": str(end)} if end < len(found) else {})}
        answer = {name: value for name, value in answer.items() if name in model.output_shape.members}
        assert not (faults := ParamValidator().validate(answer, model.output_shape).generate_report()), faults
        return {**answer, "ResponseMetadata": {}}


def _asked_for(alarm: Described, asked: Mapping[str, Any]) -> bool:
    named = asked.get("AlarmNames")
    return alarm["StateValue"] == asked.get("StateValue", alarm["StateValue"]) and (
        named is None or alarm["AlarmName"] in named
    )


def _by_list(found: list[tuple[str, Described]]) -> dict[str, list[Described]]:
    answer: dict[str, list[Described]] = {}
    for kind, one in found:
        answer.setdefault(f"{kind}s", []).append(one)
    return answer
