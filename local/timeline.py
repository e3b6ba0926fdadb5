"""What a day looked like: for people, in order of time; for programs, by file."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import Outcome, rfc3339

from local.account import Delivery, Event, masked
from local.normalise import alert_json
from local.stack.day import Day, Told
from local.stack.invocation import Failure
from local.standins import Recorded

_COLOURS = {"delivered": "32", "fallback": "33", "pending": "35", "failed": "31", "suppressed": "2", "merged": "2"}


def as_json(day: Day) -> dict[str, Any]:
    """The documented object: every file with its alerts and what became of each."""
    return {
        "events": [
            {
                "file": event.file,
                "alerts": [alert_json(alert) for alert in event.alerts],
                "deliveries": [_delivery(day, delivery) for delivery in event.deliveries],
            }
            for event in day.events
        ]
    }


def _delivery(day: Day, delivery: Delivery) -> dict[str, Any]:
    outcome = delivery.outcome
    return {
        "receiver": outcome.receiver,
        "channel": outcome.channel,
        "outcome": outcome.outcome,
        "reason": reason(outcome),
        "attempts": outcome.attempts,
        "request": _request(day, outcome),
        "alertname": outcome.alertname,
        "status": outcome.status,
        "at": rfc3339(delivery.at),
        "fallback_for": outcome.fallback_for or None,
        "next_try": rfc3339(delivery.next_try) if delivery.next_try else None,
    }


def reason(outcome: Outcome) -> str:
    """The reason's name, and why in words where there is more to say."""
    return f"{outcome.reason}: {outcome.detail}" if outcome.detail else str(outcome.reason)


def _request(day: Day, outcome: Outcome) -> dict[str, Any] | None:
    found = _received(day, outcome)
    if found is None:
        return None
    shown = {
        "at": rfc3339(found.at),
        "path": found.path,
        "headers": dict(found.headers),
        "body": found.body,
        "answered": found.answered,
    }
    return {str(name): value for name, value in _mapping(masked(shown, day.secrets)).items()}


def _mapping(value: object) -> Mapping[Any, Any]:
    assert isinstance(value, Mapping)
    return value


def _received(day: Day, outcome: Outcome) -> Recorded | None:
    """What the peer got of a notification: the request that it took, else the last one."""
    if not outcome.notification_id:
        return None
    found = [r for r in day.received if r.request_id == outcome.notification_id]
    return next((r for r in found if r.taken), found[-1] if found else None)


def as_text(day: Day, *, colour: bool = False) -> Iterator[str]:
    """The lines for people."""
    down = ", ".join(f"{place} ({fault})" for place, fault in day.down.items())
    yield f"environment {day.environment}" + (f", down: {down}" if down else "")
    yield ""
    shown: set[str] = set()
    for said in _in_order(day):
        if isinstance(said, Event):
            yield from _event(said, day)
        elif isinstance(said, Failure):
            yield f"  {_clock(said.at)}  {said.function} raised {said.kind}: {said.text}"
        else:
            yield from _told(said, day, shown, colour=colour)
    yield ""
    yield from _summary(day)


def _in_order(day: Day) -> Iterator[Event | Failure | list[Told]]:
    """Outcomes that are alike are one line."""
    for _, group in itertools.groupby(day.history, _alike):
        members = list(group)
        told = [m for m in members if isinstance(m, Told)]
        if told:
            yield told
        for member in members:
            if not isinstance(member, Told):
                yield member


def _alike(said: Event | Told | Failure) -> object:
    if not isinstance(said, Told):
        return id(said)
    o = said.outcome
    return (said.at, o.receiver, o.channel, o.outcome, o.reason, o.detail, o.status, o.attempts)


def _event(event: Event, day: Day) -> Iterator[str]:
    topic = event.topic.rpartition(":")[2]
    yield f"{event.at:%Y-%m-%d} {_clock(event.at)}  {event.file} -> topic {topic}"
    for alert in event.alerts[:3]:
        severity = alert.labels.get("severity", "no severity")
        yield f"            {alert.status.upper()} {alert.name} ({severity}): {_short(alert.annotations.get('summary', ''))}"
    if len(event.alerts) > 3:
        yield f"            and {len(event.alerts) - 3} more alerts"


def _told(told: list[Told], day: Day, shown: set[str], *, colour: bool) -> Iterator[str]:
    outcome = told[0].outcome
    names = list(dict.fromkeys(t.outcome.alertname for t in told))
    name = (
        names[0] if len(told) == 1 else f"{len(told)} alerts ({', '.join(names[:2])}{', …' if len(names) > 2 else ''})"
    )
    place = f"{outcome.receiver or 'nobody'}" + (f" by {outcome.channel}" if outcome.channel else "")
    word = f"{outcome.outcome:<10}"
    if colour:
        word = f"\x1b[{_COLOURS[outcome.outcome]}m{word}\x1b[0m"
    tries = f", {outcome.attempts} tries" if outcome.attempts > 1 else ""
    instead = f" instead of {outcome.fallback_for.split('/')[0]}" if outcome.fallback_for else ""
    yield f"  {_clock(told[0].at)}  {word} {place:<32} {outcome.status:<9} {name}: {_short(reason(outcome))}{instead}{tries}"
    received = _received(day, outcome)
    if received and received.request_id not in shown:
        shown.add(received.request_id)
        if text := headline(received):
            yield f"{'':<23} » {_short(text)}"


def headline(received: Recorded) -> str:
    """The line of a message that a person sees first."""
    body = received.body if isinstance(received.body, dict) else {}
    match received.channel:
        case "pagerduty":
            summary = body.get("payload", {}).get("summary", "")
            return f"{body.get('event_action')}: {summary}" if summary else str(body.get("event_action", ""))
        case "slack":
            return str(body.get("text", ""))
        case "email":
            return str(body.get("subject", ""))
        case "sns":
            return str(body.get("subject") or body.get("message", ""))
        case _:
            return str(body.get("status", ""))


def _summary(day: Day) -> Iterator[str]:
    counts = Counter(d.outcome.outcome for event in day.events for d in event.deliveries)
    said = ", ".join(f"{counts[name]} {name}" for name in _COLOURS if counts[name]) or "nothing to tell"
    took = day.ended - day.began
    yield f"{len(day.events)} files in {_length(took)} of the clock: {said}"
    for event in day.events:
        for delivery in event.deliveries:
            if delivery.next_try:
                yield (
                    f"  pending: {delivery.outcome.receiver} has not got {delivery.outcome.alertname}; the next try is at "
                    f"{delivery.next_try:%H:%M:%S}, and so on for up to four days"
                )
    for name, bodies in day.waiting.items():
        if not name.endswith("-timers"):
            yield f"  {len(bodies)} in {name}: its alarm mails people without any code of ours"
    for lost in day.lost:
        yield f"  LOST: {lost.alertname} of {lost.file}, {lost.integration or 'all receivers'}: told to nobody, in no queue"
    if not day.lost:
        yield "nothing is lost: every update is delivered, merged, suppressed for a named reason, or in a queue"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _length(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    return (
        f"{seconds // 3600} h {seconds % 3600 // 60} min"
        if seconds >= 3600
        else f"{seconds // 60} min {seconds % 60} s"
    )


def _short(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 110 else line[:109] + "…"
