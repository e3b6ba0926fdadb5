"""Shows what became of an alert in order of time: by the forwarders' logs, or by the table where no log is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.intake.console.alert_page import found, shown
from alertrelay.intake.console.parts import Console
from alertrelay.intake.ports import DecisionLog
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.view import Listed, listed
from alertrelay.nflog.history.decision import LoggedDecision
from alertrelay.nflog.history.log_lines import read_lines
from alertrelay.nflog.history.timeline import IncidentLine, timeline
from alertrelay.policy.acknowledgement import standing
from alertrelay.policy.contradiction import contradicts
from alertrelay.policy.silence import Silence

BEFORE = timedelta(hours=1)
"""What is read of the log before an alert began to fire, and of one that the table does not show any more a day."""
FARTHEST = timedelta(days=7)
DAY = timedelta(days=1)
SHOWN = 50


def get_alert(reading: Reads, console: Console, request: ApiRequest, fingerprint: str) -> dict[str, Any]:
    """Returns the page of one alert; with `outcomes` also what the log has of it, which takes some seconds. Raises
    ApiError, state.StoreFailure."""
    one, page = shown(reading, console.groups, console.lookup, fingerprint)
    if "outcomes" in request.query and request.flag("outcomes"):
        page["outcomes"] = outcomes_of(console.log, one, reading.clock.now())
    return page


def get_timeline(reading: Reads, log: DecisionLog, fingerprint: str) -> dict[str, Any]:
    """Returns the lines of an alert's last firing, oldest first; `complete` where the log has it. Raises ApiError,
    state.StoreFailure."""
    now = reading.clock.now()
    items, silences = reading.alerts.firing(now), reading.silences()
    try:
        one = found(reading, items, listed(reading.config, items, silences, now=now), fingerprint)
    except ApiError:
        decisions = decisions_of(log, fingerprint, since=now - DAY, now=now)
        incident = timeline(decisions, fingerprint, contradicts=contradicts) if decisions else None
        if incident is None:
            raise
        return {"asOf": rfc3339(now), "complete": True, "entries": [_entry(line) for line in incident.entries]}
    decisions = decisions_of(log, fingerprint, since=one.item.alert.starts_at - BEFORE, now=now)
    incident = timeline(decisions, fingerprint, contradicts=contradicts) if decisions else None
    entries = incident.entries if incident else sorted(_by_table(one, silences, now), key=lambda line: line.at)
    return {
        "asOf": rfc3339(now),
        "complete": incident is not None,
        "entries": [_entry(line) for line in entries],
    }


def outcomes_of(log: DecisionLog, one: Listed, now: datetime) -> list[dict[str, Any]] | None:
    """Returns what became of an alert's updates, newest first; None where the log cannot be read now."""
    alert = one.item.alert
    lines = log.lines(alert.fingerprint, since=_since(alert.starts_at - BEFORE, now), now=now)
    if lines is None:
        return None
    decisions = [each for each in read_lines(lines).decisions if each.receiver]
    return [
        {
            "at": rfc3339(each.at),
            "integration": f"{each.receiver}/{each.channel}",
            "outcome": each.what,
            "reason": each.why,
            "detail": each.detail,
        }
        for each in decisions[::-1][:SHOWN]
    ]


def decisions_of(log: DecisionLog, fingerprint: str, *, since: datetime, now: datetime) -> Sequence[LoggedDecision]:
    """Returns what the log has of an alert, in order of time; nothing where it cannot be read."""
    lines = log.lines(fingerprint, since=_since(since, now), now=now)
    return read_lines(lines).decisions if lines else ()


def _since(wanted: datetime, now: datetime) -> datetime:
    return max(wanted, now - FARTHEST)


def _by_table(one: Listed, silences: Sequence[Silence], now: datetime) -> Iterator[IncidentLine]:
    alert = one.item.alert
    yield IncidentLine(at=alert.starts_at, what="fired", alert=alert.name)
    for silence in silences:
        if silence.id in one.silenced:
            yield IncidentLine(at=silence.starts_at, what="silenced", why=silence.comment, by=silence.created_by)
    if by := standing(one.item.acknowledged, alert):
        yield IncidentLine(at=by.at, what="acknowledged", alert=alert.name, why=by.comment, by=by.by)
    if alert.ends_at and alert.ends_at <= now:
        yield IncidentLine(at=alert.ends_at, what="resolved", alert=alert.name)


def _entry(line: IncidentLine) -> dict[str, Any]:
    return {"at": rfc3339(line.at), "what": line.what, "text": line.why, "channel": line.where, "who": line.by}
