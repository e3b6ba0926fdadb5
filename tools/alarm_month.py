"""Makes a month of alarms as a relay would have logged it, with the points of their metrics, for docs/history.md and
tests. Every firing is what the points give with the example's own thresholds.

python -m tools.alarm_month DIR
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alertrelay.config.alarm_file import AlarmFile, Tunable
from alertrelay.dispatch.audit.weekly.quieter import firings

BEGINS = datetime(2026, 10, 5, tzinfo=UTC)
DAYS = 28
MINUTE = timedelta(minutes=1)
ACCOUNT = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:"
NOISY, REAL = (
    "prod-rds-orders-db-RDSHighCPU-warning",
    "prod-rds-billing-db-RDSHighCPU-warning",
)
BUMPS = 38
"""Of the noisy alarm: short peaks a little above its threshold."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A metric that is high: from `at` on, for so many minutes, at `value`."""

    at: datetime
    minutes: int
    value: float


@dataclass(slots=True)
class MadeMonth:
    """The lines and the points by alarm."""

    lines: list[str] = field(default_factory=list)
    points: dict[str, Mapping[datetime, float]] = field(default_factory=dict)


def month(file: AlarmFile) -> MadeMonth:
    """Returns the month of the example's environment `prod`."""
    made, chance = MadeMonth(), random.Random(20)
    noisy = [Peak(_when(chance, place), 12, 81.0 + chance.random() * 2.5) for place in range(BUMPS)]
    real = [Peak(BEGINS + timedelta(days=day, hours=3), 45, 93.0) for day in (6, 15, 23)]
    _play(made, file.alarms[NOISY], [*noisy, *real], usual=55.0, acted_on=frozenset(peak.at for peak in real))
    billing = [Peak(BEGINS + timedelta(days=day, hours=11), 40, 78.0) for day in (2, 9, 18, 25)]
    _play(made, file.alarms[REAL], billing, usual=40.0, acted_on=frozenset(peak.at for peak in billing))
    made.lines.sort(key=lambda text: json.loads(text)["timestamp"])
    return made


def _when(chance: random.Random, place: int) -> datetime:
    """Returns a minute of working hours, the peaks spread over the month and never within two hours of each other."""
    day, slot = divmod(place * 3, 4)
    return BEGINS + timedelta(days=day % DAYS, hours=7 + slot * 3, minutes=chance.randrange(50))


def _play(made: MadeMonth, one: Tunable, peaks: Sequence[Peak], *, usual: float, acted_on: frozenset[datetime]) -> None:
    points = {BEGINS + n * MINUTE: usual + (n * 7 % 11) for n in range(DAYS * 1440)}
    for peak in peaks:
        points.update({peak.at + n * MINUTE: peak.value for n in range(peak.minutes)})
    made.points[one.alarm] = points
    assert one.number is not None
    for began, ended in firings(points, one, one.number * one.scale):
        people = any(timedelta(0) <= began - at < timedelta(hours=1) for at in acted_on)
        made.lines += _lines(one.alarm, began, ended, people=people)


def _lines(alarm: str, began: datetime, ended: datetime, *, people: bool) -> Iterator[str]:
    place = int(began.timestamp() / 60)
    own = {
        "alertname": alarm.split("-")[-2],
        "fingerprint": f"{abs(hash_of(alarm)):016x}"[:16],
        "state_key": ACCOUNT + alarm,
        "group_key": f'{{}}/{{severity="warning"}}:{{alertname="{alarm.split("-")[-2]}"}}',
        "starts_at": began.isoformat(),
        "attempts": 1,
    }
    slack = {**own, "receiver": "slack-database", "channel": "slack"}
    first = {"outcome": "delivered", "reason": "first_notification", "latency_seconds": 33.0 + place % 7}
    if place % 9 == 0:
        failed = {"detail": "Slack answered 503", "reason": "channel_failed"}
        first = {**first, **failed, "outcome": "fallback", "fallback_for": "slack-database/slack/0"}
        yield _line(began + timedelta(seconds=36), "outcome", **slack, status="firing", outcome="pending", **failed)
        yield _line(
            began + timedelta(seconds=37), "outcome", **own, status="firing", **first,
            receiver="email-database", channel="email",
        )  # fmt: skip
    else:
        yield _line(began + timedelta(seconds=35), "outcome", **slack, status="firing", **first)
    if people:
        who = {"fingerprint": own["fingerprint"], "alertname": own["alertname"], "by": "ada", "via": "slack"}
        yield _line(began + 4 * MINUTE, "acknowledged", **who, comment="")
    resolve = {"outcome": "delivered", "reason": "all_alerts_resolved", "ended_at": ended.isoformat()}
    yield _line(ended + timedelta(seconds=45), "outcome", **slack, status="resolved", **resolve)


def hash_of(text: str) -> int:
    """Returns a number that is the same in every run."""
    return int.from_bytes(text.encode()[-8:], "big")


def _line(at: datetime, event: str, **fields: Any) -> str:
    stamp = f"{at:%Y-%m-%d %H:%M:%S},000+0000"
    own = {"level": "INFO", "location": "emit:83", "message": event, "timestamp": stamp, "service": "slack-forwarder"}
    return json.dumps({**own, **fields}, separators=(",", ":"))


def write(made: MadeMonth, folder: Path) -> None:
    """Writes month.log, and points/ALARM.csv."""
    (folder / "points").mkdir(parents=True, exist_ok=True)
    (folder / "month.log").write_text("\n".join(made.lines) + "\n", encoding="utf-8")
    for alarm, points in made.points.items():
        rows = (f"{at.isoformat()},{value:g}\n" for at, value in sorted(points.items()))
        (folder / "points" / f"{alarm}.csv").write_text("timestamp,value\n" + "".join(rows), encoding="utf-8")


def main(folder: str, config: Path = Path("config")) -> int:
    """Writes the month into a folder."""
    from compiler.alarms.tuning import alarm_file
    from compiler.load import load

    environment = load(config, "prod").environment
    assert environment is not None
    text = (config / "environments" / "prod.yml").read_text(encoding="utf-8")
    write(month(alarm_file(environment, "config/environments/prod.yml", text)), Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
