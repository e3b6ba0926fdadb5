"""A made metric: the orders of a shop, fifteen days of them, with a usual evening peak and an unusual hour after it.

python -m tools.shop FOLDER

Writes orders-placed.csv, named like its entry in config/anomaly.yml. Its last six hours hold the evening peak of a
Friday and then, at 21:30, a checkout that takes four orders in ten for 40 minutes; incidents.csv says so, for
`alertrelay anomaly report --incidents`. Prints the name of the first.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

END = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # a Friday
DAYS = 15
STEP = timedelta(minutes=5)
TROUBLE = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
LASTS = timedelta(minutes=40)
TAKEN = 0.4


def orders() -> Iterator[tuple[datetime, int]]:
    """Yields the orders of each five minutes."""
    draw = random.Random(20)
    at = END - timedelta(days=DAYS)
    while at < END:
        hour = at.hour + at.minute / 60
        day = 90 + 70 * math.sin((hour - 9.5) / 24 * 2 * math.pi)
        evening = 190 * math.exp(-(((hour - 19.5) / 1.1) ** 2))
        weekend = 1.25 if at.weekday() >= 5 else 1.0
        usual = (day + evening) * weekend
        if TROUBLE <= at < TROUBLE + LASTS:
            usual *= TAKEN
        yield at, max(0, round(draw.gauss(usual, 0.35 * math.sqrt(usual) + 3)))
        at += STEP


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.shop", description="The made orders of a shop, as a CSV")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    args = parser.parse_args(argv)
    args.folder.mkdir(parents=True, exist_ok=True)
    path = args.folder / "orders-placed.csv"
    rows = [f"{at:%Y-%m-%d %H:%M:%S},{count}" for at, count in orders()]
    path.write_text("\n".join(["timestamp,value", *rows]) + "\n", encoding="utf-8")
    incident = f"start,end\n{TROUBLE:%Y-%m-%d %H:%M:%S},{TROUBLE + LASTS:%Y-%m-%d %H:%M:%S}\n"
    (args.folder / "incidents.csv").write_text(incident, encoding="utf-8")
    print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
