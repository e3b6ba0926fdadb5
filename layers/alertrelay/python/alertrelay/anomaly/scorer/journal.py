"""Writes what happened to a metric to the journal of its shard, and to the log."""

from __future__ import annotations

import dataclasses

from alertrelay.alert import fingerprint
from alertrelay.anomaly.scorer.console_link import graph_link
from alertrelay.anomaly.scorer.entry_rules import EntryRule
from alertrelay.anomaly.scorer.lifecycle import AnomalyChange, Open
from alertrelay.anomaly.scorer.limit_alert import forecast_said
from alertrelay.anomaly.scorer.publish import ANOMALY, labels_of
from alertrelay.anomaly.scorer.reporting import silence
from alertrelay.anomaly.scorer.scorer_run import ScorerRun
from alertrelay.anomaly.scorer.shard_state import (
    Book,
    JournalEntry,
    Said,
    Track,
)

BEFORE, AFTER = 3 * 3_600.0, 3_600.0
"""Seconds that a graph shows around what it is about."""


def notice_silence(run: ScorerRun, book: Book, track: Track, rule: EntryRule) -> None:
    """Notes that a metric has stopped reporting, once, or that it reports again."""
    # A source that refused to answer says nothing of the time since it last did.
    since = silence(track.presence, track.read_to, track.metric.period)
    if since is not None and track.silent is None:
        track.silent = since
        write_entry(run, book, track, rule, "silent", at=since, text="it has stopped reporting")
    elif since is None:
        track.silent = None  # it was waited for long enough


def notice_limit(run: ScorerRun, book: Book, track: Track, rule: EntryRule, before: float | None) -> None:
    """Notes a forecast that a metric reaches its limit where it is another than `before`, and the end of one."""
    course, now = track.course, track.forecast
    if course and now is not None and now != before:
        said = forecast_said(rule, track, course)
        write_entry(run, book, track, rule, "limit_forecast", at=now, text=f"{said.summary}: {said.reason}", said=said)
    elif now is None and before is not None:
        write_entry(
            run, book, track, rule, "limit_cleared", at=run.at, text="at its pace it no longer reaches its limit"
        )


def write_change(run: ScorerRun, book: Book, track: Track, rule: EntryRule, change: AnomalyChange) -> None:
    """Writes that an anomaly began, grew or ended."""
    said = track.said or Said(summary="")
    text = change.why or said.reason or said.summary
    write_entry(run, book, track, rule, change.kind, at=change.at, text=text, said=said, about=change.open)


def write_entry(
    run: ScorerRun,
    book: Book,
    track: Track,
    rule: EntryRule,
    kind: str,
    *,
    at: float,
    text: str,
    said: Said | None = None,
    about: Open | None = None,
) -> None:
    """Writes to the journal and the log, in shadow as well: they record the alerts that would have been sent."""
    severity = about.severities[-1] if about else ""
    link = graph_link(track.metric, region=run.origin.region, begin=at - BEFORE, end=at + AFTER)
    labels = labels_of(run.origin, rule.watch, track.metric, ANOMALY, severity)
    found = JournalEntry(
        at=at,
        kind=kind,
        watch=rule.watch.name,
        metric=str(track.metric),
        mode=rule.watch.mode,
        text=text,
        severity=severity,
        score=about.score if about else 0.0,
        value=about.value if about else 0.0,
        usual=said.usual if said else "",
        since=about.since if about else 0.0,
        fingerprint=fingerprint(labels) if about else "",
        service=labels.get("service", ""),
    )
    book.write(found)
    # `service` is the function's own word in its log lines.
    fields = {name: value for name, value in dataclasses.asdict(found).items() if name not in ("service", "at", "kind")}
    run.scoring.log(f"anomaly_{kind}", **fields, affects=found.service, shown=said.value if said else "", link=link)
