"""The one alert model: an alert, its labels, and the integration that may be notified.

Standard library only, immutable, keyword-only. All times are aware datetimes in UTC. Labels are as in
Alertmanager: a label is absent, never empty, and nothing that varies between two notifications of one alert
(value, reason, time) is a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

Status = Literal["firing", "resolved", "unknown"]
Kind = Literal["alert", "event"]
Source = Literal[
    "cloudwatch", "eventbridge", "cloudwatch-direct", "anomaly", "alertmanager", "grafana", "amp", "third-party",
    "custom", "aws-event", "raw",
]  # fmt: skip
Channel = str
"""A kind of channel, by its name: `slack`. alertrelay.channels has the table of them."""
Labels = Mapping[str, str]

SEVERITY_RANK: Mapping[str, int] = {"critical": 4, "error": 3, "warning": 2, "info": 1}


def severity_rank(labels: Labels) -> int:
    """Order of severities: 4 critical, 3 error, 2 warning, 1 info, 0 anything else."""
    return SEVERITY_RANK.get(labels.get("severity", ""), 0)


def fingerprint(labels: Labels) -> str:
    """Alertmanager's identity of a label set: FNV-1a 64 over `name 0xFF value 0xFF`, sorted by name, 16 hex digits.

    Source: prometheus/common model/fingerprinting.go.
    """
    pairs = tuple(sorted(labels.items()))
    # The next update of an alert has its labels again, and the sum takes Python longer than most of a parser.
    short = sum(len(value) for _, value in pairs) <= _KEPT_SIZE
    return _kept_sum(pairs) if short else _sum(pairs)


def _sum(pairs: tuple[tuple[str, str], ...]) -> str:
    parts = [part.encode("utf-8", "surrogatepass") for pair in pairs for part in pair]
    data, value = b"".join(part + b"\xff" for part in parts), 0xCBF29CE484222325
    odd = len(data) % 4
    for byte in data[:odd]:
        value = (value ^ byte) * _PRIME & _ALL
    # The low bits of a product do not depend on the high ones, so that one mask does for four bytes: half the time.
    rest = data[odd:]
    for a, b, c, d in zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True):
        value = ((((value ^ a) * _PRIME ^ b) * _PRIME ^ c) * _PRIME ^ d) * _PRIME & _ALL
    return f"{value:016x}"


_kept_sum = lru_cache(maxsize=512)(_sum)
_KEPT_SIZE = 2_000
"""Characters of label values: longer sets are not kept, since they would only fill the memory."""
_PRIME, _ALL = 0x100000001B3, 0xFFFFFFFFFFFFFFFF


def rfc3339(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`: 2026-11-20T03:04:05.678Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


JUDGED = ("anomaly", "AnomalyDetected")
"""The source and the name of the alerts that people judge: whether it helped to know of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One update of one alert: what a source said at one moment.

    `state_key` says which alert it is (AlarmArn plus contributor for CloudWatch, the fingerprint for label
    sources, the event's own id for events); `fingerprint` is only Alertmanager's name for the label set.
    `updated_at` is the source's own clock and is None where the source has none (Alertmanager, Grafana, AMP):
    such updates are ordered by when they reached the topic. `ends_at` is None while firing, save where the source says
    in advance when it will have ended.
    """

    labels: Labels
    annotations: Labels
    status: Status
    kind: Kind
    starts_at: datetime
    ends_at: datetime | None
    updated_at: datetime | None
    source: Source
    fingerprint: str
    state_key: str
    generator_url: str = ""

    @property
    def name(self) -> str:
        """The alertname, which every alert has."""
        return self.labels.get("alertname", "alert")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Integration:
    """One entry of one receiver: `pagerduty_configs[0]` of receiver `oncall`."""

    receiver: str
    channel: Channel
    index: int

    def __str__(self) -> str:
        return f"{self.receiver}/{self.channel}/{self.index}"


Way = Literal["slack", "api", "console", "pagerduty", "mail"]
"""The ways by which an alert is acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyVerdict:
    """The last judgement of an anomaly by a person, `at` in seconds; `started` is when that anomaly began, RFC 3339."""

    helpful: bool
    by: str
    at: float
    started: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody is on an alert: `by` whom, when, and by which way. `firing_since` is the start of the firing that it is
    about; `incident` the key of the PagerDuty incident that it came from, and `incident_id` what names the
    one that has it too in its notes, "" for none."""

    by: str
    at: datetime
    via: Way
    firing_since: datetime
    comment: str = ""
    incident: str = ""
    incident_id: str = ""
