"""Which alarms CloudWatch says have ended, whatever the age of botocore."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore
import pytest
from alertrelay.aws.alarms.ended import ended_alarms
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

ARN = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:"
LOG_ALARMS = ("PutLogAlarm", "LogAlarm", "LogAlarms")
CONTRIBUTORS = ("DescribeAlarmContributors",)


def model_without(*names: str) -> ServiceModel:
    """The service model as an older botocore has it: without these operations, list members and enum values."""
    loader = Loader(extra_search_paths=[str(Path(botocore.__file__).parent / "data")])
    model = json.loads(json.dumps(loader.load_service_model("cloudwatch", "service-2")))
    for name in names:
        model["operations"].pop(name, None)
        model["shapes"]["DescribeAlarmsOutput"]["members"].pop(name, None)
    enum = model["shapes"]["AlarmType"]["enum"]
    model["shapes"]["AlarmType"]["enum"] = [value for value in enum if value not in names]
    return ServiceModel(model, "cloudwatch")


MODEL = model_without()
OLD = model_without(*LOG_ALARMS, *CONTRIBUTORS)


class CloudWatch:
    """CloudWatch behind a botocore of some model: `alarms` by name as (type, state), `contributors` of those that
    fire, by the alarm's name. One alarm a page with `paged`; `faults` by operation."""

    def __init__(
        self,
        model: ServiceModel = MODEL,
        *,
        alarms: Mapping[str, tuple[str, str]] | None = None,
        contributors: Mapping[str, Iterable[str]] | None = None,
        paged: bool = False,
        faults: Mapping[str, int] | None = None,
    ) -> None:
        self.meta = SimpleNamespace(service_model=model)
        self._lists = model.shape_for("DescribeAlarmsOutput").members  # type: ignore[attr-defined] # a structure
        self._alarms = dict(alarms or {})
        self._contributors = {name: list(found) for name, found in (contributors or {}).items()}
        self._page = 1 if paged else 100
        self._faults = dict(faults or {})
        self.asked: list[tuple[str, Any]] = []

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        names, types = asked["AlarmNames"], asked["AlarmTypes"]
        assert len(names) <= 100 >= asked["MaxRecords"]
        self._note("describe_alarms", names)
        found = [name for name in names if name in self._alarms and self._alarms[name][0] in types]
        return self._paged(found, asked, self._lists_of)

    def _lists_of(self, names: list[str]) -> dict[str, Any]:
        answer: dict[str, list[Any]] = {}
        for name in names:
            kind, state = self._alarms[name]
            answer.setdefault(f"{kind}s", []).append({"AlarmName": name, "StateValue": state})
        return {name: found for name, found in answer.items() if name in self._lists}  # botocore drops what is unknown

    def describe_alarm_contributors(self, **asked: Any) -> dict[str, Any]:
        self._note("describe_alarm_contributors", asked["AlarmName"])
        found = self._contributors.get(asked["AlarmName"], [])
        return self._paged(found, asked, lambda some: {"AlarmContributors": [{"ContributorId": one} for one in some]})

    def _paged(self, found: list[str], asked: Mapping[str, Any], shown: Any) -> dict[str, Any]:
        start = int(asked.get("NextToken", 0))
        end = start + self._page
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {**shown(found[start:end]), **more}

    def _note(self, operation: str, what: object) -> None:
        self.asked.append((operation, what))
        calls = sum(name == operation for name, _ in self.asked)
        if self._faults.get(operation) == calls:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, operation)


def ended(cloudwatch: CloudWatch, *keys: str, kind: str = "", log: list[str] | None = None) -> set[str]:
    """The names, with their contributor, of what has certainly ended."""
    said: list[str] = [] if log is None else log
    ask = ended_alarms(
        lambda: cloudwatch,  # type: ignore[arg-type,return-value] # the two calls that are made
        account="111122223333",
        region="eu-central-1",
        log=lambda event, **fields: said.append(f"{event}: {fields['failure']}"),
    )
    return {key.removeprefix(ARN) for key in ask({key if key.startswith("arn") else ARN + key: kind for key in keys})}


@pytest.mark.parametrize("model", [MODEL, OLD], ids=["this botocore", "one without log alarms"])
def test_a_log_alarm_that_fires_has_not_ended(model: ServiceModel) -> None:
    assert ended(CloudWatch(model, alarms={"errors": ("LogAlarm", "ALARM")}), "errors") == set()


def test_a_log_alarm_that_is_ok_has_ended() -> None:
    assert ended(CloudWatch(alarms={"errors": ("LogAlarm", "OK")}), "errors") == {"errors"}


@pytest.mark.parametrize("model", [MODEL, OLD], ids=["this botocore", "one without log alarms"])
@pytest.mark.parametrize("kind", ["MetricAlarm", "CompositeAlarm"])
def test_a_deleted_metric_or_composite_alarm_has_ended(model: ServiceModel, kind: str) -> None:
    assert ended(CloudWatch(model, alarms={"b": (kind, "ALARM")}), "a", "b", kind=kind) == {"a"}


def test_an_alarm_of_any_type_that_is_deleted_has_ended_where_all_types_are_known() -> None:
    assert ended(CloudWatch(), "a") == {"a"}


def test_an_alarm_of_a_type_not_known_to_botocore_counts_as_firing_and_is_logged() -> None:
    log: list[str] = []
    assert ended(CloudWatch(OLD), "a", log=log) == set()
    assert log == ["alarms_not_verified: no certain answer"]


def test_an_answer_of_several_pages_is_read_whole() -> None:
    alarms = {"a": ("MetricAlarm", "OK"), "b": ("MetricAlarm", "ALARM"), "c": ("LogAlarm", "ALARM")}
    assert ended(CloudWatch(alarms=alarms, paged=True), "a", "b", "c", "d") == {"a", "d"}


def test_an_incomplete_answer_shows_no_alarm_as_deleted() -> None:
    alarms = {"a": ("MetricAlarm", "OK"), "b": ("MetricAlarm", "ALARM")}
    throttled = CloudWatch(alarms=alarms, paged=True, faults={"describe_alarms": 2})
    log: list[str] = []
    assert ended(throttled, "a", "b", "c", kind="MetricAlarm", log=log) == {"a"}
    assert log[0] == "alarms_not_verified: Throttling"


def test_alarms_without_data_and_of_other_accounts_and_services_count_as_firing() -> None:
    alarms = {"a": ("MetricAlarm", "INSUFFICIENT_DATA")}
    elsewhere = [
        "arn:aws:cloudwatch:us-east-1:111122223333:alarm:x",
        "arn:aws:cloudwatch:eu-central-1:444455556666:alarm:x",
        "arn:aws:rds:eu-central-1:111122223333:db:x",
        "arn:aws:cloudwatch",
    ]
    assert ended(CloudWatch(alarms=alarms), "a", *elsewhere) == set()


def test_a_contributor_has_ended_once_it_is_not_listed_any_more() -> None:
    cloudwatch = CloudWatch(
        alarms={"hosts": ("LogAlarm", "ALARM")}, contributors={"hosts": ["a1", "b2", "c3"]}, paged=True
    )
    assert ended(cloudwatch, "hosts#a1", "hosts#c3", "hosts#d4") == {"hosts#d4"}


def test_all_contributors_of_a_deleted_alarm_have_ended() -> None:
    assert ended(CloudWatch(), "hosts#a1") == {"hosts#a1"}


def test_contributors_count_as_firing_where_botocore_cannot_ask_for_them() -> None:
    cloudwatch = CloudWatch(model_without(*CONTRIBUTORS), alarms={"hosts": ("MetricAlarm", "ALARM")})
    assert ended(cloudwatch, "hosts#a1") == set()


def test_a_throttled_question_for_contributors_is_the_last_and_ends_none() -> None:
    alarms = dict.fromkeys("ab", ("MetricAlarm", "ALARM"))
    cloudwatch = CloudWatch(alarms=alarms, faults={"describe_alarm_contributors": 1})
    assert ended(cloudwatch, "a#1", "b#1") == set()
    assert [what for operation, what in cloudwatch.asked if operation != "describe_alarms"] == ["a"]


def test_an_alarm_whose_name_holds_a_hash_is_asked_for_by_its_whole_name() -> None:
    alarms = {"cpu #1": ("MetricAlarm", "ALARM"), "cpu #2": ("MetricAlarm", "OK")}
    assert ended(CloudWatch(alarms=alarms), "cpu #1", "cpu #2", "cpu #3") == {"cpu #2", "cpu #3"}


def test_more_than_a_hundred_names_are_asked_in_several_requests() -> None:
    names = [f"a{number}#1" for number in range(60)]
    assert len(ended(CloudWatch(), *names)) == 60
