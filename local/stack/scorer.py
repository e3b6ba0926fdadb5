"""The anomaly-scorer of the stack, on this machine: its own function, on the clock of the harness, over a metric that
a file holds."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from alertrelay.alert import rfc3339
from alertrelay.anomaly.scorer.metric import dimensions_of
from alertrelay.anomaly.scorer.scorer_run import SETTLED
from alertrelay.config.watch import AnomalyConfig, Mode, Watch
from alertrelay.memory.ports import ManualClock

from infra.assets import ANOMALY_FILE
from local.series import NotASeries, read_series
from local.stack.emulator import Emulator
from local.stack.functions import ScheduledFunction
from local.stack.invocation import Context, load

LIVED = timedelta(hours=6)
"""The last part of a series, which is lived through; what is before it is its past."""
SETTLES = timedelta(seconds=SETTLED + 10.0)
"""After the end of a period the scorer takes its point for whole."""
_AT_ONCE = 1_000  # values of PutMetricData


class NoSeries(ValueError):
    """A file that cannot be played as a metric; the text says why, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A metric of a file: the entry that watches it, and its points, oldest first."""

    file: str
    watch: Watch
    points: Sequence[tuple[float, float]]

    @property
    def begins(self) -> datetime:
        """Returns the begin of its last part."""
        return self._clock(self.points[-1][0]) - LIVED

    @property
    def past(self) -> list[tuple[float, float]]:
        """The points before that."""
        return [point for point in self.points if self._clock(point[0]) < self.begins]

    def lived(self) -> Iterator[tuple[datetime, tuple[float, float]]]:
        """Yields the times at which the scorer runs, with the point that has come for it."""
        for at, value in self.points:
            if self._clock(at) >= self.begins:
                yield self._clock(at + self.watch.period) + SETTLES, (at, value)

    @staticmethod
    def _clock(at: float) -> datetime:
        return datetime.fromtimestamp(at, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerLogEvent:
    """Something that the scorer noticed: an event of its log, with the fields of it."""

    at: datetime
    event: str
    fields: Mapping[str, Any]


def with_modes(config: AnomalyConfig, words: Sequence[str]) -> AnomalyConfig:
    """The configuration with `--mode ENTRY=MODE`. Raises NoSeries."""
    wanted: dict[str, Mode] = {}
    for word in words:
        name, _, said = word.partition("=")
        mode: Mode | None = next((one for one in get_args(Mode) if one == said), None)
        if mode is None:
            raise NoSeries(f"--mode {word}: ENTRY=MODE was expected, MODE one of {', '.join(get_args(Mode))}")
        wanted[name] = mode
    there = [watch.name for watch in config.watches]
    for name in wanted:
        if name not in there:
            raise NoSeries(f"--mode {name}: config/anomaly.yml has no such entry; there are: {', '.join(there)}")
    changed = (replace(watch, mode=wanted.get(watch.name, watch.mode)) for watch in config.watches)
    return replace(config, watches=tuple(changed))


def series_of(path: Path, config: AnomalyConfig) -> Series:
    """A CSV timestamp,value as the metric of the entry that the file is named like. Raises NoSeries, OSError."""
    watch = next((w for w in config.watches if w.name == path.stem), None)
    if watch is None or not watch.exact:
        exact = ", ".join(w.name for w in config.watches if w.exact) or "none"
        raise NoSeries(f"{path}: named like an entry of config/anomaly.yml that names one metric; there are: {exact}")
    try:
        points = [(row.at, row.value) for row in read_series(path) if row.at is not None and row.value is not None]
    except NotASeries as error:
        raise NoSeries(str(error)) from None
    if not points:
        raise NoSeries(f"{path}: it has no point")
    return Series(file=str(path), watch=watch, points=sorted(points))


class ScorerHere:
    """The scorer's handler bound to this run."""

    def __init__(
        self,
        scorer: ScheduledFunction,
        emulator: Emulator,
        clock: ManualClock,
        logs: io.StringIO,
        *,
        config: AnomalyConfig,
        observe: Callable[[ScorerLogEvent], None],
        published: Callable[[str, str], None],
    ) -> None:
        self._scorer, self._emulator, self._clock, self._logs = scorer, emulator, clock, logs
        self._folder = tempfile.TemporaryDirectory()
        shipped = Path(self._folder.name) / ANOMALY_FILE
        shipped.write_text(json.dumps(config.to_json()), encoding="utf-8")
        environ = {
            **scorer.environment,
            "ALERTRELAY_ANOMALY_CONFIG": str(shipped),
            "AWS_ENDPOINT_URL": emulator.url,
            "AWS_REGION": emulator.region,
            "LAMBDA_TASK_ROOT": str(scorer.code),
        }
        self._handler = load(scorer.handler).bound(
            environ,
            clock=clock,
            observe=lambda event, fields: observe(ScorerLogEvent(at=clock.now(), event=event, fields=dict(fields))),
            published=published,
        )

    def close(self) -> None:
        """Removes its files."""
        self._folder.cleanup()

    def put(self, watch: Watch, points: Sequence[tuple[float, float]]) -> None:
        """Into the emulated CloudWatch, as somebody who reports the metric."""
        dimensions = [{"Name": n, "Value": v} for n, v in dimensions_of(watch.dimensions)]
        for start in range(0, len(points), _AT_ONCE):
            data = [
                {
                    "MetricName": watch.metric,
                    "Dimensions": dimensions,
                    "Timestamp": datetime.fromtimestamp(at, UTC),
                    "Value": value,
                }
                for at, value in points[start : start + _AT_ONCE]
            ]
            self._emulator.client("cloudwatch").put_metric_data(Namespace=watch.namespace, MetricData=data)

    def run(self) -> None:
        """One event of its schedule, now."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "time": rfc3339(self._clock.now()),
            "detail": {},
        }
        ends = self._clock.now() + timedelta(seconds=self._scorer.timeout_seconds)
        context = Context(self._scorer.name, str(uuid.uuid4()), ends, self._clock)
        with contextlib.redirect_stdout(self._logs):
            self._handler(event, context)
