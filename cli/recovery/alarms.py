"""Compares the alarms that CloudWatch describes with what the relay has open, and names those that can never help.

What CloudWatch did not answer is not known: it is taken neither for over nor for deleted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from alertrelay.alert import Channel
from alertrelay.dispatch.survey import AskAlarms
from alertrelay.nflog.group_state import Member
from alertrelay.sources import Envelope, parse
from alertrelay.state import Groups

Kind = Literal["missed", "over", "never helps", "resolves late"]
JUST_NOW = timedelta(minutes=10)
"""A change so young may be on its way still: SNS, a retry of Lambda, a group's wait."""
NO_DATA_FOR = timedelta(days=7)
"""An alarm without data for so long watches nothing."""
FOREVER = timedelta(days=3660)
FOUND = "Missed, found by reconciliation. "
_FAILING = ("EVALUATION_ERROR", "EVALUATION_FAILURE")


class AlarmsNotAnswered(Exception):
    """CloudWatch did not answer for all alarms, so nothing of it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An alarm on which the two do not agree, that never helps, or whose resolve comes late. `alarm` is its state key;
    `envelope` is what brings the relay up to date."""

    kind: Kind
    alarm: str
    why: str
    envelope: Envelope | None = None

    def as_json(self) -> dict[str, str]:
        """The documented object."""
        return {"kind": self.kind, "alarm": self.alarm, "why": self.why}


def states(ask: AskAlarms, state: str) -> dict[str, tuple[Envelope, datetime]]:
    """Reads all pages of alarms in a state (ALARM, OK), by state key. Raises AlarmsNotAnswered where one is missing."""
    found: dict[str, tuple[Envelope, datetime]] = {}
    token, first = "", True
    while token or first:
        page = ask(state, token)
        if page is None:
            raise AlarmsNotAnswered(state)
        for envelope, since in page.updates:
            for alert in parse(envelope, received_at=since).alerts:
                found[alert.state_key] = envelope, since
        token, first = page.token, False
    return found


def open_alarms(groups: Groups, channels: Iterable[Channel], *, now: datetime) -> dict[str, Member]:
    """Returns the alarms of CloudWatch that fire in some group, by state key. Raises StoreFailure."""
    due = groups.due(tuple(channels), before=now + FOREVER)
    members = (member for gid, _ in due for member in groups.members(gid))
    return {one.alert.state_key: one for one in members if one.status == "firing" and _of_cloudwatch(one)}


def missed(
    fires: Mapping[str, tuple[Envelope, datetime]], known: Collection[str], *, now: datetime
) -> Iterator[Difference]:
    """Yields what fires in CloudWatch and in no group."""
    for state_key, (envelope, since) in sorted(fires.items()):
        if state_key not in known and now - since > JUST_NOW:
            why = f"in ALARM since {since:%Y-%m-%d %H:%M} UTC, and in no group"
            yield Difference(kind="missed", alarm=state_key, why=why, envelope=_marked(envelope))


def over(
    known: Mapping[str, Member], ended: Collection[str], fine: Mapping[str, tuple[Envelope, datetime]], *, now: datetime
) -> Iterator[Difference]:
    """Yields what is open here and certainly over there: `ended` are the state keys that CloudWatch does not have in
    ALARM, `fine` what it has as OK. One that was deleted is resolved before its next repeat, and needs no message."""
    for state_key, member in sorted(known.items()):
        if state_key in ended and now - member.at > JUST_NOW:
            envelope = fine[state_key][0] if state_key in fine else None
            why = "OK in CloudWatch" if envelope else "deleted, or its contributor is no longer there"
            yield Difference(kind="over", alarm=state_key, why=why, envelope=envelope)


def never_help(alarms: Iterable[Mapping[str, Any]], *, now: datetime) -> Iterator[Difference]:
    """Yields the alarms of which nobody would hear, or hear the end, each with every reason. `alarms` are those that
    DescribeAlarms returned."""
    for alarm in sorted(alarms, key=lambda one: str(one["AlarmArn"])):
        late = alarm.get("ActionsEnabled", True) and alarm.get("AlarmActions") and not alarm.get("OKActions")
        reasons = list(_reasons(alarm, now))
        kind: Kind = "never helps" if reasons else "resolves late"
        if late:
            reasons.append("it has no action for OK, so its alert is resolved before its next repeat at the earliest")
        if reasons:
            yield Difference(kind=kind, alarm=alarm["AlarmArn"], why="; ".join(reasons))


def _reasons(alarm: Mapping[str, Any], now: datetime) -> Iterator[str]:
    since = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp") or now
    if alarm.get("StateValue") == "INSUFFICIENT_DATA" and now - since >= NO_DATA_FOR:
        yield f"no data since {since:%Y-%m-%d}: does its resource still exist?"
    if not alarm.get("ActionsEnabled", True):
        yield "its actions are disabled"
    elif not alarm.get("AlarmActions"):
        yield "it has no action for ALARM"
    if alarm.get("EvaluationState") in _FAILING:
        yield f"CloudWatch cannot evaluate it: {alarm['EvaluationState']}"


def _marked(envelope: Envelope) -> Envelope:
    """Returns the update with a reason that says how it was found."""
    message = json.loads(envelope.text)
    message["NewStateReason"] = FOUND + str(message.get("NewStateReason", ""))
    return replace(envelope, text=json.dumps(message))


def notification(envelope: Envelope, sent_at: str) -> str:
    """Returns an update as SNS would have brought it, for the queue of a forwarder."""
    body = {
        "Type": "Notification",
        "MessageId": envelope.message_id,
        "TopicArn": envelope.topic_arn,
        "Message": envelope.text,
        "Timestamp": sent_at,
    }
    return json.dumps(body)


def _of_cloudwatch(member: Member) -> bool:
    parts: Sequence[str] = member.alert.state_key.split(":")
    return len(parts) > 6 and parts[0] == "arn" and parts[2] == "cloudwatch" and parts[5] == "alarm"
