"""CloudWatch's alarms, their tags and history in memory. botocore's own model checks each request and each answer, so
that what the service would refuse or does not have fails here too. (moto keeps no composite or log alarms by their own
operations, forgets ActionConfiguration, and gives every alarm on one page.)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from cli.adoption.alarm import PUTS

REGION, ACCOUNT = "eu-west-1", "123456789012"
TOPICS = f"arn:aws:sns:{REGION}:{ACCOUNT}:alertrelay-prod-"
_OF_AWS = ("AlarmArn", "StateValue", "StateReason", "StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp")
_CHECKED = 3
"""Answers of each operation that are checked: of 5,000 alarms the last pages are as the first ones."""
CHANGED_AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
_SESSION = botocore.session.get_session()
MODELS = {
    name: _SESSION.create_client(name, region_name=REGION, aws_access_key_id="FAKE", aws_secret_access_key="none").meta
    for name in ("cloudwatch", "resourcegroupstaggingapi", "sns")
}


def shaped(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an alarm of an export as botocore gives it: times are times."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("Timestamp") and isinstance(value, str) else value
        for name, value in fields.items()
        if name not in ("Tags", "Habit")
    }


class Account:
    """One region. `faults`: error codes by operation and number of the call, 0 for all. `calls` counts them."""

    def __init__(
        self,
        alarms: Iterable[Mapping[str, Any]] = (),
        *,
        history: Iterable[Mapping[str, Any]] = (),
        subscriptions: Iterable[Mapping[str, Any]] = (),
        page: int = 100,
    ) -> None:
        self.alarms: dict[str, tuple[str, dict[str, Any]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.history = list(history)
        self.subscriptions = list(subscriptions)
        self.page = page
        self.faults: dict[tuple[str, int], str] = {}
        self.calls: Counter[str] = Counter()
        for alarm in alarms:
            kind = "CompositeAlarm" if "AlarmRule" in alarm else "LogAlarm" if "QueryResultsToAlarm" in alarm else ""
            self.alarms[alarm["AlarmName"]] = (kind or "MetricAlarm", shaped(alarm))
            self.tags[alarm["AlarmArn"]] = {tag["Key"]: tag["Value"] for tag in alarm.get("Tags", ())}

    def client(self, service: str) -> Any:
        """Returns the client of a service."""
        if service == "cloudformation":
            return _Stack()
        return _Client(self, service)

    def fields(self, name: str) -> dict[str, Any]:
        """Returns an alarm as it is now."""
        return self.alarms[name][1]

    def answer(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the answer of an operation."""
        self.calls[operation] += 1
        if code := self.faults.get((operation, self.calls[operation])) or self.faults.get((operation, 0)):
            raise ClientError({"Error": {"Code": code, "Message": "made"}}, operation)
        if operation.startswith("Put"):
            return self._put(operation, asked)
        found: dict[str, Any] = getattr(self, f"_{operation}")(asked)
        return found

    def _page(self, items: list[Any], asked: Mapping[str, Any], token: str) -> tuple[list[Any], dict[str, str]]:
        start = int(asked.get(token, 0))
        end = start + min(self.page, asked.get("MaxRecords", asked.get("ResourcesPerPage", 100)))
        return items[start:end], {token: str(end)} if end < len(items) else {}

    def _DescribeAlarms(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 - by the operation
        kinds = asked.get("AlarmTypes", ["MetricAlarm"])
        names = asked.get("AlarmNames")
        listed = [(kind, fields) for kind, fields in self.alarms.values() if kind in kinds]
        listed = [one for one in listed if names is None or one[1]["AlarmName"] in names]
        page, token = self._page(listed, asked, "NextToken")
        return {f"{kind}s": [fields for of, fields in page if of == kind] for kind in PUTS} | token

    def _GetResources(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        tagged = [(arn, tags) for arn, tags in self.tags.items() if tags]
        page, token = self._page(tagged, asked, "PaginationToken")
        return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": _tags(of)} for arn, of in page], **token}

    def _ListTagsForResource(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Tags": _tags(self.tags.get(asked["ResourceARN"], {}))}

    def _TagResource(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.tags.setdefault(asked["ResourceARN"], {}).update({tag["Key"]: tag["Value"] for tag in asked["Tags"]})
        return {}

    def _UntagResource(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        for key in asked["TagKeys"]:
            self.tags[asked["ResourceARN"]].pop(key, None)
        return {}

    def _ListSubscriptions(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        page, token = self._page(self.subscriptions, asked, "NextToken")
        return {"Subscriptions": page, **token}

    def _DescribeAlarmHistory(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        (kind,) = asked["AlarmTypes"]  # without the name of an alarm CloudWatch answers for one type alone
        found = [
            shaped(item)
            for item in self.history
            if item["AlarmType"] == kind and item["HistoryItemType"] == asked["HistoryItemType"]
        ]
        found = [item for item in found if asked["StartDate"] <= item["Timestamp"] <= asked["EndDate"]]
        page, token = self._page(found, asked, "NextToken")
        return {"AlarmHistoryItems": page, **token}

    def _put(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Replaces the whole configuration, as the service does; the tags of a known alarm stay."""
        kind, before = self.alarms[asked["AlarmName"]]
        assert operation == PUTS[kind]
        own = {name: before[name] for name in _OF_AWS if name in before} | {
            "AlarmConfigurationUpdatedTimestamp": CHANGED_AT
        }
        self.alarms[asked["AlarmName"]] = (kind, {**asked, **own})
        return {}


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def operations() -> set[str]:
    """Returns what an account here answers: all that the commands ask, since anything else fails."""
    return {name.removeprefix("_") for name in vars(Account) if name[:2].strip("_").isupper()} | set(PUTS.values())


class _Client:
    def __init__(self, account: Account, service: str) -> None:
        self.meta = MODELS[service]
        self._account = account

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        operation = self.meta.method_to_api_mapping[method]
        model = self.meta.service_model.operation_model(operation)

        def call(**asked: Any) -> dict[str, Any]:
            _check(asked, model.input_shape)
            answer = self._account.answer(operation, asked)
            if model.output_shape is not None and self._account.calls[operation] <= _CHECKED:
                _check(answer, model.output_shape)
            return answer

        return call


def _check(value: Mapping[str, Any], shape: Any) -> None:
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()
    assert set(value) <= set(shape.members), "the validator takes unknown names"


class _Stack:
    """The relay's stack."""

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        outputs = [{"OutputKey": "TopicCritical", "OutputValue": f"{TOPICS}critical"}]
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}]}
