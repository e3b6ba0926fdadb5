"""Makes metrics of many kinds, without any trouble in them: every alert on these is false."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping

DAY = 288
"""Points of a day; the metrics are of five minutes."""

Made = Callable[[random.Random, int], list[float]]


def _course(place: int) -> float:
    return math.sin(2.0 * math.pi * place / DAY)


def _daily(draw: random.Random, count: int) -> list[float]:
    return [60.0 + 40.0 * _course(place) + draw.gauss(0.0, 3.0) for place in range(count)]


def _weekly(draw: random.Random, count: int) -> list[float]:
    quiet = [0.4 if place // DAY % 7 >= 5 else 1.0 for place in range(count)]
    return [60.0 + 40.0 * share * _course(place) + draw.gauss(0.0, 3.0) for place, share in enumerate(quiet)]


def _growing(draw: random.Random, count: int) -> list[float]:
    return [value * (1.0 + place / count) for place, value in enumerate(_daily(draw, count))]


def _sparse(draw: random.Random, count: int) -> list[float]:
    return [float(draw.randint(1, 5)) if draw.random() < 0.01 else 0.0 for _ in range(count)]


def _deploys(draw: random.Random, count: int) -> list[float]:
    level, values = 50.0, []
    for _ in range(count):
        if draw.random() < 0.4 / DAY:
            level = draw.gauss(50.0, 6.0)
        values.append(level + draw.gauss(0.0, 1.0))
    return values


def _latency(draw: random.Random, count: int) -> list[float]:
    slow = [draw.expovariate(0.005) if draw.random() < 0.004 else 0.0 for _ in range(count)]
    return [100.0 * draw.lognormvariate(0.0, 0.15) + more for more in slow]


def _bursts(draw: random.Random, count: int) -> list[float]:
    values = [draw.gauss(5.0, 1.0) for _ in range(count)]
    place = 0
    while (place := place + int(draw.expovariate(1.0 / 120.0)) + 1) < count:
        height = draw.lognormvariate(3.0, 0.5)
        for at in range(place, min(count, place + int(draw.expovariate(0.125)) + 1)):
            values[at] += height
    return values


def _nightly(draw: random.Random, count: int) -> list[float]:
    return [10.0 + (40.0 if place % DAY < 6 else 0.0) + draw.gauss(0.0, 1.0) for place in range(count)]


def _business(draw: random.Random, count: int) -> list[float]:
    open_now = [place // DAY % 7 < 5 and 8 <= place % DAY / 12 < 18 for place in range(count)]
    return [(220.0 if now else 20.0) * draw.gauss(1.0, 0.05) for now in open_now]


def _rare_events(draw: random.Random, count: int) -> list[float]:
    """Draws a Poisson number of mean 0.05 for each point."""

    def events() -> float:
        number, left = 0, draw.expovariate(1.0)
        while left < _RARE:
            number += 1
            left += draw.expovariate(1.0)
        return float(number)

    return [events() for _ in range(count)]


_RARE = 0.05

KINDS: Mapping[str, Made] = {
    "noise": lambda draw, count: [draw.gauss(50.0, 3.0) for _ in range(count)],
    "a daily course": _daily,
    "a weekly course": _weekly,
    "business hours": _business,
    "rare events": _rare_events,
    "growing": _growing,
    "saturating at 100": lambda draw, count: [min(100.0, value + 25.0) for value in _daily(draw, count)],
    "a job each night": _nightly,
    "wandering": lambda draw, count: list(itertools.accumulate(draw.gauss(0.0, 1.0) for _ in range(count))),
    "a ramp": lambda draw, count: [0.01 * place + draw.gauss(0.0, 1.0) for place in range(count)],
    "small counts": lambda draw, count: [float(max(0, round(draw.gauss(2.0, 1.4)))) for _ in range(count)],
    "sparse counts": _sparse,
    "heavy tails": lambda draw, count: [draw.lognormvariate(2.0, 1.0) for _ in range(count)],
    "a power law": lambda draw, count: [draw.paretovariate(2.2) for _ in range(count)],
    "a latency with slow calls": _latency,
    "bursts": _bursts,
    "steps by deploys": _deploys,
    "constant": lambda _, count: [5.0] * count,
}
