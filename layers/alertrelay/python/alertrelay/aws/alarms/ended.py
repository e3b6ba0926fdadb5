"""Asks CloudWatch whether alarms still fire.

An alarm is one of three: firing, ended (OK, or deleted), or not known, which counts as firing. "Not returned" means
deleted only in a complete answer, and only for an alarm of a type that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alertrelay.aws.alarms import asking
from alertrelay.aws.alarms.asking import EVERY_TYPE, Pages

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
    """DescribeAlarms by name, for every type that this botocore knows."""
    types = asking.alarm_types(client)
    states: dict[str, str] = {}
    complete = True
    for start in range(0, len(names), NAMES):
        question = {"AlarmNames": names[start : start + NAMES], "AlarmTypes": types, "MaxRecords": NAMES}
        pages = Pages(client.describe_alarms, question, most=PAGES)
        for page in pages:
            states |= {alarm["AlarmName"]: alarm["StateValue"] for alarm in asking.listed(page)}
        complete = complete and pages.complete
        _say(pages, log)
    return _Answer(states=states, asked=asking.seen_types(client) if complete else frozenset())


def _say(pages: Pages, log: Log) -> None:
    if pages.fault:
        log("alarms_not_verified", failure=pages.fault)


def _of_contributors(client: Any, alarms: Mapping[str, Sequence[str]], log: Log) -> dict[str, State]:
    """Returns the contributors of alarms that fire: DescribeAlarmContributors lists those that do."""
    states: dict[str, State] = {key: "unknown" for keys in alarms.values() for key in keys}
    if not asking.knows_contributors(client):
        return states
    for alarm in sorted(alarms)[:CONTRIBUTORS_OF]:
        pages = asking.contributors(client, alarm, most=PAGES)
        firing = {each["ContributorId"] for page in pages for each in page.get("AlarmContributors", ())}
        _say(pages, log)
        if not pages.complete:
            break  # throttled or failing: the next repeat asks again
        states |= {key: "firing" if key.rpartition("#")[2] in firing else "ended" for key in alarms[alarm]}
    return states
