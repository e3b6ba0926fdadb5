"""Identifies a watched metric: its name at its source, the statistic and the period, and the entry that asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from alertrelay.config.watch import Source

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class WatchedMetric:
    """`watch` is the name of the entry; `period` is in seconds; `dimensions` are sorted by name. Where there is an
    `expression`, the metric is its result over `inputs`, metrics by the names that it uses for them. Of the source
    prometheus it is a series of the query `expression`, whose labels are its dimensions."""

    watch: str
    namespace: str
    name: str
    dimensions: Dimensions
    statistic: str
    period: int
    expression: str = ""
    inputs: Dimensions = ()
    source: Source = "cloudwatch"

    @property
    def queries(self) -> int:
        """Returns how many queries it takes."""
        return 1 + len(self.inputs)

    @cached_property
    def key(self) -> str:
        """Returns 16 hex digits, the key of its state. Another statistic or period is another metric."""
        text = json.dumps(self.to_json(), ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        held = ", ".join(f"{name}={value}" for name, value in self.dimensions)
        what = f"= {self.expression}" if self.expression else self.statistic
        return f"{self.namespace} {self.name} {what}" + (f" {{{held}}}" if held else "")

    def to_json(self) -> list[Any]:
        """Returns plain JSON; `of_json` reads it back."""
        plain = [self.watch, self.namespace, self.name, self.dimensions, self.statistic, self.period]
        if self.source != "cloudwatch":
            return [*plain, self.expression, self.inputs, self.source]
        return [*plain, self.expression, self.inputs] if self.expression else plain

    @classmethod
    def of_json(cls, data: Sequence[Any]) -> WatchedMetric:
        """Reads the form of `to_json`."""
        watch, namespace, name, dimensions, statistic, period = data[:6]
        expression, inputs = data[6:8] or ("", ())
        return cls(
            watch=watch,
            namespace=namespace,
            name=name,
            dimensions=tuple((n, v) for n, v in dimensions),
            statistic=statistic,
            period=period,
            expression=expression,
            inputs=tuple((n, m) for n, m in inputs),
            source=data[8] if len(data) > 8 else "cloudwatch",
        )


def dimensions_of(values: Mapping[str, str]) -> Dimensions:
    """Sorts dimensions by name, so that one metric has one key."""
    return tuple(sorted(values.items()))


def shard_of(key: str, shards: int) -> int:
    """Returns the number of the object, of `shards`, that holds the metric's state."""
    return int(key, 16) % shards
