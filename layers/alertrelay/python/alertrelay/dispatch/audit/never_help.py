"""Names the alarms of which nobody would hear, or whose alert would not be resolved."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from alertrelay.dispatch.audit.reconcile import Difference, Kind

NO_DATA_FOR = timedelta(days=7)
"""An alarm without data for so long watches nothing."""
_FAILING = ("EVALUATION_ERROR", "EVALUATION_FAILURE")
_COLONS = 6
_PART = re.compile(r"\(\s{0,9}\"?([^\"()]{1,2000}?)\"?\s{0,9}\)")
"""An alarm in the rule of a composite one, by name or by ARN."""


def of_environment(alarms: Iterable[Mapping[str, Any]], topics: str, environment: str) -> list[Mapping[str, Any]]:
    """Returns the alarms that notify a topic of the environment, or are named as those that it deploys."""
    return [
        one
        for one in alarms
        if str(one.get("AlarmName", "")).startswith(f"{environment}-") or any(topics in to for to in _actions(one))
    ]


def never_help(
    alarms: Iterable[Mapping[str, Any]],
    topics: Collection[str],
    *,
    now: datetime,
    deleted: Callable[[Mapping[str, Any]], str] = lambda _alarm: "",
) -> Iterator[Difference]:
    """Yields the alarms that can never help or resolve late, each with every reason. `alarms` are those that
    DescribeAlarms returned; `topics` are the ARNs of the environment's topics, empty where they are not known. A part
    of a composite alarm among them needs no action of its own. `deleted` names the resource of an alarm that does not
    exist any more, "" where that is not known: it is asked of alarms without data alone."""
    every = sorted(alarms, key=lambda one: str(one["AlarmArn"]))
    parts = frozenset(part.rpartition(":")[2] for one in every for part in _PART.findall(str(one.get("AlarmRule", ""))))
    for alarm in every:
        late = alarm.get("ActionsEnabled", True) and alarm.get("AlarmActions") and not alarm.get("OKActions")
        reasons = list(_reasons(alarm, topics, now, deleted, part=alarm.get("AlarmName") in parts))
        kind: Kind = "never helps" if reasons else "resolves late"
        if late:
            reasons.append("it has no action for OK, so its alert is resolved by the next audit, or before its repeat")
        if reasons:
            yield Difference(kind=kind, alarm=alarm["AlarmArn"], why="; ".join(reasons))


def _reasons(
    alarm: Mapping[str, Any],
    topics: Collection[str],
    now: datetime,
    deleted: Callable[[Mapping[str, Any]], str],
    *,
    part: bool,
) -> Iterator[str]:
    since = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp") or now
    if alarm.get("StateValue") == "INSUFFICIENT_DATA" and now - since >= NO_DATA_FOR:
        resource = deleted(alarm)
        why = f"its {resource} does not exist any more" if resource else "does its resource still exist?"
        yield f"no data since {since:%Y-%m-%d}: {why}"
    if not alarm.get("ActionsEnabled", True):
        yield "its actions are disabled"
    elif not part and not alarm.get("AlarmActions"):
        yield "it has no action for ALARM"
    yield from _unusable(alarm, topics)
    if alarm.get("EvaluationState") in _FAILING:
        yield f"CloudWatch cannot evaluate it: {alarm['EvaluationState']}"


def _unusable(alarm: Mapping[str, Any], topics: Collection[str]) -> Iterator[str]:
    """Yields the topics that CloudWatch cannot use: of another region, or named as ours and not there. (An alarm
    publishes only in its own region.)"""
    region = str(alarm["AlarmArn"]).split(":", _COLONS)[3]
    for to in dict.fromkeys(_actions(alarm)):
        parts = to.split(":")
        if len(parts) != _COLONS or parts[2] != "sns":
            continue
        if parts[3] != region:
            yield f"its topic {parts[5]} is in {parts[3]}, and the alarm in {region}: CloudWatch cannot use it"
        elif topics and to not in topics and _among_ours(to, topics):
            yield f"its topic {parts[5]} does not exist"


def _among_ours(topic: str, topics: Collection[str]) -> bool:
    """Returns whether a topic has the prefix that all of ours have: alertrelay-ENVIRONMENT-."""
    ours = next(iter(topics))
    head = ours.split(":")[-1].split("-")[:2]
    return topic.rpartition(":")[0] == ours.rpartition(":")[0] and topic.split(":")[-1].split("-")[:2] == head


def _actions(alarm: Mapping[str, Any]) -> list[str]:
    return [*alarm.get("AlarmActions", ()), *alarm.get("OKActions", ())]
