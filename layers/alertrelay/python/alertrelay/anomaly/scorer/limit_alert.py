"""Puts into words when a metric reaches its limit, for the alert and the journal."""

from __future__ import annotations

from alertrelay.anomaly.detector.limit import LevelCourse
from alertrelay.anomaly.scorer.entry_rules import EntryRule, named, unit_of
from alertrelay.anomaly.scorer.shard_state import Said, Track
from alertrelay.values import units


def forecast_said(rule: EntryRule, track: Track, course: LevelCourse) -> Said:
    """Returns the words of a forecast, as it was when it began."""
    unit, name = unit_of(rule.watch, track.metric), named(rule.watch, track.metric)
    verb = "falls" if course.low else "rises"
    limit = units.shown(rule.watch.limit or 0.0, unit)
    pace = units.shown(float(f"{course.pace:.3g}"), unit)
    hours = round(course.hours)
    when = f"in {hours} hours" if hours > 1 else "within an hour" if hours < 1 else "in an hour"
    value = units.shown(float(f"{course.reached:.4g}"), unit)
    over = f"{course.seen:.0f} hours" if course.seen < 48.0 else f"{course.seen / 24.0:.0f} days"
    return Said(
        summary=f"{name} reaches its limit of {limit} {when} at its present pace",
        value=value,
        usual=limit,
        reason=f"it {verb} by {pace} an hour, by the last {over}, and is nearer to its limit than in the week before",
    )
