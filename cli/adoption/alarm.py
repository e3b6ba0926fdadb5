"""Holds one alarm as it was read, and makes the request that writes it back with every other field as it is. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PUTS: Mapping[str, str] = {
    "MetricAlarm": "PutMetricAlarm",
    "CompositeAlarm": "PutCompositeAlarm",
    "LogAlarm": "PutLogAlarm",
}
"""By type of alarm: the operation that replaces its whole configuration. An alarm on PromQL is a MetricAlarm."""
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
MOST_ACTIONS = 5
"""Actions of one state: PutMetricAlarm, PutCompositeAlarm and PutLogAlarm take no more."""
STATE_FIELDS = frozenset(
    {
        "AlarmArn",
        "AlarmConfigurationUpdatedTimestamp",
        "StateValue",
        "StateReason",
        "StateReasonData",
        "StateUpdatedTimestamp",
        "StateTransitionedTimestamp",
        "EvaluationState",
        "ActionsSuppressedBy",
        "ActionsSuppressedReason",
    }
)
"""What DescribeAlarms has of an alarm and nobody configures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAlarm:
    """An alarm with its tags. `kind` is its type as CloudWatch names it; `fields` are in DescribeAlarms' words, of a
    template as far as it states them. `place` is where a template has it, "" for an alarm of an account."""

    kind: str
    region: str
    fields: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @property
    def name(self) -> str:
        """Returns the alarm's name, of a template the place where its name is made at the deploy."""
        return str(self.fields.get("AlarmName") or self.place)

    @property
    def arn(self) -> str:
        """Returns its ARN, "" for one of a template."""
        return str(self.fields.get("AlarmArn", ""))

    @property
    def description(self) -> str:
        """Returns its description."""
        return str(self.fields.get("AlarmDescription") or "")

    @property
    def shown_kind(self) -> str:
        """Returns its kind in a word for people."""
        if "EvaluationCriteria" in self.fields:
            return "PromQL"
        return {"MetricAlarm": "metric", "CompositeAlarm": "composite", "LogAlarm": "log"}.get(self.kind, self.kind)

    def actions(self, state: str) -> tuple[str, ...]:
        """Returns the actions of one of ACTIONS; of a template that computes them all, what it says."""
        found = self.fields.get(state) or ()
        return (found,) if isinstance(found, str) else tuple(map(str, found))

    @property
    def every_action(self) -> tuple[str, ...]:
        """Returns the actions of all states, each once."""
        return tuple(dict.fromkeys(action for state in ACTIONS for action in self.actions(state)))

    @property
    def propagates(self) -> bool:
        """Returns whether its messages have its tags."""
        propagation = (self.fields.get("ActionConfiguration") or {}).get("AlarmTagsPropagation") or {}
        return propagation.get("Enabled") is True


def put_request(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the parameters that write an alarm as DescribeAlarms had it.

    What is empty is left out, which means the same: a metric alarm on an expression has `Dimensions: []`, and a request
    with both is refused. Of a log alarm its QueryARN is CloudWatch's own to make.
    """
    request = {
        name: value for name, value in fields.items() if name not in STATE_FIELDS and value not in (None, "", [])
    }
    query = request.get("ScheduledQueryConfiguration")
    if isinstance(query, Mapping):
        request["ScheduledQueryConfiguration"] = {name: value for name, value in query.items() if name != "QueryARN"}
    return request


def lost_fields(kind: str, fields: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> list[str]:
    """Returns the fields that a put would lose: those that the operation's request does not have. `known`: the names of
    the parameters, by kind."""
    return sorted(set(put_request(fields)) - set(known.get(kind, ())))


def fingerprint(fields: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    """Returns a hash of all that somebody may have changed: the configuration and the tags, but for AWS's own."""
    own = {key: value for key, value in tags.items() if not key.startswith("aws:")}
    text = json.dumps([put_request(fields), own], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
