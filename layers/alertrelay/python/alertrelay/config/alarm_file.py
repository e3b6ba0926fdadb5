"""Defines what an audit knows of an environment's file: the text, and each alarm's number in it. It is compiled where
YAML can be read, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEdit:
    """Writes a number into the file: `text`, with `{number}` for it, in place of `replaces` lines from `line` on,
    counted from 0."""

    line: int
    replaces: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunable:
    """An alarm as the catalogue plans it. `number` is the threshold in the file's own unit, `scale` what one of it is
    in the metric's; `low` and `high` bound it. `key` is "" and `number` None where the file has no number for it.

    It fires when `datapoints` of the last `of` periods of so many seconds are beyond: `operator` is one of > >= < <=,
    `missing` is CloudWatch's treatment of gaps. `queries` are those of GetMetricData, the last one is the value.
    """

    alarm: str
    key: str
    number: float | None
    scale: float
    low: float
    high: float
    operator: str
    period: int
    datapoints: int
    of: int
    missing: str
    runbook: str
    queries: tuple[Mapping[str, Any], ...]
    edit: NumberEdit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFile:
    """An environment's file by its name in the repository. `reviewed` is when its thresholds were last reviewed, as
    YYYY-MM-DD, "" where it does not say; `reviews` likewise of each resource with thresholds of its own, by id
    and line: "" stands for the file's date."""

    name: str
    text: str
    reviewed: str
    alarms: Mapping[str, Tunable]
    reviews: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns what `from_json` reads."""
        return {
            "name": self.name,
            "text": self.text,
            "reviewed": self.reviewed,
            "reviews": dict(self.reviews),
            "alarms": [asdict(one) for one in self.alarms.values()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AlarmFile:
        """Raises KeyError or TypeError where it is not of this version."""
        found = [
            Tunable(
                **{**one, "edit": NumberEdit(**one["edit"]) if one["edit"] else None, "queries": tuple(one["queries"])}
            )
            for one in data["alarms"]
        ]
        return cls(
            name=data["name"],
            text=data["text"],
            reviewed=data["reviewed"],
            reviews=data["reviews"],
            alarms={one.alarm: one for one in found},
        )
