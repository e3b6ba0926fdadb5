"""A run of the anomaly-scorer: its time, what it judges by, and what it counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from alertrelay.anomaly.scorer.entry_rules import EntryRule, Origin
from alertrelay.anomaly.scorer.lifecycle import ScoredPoint
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.ports import Scoring
from alertrelay.anomaly.scorer.shard_state import (
    JournalEntry,
)

SETTLED = 120.0
"""Seconds after its end at which a period's point is taken to be whole: data comes late."""


@dataclass(slots=True, kw_only=True)
class ScorerRun:
    """A run: its time in seconds (that of its schedule, so that a retry is the same run), until when it has to be
    done, how each entry is judged, and what it counts."""

    scoring: Scoring
    at: float
    until: float
    rules: Mapping[str, EntryRule]
    origin: Origin
    learn_until: float = math.inf  # the share of a shard in the time for learning: later ones are scored in any case
    problems: list[str] = field(default_factory=list)  # what could not be done, and is done by the next run
    shadow: list[JournalEntry] = field(default_factory=list)  # the journals, where a digest is due
    tally: Counter[str] = field(default_factory=Counter)
    tops: dict[str, tuple[WatchedMetric, ScoredPoint]] = field(default_factory=dict)  # the most unusual point, by entry

    def end_of(self, metric: WatchedMetric) -> float:
        """Returns the end of the metric's last whole period."""
        return (self.at - SETTLED) // metric.period * metric.period

    def in_time(self) -> bool:
        """Returns whether there is time for more."""
        return self.scoring.clock.now().timestamp() < self.until

    def may_learn(self) -> bool:
        """Returns whether this shard has time to learn another metric."""
        return self.scoring.clock.now().timestamp() < min(self.until, self.learn_until)
