"""Writes what docs/deploy.md and README.md say of costs, from the model of `alertrelay cost`.

`python -m tools.cost_page` writes it between its marks; a test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from compiler.cost import prices, usage
from compiler.cost.month import ALERTS, REST, Demand, Line, ScorerDemand, bill, of_companion, of_scorer, relay_dollars
from compiler.cost.table import price, quantity
from compiler.resources.environment import FORWARDER_MB

ROOT = Path(__file__).parent.parent
BEGIN = "<!-- cost: written by python -m tools.cost_page -->"
END = "<!-- cost: end -->"
LOADS = (0, 100, 1_000, 100_000)
LEVERS: Sequence[tuple[float, int]] = ((1, 512), (4, 256), (4, 512), (4, 1_024), (10, 256), (10, 512))
"""Integrations, and the memory of a forwarder."""
LEVER_LOADS = (100, 1_000, 10_000, 100_000)
HOMES = (4, 10)
OPEN = 30
REPEAT = 4 * 3600
CHANNELS = 4


def demand(
    alerts_a_day: float, *, homes: float = HOMES[0], open_minutes: float = OPEN, memory_mb: int = FORWARDER_MB
) -> Demand:
    """Return the demand that a table is counted for."""
    alert = usage.CountedAlert(homes=homes, open_minutes=open_minutes, repeat_interval=REPEAT)
    return Demand(alerts_a_day=alerts_a_day, alert=alert, channels=CHANNELS, forwarder_mb=memory_mb)


def deploy() -> str:
    """Return the tables of docs/deploy.md."""
    return "\n\n".join([_at_rest(), _an_alert(), _months(), _levers(), _scorer(), _companion()])


def readme() -> str:
    """Return the sentence of README.md."""
    few, more = (f"${relay_dollars(bill(demand(load))):.0f} at {load:,}" for load in LOADS[1:3])
    rest = relay_dollars(bill(demand(0)))
    return (
        f"The relay alone costs ${rest:.2f} a month at rest, {few} alerts a day, {more}, where {HOMES[0]} integrations "
        f"are notified of each alert, which is open for {OPEN} minutes. More integrations cost more: `alertrelay cost "
        "--env prod` counts those of your routes, and prices each option separately."
    )


def _at_rest() -> str:
    lines = [line for line in bill(demand(0)) if line.part == REST]
    return _table(("At rest, a month", "Quantity", "Price", "$"), lines)


def _an_alert() -> str:
    lines = [line for line in bill(demand(1_000_000 / usage.MONTH_DAYS)) if line.part == ALERTS]
    head = f"A million alerts and their resolves, at {HOMES[0]} integrations, open for {OPEN} minutes"
    return _table((head, "Quantity", "Price", "$"), lines)


def _months() -> str:
    cases = [(homes, minutes) for minutes in (OPEN, 0) for homes in HOMES]
    head = ["Alerts a day", *(f"{homes} integrations, open for {minutes} min" for homes, minutes in cases)]
    rows = [[f"{load:,}", *(_month(load, homes, minutes) for homes, minutes in cases)] for load in LOADS]
    return "\n".join([_row(head), _row(["---:"] * len(head)), *map(_row, rows)])


def _levers() -> str:
    """Returns what integrations and memory do to the month, with what of it is time and what logs at most alerts."""
    parts = {"time": prices.GB_SECOND, "logs": prices.LOGS}
    head = [
        "Integrations, memory of a forwarder",
        *(f"{load:,} alerts a day" for load in LEVER_LOADS),
        *(f"of the last, {part}" for part in parts),
    ]
    rows = []
    for homes, memory in LEVERS:
        bills = [bill(demand(load, homes=homes, memory_mb=memory)) for load in LEVER_LOADS]
        of_last = [sum(line.dollars for line in bills[-1] if line.price is one) for one in parts.values()]
        cells = [*(_dollars(relay_dollars(one)) for one in bills), *(f"${dollars:,.0f}" for dollars in of_last)]
        rows.append([f"{homes:g} at {memory:,} MB", *cells])
    return "\n".join([_row(head), _row(["---", *["---:"] * (len(head) - 1)]), *map(_row, rows)])


def _month(load: float, homes: float, open_minutes: float) -> str:
    return _dollars(relay_dollars(bill(demand(load, homes=homes, open_minutes=open_minutes))))


def _dollars(dollars: float) -> str:
    return f"**${dollars:,.2f}**" if dollars < 100 else f"**${dollars:,.0f}**"


def _scorer() -> str:
    scored = ScorerDemand(metrics=200, period=300, asked=200 * usage.MONTH_MINUTES / 5)
    lines = of_scorer(scored)
    return _table(("The anomaly-scorer, 200 metrics each 5 minutes", "Quantity", "Price", "$"), lines)


def _companion() -> str:
    head = f"The companion, {LOADS[2]:,} alerts a day that come one by one"
    return _table((head, "Quantity", "Price", "$"), of_companion(LOADS[2]))


def _table(head: Sequence[str], lines: Sequence[Line]) -> str:
    rows = [[line.what, quantity(line.quantity), price(line), f"{line.dollars:,.2f}"] for line in lines]
    together = f"**{sum(line.dollars for line in lines):,.2f}**"
    return "\n".join([_row(head), "|---|---:|---:|---:|", *map(_row, rows), _row(["**together**", "", "", together])])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


PAGES: Mapping[str, Callable[[], str]] = {"docs/deploy.md": deploy, "README.md": readme}


def page(name: str, text: str) -> str:
    """Return a page with its part written anew. Raises ValueError where a mark is missing."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{name}: the marks {BEGIN!r} and {END!r} were expected")
    return f"{before}{BEGIN}\n{PAGES[name]()}\n{END}{after}"


def main() -> int:
    """Writes the pages."""
    for name in PAGES:
        path = ROOT / name
        path.write_text(page(name, path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
