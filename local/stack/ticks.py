"""The minutes at which a tick finds something: EventBridge's rule is played for those only, not through idle hours.

A group without news is flushed every few minutes for as long as it fires; once such a flush had nothing to notify, only
its repeats are played.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.aws.state import headers
from alertrelay.config.model import Config
from alertrelay.dispatch.due import TICK_AHEAD
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.group_state import GroupHeader
from alertrelay.policy.timing import last_tick

from local.stack.emulator import Emulator
from local.stack.functions import function_of

MINUTE = timedelta(minutes=1)
EACH_MINUTE = ("cron(* * * * ? *)", "rate(1 minute)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def armed(emulator: Emulator, table: str) -> dict[str, GroupHeader]:
    """The groups that are due some time, by id: what the index of the table holds."""
    found = emulator.items_with(table, "next_due")
    return {item["pk"]["S"].removeprefix("H#"): headers.header(item) for item in found if "shard" in item}


def inputs(emulator: Emulator) -> dict[str, Any]:
    """Returns the input that the stack's rules give to a function each minute, by the function's name."""
    events = emulator.client("events")
    found = {}
    for rule in events.list_rules()["Rules"]:
        if rule.get("ScheduleExpression") in EACH_MINUTE and rule["State"] == "ENABLED":
            for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                if "Input" in target:  # the intake's tick is no forwarder's
                    found[function_of(target["Arn"])] = json.loads(target["Input"])
    return found


def next_tick(dues: Iterable[datetime], *, after: datetime) -> datetime | None:
    """The first whole minute, not before `after`, at which a tick finds one of them."""
    first = min(dues, default=None)
    if first is None:
        return None
    at = max(after, first - TICK_AHEAD)
    return at + (_EPOCH - at) % MINUTE


def collects(header: GroupHeader) -> bool:
    """Whether it is the digest of a storm: what it has still to announce waits through flushes that bring nothing."""
    return header.identity.route_id == DIGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """A stretch of time in which nothing arrives: `until` is when the next file comes, None after the last one."""

    config: Config
    repeats_until: datetime
    until: datetime | None = None

    def next_look(self, header: GroupHeader) -> datetime:
        """Returns the next flush of a group whose last one had nothing to notify: that of its repeat, and the
        last time before something arrives, so that its ticks stay what they are."""
        due = header.schedule.next_due
        assert due is not None
        if header.progress.failures or collects(header) or self.config.time_intervals:
            return due
        route = self.config.route_of(header.identity.route_id) or self.config.route
        looks = []
        if header.progress.notified_at:
            repeat = max(due, header.progress.notified_at + timedelta(seconds=route.repeat_interval))
            looks += [repeat] if repeat <= self.repeats_until else []
        if self.until:
            looks.append(max(due, last_tick(route.group_interval, due=due, now=self.until)))
        return min(looks, default=due)


def minute_of(at: datetime) -> datetime:
    """The whole minute that has begun."""
    return at.replace(second=0, microsecond=0)
