"""`make bench-anomaly`: the figures of docs/anomaly.md, measured on labelled metrics that are not part of the project.

Scores a folder with corpora (`nab_dev`, `ops_dev`, and beside each its windows and labels) and has the folder's own
`nabscore.py` judge the result. Files are split in halves by the hash of their names, and both halves are shown: a
change that helps one alone is luck.
"""

from __future__ import annotations

import argparse
import csv
import gc
import hashlib
import importlib
import itertools
import math
import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer
from alertrelay.anomaly.detector.state import pack
from alertrelay.anomaly.detector.votes import VOICES, Voice

from local.series import read_series
from tools.made_metrics import DAY, KINDS

_PROBATION = {"nab_dev": (0.15, 750), "ops_dev": (0.25, 2016)}
_REQUIRED = {"nab_dev": (68.0, 62.0), "ops_dev": (62.0, 56.0)}
_MADE, _WEEKS = 6, 4
_PROFILES = ("standard", "reward_low_FP_rate")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one configuration on one corpus."""

    standard: float
    low_false_positives: float
    halves: tuple[tuple[float, float], ...]
    f05: float
    precision: float
    recall: float
    points: int
    seconds: float


def main(argv: list[str] | None = None) -> int:
    """Prints the tables; 1 where a required figure is missed."""
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
    missed = False
    print("| corpus | standard | low FP | halves (standard/low FP) | F0.5 | precision | recall | µs a point |")
    print("|---|---|---|---|---|---|---|---|")
    for corpus, required in _REQUIRED.items():
        found = measure(judge, args.data, corpus, VOICES)
        missed = missed or found.standard < required[0] or found.low_false_positives < required[1]
        print(f"| {corpus} | {_cells(found)} |", flush=True)
    print(
        f"\nF0.5 at the low-FP optimum; precision and recall of alerts at the default threshold {DEFAULT_THRESHOLD:g}."
    )
    memory, state = _footprint()
    print(f"A metric takes {memory:.0f} KB of memory, and {state:.1f} KB where it is kept.")
    if args.made:
        _made()
    if args.altered:
        _altered(judge, args.data)
    if args.ablation:
        _ablation(judge, args.data)
    if missed:
        print(f"\nmissed: required are {_REQUIRED}")
    return int(missed)


def _cells(found: Figures) -> str:
    halves = ", ".join(f"{a:.0f}/{b:.0f}" for a, b in found.halves)
    numbers = f"{found.standard:.1f} | {found.low_false_positives:.1f} | {halves} | {found.f05:.2f}"
    speed = found.seconds / found.points * 1e6
    return f"{numbers} | {found.precision:.2f} | {found.recall:.2f} | {speed:.0f}"


def measure(judge: Any, data: Path, corpus: str, voices: Sequence[Voice]) -> Figures:
    """Scores one corpus and has it judged."""
    with tempfile.TemporaryDirectory() as folder:
        points, seconds = _score(data / corpus, Path(folder), voices)
        judge.Series.PROB = _PROBATION[corpus]
        series = judge.load(folder, data / f"{corpus}.windows.json", data / f"{corpus}.labels.json")
    best = {profile: _best(judge, series, profile) for profile in _PROFILES}
    halves = [[one for one in series if _half(one.key) == half] for half in (0, 1)]
    alerted = judge.alerts(series, DEFAULT_THRESHOLD)
    return Figures(
        standard=best["standard"][0],
        low_false_positives=best["reward_low_FP_rate"][0],
        halves=tuple((_best(judge, half, "standard")[0], _best(judge, half, _PROFILES[1])[0]) for half in halves),
        f05=judge.alerts(series, best["reward_low_FP_rate"][1])["f05"],
        precision=alerted["precision"],
        recall=alerted["recall"],
        points=points,
        seconds=seconds,
    )


def _score(source: Path, target: Path, voices: Sequence[Voice]) -> tuple[int, float]:
    points, seconds = 0, 0.0
    for path in sorted(source.rglob("*.csv")):
        rows = list(read_series(path))
        scorer = Scorer(voices=voices)
        before = time.process_time()
        scores = [0.0 if row.at is None else scorer.take(row.at, row.value).score for row in rows]
        seconds += time.process_time() - before
        points += len(rows)
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["timestamp", "value", "anomaly_score"])
            writer.writerows((r.timestamp, r.value_text, f"{s:.6f}") for r, s in zip(rows, scores, strict=True))
    return points, seconds


def _best(judge: Any, series: Iterable[Any], profile: str) -> tuple[float, float]:
    thresholds, totals = judge.sweep(list(series), profile)
    place = int(totals.argmax())
    return float(judge.normalise(list(series), profile, float(totals[place]))), float(thresholds[place])


def _half(key: str) -> int:
    return hashlib.sha256(key.encode()).digest()[-1] % 2


def _ablation(judge: Any, data: Path) -> None:
    print("\n| voices | nab_dev standard/low FP | ops_dev standard/low FP |\n|---|---|---|")
    for name, voices in _choirs():
        cells = []
        for corpus in _REQUIRED:
            found = measure(judge, data, corpus, voices)
            cells.append(f"{found.standard:.1f}/{found.low_false_positives:.1f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _choirs() -> list[tuple[str, Sequence[Voice]]]:
    found: list[tuple[str, Sequence[Voice]]] = [("all voices", VOICES)]
    found += [(f"without {voice.name}", [one for one in VOICES if one is not voice]) for voice in VOICES]
    return found + [(f"only {voice.name}", [voice]) for voice in VOICES]


def _altered(judge: Any, data: Path) -> None:
    """Alters the points, so that a gain by luck with a few windows disappears."""
    print("\n| metrics | nab_dev standard/low FP | ops_dev standard/low FP |\n|---|---|---|")
    for change in _CHANGES:
        cells = []
        for corpus in _REQUIRED:
            judge.Series.PROB = _PROBATION[corpus]
            series = [change(judge, one) for one in _load(judge, data, corpus)]
            for one in series:
                scorer = Scorer()
                for place, (at, value) in enumerate(zip(one.t.tolist(), one.v.tolist(), strict=True)):
                    one.s[place] = scorer.take(at, value).score
            cells.append("/".join(f"{_best(judge, series, profile)[0]:.1f}" for profile in _PROFILES))
        print(f"| {change.__name__.removeprefix('_').replace('_', ' ')} | {' | '.join(cells)} |", flush=True)


def _load(judge: Any, data: Path, corpus: str) -> list[Any]:
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


def _made() -> None:
    print("\n| made metric, without any trouble | alerts a metric and week |\n|---|---|")
    for kind, made in KINDS.items():
        alerts = 0
        for seed in range(_MADE):
            scorer = Scorer()
            values = made(random.Random(seed), _WEEKS * 7 * DAY)
            found = [scorer.take(300.0 * place, value).score for place, value in enumerate(values)]
            alerted = [place for place, score in enumerate(found) if score >= DEFAULT_THRESHOLD and place >= 2 * DAY]
            alerts += sum(later - earlier > 12 for earlier, later in itertools.pairwise([-math.inf, *alerted]))
        print(f"| {kind} | {alerts / (_MADE * (_WEEKS - 2 / 7)):.2f} |", flush=True)


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
