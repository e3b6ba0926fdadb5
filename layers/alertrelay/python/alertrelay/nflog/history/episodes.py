"""Puts decisions together to episodes: one firing of one alert, from when it fired until it resolved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertrelay.nflog.history.decision import LoggedDecision

BY_ITSELF = timedelta(minutes=5)
"""An alert that resolves within so long has mostly resolved before anybody could act."""
_SENT = frozenset({"notified", "fell back", "merged"})


@dataclass(slots=True, kw_only=True)
class Episode:
    """One firing of one alert. `resolved_at` is None while it fires, and where its resolve is not in the logs;
    `decisions` are all of it, in order of time, with what people did about it meanwhile."""

    state_key: str
    alert: str
    fingerprint: str
    fired_at: datetime
    resolved_at: datetime | None = None
    decisions: list[LoggedDecision] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Returns the alarm's own name, else the alertname."""
        return self.decisions[0].named if self.decisions else self.alert

    @property
    def notified(self) -> bool:
        """Returns whether a message about its firing reached a channel."""
        return any(one.what in _SENT and one.status == "firing" for one in self.decisions)

    @property
    def acknowledged(self) -> LoggedDecision | None:
        """Returns its first acknowledgement."""
        return next((one for one in self.decisions if one.what == "acknowledged"), None)

    @property
    def silenced(self) -> bool:
        """Returns whether a silence held it back, or was made of it."""
        return any(one.what == "silenced" or (one.what, one.why) == ("suppressed", "silence") for one in self.decisions)

    @property
    def judgements(self) -> list[bool]:
        """Returns what people judged: whether it was helpful."""
        return [one.helpful for one in self.decisions if one.helpful is not None]

    @property
    def by_itself(self) -> bool:
        """Returns whether it resolved within five minutes, with nobody acknowledging it."""
        ended = self.resolved_at
        return ended is not None and ended - self.fired_at <= BY_ITSELF and self.acknowledged is None

    @property
    def ignored(self) -> bool:
        """Returns whether people were notified, and nobody acknowledged, silenced or judged it."""
        return self.notified and not (self.acknowledged or self.silenced or self.judgements)

    @property
    def is_event(self) -> bool:
        """Returns whether it is a message that never resolves."""
        return any(one.why == "event" for one in self.decisions)

    @property
    def ended_by(self) -> str:
        """Returns what ended it, in words."""
        if self.resolved_at is None:
            return "an event, which has no end" if self.is_event else "its resolve is not in the logs"
        if by := self.acknowledged:
            return f"resolved after {by.by or 'somebody'} acknowledged it"
        return "resolved by itself within five minutes" if self.by_itself else "resolved, nobody acknowledged it"


def episodes(decisions: Iterable[LoggedDecision]) -> list[Episode]:
    """Returns the episodes of decisions in order of time, by when they fired.

    A line without `starts_at` (of an earlier version) belongs to the firing that is open, else begins one. What a
    person did names an alert by its fingerprint, and belongs to that alert's last episode.
    """
    latest: dict[str, Episode] = {}
    named: dict[tuple[str, datetime], Episode] = {}
    found: list[Episode] = []
    for one in decisions:
        episode = _of(one, latest, named)
        if episode is None and one.state_key and one.status == "firing" and one.why != "stale":
            fired = one.starts_at or one.at
            episode = Episode(state_key=one.state_key, alert=one.alert, fingerprint=one.fingerprint, fired_at=fired)
            latest[one.state_key] = named[one.state_key, fired] = episode
            found.append(episode)
        if episode is None:
            continue
        episode.decisions.append(one)
        if one.status == "resolved" and episode.resolved_at is None and one.why != "stale":
            episode.resolved_at = max(one.ended_at or one.at, episode.fired_at)
    found.sort(key=lambda one: one.fired_at)
    return found


def _of(one: LoggedDecision, latest: dict[str, Episode], named: dict[tuple[str, datetime], Episode]) -> Episode | None:
    """Returns the episode that a decision belongs to, None where it begins one, or is about none."""
    if not one.state_key or one.what in ("acknowledged", "unacknowledged", "silenced", "judged", "escalated"):
        own = [e for e in latest.values() if one.fingerprint and e.fingerprint == one.fingerprint]
        return max(own, key=lambda e: e.fired_at, default=latest.get(one.state_key))
    if one.starts_at and (episode := named.get((one.state_key, one.starts_at))):
        return episode
    last = latest.get(one.state_key)
    if last is None or one.status == "resolved" or (one.starts_at is None and last.resolved_at is None):
        return last
    return None


def spans(found: Sequence[Episode]) -> list[list[Episode]]:
    """Returns episodes put together to incidents: those that overlap, or follow within five minutes."""
    incidents: list[list[Episode]] = []
    until: datetime | None = None
    for one in found:
        if not incidents or (until is not None and one.fired_at > until + BY_ITSELF):
            incidents.append([])
            until = None
        incidents[-1].append(one)
        # One whose resolve is missing ends with what was last said of it.
        ended = one.resolved_at or one.decisions[-1].at
        until = max(until, ended) if until else ended
    return incidents
