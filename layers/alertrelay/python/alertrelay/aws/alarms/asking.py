"""Asks CloudWatch about alarms of every type, page by page, with what fires of each, and what mutes them.

What was not asked for, or is of a type that this botocore does not know, is not known: it is never taken for deleted.
botocore comes with the Lambda runtime, and an old one knows no log alarms. Types are named in every question: without
them the service returns metric alarms alone. Source: DescribeAlarms, DescribeAlarmContributors and
ListAlarmMuteRules in the API reference of CloudWatch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from alertrelay.aws.errors import code, failures

EVERY_TYPE = frozenset({"MetricAlarm", "CompositeAlarm", "LogAlarm"})
"""All types of alarm that there are. A model that lacks one cannot see it."""


def alarm_types(client: Any) -> list[str]:
    """Returns the types that this botocore can ask for."""
    return list(client.meta.service_model.shape_for("AlarmType").enum)


def seen_types(client: Any) -> frozenset[str]:
    """Returns the types of which an answer has a list: one without it would be asked for and never seen."""
    shape = client.meta.service_model.operation_model("DescribeAlarms").output_shape
    lists = {name for name, member in shape.members.items() if member.type_name == "list"}
    return frozenset(kind for kind in alarm_types(client) if f"{kind}s" in lists)


def listed(page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields the alarms of a page of DescribeAlarms, whatever the names of its lists."""
    for found in page.values():
        if isinstance(found, list):
            yield from (alarm for alarm in found if isinstance(alarm, dict) and "AlarmName" in alarm)


class Pages:
    """The pages of one answer, `most` at most; `complete` once the last one was read, `fault` is AWS's code where it
    did not come."""

    def __init__(self, operation: Callable[..., Mapping[str, Any]], question: Mapping[str, Any], *, most: int) -> None:
        self._operation = operation
        self._question = question
        self._most = most
        self.complete = False
        self.fault = ""

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yields page by page. An error ends the answer."""
        token: Mapping[str, str] = {}
        for _ in range(self._most):
            try:
                page = self._operation(**self._question, **token)
            except failures() as error:
                self.fault = code(error)
                return
            yield page
            if not page.get("NextToken"):
                self.complete = True
                return
            token = {"NextToken": page["NextToken"]}
        self.fault = f"more than {self._most} pages"


def has_contributors(alarm: Mapping[str, Any]) -> bool:
    """Returns whether what DescribeAlarms has of an alarm is one on a query that groups."""
    definition = json.dumps([alarm.get("Metrics"), alarm.get("EvaluationCriteria")], default=str).upper()
    return "GROUP BY" in definition or "EvaluationCriteria" in alarm or "ScheduledQueryConfiguration" in alarm


def knows_contributors(client: Any) -> bool:
    """Returns whether this botocore can ask for contributors."""
    return "DescribeAlarmContributors" in client.meta.service_model.operation_names


def contributors(client: Any, name: str, *, most: int) -> Pages:
    """Returns the pages of the contributors of an alarm that fire."""
    return Pages(client.describe_alarm_contributors, {"AlarmName": name}, most=most)


def active_mutes(client: Any, name: str, *, most: int) -> Sequence[str] | None:
    """Returns the ARNs of the mute rules that hold an alarm back now, None where that is not known: CloudWatch did not
    answer, or this botocore knows no mute rules."""
    if "ListAlarmMuteRules" not in client.meta.service_model.operation_names:
        return None
    pages = Pages(client.list_alarm_mute_rules, {"AlarmName": name, "Statuses": ["ACTIVE"]}, most=most)
    found = [str(rule.get("AlarmMuteRuleArn", "")) for page in pages for rule in page.get("AlarmMuteRuleSummaries", ())]
    return found if pages.complete else None
