"""Reads the metrics of objectives from CloudWatch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from alertrelay.aws.errors import code
from alertrelay.aws.metric_data import DATAPOINTS, QUERIES, metric_data, metric_query
from alertrelay.config.slo import Signal
from alertrelay.slo.budget import Points
from alertrelay.slo.ports import SignalsFailure

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


class CloudWatchSignals:
    """See slo.ports.Signals. Throttles are waited out by the client, which retries with growing pauses."""

    def __init__(self, cloudwatch: Callable[[], CloudWatchClient]) -> None:
        self._cloudwatch = cloudwatch

    def read(
        self, signals: Sequence[Signal], *, period: int, start: float, end: float
    ) -> Mapping[tuple[str, ...], Points]:
        """See slo.ports.Signals."""
        found: dict[tuple[str, ...], Points] = {}
        for batch in _batches(signals, int((end - start) / period)):
            found |= self._read(batch, period, start, end)
        return found

    def _read(
        self, signals: Sequence[Signal], period: int, start: float, end: float
    ) -> Mapping[tuple[str, ...], Points]:
        queries = [
            metric_query(
                f"m{place}",
                signal.namespace,
                signal.name,
                sorted(signal.dimensions.items()),
                period=period,
                statistic=signal.statistic,
            )
            for place, signal in enumerate(signals)
        ]
        try:
            answer = metric_data(self._cloudwatch(), queries, start=start, end=end)
        except (BotoCoreError, ClientError) as error:
            raise SignalsFailure(f"GetMetricData: {code(error)}") from None
        if answer.unread:
            # A budget without some of its errors would look better than it is.
            names = ", ".join(sorted({signals[int(name[1:])].name for name in answer.unread}))
            raise SignalsFailure(f"GetMetricData: {'/'.join(sorted(set(answer.unread.values())))} for {names}")
        return {signals[int(name[1:])].key: dict(points) for name, points in answer.points.items() if points}


def _batches(signals: Sequence[Signal], points: int) -> Iterator[Sequence[Signal]]:
    """Yields the signals in portions that one request may ask for."""
    size = max(1, min(QUERIES, DATAPOINTS // max(1, points)))
    for begin in range(0, len(signals), size):
        yield signals[begin : begin + size]
