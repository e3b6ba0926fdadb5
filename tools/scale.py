"""Prints what a sustained rate of alerts needs: the tables of docs/scale.md.

`python -m tools.scale`; `--timeline RATE` prints a minute of so many alerts a second for `alertrelay simulate`. Each
alert is a firing and a resolve at `--homes` integrations; the counts are those of `alertrelay cost`
(compiler/cost/usage.py), so groups of their own: the worst case. Units of DynamoDB are those of its on-demand mode.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from compiler.cost.prices import INVOCATION, SQS_REQUEST
from compiler.cost.usage import FORWARDERS, QUEUE_REQUESTS, CountedAlert, of_alert
from compiler.resources.environment import FORWARDER_MB

RATES = (1, 10, 100)
SERVICES = 20
"""Of a timeline: the groups that its alerts fall into."""
OPEN_MINUTES, REPEAT_INTERVAL = 5.0, 4 * 3600.0
_SHARED = {"alertname": "Slow", "severity": "warning"}
BATCH = 10
"""Messages of one invocation with `intake: batched`."""


def needs(rate: float, homes: float) -> Iterator[tuple[str, str]]:
    """Yields what a rate of alerts a second needs, each with its words."""
    work = of_alert(CountedAlert(homes=homes, open_minutes=OPEN_MINUTES, repeat_interval=REPEAT_INTERVAL))
    updates = 2 * rate
    yield "updates a second", f"{updates:,.0f}"
    yield "invocations a second", f"{work.invocations * rate:,.0f}"
    yield "concurrency of Lambda", f"{work.seconds(FORWARDER_MB) * rate:,.0f}"
    yield "write units a second", f"{work.writes * rate:,.0f}"
    yield "read units a second", f"{work.reads * rate:,.0f}"


def saved_by_batches(rate: float) -> float:
    """Returns the dollars of a day that batches save: what a batch shares is an invocation's request and its start;
    what they add are the requests of the queue."""
    updates = 2 * rate * 86_400 * FORWARDERS
    invocations = updates * (1 - 1 / BATCH) * INVOCATION.one
    queue = updates * QUEUE_REQUESTS / BATCH * SQS_REQUEST.one
    return invocations - queue


def timeline(rate: int, seconds: int = 60) -> list[list[object]]:
    """Returns a minute in which so many new alerts a second fire, in turn over the services."""
    found: list[list[object]] = []
    for at in range(seconds):
        alerts = [
            {"labels": {**_SHARED, "service": f"s{number % SERVICES}", "pod": f"p{number}"}}
            for number in range(at * rate, (at + 1) * rate)
        ]
        found.append([at, alerts])
    return found


def main() -> int:
    """Prints the table, or a timeline."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--homes", type=float, default=3.0, help="integrations that an alert notifies (default: 3)")
    parser.add_argument("--timeline", type=int, metavar="RATE", help="print a minute of alerts for simulate")
    args = parser.parse_args()
    if args.timeline:
        print(json.dumps(timeline(args.timeline)))
        return 0
    columns = [dict(needs(rate, args.homes)) for rate in RATES]
    print(f"| alerts a second | {' | '.join(map(str, RATES))} |")
    print(f"|---|{'---|' * len(RATES)}")
    for name in columns[0]:
        print(f"| {name} | {' | '.join(column[name] for column in columns)} |")
    print(f"| saved by batches, $ a day | {' | '.join(f'{saved_by_batches(rate):,.2f}' for rate in RATES)} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
