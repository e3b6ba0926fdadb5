"""`make faults`: every fault that the harness can make, over seeds, as the table of docs/reliability.md.

The judge is what the peers received (judge.py), never our log. A run is one hour of the fault and the hours around it,
with the real handlers on a memory store (--moto: on DynamoDB as moto's server plays it) and a manual clock.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from tests.harness.judge import Account, Verdict
from tests.harness.scenarios import SCENARIOS, UPDATES, Scenario, play
from tests.harness.stores import memory, moto
from tests.harness.weather import Trouble, TroubleKind, Weather

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->\n"
PER_FAULT = 200
"""Updates of each fault; `make faults FAULTS='--updates 10000'` for more."""
DENSE = 3
"""So many times the updates of a scenario come in three of four seeds: not in a storm, which has an alert for each, nor
where the table is slow, since here one thing happens at a time."""
CHUNK = 4
"""Seeds of a fault that are run before the next fault has its turn."""
CHANNELS: Mapping[str, str] = {"pagerduty": "PagerDuty", "slack": "Slack", "email": "mail"}
WORDS: Mapping[TroubleKind, str] = {
    "refused": "refuses connections",
    "tls": "shows a certificate that is not trusted",
    "reset": "resets connections, half of them after it took the message",
    "hang": "hangs until the time is over",
    "trickle": "answers byte by byte until the time is over",
    "429": "answers 429",
    "5xx": "answers 503",
    "5xx-taken": "answers 503 after it took the message",
    "400": "answers 400",
    "401": "answers 401",
}


SHOWN: Sequence[Account] = ("delivered", "by fallback", "merged", "silenced", "inhibited", "over before")
OWED: Sequence[Account] = ("delivered", "by fallback", "silenced", "inhibited", "over before")
HEAD = (
    "Fault, for an hour", "Updates in", "Owed", "Delivered", "By fallback", "Merged", "Silenced", "Inhibited",
    "Over before",
    "Messages out", "Lost", "Left open", "Twice", "At most", "Dead letters left",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The sums of one fault over its runs. `wrong` are those runs in which the promise was broken, by seed."""

    name: str
    runs: int
    updates: int
    messages: int
    lost: int
    unresolved: int
    incidents_open: int
    duplicates: int
    bound: int
    dead: int
    accounts: Mapping[Account, int]
    wrong: tuple[int, ...]

    @property
    def line(self) -> str:
        """The row of the table."""
        left_open = self.unresolved + self.incidents_open
        owed = sum(self.accounts.get(name, 0) for name in OWED)
        became = (self.accounts.get(name, 0) for name in SHOWN)
        ends = (self.lost, left_open, self.duplicates, self.bound, self.dead)
        cells = (self.name, self.updates, owed, *became, self.messages, *ends)
        return f"| {' | '.join(map(str, cells))} |"


def faults() -> tuple[Scenario, ...]:
    """Each channel with each way of failing, and the scenarios of the test run."""
    known = {one.name for one in SCENARIOS}
    of_channels = map(_of_channel, itertools.product(CHANNELS, get_args(TroubleKind)))
    return (*(one for one in of_channels if one.name not in known), *SCENARIOS)


def _of_channel(which: tuple[str, TroubleKind]) -> Scenario:
    channel, kind = which

    def strike(weather: Weather) -> None:
        weather.peers[channel] = Trouble(kind=kind, retry_after=20.0 if kind == "429" else None)

    return Scenario(name=f"{CHANNELS[channel]} {WORDS[kind]}", faults=strike)


def row(name: str, verdicts: Mapping[int, Verdict]) -> Row:
    """Sums the verdicts of one fault, by seed."""
    found = verdicts.values()
    return Row(
        name=name,
        runs=len(verdicts),
        updates=sum(one.updates for one in found),
        messages=sum(one.messages for one in found),
        lost=sum(len(one.lost) for one in found),
        unresolved=sum(len(one.unresolved) for one in found),
        incidents_open=sum(len(one.incidents_open) for one in found),
        duplicates=sum(len(one.duplicates) for one in found),
        bound=sum(one.bound for one in found),
        dead=sum(len(one.dead) for one in found),
        accounts=_summed(one.accounts for one in found),
        wrong=tuple(seed for seed, one in verdicts.items() if one.wrong),
    )


def summed(name: str, rows: Sequence[Row]) -> Row:
    """Returns one row for several."""
    fields = ("runs", "updates", "messages", "lost", "unresolved", "incidents_open", "duplicates", "bound", "dead")
    sums: Any = {field: sum(getattr(one, field) for one in rows) for field in fields}
    wrong = tuple(seed for one in rows for seed in one.wrong)
    return Row(name=name, accounts=_summed(one.accounts for one in rows), wrong=wrong, **sums)


def _summed(accounts: Iterable[Mapping[Account, int]]) -> dict[Account, int]:
    found: Counter[Account] = Counter()
    for one in accounts:
        found.update(one)
    return dict(found)


def judged(number: int, *, updates: int, most: int, served: bool, after: int) -> Row:
    """Runs a fault of `faults()` over the seeds after one until they make the updates, `most` of them at most.
    `served`: on DynamoDB as moto's server plays it."""
    fault = faults()[number]
    verdicts: dict[int, Verdict] = {}
    with moto() if served else nullcontext(memory) as back:
        while sum(one.updates for one in verdicts.values()) < updates and len(verdicts) < most:
            seed = after + len(verdicts) + 1
            verdicts[seed] = play(fault, seed=seed, updates=_size(fault, seed), back=back)
    return row(fault.name, verdicts)


def _size(fault: Scenario, seed: int) -> int:
    alone = fault.storm or fault.weather.table_seconds or seed % 4 == 1
    return UPDATES if alone else UPDATES * DENSE


def table(rows: Iterable[Row]) -> str:
    """The table with its sums."""
    rows = list(rows)
    total = summed("**All**", rows)
    head = f"| {' | '.join(HEAD)} |"
    return "\n".join([head, f"|{'---|' * len(HEAD)}", *(one.line for one in rows), total.line, ""])


def kept(path: Path) -> list[Row]:
    """Reads the rows of runs that were done, one a line."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Row(**(found := json.loads(line)) | {"wrong": tuple(found["wrong"])}) for line in lines]


def run(chosen: Sequence[int], given: argparse.Namespace) -> list[Row]:
    """Runs the faults in turn, some seeds each, until each has its updates; returns a row for each."""
    names = {number: faults()[number].name for number in chosen}
    done = kept(given.keep) if given.keep else []
    rows = {number: summed(name, [one for one in done if one.name == name]) for number, name in names.items()}
    with ProcessPoolExecutor(given.jobs) as pool:
        while left := [number for number in chosen if rows[number].updates < given.updates]:
            more = partial(_more, updates=given.updates, served=given.moto)
            for number, one in zip(left, pool.map(more, left, (rows[number] for number in left)), strict=True):
                rows[number] = summed(one.name, [rows[number], one])
                if given.keep:
                    with given.keep.open("a", encoding="utf-8") as out:
                        out.write(json.dumps(asdict(one)) + "\n")
                seeds = f"  WRONG with the seeds {', '.join(map(str, one.wrong))}" if one.wrong else ""
                sys.stderr.write(f"{rows[number].line}{seeds}\n")
    return [rows[number] for number in chosen]


def _more(number: int, so_far: Row, *, updates: int, served: bool) -> Row:
    return judged(number, updates=updates - so_far.updates, most=CHUNK, served=served, after=so_far.runs)


def main(arguments: Sequence[str]) -> int:
    """Prints the table, with --write also into the page; returns 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.matrix", description=__doc__)
    parser.add_argument("--updates", type=int, default=PER_FAULT, help="of each fault, at least")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", action="append", help="faults whose name has this in it; may be given again")
    parser.add_argument("--moto", action="store_true", help="on DynamoDB as moto's server plays it: slow")
    parser.add_argument("--keep", type=Path, help="a file for what was run: begun again, it goes on from there")
    parser.add_argument("--write", action="store_true", help="into docs/reliability.md")
    given = parser.parse_args(arguments)
    chosen = [n for n, fault in enumerate(faults()) if any(words in fault.name for words in given.only or [""])]
    rows = run(chosen, given)
    sys.stdout.write(table(rows))
    if given.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}{table(rows)}{END}{rest.partition(END)[2]}", encoding="utf-8")
    return int(any(one.wrong for one in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
