"""Computes the score from which an entry alerts: the file's, moved by its sensitivity and by feedback.

A score of T is one that a usual week shows λ = 1/T - 1 times. Everything here moves λ by a factor, so that it means the
same to a threshold of 0.8 as to one of 0.99.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from alertrelay.anomaly.scorer.ports import Vote
from alertrelay.config.watch import Watch

DAY = 86_400.0
SENSITIVITY: Mapping[str, float] = {"low": 0.25, "normal": 1.0, "high": 4.0}
_HELPFUL = 1.06
_NOT = 0.8
"""Four helpful alerts weigh what one does that was not: it stands still where four in five are helpful."""
_A_DAY = 1.25
"""No day moves it further than this, however many vote."""
LEAST, MOST = 1 / 8, 2.0
"""The bounds of all movement: from once in four weeks to once in 32, or to once in two."""
_REMEMBERED = 90 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The feedback on an entry's alerts in the last 90 days, and its effect on λ."""

    factor: float = 1.0
    helpful: int = 0
    not_helpful: int = 0

    @property
    def share(self) -> float | None:
        """Returns the share judged helpful, None where nobody judged."""
        judged = self.helpful + self.not_helpful
        return self.helpful / judged if judged else None


def feedback_of(votes: Iterable[Vote], *, now: float) -> dict[str, Feedback]:
    """Returns feedback by entry. Each alert counts once, by the last vote on it, at the time of that vote."""
    last = {(vote.fingerprint, vote.started): vote for vote in sorted(votes, key=lambda v: v.at)}
    by_watch: dict[str, list[Vote]] = {}
    for vote in last.values():
        if vote.watch and now - _REMEMBERED <= vote.at <= now:
            by_watch.setdefault(vote.watch, []).append(vote)
    return {watch: _weighed(sorted(found, key=lambda v: v.at)) for watch, found in by_watch.items()}


def _weighed(votes: list[Vote]) -> Feedback:
    factor = 1.0
    for _, day in groupby(votes, key=lambda v: int(v.at // DAY)):
        before = factor
        for vote in day:
            factor *= _HELPFUL if vote.helpful else _NOT
        factor = min(before * _A_DAY, max(before / _A_DAY, factor))
        factor = min(MOST, max(LEAST, factor))
    helpful = sum(vote.helpful for vote in votes)
    return Feedback(factor=factor, helpful=helpful, not_helpful=len(votes) - helpful)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLevel:
    """A severity, and the score from which it applies."""

    severity: str
    score: float


def levels(watch: Watch, feedback: Feedback | None, *, default: float) -> tuple[ScoreLevel, ...]:
    """Returns the entry's levels, the mildest first. Where it names none it warns from `default` on. In assist all are
    info.

    Only an adaptive entry follows feedback.
    """
    factor = SENSITIVITY[watch.sensitivity]
    if watch.mode == "adaptive" and feedback:
        factor *= feedback.factor
    said = watch.severity or {"warning": default}
    if watch.mode == "assist":
        said = {"info": min(said.values())}
    found = [ScoreLevel(severity=name, score=moved(score, factor)) for name, score in said.items()]
    return tuple(sorted(found, key=lambda level: level.score))


def moved(score: float, factor: float) -> float:
    """Returns the score that is `factor` times as frequent."""
    if score <= 0.0 or score >= 1.0:
        return score
    return 1.0 / (1.0 + (1.0 / score - 1.0) * factor)
