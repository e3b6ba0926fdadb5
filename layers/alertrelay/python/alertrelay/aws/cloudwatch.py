"""Asks CloudWatch whether alarms still fire.

An alarm is one of three: firing, ended (OK, or deleted), or not known, which counts as firing. "Not returned" means
deleted only in a complete answer, and only for an alarm of a kind that was asked for: botocore comes with the Lambda
runtime, and an old one knows no log alarms.
Source: DescribeAlarms and DescribeAlarmContributors of the CloudWatch API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alertrelay.aws.errors import code, failures

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

State = Literal["firing", "ended", "unknown"]
Log = Callable[..., None]
NAMES = 100
"""Alarms a request of DescribeAlarms."""
PAGES = 10
"""Pages of one answer that are read; one that is longer is incomplete."""
CONTRIBUTORS_OF = 10
"""Alarms a call whose contributors are asked for, each with a request of its own; those of the rest are not known."""
EVERY_TYPE = frozenset({"MetricAlarm", "CompositeAlarm", "LogAlarm"})
"""All types of alarm that there are. A model that lacks one cannot see it."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The states of the alarms that were found, by name, and for which types "not found" means deleted."""

    states: Mapping[str, str]
    asked: frozenset[str]


def ended_alarms(
    client: Callable[[], CloudWatchClient], *, account: str, region: str, log: Log
) -> Callable[[Mapping[str, str]], frozenset[str]]:
    """Return the port `ResolvedAlarms` of notify/stale_alarms.py. Alarms of other accounts and regions cannot be asked
    about, and are taken to fire; so is every alarm of which CloudWatch gives no certain answer."""

    def ended(alarms: Mapping[str, str]) -> frozenset[str]:
        ours = [key for key in alarms if key.split(":", _COLONS)[2:_COLONS] == ["cloudwatch", region, account, "alarm"]]
        if not ours:
            return frozenset()
        states = _states(client(), {key: alarms[key] for key in ours}, log)
        unknown = sum(state == "unknown" for state in states.values())
        if unknown:
            log("alarms_not_verified", failure="no certain answer", alarms=unknown)
        return frozenset(key for key, state in states.items() if state == "ended")

    return ended


_COLONS = 6
"""Of arn:aws:cloudwatch:region:account:alarm:name."""


def _states(client: Any, alarms: Mapping[str, str], log: Log) -> dict[str, State]:
    """By state_key. What follows a `#` is a contributor, or a part of the alarm's own name, which may hold one."""
    names = {key: _names(key) for key in alarms}
    answer = _describe(client, sorted({name for each in names.values() for name in each}), log)
    states: dict[str, State] = {}
    contributors: dict[str, list[str]] = {}
    for key, (whole, alarm) in names.items():
        found = next((name for name in (whole, alarm) if name in answer.states), None)
        if found is None:
            states[key] = "ended" if _would_be_found(alarms[key], answer) else "unknown"
        elif answer.states[found] == "OK":
            states[key] = "ended"
        elif found == whole:
            states[key] = "firing"
        else:
            contributors.setdefault(alarm, []).append(key)
    return states | _of_contributors(client, contributors, log)


def _names(state_key: str) -> tuple[str, str]:
    """Returns the name if the alarm is not a contributor's, and the name if it is."""
    name = state_key.split(":", _COLONS)[_COLONS]
    return name, name.rpartition("#")[0] or name


def _would_be_found(kind: str, answer: _Answer) -> bool:
    """Returns whether the answer would hold the alarm if it existed."""
    return kind in answer.asked if kind else answer.asked >= EVERY_TYPE


def _describe(client: Any, names: Sequence[str], log: Log) -> _Answer:
    """DescribeAlarms for every type that this botocore's model knows. Types are named always: without, the service
    looks for metric alarms alone."""
    model = client.meta.service_model
    types = list(model.shape_for("AlarmType").enum)
    shape = model.operation_model("DescribeAlarms").output_shape
    lists = [name for name, member in shape.members.items() if member.type_name == "list"]
    states: dict[str, str] = {}
    complete = True
    for start in range(0, len(names), NAMES):
        question = {"AlarmNames": names[start : start + NAMES], "AlarmTypes": types, "MaxRecords": NAMES}
        pages = _Pages(client.describe_alarms, question)
        for page in pages.read(log):
            states |= {alarm["AlarmName"]: alarm["StateValue"] for name in lists for alarm in page.get(name, ())}
        complete = complete and pages.complete
    # A type whose list this model has no name for would be asked for and never seen.
    seen = frozenset(kind for kind in types if f"{kind}s" in lists)
    return _Answer(states=states, asked=seen if complete else frozenset())


def _of_contributors(client: Any, alarms: Mapping[str, Sequence[str]], log: Log) -> dict[str, State]:
    """Returns the contributors of alarms that fire: DescribeAlarmContributors lists those that do."""
    states: dict[str, State] = {key: "unknown" for keys in alarms.values() for key in keys}
    if "DescribeAlarmContributors" not in client.meta.service_model.operation_names:
        return states
    for alarm in sorted(alarms)[:CONTRIBUTORS_OF]:
        pages = _Pages(client.describe_alarm_contributors, {"AlarmName": alarm})
        firing = {each["ContributorId"] for page in pages.read(log) for each in page.get("AlarmContributors", ())}
        if not pages.complete:
            break  # throttled or failing: the next repeat asks again
        states |= {key: "firing" if key.rpartition("#")[2] in firing else "ended" for key in alarms[alarm]}
    return states


class _Pages:
    """The pages of one answer; `complete` once the last one was read."""

    def __init__(self, operation: Callable[..., Mapping[str, Any]], question: Mapping[str, Any]) -> None:
        self._operation = operation
        self._question = question
        self.complete = False

    def read(self, log: Log) -> Iterator[Mapping[str, Any]]:
        """Yields page by page. An error ends the answer, and is logged."""
        token: Mapping[str, str] = {}
        for _ in range(PAGES):
            try:
                page = self._operation(**self._question, **token)
            except failures() as error:
                log("alarms_not_verified", failure=code(error))
                return
            yield page
            if not page.get("NextToken"):
                self.complete = True
                return
            token = {"NextToken": page["NextToken"]}
