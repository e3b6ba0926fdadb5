"""Compares the alarms of an account with the alerts that the relay has open.

What CloudWatch did not answer, or could not be asked, is not known: it is taken neither for missed nor for over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from alertrelay.alert import rfc3339
from alertrelay.dispatch.audit.ports import AuditedAccount, Inventory, SeenAlarm
from alertrelay.nflog.group_state import Member
from alertrelay.sources import Envelope, parse

Kind = Literal["missed", "over", "never helps", "resolves late"]
JUST_NOW = timedelta(minutes=10)
"""A change so young may be on its way still: SNS, a retry of Lambda, a group's wait."""
CLOCKS_DIFFER = timedelta(minutes=1)
FOUND = "Missed, found by reconciliation. "
MUTES_UNKNOWN = "Whether a mute rule of CloudWatch holds it back is not known. "
OVER = "No OK had come, found by reconciliation: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An alarm on which the two do not agree, that never helps, or whose resolve comes late. `alarm` is its state key;
    `envelope` is what brings the relay up to date."""

    kind: Kind
    alarm: str
    why: str
    envelope: Envelope | None = None

    def as_json(self) -> dict[str, str]:
        """Returns the documented object."""
        return {"kind": self.kind, "alarm": self.alarm, "why": self.why}


def differences(
    account: AuditedAccount,
    found: Inventory,
    opened: Mapping[str, Member],
    types: Callable[[Sequence[Member]], Mapping[str, str]],
    newest: Callable[[str], str] = lambda _: "",
) -> Iterator[Difference]:
    """Yields what was missed, and what is over, of an account that was read whole. `opened` are the alerts that are
    open here, by state key, of whichever source; `types` returns the types of their alarms, "" where it is not known;
    `newest` the order of the newest update that is known of a state key, "" for none.
    """
    now = found.asked_at
    yield from _missed(account, found, opened, newest)
    own = [m for key, m in sorted(opened.items()) if key.startswith(account.prefix) and now - m.at > JUST_NOW]
    kinds = types([m for m in own if _alarm_of(m.alert.state_key, found) is None])
    for member in own:
        if why := _over(member.alert.state_key, found, kinds):
            envelope = _ok_of(member.alert.state_key, found) or _ending(member, account, why, now)
            yield Difference(kind="over", alarm=member.alert.state_key, why=why, envelope=envelope)


def _missed(
    account: AuditedAccount, found: Inventory, opened: Mapping[str, Member], newest: Callable[[str], str]
) -> Iterator[Difference]:
    now = found.asked_at
    for arn, alarm in sorted(found.alarms.items()):
        if alarm.state != "ALARM" or alarm.described.get("ActionsSuppressedBy"):
            continue
        if not alarm.described.get("ActionsEnabled", True):
            continue
        missing = [
            (state_key, envelope, since)
            for envelope, since in alarm.updates
            for state_key in _state_keys(envelope, since)
            if state_key not in opened and now - since > JUST_NOW
        ]
        mutes = account.mutes(str(alarm.described["AlarmName"])) if missing else []
        if mutes:
            continue  # CloudWatch notifies once the rule's window is over
        said = FOUND + (MUTES_UNKNOWN if mutes is None else "")
        for state_key, envelope, since in missing:
            why = f"in ALARM since {since:%Y-%m-%d %H:%M} UTC, and in no group"
            # A resolve is known that is newer than this firing, and CloudWatch has none: it was not of this alarm.
            at = now - CLOCKS_DIFFER if newest(state_key) > _order(since) else None
            yield Difference(kind="missed", alarm=state_key or arn, why=why, envelope=_marked(envelope, said, at))


def _over(state_key: str, found: Inventory, kinds: Mapping[str, str]) -> str:
    """Returns why an open alert is certainly over, "" where it fires or is not known."""
    alarm = _alarm_of(state_key, found)
    if alarm is None:
        kind = kinds.get(state_key, "")
        return "the alarm was deleted" if _would_be_found(kind, found) else ""
    if alarm.state == "OK":
        since = _since(alarm)
        return "" if since and found.asked_at - since <= JUST_NOW else "OK in CloudWatch"
    if state_key in found.alarms or alarm.state != "ALARM" or alarm.contributors is None:
        return ""
    fires = state_key.rpartition("#")[2] in alarm.contributors
    return "" if fires else "its contributor is no longer there"


def _would_be_found(kind: str, found: Inventory) -> bool:
    return kind in found.types if kind else found.every_type


def _alarm_of(state_key: str, found: Inventory) -> SeenAlarm | None:
    """What follows a `#` is a contributor, or a part of the alarm's own name, which may hold one."""
    return found.alarms.get(state_key) or found.alarms.get(state_key.rpartition("#")[0])


def _state_keys(envelope: Envelope, since: datetime) -> list[str]:
    return [alert.state_key for alert in parse(envelope, received_at=since).alerts]


def _ok_of(state_key: str, found: Inventory) -> Envelope | None:
    alarm = found.alarms.get(state_key)
    return next((envelope for envelope, _ in alarm.updates), None) if alarm and alarm.state == "OK" else None


def _ending(member: Member, account: AuditedAccount, why: str, now: datetime) -> Envelope:
    """Returns the OK that did not come: of an alarm that is no longer there, or of one contributor, whose whole state
    key is taken for an ARN. It is a little older than the question, so that what fires after that is newer for any
    clock, and never older than the alert."""
    state_key = member.alert.state_key
    fired = datetime.fromtimestamp(int(member.order_key[:20]) / 1e6, UTC)
    at = rfc3339(max(fired + timedelta(milliseconds=1), now - CLOCKS_DIFFER))
    message = {
        "AlarmName": state_key.removeprefix(account.prefix),
        "AlarmArn": state_key,
        "AWSAccountId": account.account,
        "NewStateValue": "OK",
        "NewStateReason": f"{OVER}{why}.",
        "StateChangeTime": at,
    }
    return Envelope(text=json.dumps(message), message_id=f"{state_key}@{at}", sent_at=now)


def _since(alarm: SeenAlarm) -> datetime | None:
    return alarm.described.get("StateTransitionedTimestamp") or alarm.described.get("StateUpdatedTimestamp")


def _order(at: datetime) -> str:
    """Returns the beginning of the order of an update: its clock in microseconds."""
    return f"{int(at.timestamp() * 1e6):020d}"


def _marked(envelope: Envelope, said: str, at: datetime | None) -> Envelope:
    """Returns the update with a reason that says how it was found, and dated `at` where what is known is newer."""
    message = json.loads(envelope.text)
    if at is not None:
        message["StateChangeTime"] = rfc3339(at)
    message["NewStateReason"] = said + str(message.get("NewStateReason", ""))
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
