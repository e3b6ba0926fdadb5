"""Puts an incident in order of time: what fired, what was notified where, what people did, what was deployed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.nflog.history.decision import LoggedDecision
from alertrelay.nflog.history.episodes import Episode, episodes, spans
from alertrelay.nflog.history.renamed import renamed_alarms, renames_said
from alertrelay.nflog.history.silences import Contradicts, silences_of

NEARBY = timedelta(minutes=60)
"""A deployment so long before the first alert may have caused it."""
AFTER = timedelta(minutes=10)
"""The messages of a resolve follow it by a group_interval at most, as it is usually set."""
TOGETHER = timedelta(minutes=1)
"""Messages to several places within so long are one line."""
SHOWN = 3
"""Incidents like it that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """One line. `alert` names it, `where` is receiver and channel, or a person's place; `why` is the reason."""

    at: datetime
    what: str
    alert: str = ""
    where: str = ""
    why: str = ""
    by: str = ""

    def as_json(self) -> dict[str, str]:
        """Returns the entry with its time as RFC 3339."""
        own = {"what": self.what, "alert": self.alert, "where": self.where, "why": self.why, "by": self.by}
        return {"at": rfc3339(self.at), **own}


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """An earlier incident of the same alerts."""

    fired_at: datetime
    resolved_at: datetime | None
    alerts: tuple[str, ...]
    ended_by: str

    def as_json(self) -> dict[str, Any]:
        """Returns the incident with its times as RFC 3339; `resolved_at` is None where that is not in the logs."""
        ended = rfc3339(self.resolved_at) if self.resolved_at else None
        return {
            "fired_at": rfc3339(self.fired_at),
            "resolved_at": ended,
            "alerts": list(self.alerts),
            "ended_by": self.ended_by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """An incident. `alerts` are their names; `before` are the last ones like it, `before_count` all of them since
    `since`, the first decision that was read. `renamed` has the present name of its alarms by an earlier one."""

    about: str
    alerts: tuple[str, ...]
    fired_at: datetime
    resolved_at: datetime | None
    entries: tuple[IncidentLine, ...]
    before: tuple[Before, ...]
    before_count: int
    since: datetime
    renamed: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Returns the documented object."""
        return {
            "about": self.about,
            "alerts": list(self.alerts),
            "fired_at": rfc3339(self.fired_at),
            "resolved_at": rfc3339(self.resolved_at) if self.resolved_at else None,
            "entries": [entry.as_json() for entry in self.entries],
            "before": [one.as_json() for one in self.before],
            "before_count": self.before_count,
            "since": rfc3339(self.since),
            "renamed": dict(self.renamed),
        }


def timeline(
    decisions: Sequence[LoggedDecision],
    about: str,
    *,
    contradicts: Contradicts,
    at: datetime | None = None,
    known: Collection[str] = (),
) -> Timeline | None:
    """Returns the last incident of a fingerprint, group key, alarm's name or alertname, or the last one that had begun
    by `at`. `decisions` are all that were read, in order of time; `known` are the alarms of today, by which one that
    was renamed is known, and silences that have a matcher which `contradicts` what is known of the alerts are not
    theirs. None where none is about it."""
    every = episodes(decisions)
    renamed = renamed_alarms(every, known)
    named = {renamed.get(one.name, one.name) for one in every if _is_about(one, about)} & set(renamed.values())
    own = [one for one in every if _is_about(one, about) or renamed.get(one.name, one.name) in named]
    incidents = [found for found in spans(own) if at is None or found[0].fired_at <= at]
    if not incidents:
        return None
    *earlier, incident = incidents
    began = incident[0].fired_at
    open_ = any(one.resolved_at is None and not one.is_event for one in incident)
    ended = None if open_ else max((one.resolved_at for one in incident if one.resolved_at), default=None)
    last = ended + AFTER if ended else max(one.decisions[-1].at for one in incident)
    silences = silences_of(decisions, incident, since=began, until=last, contradicts=contradicts)
    entries = [
        *(entry for one in incident for entry in _of_episode(one)),
        *_deployments(decisions, since=began - NEARBY, until=last),
        *map(_line, silences),
    ]
    return Timeline(
        about=about,
        alerts=tuple(dict.fromkeys(one.name for one in incident)),
        fired_at=began,
        resolved_at=ended,
        entries=tuple(_together(sorted(entries, key=lambda entry: entry.at))),
        before=tuple(_before(found) for found in earlier[-SHOWN:][::-1]),
        before_count=len(earlier),
        since=decisions[0].at,
        renamed={old: new for old, new in renamed.items() if new in named},
    )


def _is_about(episode: Episode, about: str) -> bool:
    names = {episode.fingerprint, episode.alert, episode.state_key, episode.name}
    return about in names or any(about == one.group for one in episode.decisions)


def _of_episode(episode: Episode) -> Iterator[IncidentLine]:
    yield IncidentLine(at=episode.fired_at, what="fired", alert=episode.name)
    if episode.resolved_at:
        yield IncidentLine(at=episode.resolved_at, what="resolved", alert=episode.name, why=episode.ended_by)
    shown: set[tuple[object, ...]] = set()
    for one in episode.decisions:
        what = "resolve notified" if one.what == "notified" and one.status == "resolved" else one.what
        # Three forwarders say the same of an update that another one handles, and each flush of what mutes it.
        repeated = (what, one.status, one.receiver, one.channel, one.why, one.detail)
        again = what in ("suppressed", "joined") and repeated in shown
        if again or one.why in _QUIET or (what, one.status) == ("joined", "resolved"):
            continue
        shown.add(repeated)
        yield IncidentLine(at=one.at, what=what, alert=episode.name, where=_where(one), why=_why(one), by=one.by)


def _together(entries: Iterable[IncidentLine]) -> Iterator[IncidentLine]:
    """Yields entries that say the same of several places within a minute as one, at its first time."""
    open_: dict[tuple[str, ...], tuple[datetime, list[IncidentLine]]] = {}
    found: list[list[IncidentLine]] = []
    for entry in entries:
        key = (entry.what, entry.alert, entry.why, entry.by)
        began, run = open_.get(key, (entry.at, []))
        if not run or entry.at - began > TOGETHER:
            run = []
            open_[key] = (entry.at, run)
            found.append(run)
        run.append(entry)
    for run in found:
        places = ", ".join(dict.fromkeys(one.where for one in run if one.where))
        yield replace(run[0], where=places)


_QUIET = frozenset({"not_this_forwarder", "duplicate"})
"""These say nothing of what became of the alert."""


def _where(one: LoggedDecision) -> str:
    return f"{one.receiver} ({one.channel})" if one.receiver and one.channel else one.receiver or one.channel


def _why(one: LoggedDecision) -> str:
    instead = f", instead of {one.fallback_for.split('/')[0]}" if one.fallback_for else ""
    tries = f", {one.attempts} tries" if one.attempts > 1 else ""
    return one.explained + instead + tries


def _deployments(decisions: Sequence[LoggedDecision], *, since: datetime, until: datetime) -> Iterator[IncidentLine]:
    for one in decisions:
        if one.what == "deployed" and since <= one.at <= until:
            yield _line(one)


def _line(one: LoggedDecision) -> IncidentLine:
    return IncidentLine(at=one.at, what=one.what, where=_where(one), why=_why(one), by=one.by)


def _before(incident: Sequence[Episode]) -> Before:
    last = max(incident, key=lambda one: one.resolved_at or one.decisions[-1].at)
    return Before(
        fired_at=incident[0].fired_at,
        resolved_at=last.resolved_at,
        alerts=tuple(dict.fromkeys(one.name for one in incident)),
        ended_by=last.ended_by,
    )


_MARKDOWN = re.compile(r"([\\`*_\[\]<>|])")


def as_markdown(found: Timeline, *, doubts: Sequence[str] = ()) -> Iterator[str]:
    """Yields the lines of a post-mortem's table. `doubts` are what the reader has to know of the log."""
    title = ", ".join(found.alerts[:SHOWN]) + (f" and {len(found.alerts) - SHOWN} more" if found.alerts[3:] else "")
    yield f"## {_plain(title)}, {found.fired_at:%Y-%m-%d}"
    yield ""
    ended = f"until {found.resolved_at:%H:%M:%S}" if found.resolved_at else "and has no resolve in the logs"
    length = f" ({_length(found.resolved_at - found.fired_at)})" if found.resolved_at else ""
    yield f"Fired at {found.fired_at:%H:%M:%S} UTC {ended}{length}."
    yield from ("", "| UTC | What | Alert | Where, by whom | Why |", "|---|---|---|---|---|")
    for entry in found.entries:
        place = ", ".join(part for part in (entry.where, entry.by) if part)
        day = "" if entry.at.date() == found.fired_at.date() else f"{entry.at:%Y-%m-%d} "
        cells = (f"{day}{entry.at:%H:%M:%S}", entry.what, entry.alert, place, entry.why)
        yield f"| {' | '.join(_plain(cell) for cell in cells)} |"
    yield ""
    yield from _like_it(found)
    if doubts := (*renames_said(found.renamed), *doubts):
        yield ""
        yield from (f"- The log: {doubt}." for doubt in doubts)


def _like_it(found: Timeline) -> Iterator[str]:
    reach = f"since {found.since:%Y-%m-%d %H:%M}, where the log that was read begins"
    if not found.before_count:
        yield f"None like it {reach}."
        return
    yield f"{found.before_count} like it {reach}. The last, and what ended them:"
    yield ""
    for one in found.before:
        took = f"{_length(one.resolved_at - one.fired_at)}, " if one.resolved_at else ""
        yield f"- {one.fired_at:%Y-%m-%d %H:%M}: {took}{_plain(one.ended_by)}"


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _length(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
