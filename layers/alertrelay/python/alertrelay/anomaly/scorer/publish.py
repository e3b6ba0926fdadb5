"""Publishes a metric's state as alerts of the one model: the wanted alerts, less those that are published already."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alertrelay.alert import Labels, fingerprint, rfc3339
from alertrelay.anomaly.scorer.console_link import graph_link, query_link
from alertrelay.anomaly.scorer.entry_rules import EntryRule, Origin, named
from alertrelay.anomaly.scorer.limit_alert import forecast_said
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.shard_state import AnnouncedAlert, Announcement, Said, Track
from alertrelay.config.watch import Watch
from alertrelay.sources.anomaly import SENDER
from alertrelay.sources.origin import cluster_of
from alertrelay.values import text as texts

ANOMALY = "AnomalyDetected"
SILENT = "MetricNotReporting"
LIMIT = "LimitForecast"
RUNBOOKS: Mapping[str, str] = {
    ANOMALY: "anomaly-detected.md",
    SILENT: "metric-not-reporting.md",
    LIMIT: "limit-forecast.md",
}
SEVERITIES = ("info", "warning", "critical")
MESSAGE_BYTES = 200_000
"""SNS takes 256 KB, attributes and all."""
_SHOWN_BEFORE = 3 * 3600.0
_SHOWN_AFTER = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alert:
    labels: Labels
    since: float
    said: Said
    score: float = 0.0


def announcements_of(origin: Origin, rule: EntryRule | None, track: Track, *, at: float) -> list[Announcement]:
    """Returns the updates that bring the published alerts of a metric up to date: new ones, and resolves.

    `track.announced` is as after them. `rule` is None where its entry was removed. `at` is the clock by which updates
    are ordered: the run's, in seconds, so that a retried run says the same."""
    wanted = _wanted(origin, rule, track)
    begins = [
        _update(origin, track.metric, alert, at=at, ends=False)
        for mark, alert in wanted.items()
        if mark not in track.announced
    ]
    ends = [
        _update(origin, track.metric, _end(track, announced, at=at), at=at, ends=True)
        for mark, announced in track.announced.items()
        if mark not in wanted
    ]
    track.announced = {
        mark: track.announced.get(mark) or AnnouncedAlert(labels=alert.labels, since=alert.since)
        for mark, alert in wanted.items()
    }
    return [*begins, *ends]


def perhaps_announced(origin: Origin, rule: EntryRule, metric: WatchedMetric) -> dict[str, AnnouncedAlert]:
    """Returns every alert that may have been published of a metric, where the record of it is lost."""
    if rule.watch.mode == "shadow":
        return {}
    named = [(ANOMALY, level.severity) for level in rule.levels] + [(SILENT, rule.levels[0].severity)]
    named += [(LIMIT, _forecast_severity(rule))] if rule.watch.limit is not None else []
    found = [labels_of(origin, rule.watch, metric, alertname, severity) for alertname, severity in named]
    return {fingerprint(labels): AnnouncedAlert(labels=labels, since=None) for labels in found}


def labels_of(origin: Origin, watch: Watch, metric: WatchedMetric, alertname: str, severity: str) -> Labels:
    """Returns dimensions under their own names; then labels of the environment and the entry, and last our own."""
    dimensions = texts.label_set(metric.dimensions)
    return texts.label_set(
        {
            **dimensions,
            "category": "anomaly",
            "cluster": cluster_of(dimensions),
            **origin.config.labels,
            **watch.labels,
            "alertname": alertname,
            "alarm_name": watch.name,
            "severity": severity,
            "namespace": metric.namespace,
            "metric": metric.name,
            "account_id": origin.account,
            "region": origin.region,
        }.items()
    )


def messages(announcements: Sequence[Announcement]) -> Iterator[tuple[str, str]]:
    """Returns severity and text of the messages to publish: as few messages as SNS's limit allows."""
    for severity in SEVERITIES:
        batch: list[Mapping[str, Any]] = []
        size = 0
        for announcement in announcements:
            if announcement.severity != severity:
                continue
            length = len(json.dumps(announcement.update))
            if batch and size + length > MESSAGE_BYTES:
                yield severity, message(batch)
                batch, size = [], 0
            batch.append(announcement.update)
            size += length
        if batch:
            yield severity, message(batch)


def _wanted(origin: Origin, rule: EntryRule | None, track: Track) -> dict[str, _Alert]:
    """Returns the alerts that should be open for the metric, by fingerprint. In shadow none."""
    if rule is None or rule.watch.mode == "shadow":
        return {}
    alerts = []
    if track.open:
        said = track.said or Said(summary=f"{named(rule.watch, track.metric)} is unusual")
        for severity in track.open.severities:
            labels = labels_of(origin, rule.watch, track.metric, ANOMALY, severity)
            alerts.append(_Alert(labels=labels, since=track.open.since, said=said, score=track.open.score))
    if track.silent is not None:
        labels = labels_of(origin, rule.watch, track.metric, SILENT, rule.levels[0].severity)
        summary = f"{named(rule.watch, track.metric)} has stopped reporting, last heard {_clock(track.presence.last)}"
        alerts.append(_Alert(labels=labels, since=track.silent, said=Said(summary=summary)))
    course = track.course
    if course and course.since is not None:
        labels = labels_of(origin, rule.watch, track.metric, LIMIT, _forecast_severity(rule))
        alerts.append(_Alert(labels=labels, since=course.since, said=forecast_said(rule, track, course)))
    return {fingerprint(alert.labels): alert for alert in alerts}


def _forecast_severity(rule: EntryRule) -> str:
    """Returns warning: there is time to act. In assist all are info."""
    return "info" if rule.watch.mode == "assist" else "warning"


def _end(track: Track, announced: AnnouncedAlert, *, at: float) -> _Alert:
    labels = announced.labels
    name = f"{labels.get('metric', track.metric.name)} of {labels.get('service') or labels.get('alarm_name', '')}"
    if labels.get("alertname") == SILENT:
        again = track.presence.last is not None and at - track.presence.last < 2 * track.metric.period
        reason = "it reports again" if again else "it is no longer waited for"
        said = Said(summary=f"{name} had stopped reporting", reason=reason)
    elif labels.get("alertname") == LIMIT:
        said = Said(summary=f"{name} went towards its limit", reason="at its pace it no longer gets there")
    else:
        said = track.said or Said(summary=f"{name} was unusual")
    return _Alert(labels=labels, since=at if announced.since is None else announced.since, said=said)


def _update(origin: Origin, metric: WatchedMetric, alert: _Alert, *, at: float, ends: bool) -> Announcement:
    mark = fingerprint(alert.labels)
    # Around the time of the data, not of the run: a repeated update has the same link.
    begin, end = alert.since - _SHOWN_BEFORE, at + _SHOWN_AFTER
    if metric.source == "prometheus":
        link = query_link(metric, origin.config.prometheus, begin=begin, end=end)
    else:
        link = graph_link(metric, region=origin.region, begin=begin, end=end)
    body: dict[str, Any] = {
        "status": "resolved" if ends else "firing",
        "labels": alert.labels,
        "annotations": _annotations(origin, alert, mark),
        "startsAt": _time(alert.since),
        "updatedAt": _time(at),
        "generatorURL": link,
        "fingerprint": mark,
        **({"endsAt": _time(at)} if ends else {}),
    }
    text = f"{alert.said.summary}, since {_clock(alert.since)}"
    note = {"text": text, "score": round(alert.score, 3), "since": _time(alert.since), "link": link}
    return Announcement(
        severity=alert.labels["severity"],
        update=body,
        service=alert.labels.get("service", ""),
        note=None if ends else note,
    )


def _annotations(origin: Origin, alert: _Alert, mark: str) -> Labels:
    base, said = origin.config.runbook_base_url.rstrip("/"), alert.said
    alertname = alert.labels["alertname"]
    judge = f"alertrelay feedback {mark} helpful --env {origin.config.environment} (or: not)"
    return texts.annotation_set(
        [
            ("summary", texts.one_line(said.summary)),
            ("value", said.value),
            ("threshold", said.usual),
            ("reason", said.reason),
            ("score", said.score),
            ("deployed_shortly_before", "\n".join(said.deployments)),
            ("runbook_url", f"{base}/{RUNBOOKS[alertname]}" if base else ""),
            ("was_this_helpful", judge if alertname == ANOMALY else ""),
        ]
    )


def message(updates: Sequence[Mapping[str, Any]]) -> str:
    """Returns the text of one message with these updates."""
    return json.dumps({"sender": SENDER, "version": "1", "alerts": list(updates)})


def _time(at: float) -> str:
    return rfc3339(datetime.fromtimestamp(at, UTC))


def _clock(at: float | None) -> str:
    return "never" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
