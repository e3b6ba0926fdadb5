"""The ports of an audit: the alarms of one account as CloudWatch has them, and what became of the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alertrelay.sources import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAlarm:
    """An alarm as CloudWatch has it. `updates` are what SNS would have brought of it, each with since when it is so:
    one for each contributor that fires; none where it notifies no topic of this environment, or never changed.

    `contributors` are the ids of those that fire, None where CloudWatch did not say; `described` is what DescribeAlarms
    returned.
    """

    state: str
    updates: Sequence[tuple[Envelope, datetime]]
    contributors: frozenset[str] | None
    described: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All alarms of one account and region, by ARN, asked for at `asked_at`. `types` are the types of alarm that are
    among them where they exist, `every_type` says whether there is no other: of a type that was not asked for nothing
    is known. `unread` says what did not come, by AWS's own code; then nothing of the account is known."""

    asked_at: datetime
    alarms: Mapping[str, SeenAlarm] = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    every_type: bool = False
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedAccount:
    """An account that is asked. `prefix` is how the ARNs of its alarms begin; `mutes` returns the mute rules that hold
    an alarm back now, by its name, None where that is not known; `deleted` names the resource of an alarm that does not
    exist any more, by what DescribeAlarms returned, "" where that is not known."""

    account: str
    prefix: str
    read: Callable[[], Inventory]
    mutes: Callable[[str], Sequence[str] | None]
    deleted: Callable[[Mapping[str, Any]], str] = lambda _alarm: ""
