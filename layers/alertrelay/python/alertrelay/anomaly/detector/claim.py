"""Limits what a voice may say of a point: by its usual range, by the trouble that it is part of, by the history."""

from __future__ import annotations

from typing import NamedTuple

from alertrelay.anomaly.detector.trouble import WHOLE_WEEK, doubt_of
from alertrelay.anomaly.detector.votes import Voice, below_weekly


class Claim(NamedTuple):
    """What may be said of a point: whether it is `usual` by its value, a trouble is open or `lingers`, how strong a
    claim can be at `most`, and the `weeks` of history."""

    usual: bool
    lingers: bool
    most: float
    weeks: float


def claimed(strength: float, voice: Voice, claim: Claim) -> float:
    """Returns the strength that remains of a voice's."""
    least = below_weekly(strength)
    usual = claim.usual and not voice.lasting
    if usual or (claim.lingers and voice.echoes) or (voice.by_day and claim.weeks < WHOLE_WEEK):
        return least
    return max(least, min(strength - doubt_of(claim.weeks), claim.most))
