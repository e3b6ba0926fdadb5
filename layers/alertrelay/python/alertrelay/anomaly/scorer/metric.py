"""Identifies a watched metric: its name in CloudWatch, the statistic and the period, and the entry that asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class WatchedMetric:
    """`watch` is the name of the entry; `period` is in seconds; `dimensions` are sorted by name."""

    watch: str
    namespace: str
    name: str
    dimensions: Dimensions
    statistic: str
    period: int

    @cached_property
    def key(self) -> str:
        """Returns 16 hex digits, the key of its state. Another statistic or period is another metric."""
        identity = [self.watch, self.namespace, self.name, self.dimensions, self.statistic, self.period]
        text = json.dumps(identity, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        held = ", ".join(f"{name}={value}" for name, value in self.dimensions)
        return f"{self.namespace} {self.name} {self.statistic}" + (f" {{{held}}}" if held else "")

    def to_json(self) -> list[Any]:
        """Returns plain JSON; `of_json` reads it back."""
        return [self.watch, self.namespace, self.name, self.dimensions, self.statistic, self.period]

    @classmethod
    def of_json(cls, data: Sequence[Any]) -> WatchedMetric:
        """Reads the form of `to_json`."""
        watch, namespace, name, dimensions, statistic, period = data
        return cls(
            watch=watch,
            namespace=namespace,
            name=name,
            dimensions=tuple((n, v) for n, v in dimensions),
            statistic=statistic,
            period=period,
        )


def dimensions_of(values: Mapping[str, str]) -> Dimensions:
    """Sorts dimensions by name, so that one metric has one key."""
    return tuple(sorted(values.items()))


def shard_of(key: str, shards: int) -> int:
    """Returns the number of the object, of `shards`, that holds the metric's state."""
    return int(key, 16) % shards
