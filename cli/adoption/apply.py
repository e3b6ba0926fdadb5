"""Applies a plan: each alarm is read again, compared with what the plan was made of, and written back with the change.

An alarm that changed since is refused, and one that AWS does not take is named; the others go on. What was done already
is found done, so a plan that was cut off is applied again. The undo of an alarm is on disk before the alarm is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from alertrelay.aws.errors import code

from cli.adoption.account import put_parameters, read_alarm
from cli.adoption.alarm import ACTIONS, ReadAlarm, fingerprint, lost_fields, put_request
from cli.adoption.plan_file import PlannedAlarm
from cli.adoption.propose import Changed
from cli.cloud import UNREADABLE, Client, CloudNotLoggedIn, CloudNotReached, CloudUnreadable, unreadable

WRITES: Mapping[str, str] = {
    "MetricAlarm": "put_metric_alarm",
    "CompositeAlarm": "put_composite_alarm",
    "LogAlarm": "put_log_alarm",
}
Result = Literal["changed", "done already", "refused", "failed"]
RESULTS: tuple[Result, ...] = ("changed", "done already", "refused", "failed")
UNREACHED = 3
"""After so many alarms in a row without a connection no other is tried: each takes all the tries of a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of one alarm of a plan; `why` says it of one that was not changed. `fires`: it is in ALARM, and a put
    changes no state, so that its new actions have not run. `reached`: AWS was reached."""

    alarm: PlannedAlarm
    result: Result
    why: str = ""
    fires: bool = False
    reached: bool = True

    def as_json(self) -> dict[str, Any]:
        """Returns plain JSON."""
        return {"alarm": self.alarm.name, "arn": self.alarm.arn, "result": self.result, "why": self.why}


def apply(
    planned: Iterable[PlannedAlarm], client_of: Callable[[str], Client], keep_undo: Callable[[PlannedAlarm], None]
) -> Iterator[Applied]:
    """Yields the result of each alarm once it is there, and no more once AWS was not reached for several in a row.
    `client_of` gives the clients of a region; `keep_undo` writes what takes an alarm back, and returns once that is
    durable. Raises CloudNotLoggedIn, by which no other alarm could be read either."""
    unreached = 0
    for one in planned:
        try:
            applied = _apply(one, client_of(one.region), keep_undo)
        except CloudNotLoggedIn:
            raise
        except CloudUnreadable as error:
            reached = not isinstance(error, CloudNotReached)
            applied = Applied(alarm=one, result="failed", why=str(error), reached=reached)
        yield applied
        unreached = 0 if applied.reached else unreached + 1
        if unreached == UNREACHED:
            return


def _apply(one: PlannedAlarm, client: Client, keep_undo: Callable[[PlannedAlarm], None]) -> Applied:
    now = read_alarm(client, one.name, one.region)
    if now is None:
        return Applied(alarm=one, result="refused", why="there is no such alarm any more")
    if now.arn != one.arn:
        return Applied(alarm=one, result="refused", why=f"the alarm of this name is {now.arn}: another account's plan?")
    if not (left := {name: changed for name, changed in one.change.items() if not _is_done(now, name, changed)}):
        return Applied(alarm=one, result="done already")
    if why := _why_refused(one, now):
        return Applied(alarm=one, result="refused", why=why)
    cloudwatch = client("cloudwatch")
    after = changed_fields(now.fields, left)
    if lost := lost_fields(now.kind, after, put_parameters(cloudwatch)):
        return Applied(alarm=one, result="refused", why=f"this boto3 would lose {', '.join(lost)} of it")
    keep_undo(undone(one, now))
    try:
        _write(cloudwatch, now, after, left)
    except UNREADABLE as error:
        found = unreadable(one.name, error)
        if isinstance(found, CloudNotLoggedIn):
            raise found from None
        reached = not isinstance(found, CloudNotReached)
        return Applied(alarm=one, result="failed", why=f"{code(error)}: {error}", reached=reached)
    return Applied(alarm=one, result="changed", fires=now.fields.get("StateValue") == "ALARM")


def _why_refused(one: PlannedAlarm, now: ReadAlarm) -> str:
    """Returns why an alarm is another than the plan was made of, "" where it is not. What an earlier try has changed
    already counts as it was before."""
    done = {name: changed for name, changed in one.change.items() if _is_done(now, name, changed)}
    back = {name: Changed(before=changed.after, after=changed.before) for name, changed in done.items()}
    if fingerprint(changed_fields(now.fields, back), changed_tags(now.tags, back)) == one.read:
        return ""
    moved = [name for name, changed in one.change.items() if name not in done and not _is_as_read(now, name, changed)]
    at = now.fields.get("AlarmConfigurationUpdatedTimestamp")
    what = f"{', '.join(moved)} of it" if moved else "its configuration or its tags"
    when = f" (its configuration last at {at:%Y-%m-%d %H:%M:%S} UTC)" if at else ""
    return f"somebody changed {what} since the plan was made{when}: make a new plan"


def _is_done(now: ReadAlarm, name: str, changed: Changed) -> bool:
    if name == "Tags":
        return changed_tags(now.tags, {name: changed}) == dict(now.tags)
    return _same(now, name, changed.after)


def _is_as_read(now: ReadAlarm, name: str, changed: Changed) -> bool:
    if name == "Tags":
        return all(now.tags.get(key) == changed.before.get(key) for key in changed.after)
    return _same(now, name, changed.before)


def _same(now: ReadAlarm, name: str, wanted: Any) -> bool:
    found = list(now.actions(name)) if name in ACTIONS else now.fields.get(name)
    return bool((found or None) == (wanted or None))


def changed_fields(fields: Mapping[str, Any], change: Mapping[str, Changed]) -> dict[str, Any]:
    """Returns the fields of an alarm with a change, of which the tags are no part."""
    return {**fields, **{name: changed.after for name, changed in change.items() if name != "Tags"}}


def changed_tags(tags: Mapping[str, str], change: Mapping[str, Changed]) -> dict[str, str]:
    """Returns the tags of an alarm with a change."""
    if "Tags" not in change:
        return dict(tags)
    before, after = change["Tags"].before, change["Tags"].after
    return {key: value for key, value in tags.items() if key not in before} | dict(after)


def undone(one: PlannedAlarm, now: ReadAlarm) -> PlannedAlarm:
    """Returns what takes the change of an alarm back, once it is made."""
    read = fingerprint(changed_fields(now.fields, one.change), changed_tags(now.tags, one.change))
    change = {name: Changed(before=changed.after, after=changed.before) for name, changed in one.change.items()}
    return PlannedAlarm(name=one.name, arn=one.arn, kind=one.kind, read=read, change=change)


def _write(cloudwatch: Any, now: ReadAlarm, after: Mapping[str, Any], left: Mapping[str, Changed]) -> None:
    """Writes one alarm: its configuration where that changes, then its tags, which no put of a known alarm changes."""
    if any(name != "Tags" for name in left):
        getattr(cloudwatch, WRITES[now.kind])(**put_request(after))
    if "Tags" not in left:
        return
    added, removed = left["Tags"].after, sorted(set(left["Tags"].before) - set(left["Tags"].after))
    if added:
        cloudwatch.tag_resource(ResourceARN=now.arn, Tags=[{"Key": key, "Value": each} for key, each in added.items()])
    if removed:
        cloudwatch.untag_resource(ResourceARN=now.arn, TagKeys=removed)
