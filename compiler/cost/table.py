"""Writes a bill for people: a line each with its quantity, a sum for each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from compiler.cost.month import REST, Demand, Line, SloDemand, bill, of_slos, relay_dollars, saved_by_signals
from compiler.cost.prices import REGION
from compiler.resources.environment import LEAST_FORWARDER_MB

WORTH_SAYING = 1.0
"""Dollars of a month below which a saving is not worth a line."""


def rows(lines: Sequence[Line]) -> list[tuple[str, str, str, str]]:
    """Returns what, quantity, price and dollars of each line, with a row of its sum before each part."""
    found: list[tuple[str, str, str, str]] = []
    for part, several in groupby(lines, key=lambda line: line.part):
        those = list(several)
        found.append((part, "", "", f"{sum(line.dollars for line in those):,.2f}"))
        found += [(f"  {line.what}", quantity(line.quantity), price(line), f"{line.dollars:,.2f}") for line in those]
    return found


def quantity(number: float) -> str:
    """Returns a quantity as short as it can be read: 1,944,000; 0.15."""
    number = float(f"{number:.12g}")  # without the remainder of a product of floats
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:,.2f}"


def price(line: Line) -> str:
    """Returns the price of a line: $0.40 / 1,000,000."""
    whole, _, cents = f"{line.price.dollars:.7f}".rstrip("0").partition(".")
    dollars = f"${whole}.{cents:0<2}"
    return dollars if line.price.per == 1 else f"{dollars} / {line.price.per:,.0f}"


def assumptions(demand: Demand) -> str:
    """Returns what the month is counted for, in one sentence."""
    alert = demand.alert
    where = "1 integration" if alert.homes == 1 else f"{alert.homes:,.2f}".rstrip("0").rstrip(".") + " integrations"
    return (
        f"{demand.alerts_a_day:,.0f} alerts a day, each in groups of its own at {where}, open "
        f"for {alert.open_minutes:g} minutes; list prices of {REGION}, no free tier"
    )


def summary(name: str, demand: Demand) -> list[str]:
    """Returns the lines for a synthesis: the relay, then each option."""
    lines = bill(demand)
    rest = sum(line.dollars for line in lines if line.part == REST)
    parts: dict[str, float] = {}
    for line in lines:
        parts[line.part] = parts.get(line.part, 0.0) + line.dollars
    options = [f"{part} ${dollars:,.2f}" for part, dollars in list(parts.items())[2:]]
    return [
        f"{name}: the relay ${relay_dollars(lines):,.2f} a month at {assumptions(demand)}; ${rest:.2f} at rest",
        *([f"{name}: and {', '.join(options)}"] if options else []),
        *([f"{name}: {hint}"] if (hint := memory_hint(demand)) else []),
        *(_of_slos(name, demand.slos) if demand.slos else []),
    ]


def saved_by_memory(demand: Demand) -> float:
    """Returns the dollars that forwarders of the least memory would save."""
    least = replace(demand, forwarder_mb=LEAST_FORWARDER_MB)
    return relay_dollars(bill(demand)) - relay_dollars(bill(least))


def memory_hint(demand: Demand) -> str:
    """Returns what less memory would save, "" where that is less than a dollar."""
    saved = saved_by_memory(demand)
    if saved < WORTH_SAYING:
        return ""
    return (
        f"`forwarder_memory_mb: {LEAST_FORWARDER_MB}` instead of {demand.forwarder_mb} would take ${saved:,.2f} less a "
        "month; a page after a quiet time starts later"
    )


def counted_slos(number: int) -> str:
    """Returns a number of objectives with its noun."""
    return f"{number:,} SLO" if number == 1 else f"{number:,} SLOs"


def _of_slos(name: str, slos: SloDemand) -> list[str]:
    """Returns how many alarms and metrics the objectives have, and what Application Signals would save of them."""
    dollars = sum(line.dollars for line in of_slos(slos))
    said = (
        f"{name}: {counted_slos(slos.objectives)}: {slos.composites} composite alarms over "
        f"alarms of {slos.metrics} metrics, "
        f"${dollars:,.2f} a month"
    )
    return [said, *([f"{name}: {hint}"] if (hint := signals_hint(slos)) else [])]


def signals_hint(slos: SloDemand) -> str:
    """Returns the comparison with Application Signals, "" where it saves nothing."""
    saved = saved_by_signals(slos)
    if saved <= 0:
        return ""
    return (
        f"as SLOs of Application Signals their alarms would take {slos.by_signals} metrics, ${saved:,.2f} less, and "
        "AWS charges for the SLOs themselves by signal, at no price that is fixed for one"
    )
