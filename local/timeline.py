"""Shows a replay: for people, in order of time; for programs, by file."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.channels import channel
from alertrelay.notification import Outcome, Reason
from alertrelay.values.text import how_many

from local.account import AccountedUpdate, PublishedEvent, masked
from local.alert_json import alert_json
from local.stack.companion import Annotated
from local.stack.history import BudgetShown, Day, Played, TimedOutcome
from local.stack.invocation import Failure
from local.stack.scorer import ScorerLogEvent
from local.standins import RecordedRequest, peer

SHOWN_ALERTS = 3
_COLOURS = {"delivered": "32", "fallback": "33", "pending": "35", "failed": "31", "suppressed": "2", "merged": "2"}


def as_json(day: Day) -> dict[str, Any]:
    """The documented object: every file with its alerts and what became of each, and what the scorer noticed."""
    return {
        "events": [
            {
                "file": event.file,
                "alerts": [alert_json(alert) for alert in event.alerts],
                "deliveries": [_delivery(day, delivery) for delivery in event.deliveries],
            }
            for event in day.events
        ],
        "anomalies": [
            {"at": rfc3339(found.at), "event": found.event, **found.fields}
            for found in day.history
            if isinstance(found, ScorerLogEvent)
        ],
        "annotations": [
            {"at": rfc3339(found.at), "what": found.what, "text": found.text}
            for found in day.history
            if isinstance(found, Annotated)
        ],
    }


def _delivery(day: Day, delivery: AccountedUpdate) -> dict[str, Any]:
    outcome = delivery.outcome
    return {
        "receiver": outcome.receiver,
        "channel": outcome.channel,
        "outcome": outcome.outcome,
        "reason": reason(outcome),
        "accepted": outcome.accepted or None,
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


def word(outcome: Outcome) -> str:
    """The outcome's name; "accepted" where its channel's success does not say that people have the message."""
    return "accepted" if outcome.accepted and outcome.outcome == "delivered" else outcome.outcome


def _request(day: Day, outcome: Outcome) -> dict[str, Any] | None:
    found = received_by(day, outcome)
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


def received_by(day: Day, outcome: Outcome) -> RecordedRequest | None:
    """Returns the request that carried a notification: the one that the peer took, else the last."""
    if not outcome.notification_id:
        return None
    found = [r for r in day.received if r.request_id == outcome.notification_id]
    return next((r for r in found if r.taken), found[-1] if found else None)


def as_text(day: Day, *, colour: bool = False, unread: int = 0) -> Iterator[str]:
    """The lines for people. `unread` files were named and could not be read."""
    down = ", ".join(f"{place} ({fault})" for place, fault in day.down.items())
    yield f"environment {day.environment}" + (f", down: {down}" if down else "")
    seen: set[str] = set()
    for said in _shown(day):
        if isinstance(said, Quiet):
            yield from _quiet(said)
        elif isinstance(said, PublishedEvent):
            yield from _event(said)
        elif isinstance(said, Played):
            yield ""
            yield f"{said.at:%Y-%m-%d} {_clock(said.at)}  {said.series.file}: {said.said}"
        elif isinstance(said, ScorerLogEvent):
            yield from _found(said)
        elif isinstance(said, BudgetShown):
            yield f"{'':<24}\u00bb {said.text}"
        elif isinstance(said, Annotated):
            yield f"  {_clock(said.at)}  annotated   {said.what}: {said.text}"
        elif isinstance(said, Failure):
            yield f"  {_clock(said.at)}  error       {said.function} raised {said.kind}: {short(said.text)}"
        else:
            yield _outcome_line(said, colour=colour)
            message = received_by(day, said[0].outcome)
            text = short(headline(message)) if message else ""
            if text and text not in seen:
                seen.add(text)
                yield f"{'':<24}\u00bb {text}"
    yield ""
    yield from _summary(day, unread)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Files after which nobody is notified at once."""

    events: tuple[PublishedEvent, ...]


Said = PublishedEvent | Failure | Played | ScorerLogEvent | BudgetShown | Annotated


def _shown(day: Day) -> Iterator[Said | Quiet | list[TimedOutcome]]:
    """The history with outcomes of one message as one, without those that only wait, and with quiet files together."""
    rows = [what for what in _grouped(day) if not (isinstance(what, list) and _only_waits(what))]
    for place, row in enumerate(rows):
        if not _is_quiet(rows, place):
            yield row
        elif place == 0 or not _is_quiet(rows, place - 1):
            run = itertools.takewhile(lambda at: _is_quiet(rows, at), range(place, len(rows)))
            yield Quiet(tuple(event for at in run if isinstance(event := rows[at], PublishedEvent)))


def _is_quiet(rows: Sequence[object], place: int) -> bool:
    after = rows[place + 1] if place + 1 < len(rows) else None
    row = rows[place]
    if not isinstance(row, PublishedEvent) or not row.deliveries:
        return False
    return not isinstance(after, list) or after[0].by is not row


def _only_waits(outcomes: list[TimedOutcome]) -> bool:
    return all(t.outcome.reason is Reason.WAITING for t in outcomes)


def _grouped(day: Day) -> Iterator[Said | list[TimedOutcome]]:
    """What one message merged stands with it; outcomes that are alike are one."""
    for _, group in itertools.groupby(day.history, _alike):
        first, *others = group
        if isinstance(first, TimedOutcome):
            yield [first, *(other for other in others if isinstance(other, TimedOutcome))]
        else:
            yield first


def _alike(said: Said | TimedOutcome) -> object:
    if not isinstance(said, TimedOutcome):
        return id(said)
    o = said.outcome
    if o.notification_id:
        return (o.notification_id, o.receiver)
    return (said.at, o.receiver, o.channel, o.outcome, o.reason, o.detail, o.status, o.attempts)


def _quiet(quiet: Quiet) -> Iterator[str]:
    first, *others = quiet.events
    yield from _event(first)
    if others:
        last = others[-1]
        yield f"{'':<21}and {how_many(len(others), 'more file')} until {_clock(last.at)}"
    yield f"{'':<21}... is notified when its groups are flushed next: after group_wait, or at the next group_interval"


def _found(found: ScorerLogEvent) -> Iterator[str]:
    """What the scorer noticed, and why: in shadow this is all that comes of it."""
    fields = found.fields
    word = found.event.removeprefix("anomaly_")
    score = f", score {fields['score']:.4f}" if fields.get("score") else ""
    shadow = ", in shadow: nobody is notified" if fields.get("mode") == "shadow" else ""
    yield f"  {_clock(found.at)}  {word:<10}  {fields.get('watch', ''):<21} {fields.get('metric', '')}{score}{shadow}"
    for part in str(fields.get("text") or fields.get("problem") or fields.get("why") or "").split("; "):
        yield f"{'':<24}· {short(part)}"


def _event(event: PublishedEvent) -> Iterator[str]:
    yield ""
    yield f"{event.at:%Y-%m-%d} {_clock(event.at)}  {event.file}, to {event.topic.rpartition(':')[2] or 'no topic'}"
    for alert in event.alerts[:SHOWN_ALERTS]:
        what = f"{alert.status.upper()} {alert.name} ({alert.labels.get('severity', 'no severity')})"
        yield f"{'':<21}{what}: {short(alert.annotations.get('summary', ''))}"
    if len(event.alerts) > SHOWN_ALERTS:
        yield f"{'':<21}and {how_many(len(event.alerts) - SHOWN_ALERTS, 'more alert')}"


def _outcome_line(outcomes: list[TimedOutcome], *, colour: bool) -> str:
    outcome = outcomes[0].outcome
    shown = f"{word(outcome):<10}"
    if colour:
        shown = f"\x1b[{_COLOURS[outcome.outcome]}m{shown}\x1b[0m"
    merged = f" and {len(outcomes) - 1} more merged into it" if len(outcomes) > 1 else ""
    instead = f", instead of {outcome.fallback_for.split('/')[0]}" if outcome.fallback_for else ""
    tries = f", {outcome.attempts} tries" if outcome.attempts > 1 else ""
    place = f"{outcome.receiver or 'nobody':<21} {outcome.channel or '':<9}"
    what = f"{outcome.alertname} {outcome.status}{merged}"
    return f"  {_clock(outcomes[0].at)}  {shown}  {place}  {what}: {short(reason(outcome))}{instead}{tries}"


def headline(received: RecordedRequest) -> str:
    """The line of a message that a person sees first."""
    return peer(received.channel).headline(received.body if isinstance(received.body, dict) else {})


def _summary(day: Day, unread: int) -> Iterator[str]:
    counts: Counter[str] = Counter(d.outcome.outcome for event in day.events for d in event.deliveries)
    said = ", ".join(f"{counts[name]} {name}" for name in _COLOURS if counts[name]) or "nobody was notified"
    files = f"{len(day.events)} file{'' if len(day.events) == 1 else 's'}"
    yield f"{files}, {_length(day.ended - day.began)} of the clock: {said}"
    outcomes = (d.outcome for event in day.events for d in event.deliveries)
    accepted = ((channel(o.channel).title, o.accepted) for o in outcomes if o.accepted and o.channel)
    for title, open_point in dict.fromkeys(accepted):
        yield f"  accepted by {title}: {open_point}"
    open_ = (d for event in day.events for d in event.deliveries if d.next_try)
    yield from dict.fromkeys(f"  {d.outcome.receiver} lacks {d.outcome.alertname}: next try {_next(d)}" for d in open_)
    for name, bodies in day.waiting.items():
        if not name.endswith("-timers"):
            yield f"  {len(bodies)} in {name}, whose alarm mails people without any code of ours"
    for lost in day.lost:
        what = f"{lost.alertname} of {lost.file}, {lost.integration or 'all receivers'}"
        yield f"  LOST: {what}: neither notified nor queued"
    if refused := len(day.unpublished) + unread:
        files, them = ("1 file", "it") if refused == 1 else (f"{refused} files", "them")
        yield f"{files} reached no topic, for the reasons on stderr, so nothing is proven about {them}."
    if not day.lost and (counts or not refused):
        verdict = "Nothing else is lost" if refused else "Nothing is lost"
        yield f"{verdict}: every update was delivered, merged, suppressed for a named reason, or has its next try."


def _next(delivery: AccountedUpdate) -> str:
    at = f"{delivery.next_try:%H:%M:%S}" if delivery.next_try else ""
    return f"{at}, and again every 15 min for four days; the replay ends here"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _length(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"


def short(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 110 else line[:109] + "…"
