"""`make bench-anomaly`: the figures of docs/anomaly.md, measured on labelled metrics that are not part of the project.

Scores every corpus of a folder (a folder `NAME` with its `NAME.windows.json` and `NAME.labels.json` beside it) and has
the folder's own `nabscore.py` judge the result. Bounds are those of nine in ten draws of as many series; files are also
split in halves by the hash of their names: a change that helps one half alone is luck.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib
import itertools
import math
import random
import sys
import time
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alertrelay.anomaly.detector.limit import LevelCourse
from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer
from alertrelay.anomaly.detector.state import pack
from alertrelay.anomaly.detector.votes import VOICES, Voice

from tools.anomaly_figures import PRECISE, PROFILES, at_default, best, nab, recall_when_precise
from tools.anomaly_reasons import stated_outside
from tools.made_metrics import DAY, KINDS

_NAB = (0.15, 750)
_OPERATIONS = (0.25, 2016)
"""What is not judged at the beginning of a series: the share, and at most so many rows. A week, of operations."""
_AT_LEAST = {"ops_dev": {"precision": 0.84, "recall": 0.25, "F0.5": 0.56}}
_AT_MOST = {"ops_dev": {"false alerts a week": 0.15}}
"""The figures that a change has to keep, at the default threshold. NAB's labels call a repeat false: none is required
there."""
_OUTSIDE_AT_MOST = 0.03
"""The share of alerted rows whose reason may state a usual range that the rows before do not bear out."""
_MADE, _WEEKS, _YOUNG = 6, 4, 24


def main(argv: list[str] | None = None) -> int:
    """Prints the tables; 1 where a required figure is missed, 2 where the folder has no judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="FOLDER", help="the folder with the corpora and nabscore.py")
    parser.add_argument("--ablation", action="store_true", help="also without each voice, and with each alone")
    parser.add_argument(
        "--altered", action="store_true", help="also the same metrics, altered in ways that change no label"
    )
    parser.add_argument("--made", action="store_true", help="also the alerts on made metrics without any trouble")
    args = parser.parse_args(argv)
    if not (args.data / "nabscore.py").is_file():
        print(f"bench-anomaly: {args.data} has no nabscore.py; name the folder: make bench-anomaly ANOMALY_DATA=…")
        return 2
    sys.path.insert(0, str(args.data.resolve()))
    judge = importlib.import_module("nabscore")
    corpora = [path.name.removesuffix(".windows.json") for path in sorted(args.data.glob("*.windows.json"))]
    missed: list[str] = []
    for corpus in corpora:
        series, speed = measure(judge, args.data, corpus, VOICES)
        _show(judge, corpus, series, speed)
        figures = at_default(judge, series, DEFAULT_THRESHOLD)
        missed += _missed(corpus, {name: figure.value for name, figure in figures.items()})
        missed += _reasons(corpus, series)
    _shifted(judge, args.data, corpora)
    memory, state = _footprint()
    print(f"\nA metric takes {memory:.0f} KB of memory, and {state:.1f} KB where it is kept.")
    _first_week()
    if args.made:
        _made()
        _forecasts()
    if args.altered:
        _altered(judge, args.data, corpora)
    if args.ablation:
        _ablation(judge, args.data, corpora)
    for line in missed:
        print(f"missed: {line}")
    return int(bool(missed))


def _missed(corpus: str, figures: Mapping[str, float]) -> list[str]:
    """Returns a line for each required figure of a corpus that was not reached."""
    least, most = _AT_LEAST.get(corpus, {}), _AT_MOST.get(corpus, {})
    return [
        f"{corpus}: {name} is {figures[name]:.3f}, required is {bound:g} or more"
        for name, bound in least.items()
        if figures[name] < bound
    ] + [
        f"{corpus}: {name} is {figures[name]:.3f}, required is {bound:g} or less"
        for name, bound in most.items()
        if figures[name] > bound
    ]


def _reasons(corpus: str, series: Sequence[Any]) -> list[str]:
    """Shows how many reasons of alerted rows state a usual range outside all that its time had in the 14 days before;
    returns a line where they are more than allowed."""
    found = [outside for one in series for outside in stated_outside(one.t.tolist(), one.v.tolist())]
    share = sum(found) / max(1, len(found))
    print(f"| reasons whose usual lies outside every value of that time in 14 days | {sum(found)} of {len(found)} | |")
    wrong = f"{corpus}: {share:.1%} of reasons state what was not usual, required is {_OUTSIDE_AT_MOST:.0%} or less"
    return [wrong] if share > _OUTSIDE_AT_MOST else []


def _show(judge: Any, corpus: str, series: Sequence[Any], speed: float) -> None:
    print(f"\n| {corpus} | all series | halves |\n|---|---|---|")
    halves = [[one for one in series if _half(one.key) == half] for half in (0, 1)]
    both = [at_default(judge, half, DEFAULT_THRESHOLD) for half in halves]
    for name, figure in at_default(judge, series, DEFAULT_THRESHOLD).items():
        print(
            f"| {name}, at {DEFAULT_THRESHOLD:g} | {figure} | {', '.join(f'{half[name].value:.3f}' for half in both)} |"
        )
    _, threshold = recall_when_precise(judge, series)
    recall = at_default(judge, series, threshold)["recall"]
    cells = ", ".join(f"{recall_when_precise(judge, half)[0]:.3f}" for half in halves)
    print(f"| recall at a precision of {PRECISE:g} or more, at {threshold:.3f} | {recall} | {cells} |")
    for profile in PROFILES:
        cells = ", ".join(f"{best(judge, half, profile)[0]:.1f}" for half in halves)
        print(f"| NAB, {profile} | {nab(judge, series, profile)} | {cells} |")
    print(f"| µs a point | {speed:.0f} | |", flush=True)


def measure(judge: Any, data: Path, corpus: str, voices: Sequence[Voice]) -> tuple[list[Any], float]:
    """Scores one corpus; returns its series with their scores, and the µs a point."""
    series = _load(judge, data, corpus)
    before = time.process_time()
    for one in series:
        _score(one, voices)
    points = sum(len(one.t) for one in series)
    return series, (time.process_time() - before) / points * 1e6


def _score(one: Any, voices: Sequence[Voice] = VOICES) -> None:
    scorer = Scorer(voices=voices)
    for place, (at, value) in enumerate(zip(one.t.tolist(), one.v.tolist(), strict=True)):
        one.s[place] = scorer.take(at, value).score


def _shifted(judge: Any, data: Path, corpora: Sequence[str]) -> None:
    """Adds 50 standard deviations to each metric: no score should change."""
    print("\n| a constant of 50 standard deviations added | change of NAB's points, standard/low FP |\n|---|---|")
    for corpus in corpora:
        plain, moved = _load(judge, data, corpus), _load(judge, data, corpus)
        for one, other in zip(plain, moved, strict=True):
            other.v = other.v + 50.0 * judge.np.nanstd(other.v)
            _score(one)
            _score(other)
        cells = [f"{best(judge, moved, p)[0] - best(judge, plain, p)[0]:+.1f}" for p in PROFILES]
        print(f"| {corpus} | {'/'.join(cells)} |", flush=True)


def _half(key: str) -> int:
    return hashlib.sha256(key.encode()).digest()[-1] % 2


def _ablation(judge: Any, data: Path, corpora: Sequence[str]) -> None:
    print(f"\n| voices | {' | '.join(f'{corpus}: precision/recall, NAB standard/low FP' for corpus in corpora)} |")
    print("|---|" + "---|" * len(corpora))
    for name, voices in _choirs():
        cells = []
        for corpus in corpora:
            series, _ = measure(judge, data, corpus, voices)
            alerts = judge.alerts(series, DEFAULT_THRESHOLD)
            scores = "/".join(f"{best(judge, series, profile)[0]:.1f}" for profile in PROFILES)
            cells.append(f"{alerts['precision']:.2f}/{alerts['recall']:.2f}, {scores}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _choirs() -> list[tuple[str, Sequence[Voice]]]:
    found: list[tuple[str, Sequence[Voice]]] = [("all voices", VOICES)]
    found += [(f"without {voice.name}", [one for one in VOICES if one is not voice]) for voice in VOICES]
    return found + [(f"only {voice.name}", [voice]) for voice in VOICES]


def _altered(judge: Any, data: Path, corpora: Sequence[str]) -> None:
    """Alters the points, so that a gain by luck with a few windows disappears."""
    print(f"\n| metrics | {' | '.join(f'{corpus} standard/low FP' for corpus in corpora)} |")
    print("|---|" + "---|" * len(corpora))
    for change in _CHANGES:
        cells = []
        for corpus in corpora:
            series = [change(judge, one) for one in _load(judge, data, corpus)]
            for one in series:
                _score(one)
            cells.append("/".join(f"{best(judge, series, profile)[0]:.1f}" for profile in PROFILES))
        print(f"| {change.__name__.removeprefix('_').replace('_', ' ')} | {' | '.join(cells)} |", flush=True)


def _load(judge: Any, data: Path, corpus: str) -> list[Any]:
    judge.Series.PROB = _NAB if corpus.startswith("nab") else _OPERATIONS
    return list(judge.load(str(data / corpus), data / f"{corpus}.windows.json", data / f"{corpus}.labels.json"))


def _as_they_are(judge: Any, one: Any) -> Any:
    return _taken(judge, one, judge.np.arange(len(one.t)))


def _begun_later(judge: Any, one: Any) -> Any:
    return _taken(judge, one, judge.np.arange(len(one.t) // 16, len(one.t)))


def _one_point_in_ten_missing(judge: Any, one: Any) -> Any:
    draw = random.Random(one.key)
    return _taken(judge, one, judge.np.array([place for place in range(len(one.t)) if draw.random() > 0.1]))


def _means_of_two_points(judge: Any, one: Any) -> Any:
    return _means(judge, one, 2)


def _means_of_three_points(judge: Any, one: Any) -> Any:
    return _means(judge, one, 3)


_CHANGES = (_as_they_are, _begun_later, _one_point_in_ten_missing, _means_of_two_points, _means_of_three_points)


def _taken(judge: Any, one: Any, rows: Any) -> Any:
    """Returns the series of some of its rows. An empty window is dropped."""
    places = [(int(rows.searchsorted(a)), int(rows.searchsorted(b, side="right")) - 1) for a, b in one.wins]
    windows = [(a, b) for a, b in places if a <= b]
    return judge.Series(one.key, one.cat, one.t[rows], one.v[rows], judge.np.zeros(len(rows)), windows)


def _means(judge: Any, one: Any, of: int) -> Any:
    """Returns the series of the means of so many rows, each at the time of its last."""
    count = len(one.t) // of
    values = one.v[: count * of].reshape(count, of).mean(axis=1)
    windows = [(min(a // of, count - 1), min(b // of, count - 1)) for a, b in one.wins]
    return judge.Series(one.key, one.cat, one.t[of - 1 :: of][:count], values, judge.np.zeros(count), windows)


def _first_week() -> None:
    """Counts alerts on young metrics without any trouble: their second to seventh day."""
    print("\n| made metric, days 2 to 7 | alerts a metric and week |\n|---|---|")
    for kind in ("business hours", "rare events", "heavy tails"):
        alerts = sum(_alerts(kind, seed, 7 * DAY, DAY) for seed in range(_YOUNG))
        print(f"| {kind} | {alerts / (_YOUNG * 6 / 7):.2f} |", flush=True)


def _alerts(kind: str, seed: int, count: int, begin: int) -> int:
    scorer = Scorer()
    found = [
        scorer.take(300.0 * place, value).score for place, value in enumerate(KINDS[kind](random.Random(seed), count))
    ]
    alerted = [place for place, score in enumerate(found) if score >= DEFAULT_THRESHOLD and place >= begin]
    return sum(later - earlier > 12 for earlier, later in itertools.pairwise([-math.inf, *alerted]))


def _made() -> None:
    print("\n| made metric, without any trouble | alerts a metric and week |\n|---|---|")
    for kind in KINDS:
        alerts = sum(_alerts(kind, seed, _WEEKS * 7 * DAY, 2 * DAY) for seed in range(_MADE))
        print(f"| {kind} | {alerts / (_MADE * (_WEEKS - 2 / 7)):.2f} |", flush=True)


def _forecasts() -> None:
    """Counts forecasts of limits, a tenth of its range beyond all that a metric has, on either side."""
    print("\n| made metric, with limits that it never reaches | forecasts a metric and week |\n|---|---|")
    for kind in KINDS:
        series = [KINDS[kind](random.Random(seed), _WEEKS * 7 * DAY) for seed in range(_MADE)]
        begun = sum(_begun(values, low=low) for values in series for low in (False, True))
        print(f"| {kind} | {begun / (2 * _MADE * _WEEKS):.2f} |", flush=True)


def _begun(values: Sequence[float], *, low: bool) -> int:
    course, room = LevelCourse(low=low), 0.1 * (max(values) - min(values))
    limit = min(values) - room if low else max(values) + room
    changes = [course.take(300.0 * place, value, step=300.0, limit=limit) for place, value in enumerate(values)]
    return (sum(changes) + 1) // 2


def _footprint() -> tuple[float, float]:
    """KB of memory of a metric after two weeks of 5-minute points, and KB of its kept state."""
    draw = random.Random(1)
    tracemalloc.start()
    scorers = {str(metric): Scorer() for metric in range(4)}
    for scorer in scorers.values():
        for place in range(4032):
            scorer.take(300.0 * place, 50.0 + 40.0 * math.sin(place / 45.8) + draw.gauss(0.0, 3.0))
    gc.collect()
    memory = tracemalloc.get_traced_memory()[0] / len(scorers)
    tracemalloc.stop()
    return memory / 1024.0, len(pack(scorers)) / len(scorers) / 1024.0


if __name__ == "__main__":
    sys.exit(main())
