"""Puts the weekly audit together: what is said of each alarm, of the channels, of runbooks, and the diff."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.config.alarm_file import AlarmFile, Tunable
from alertrelay.dispatch.audit.weekly.change import diff
from alertrelay.dispatch.audit.weekly.quieter import Points, Quieter, Span, quieter
from alertrelay.dispatch.audit.weekly.tally import AlarmTally, tallies
from alertrelay.nflog.history.episodes import Episode, episodes
from alertrelay.nflog.history.log_lines import Read
from alertrelay.nflog.history.renamed import renamed_alarms, renames_said

QUARTER = timedelta(days=92)
FLAPPERS = 5
FLAPS = 3
"""An alarm that fired again so often soon after its resolve is listed among those that flap."""
PointsOf = Callable[[Tunable], Points | None]
"""Asks for a metric's points, None where there are none or they could not be read. May raise NoPoints."""
DeadLinks = Callable[[Sequence[str]], Mapping[str, str]]
"""Tries addresses, and returns why each dead one is."""


class NoPoints(Exception):
    """The points of a metric are not at hand. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """A noisy alarm, and the change of its number; `why_not` says why none is proposed."""

    tally: AlarmTally
    change: Quieter | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCounts:
    """Counts notifications: those that were accepted, those of them by a fallback, those that were dead-lettered;
    `p50` and `p95` are seconds from the source's clock to the channel, None where nothing was sent."""

    sent: int
    fallbacks: int
    dead_lettered: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyAudit:
    """The audit of a span. `by_people`: somebody acknowledged, silenced or judged something in it; `unreviewed` is the
    date since when nobody reviewed the thresholds, "never" where the file names none, "" where it is not so long ago;
    `unreviewed_resources` likewise of those with thresholds of their own.
    `dead` are runbooks that do not answer, with why; `doubts` are what a reader has to know."""

    environment: str
    since: datetime
    until: datetime
    alarms: tuple[AlarmTally, ...]
    by_people: bool
    noisy: tuple[Noisy, ...]
    flappers: tuple[AlarmTally, ...]
    delivery: SentCounts
    dead: Mapping[str, str]
    unreviewed: str
    unreviewed_resources: Mapping[str, str]
    diff: str
    doubts: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Returns the documented object."""
        return {
            "environment": self.environment,
            "since": rfc3339(self.since),
            "until": rfc3339(self.until),
            "alarms": [one.as_json() for one in self.alarms],
            "judged_by_people": self.by_people,
            "noisy": [_noisy_json(one) for one in self.noisy],
            "flappers": [one.name for one in self.flappers],
            "delivery": asdict(self.delivery),
            "dead_runbooks": dict(self.dead),
            "unreviewed_since": self.unreviewed,
            "unreviewed_resources": dict(self.unreviewed_resources),
            "diff": self.diff,
            "doubts": list(self.doubts),
        }


def _noisy_json(one: Noisy) -> dict[str, Any]:
    change = {**asdict(one.change), "since": rfc3339(one.change.since)} if one.change else None
    return {"alarm": one.tally.name, "change": change, "why_not": one.why_not}


def audit(
    environment: str,
    read: Read,
    file: AlarmFile,
    points_of: PointsOf,
    dead_links: DeadLinks,
    *,
    since: datetime,
    until: datetime,
) -> WeeklyAudit:
    """Returns the audit of what was read, from `since` until `until`. Points are asked for noisy alarms alone."""
    found = [one for one in episodes(read.decisions) if since <= one.fired_at <= until and not one.is_event]
    renamed = renamed_alarms(found, file.alarms.keys())
    alarms = tallies(found, renamed)
    by_people = any(one.acknowledged or one.silenced or one.judgements for one in found)
    noisy = [_noisy(one, found, file, points_of) for one in alarms if one.noisy(by_people=by_people)]
    changes = [(file.alarms[one.tally.name], one.change.number) for one in noisy if one.change]
    flappers = sorted((one for one in alarms if one.flapped >= FLAPS), key=lambda one: -one.flapped)
    runbooks = sorted({one.runbook for one in file.alarms.values() if one.runbook})
    return WeeklyAudit(
        environment=environment,
        since=since,
        until=until,
        alarms=tuple(alarms),
        by_people=by_people,
        noisy=tuple(noisy),
        flappers=tuple(flappers[:FLAPPERS]),
        delivery=_delivery(read, since=since),
        dead=dead_links(runbooks),
        unreviewed=_unreviewed(file, until.date()),
        unreviewed_resources=_unreviewed_resources(file, until.date()),
        diff=diff(file, changes),
        doubts=(*_doubts(read, since, renamed), *read.doubts),
    )


def _noisy(tally: AlarmTally, found: Sequence[Episode], file: AlarmFile, points_of: PointsOf) -> Noisy:
    plain = Noisy(tally=tally)
    one = file.alarms.get(tally.name)
    if one is None:
        return replace(plain, why_not=f"{file.name} does not have it: its rule is elsewhere")
    if one.number is None or not one.queries:
        return replace(plain, why_not="it has no number in the file: a learnt band, or a query")
    try:
        points = points_of(one)
    except NoPoints as error:
        return replace(plain, why_not=str(error))
    if not points:
        return replace(plain, why_not="its metric has no points, or could not be read")
    change = quieter(points, one, _acted_on(tally.name, found))
    if change is None:
        kept = "what people acted on would be lost, or it would still fire as often"
        return replace(plain, why_not=f"no {one.key} up to its bounds helps: {kept}")
    if one.edit is None:
        why = f"{one.key}: {change.number:g} would; write it by hand: the resource is not written as a block"
        return replace(plain, change=change, why_not=why)
    return replace(plain, change=change)


def _acted_on(name: str, found: Sequence[Episode]) -> list[Span]:
    """Returns the firings that helped: somebody acknowledged them, or judged them helpful, and not the contrary."""
    return [
        (one.fired_at, one.resolved_at or one.decisions[-1].at)
        for one in found
        if one.name == name and (any(one.judgements) or (one.acknowledged and not one.judgements))
    ]


def _delivery(read: Read, *, since: datetime) -> SentCounts:
    own = [one for one in read.decisions if one.at >= since]
    took = sorted(one.latency for one in own if one.latency is not None and one.status == "firing")
    fallbacks = sum(one.what == "fell back" for one in own)
    return SentCounts(
        sent=sum(one.what == "notified" for one in own) + fallbacks,
        fallbacks=fallbacks,
        dead_lettered=sum(one.what == "dead-lettered" for one in own),
        p50=took[len(took) // 2] if took else None,
        p95=took[min(len(took) - 1, len(took) * 95 // 100)] if took else None,
    )


def _unreviewed(file: AlarmFile, today: date) -> str:
    """A file whose every resource has a date of its own needs none."""
    if not file.reviewed and file.reviews and all(file.reviews.values()):
        return ""
    return _long_ago(file.reviewed, today)


def _unreviewed_resources(file: AlarmFile, today: date) -> Mapping[str, str]:
    found = {one: _long_ago(own or file.reviewed, today) for one, own in file.reviews.items()}
    return {one: since for one, since in found.items() if since}


def _long_ago(reviewed: str, today: date) -> str:
    if not reviewed:
        return "never"
    return reviewed if today - date.fromisoformat(reviewed) > QUARTER else ""


def _doubts(read: Read, since: datetime, renamed: Mapping[str, str]) -> list[str]:
    found = renames_said(renamed)
    if read.decisions and read.decisions[0].at - since > timedelta(days=1):
        found.append(f"the log begins at {read.decisions[0].at:%Y-%m-%d %H:%M} UTC: what was before is not counted")
    return found
