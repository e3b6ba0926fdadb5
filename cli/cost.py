"""`alertrelay cost`: what a month of an environment costs, before it is deployed."""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
from typing import TYPE_CHECKING, Any

from cli.config_dir import add_config_dir
from cli.output import add_output, dumped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compiler.cost.month import Demand, Line

_DESCRIPTION = """\
Print the bill of a month: each line with its quantity and price. The relay alone first, at rest and for its alerts,
then each option of the environment: alarms on its resources, alarms on queries with what they scan, Amazon Managed
Prometheus, the anomaly-scorer, SMS, a page about the relay itself, the HTTPS intake (at most: as if Prometheus posted
each alert alone, each minute).

Counted from the files; no account is asked. Who is notified is taken from the environment's own alarms.
"""
MOST = 1e9
"""The upper limit of each count."""
_EPILOG = """\
examples:
  alertrelay cost --env prod
  alertrelay cost --env prod --alerts-a-day 1000 --open-minutes 60
  alertrelay cost --env prod --alerts-a-day 100000 --integrations 10 --json | jq .relay
  alertrelay cost --env prod --series 50000 --log-gb 200

exit code: 0 counted, 1 the configuration has errors, 2 usage or a file could not be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "cost",
        help="show what a month of an environment costs",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", help="the environment (default: the only one there is)")
    parser.add_argument(
        "--alerts-a-day", metavar="N", type=_number, default=100.0, help="alerts that fire and resolve (default 100)"
    )
    parser.add_argument(
        "--integrations",
        metavar="N",
        type=_number,
        help="notified of each alert (default: as of its alarms)",
    )
    parser.add_argument(
        "--open-minutes", metavar="N", type=_number, default=30.0, help="how long each stays open (default 30)"
    )
    parser.add_argument(
        "--log-gb", metavar="N", type=_number, default=10.0, help="GB a month of each log that is queried (default 10)"
    )
    parser.add_argument(
        "--series", metavar="N", type=_number, default=5_000.0, help="sent to managed Prometheus (default 5,000)"
    )
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the bill; the exit code of the help."""
    from compiler import load
    from compiler.config_files import environment_fault, environments
    from compiler.cost.demand import demand
    from compiler.cost.month import bill

    names = environments(args.config_dir)
    if args.env is None and len(names) != 1:
        print(
            f"alertrelay cost: --env NAME was expected, one of: {', '.join(names) or 'none is there'}", file=sys.stderr
        )
        return 2
    args.env = args.env or names[0]
    if fault := environment_fault(args.config_dir, args.env):
        print(fault, file=sys.stderr)
        return 2
    loaded = load.load(args.config_dir, args.env)
    if loaded.config is None or loaded.environment is None:
        from cli.report import refuse

        return refuse(loaded.errors)
    counted = demand(
        loaded.environment,
        loaded.config,
        loaded.last_resort,
        loaded.anomaly,
        alerts_a_day=args.alerts_a_day,
        homes=args.integrations,
        open_minutes=args.open_minutes,
        rules=_rules(args) if loaded.environment.managed_prometheus else {},
        log_gb=args.log_gb,
        series=args.series,
    )
    lines = bill(counted)
    if args.output == "table":
        _print(counted, lines)
    else:
        print(dumped(as_json(counted, lines), args.output))
    return 0


def _rules(args: argparse.Namespace) -> Mapping[str, str]:
    """Returns the rules that are deployed with the environment; none where `check` finds them at fault."""
    from compiler.reading.finding import Findings
    from compiler.rules.deployed import deployed_rules

    return deployed_rules(args.config_dir, args.env, Findings())


def as_json(demand: Demand, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the bill as JSON: `relay` is the sum without options, `month` with them, in US dollars."""
    from compiler.cost.month import relay_dollars
    from compiler.cost.prices import REGION
    from compiler.cost.table import saved_by_memory

    return {
        "region": REGION,
        "alerts_a_day": demand.alerts_a_day,
        "integrations": demand.alert.homes,
        "open_minutes": demand.alert.open_minutes,
        "forwarder_memory_mb": demand.forwarder_mb,
        "saved_by_least_memory": round(saved_by_memory(demand), 2),
        "relay": round(relay_dollars(lines), 2),
        "month": round(sum(line.dollars for line in lines), 2),
        "lines": [
            {
                "part": line.part,
                "what": line.what,
                "quantity": round(line.quantity, 4),
                "price": dataclasses.asdict(line.price),
                "dollars": round(line.dollars, 4),
            }
            for line in lines
        ],
    }


def _print(demand: Demand, lines: Sequence[Line]) -> None:
    from compiler.cost.month import relay_dollars
    from compiler.cost.queries import UNPRICED
    from compiler.cost.table import assumptions, memory_hint, rows, signals_hint

    table = [("", "QUANTITY", "PRICE", "US$"), *rows(lines)]
    wide = [max(len(row[column]) for row in table) for column in range(4)]
    print(f"{assumptions(demand)}\n")
    for what, *numbers in table:
        cells = (f"{cell:>{width}}" for cell, width in zip(numbers, wide[1:], strict=True))
        print(f"{what:<{wide[0]}}  {'  '.join(cells)}".rstrip())
    if hint := memory_hint(demand):
        print(f"\nMemory: {hint}.")
    if demand.slos and (hint := signals_hint(demand.slos)):
        print(f"\nError budgets: {hint}.")
    if demand.queried and demand.queried.promql:
        print(f"\nAlarms on queries: {UNPRICED}.")
    every = sum(line.dollars for line in lines)
    print(f"\nthe relay alone {relay_dollars(lines):,.2f}, with its options {every:,.2f} US$ a month")


def _number(text: str) -> float:
    """Return a count. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 0 to {MOST:,.0f}, as in 1000")
    return number
