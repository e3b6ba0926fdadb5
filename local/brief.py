"""Shows a replay in about ten lines, and several replays as one verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertrelay.alert import Alert
from alertrelay.channels import KINDS
from alertrelay.notification import Outcome, Reason
from alertrelay.values.text import how_many

from local.account import PublishedEvent
from local.stack.companion import Annotated
from local.stack.history import Day, Happened, Played, TimedOutcome
from local.stack.invocation import Failure
from local.stack.scorer import ScorerLogEvent
from local.timeline import headline, received_by, short, word

REASONS_SHOWN = 6


@dataclass(slots=True)
class _Line:
    """Rows of one kind: the first and the last time, the text of the first, and how many rows went to each channel."""

    word: str
    text: str
    first: datetime
    last: datetime
    rows: int = 0
    channels: Counter[str] = field(default_factory=Counter)
    message: str = ""


def brief(day: Day) -> Iterator[str]:
    """Yield one line for each kind of thing that happened, in order of its first time.

    Alerts of one name and status are one line, and so are outcomes of one name, status, result and reason. What only
    waits for its group's next flush is left out. The first message of each result is quoted.
    """
    quoted: set[str] = set()
    for line in _lines(day):
        several = f", until {line.last:%H:%M:%S}" if line.last != line.first else ""
        places = ", ".join(f"{name} {line.channels[name]}" for name in KINDS if line.channels[name])
        added = f"{f' [{places}]' if places else ''}{several}"
        text = line.text.removesuffix(".") if added else line.text
        yield f"  {line.first:%H:%M:%S}  {line.word:<10}  {text}{added}"
        if line.message and line.word not in quoted:
            quoted.add(line.word)
            yield f"{'':<24}» {line.message}"


def _lines(day: Day) -> Sequence[_Line]:
    found: dict[Hashable, _Line] = {}
    for row in day.history:
        if isinstance(row, PublishedEvent):
            for alert in row.alerts:
                _add(found, ("alert", alert.name, alert.status), alert.status, _alert(alert), row.at)
        elif isinstance(row, TimedOutcome):
            _add_outcome(found, day, row)
        elif isinstance(row, ScorerLogEvent):
            word = row.event.removeprefix("anomaly_")
            _add(found, row.event, word, _noticed(row), row.at)
        else:
            _add_other(found, row)
    for line in found.values():
        if line.rows > 1 and line.word in ("firing", "resolved"):
            line.text = f"{line.rows} times {line.text}"
    return list(found.values())


def _add_other(found: dict[Hashable, _Line], row: Happened) -> None:
    if isinstance(row, Failure):
        _add(found, ("error", row.kind), "error", f"{row.function} raised {row.kind}: {short(row.text)}", row.at)
    elif isinstance(row, Annotated):
        _add(found, ("annotated", row.text), "annotated", f"{row.what}: {short(row.text)}", row.at)
    elif isinstance(row, Played):
        _add(found, row.series.file, "metric", row.said, row.at)


def _add(found: dict[Hashable, _Line], key: Hashable, word: str, text: str, at: datetime) -> _Line:
    line = found.setdefault(key, _Line(word, text, at, at))
    line.rows += 1
    line.last = at
    return line


def _add_outcome(found: dict[Hashable, _Line], day: Day, row: TimedOutcome) -> None:
    outcome = row.outcome
    if outcome.reason is Reason.WAITING or outcome.outcome == "merged":
        return
    key = (outcome.outcome, outcome.alertname, outcome.status, outcome.reason)
    why = f"{outcome.reason}: {short(outcome.detail)}" if outcome.detail else str(outcome.reason)
    instead = f" instead of {outcome.fallback_for.split('/')[0]}" if outcome.fallback_for else ""
    line = _add(found, key, word(outcome), f"{outcome.alertname} {outcome.status}{instead}: {why}", row.at)
    line.channels[outcome.channel or ""] += 1
    received = received_by(day, outcome)
    line.message = line.message or (short(headline(received)) if received else "")


def _alert(alert: Alert) -> str:
    severity = alert.labels.get("severity", "no severity")
    return f"{alert.name} ({severity}): {short(alert.annotations.get('summary', ''))}"


def _noticed(found: ScorerLogEvent) -> str:
    why = str(found.fields.get("text") or found.fields.get("problem") or found.fields.get("why") or "")
    return short(f"{found.fields.get('watch', '')}: {why}")


def verdict(days: Sequence[Day]) -> Iterator[str]:
    """Yield what several replays come to: messages by channel, suppressed updates by reason, and what is lost."""
    outcomes = [delivery.outcome for day in days for event in day.events for delivery in event.deliveries]
    updates = sum(len(event.alerts) for day in days for event in day.events)
    sent = Counter(received.channel for day in days for received in day.received if received.taken)
    results = Counter(outcome.outcome for outcome in outcomes)
    replays, received = how_many(len(days), "replay"), how_many(updates, "update")
    yield f"verdict     {replays}, {received} of alerts, {how_many(len(outcomes), 'outcome')} for their receivers"
    yield f"messages    {sum(sent.values())} sent: {_counts(sent)}"
    yield f"delivered   {results['delivered']}, and {results['merged']} more inside these messages"
    yield f"fallback    {results['fallback']} delivered by another channel, because their own had failed"
    yield f"suppressed  {results['suppressed']}: {_counts(_reasons(outcomes))}"
    yield f"pending     {results['pending']}: queued, and retried until they are delivered"
    yield f"failed      {results['failed']}: in a dead-letter queue that raises an alarm of its own"
    for day in days:
        for lost in day.lost:
            yield f"LOST        {lost.alertname} of {lost.file}, {lost.integration or 'all receivers'}"
    yield f"lost        {sum(len(day.lost) for day in days)}"


def _reasons(outcomes: Sequence[Outcome]) -> Counter[str]:
    return Counter(str(outcome.reason) for outcome in outcomes if outcome.outcome == "suppressed")


def _counts(counted: Counter[str]) -> str:
    shown = counted.most_common(REASONS_SHOWN)
    rest = sum(counted.values()) - sum(count for _, count in shown)
    return ", ".join([*(f"{name} {count}" for name, count in shown), *([f"others {rest}"] if rest else [])]) or "none"
