"""What happened in a run, in order of time: published events, outcomes, what the scorer noticed, what messages said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertrelay.notification import Outcome

from local.account import Lost, PublishedEvent
from local.stack.companion import Annotated
from local.stack.invocation import Failure
from local.stack.scorer import ScorerLogEvent, Series
from local.standins import Fault, RecordedRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOutcome:
    """An outcome at its time. `by` is the file whose publishing led to it at once, None where a timer did."""

    at: datetime
    outcome: Outcome
    by: PublishedEvent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A series that was lived through, from `at` on. `said` is what it is, in words."""

    at: datetime
    series: Series

    @property
    def said(self) -> str:
        """Words the number of points that are played, the history before them, and the entry."""
        past, lived = len(self.series.past), len(self.series.points) - len(self.series.past)
        return f"{lived} points of {self.series.watch.name} ({self.series.watch.mode}), after {past} that are its past"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShown:
    """What a message said of an error budget."""

    at: datetime
    text: str


Happened = PublishedEvent | TimedOutcome | Failure | Played | ScorerLogEvent | BudgetShown | Annotated


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that happened. `history` is in order of time; `logs` is what the functions printed."""

    environment: str
    down: Mapping[str, Fault]
    began: datetime
    ended: datetime
    events: tuple[PublishedEvent, ...]
    history: tuple[Happened, ...]
    received: tuple[RecordedRequest, ...]
    waiting: Mapping[str, Sequence[str]]
    lost: tuple[Lost, ...]
    unpublished: tuple[str, ...]
    secrets: Mapping[str, str] = field(repr=False)
    logs: str = field(repr=False, default="")
