"""Why a point got its score, in words and numbers that a person can check."""

from __future__ import annotations

from alertrelay.anomaly.detector import Reading
from alertrelay.anomaly.measures import NAMES

_SHOWN = 2


def explain(value: float, reading: Reading) -> str:
    """One sentence: the value, what was usual, and the strongest measures with how rare each is."""
    if reading.measured is None:
        return "learning: too few points yet"
    rarities = [part or 0.0 for part in reading.parts]
    order = sorted(range(len(NAMES)), key=lambda place: -rarities[place])[:_SHOWN]
    found = ", ".join(f"{NAMES[place]} (1 in {_odds(rarities[place])})" for place in order)
    return f"{value:.6g}; usual is {reading.measured.usual:.6g}; {found}"


def _odds(rarity: float) -> str:
    return f"{10 ** min(rarity, 9.0):,.0f}" + ("+" if rarity > 9.0 else "")
