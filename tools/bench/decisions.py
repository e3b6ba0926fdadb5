"""Measures what deciding takes, without AWS and network (`make bench-decisions`): messages, flushes, a storm.

python -m tools.bench.decisions [--base CHECKOUT] [--alarms N] [--groups N] [--rounds N] [--json]

`--base` is a checkout of another commit: both are measured in turn, in processes of their own. Where Alertmanager is
installed, it is sent the storm too: CPU of its process until the group has been open for half an hour's flushes.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.differential.alertmanager import PROGRAM, started

ROOT = Path(__file__).parents[2]
INTERVAL = 10
"""Seconds between two flushes of Alertmanager's groups."""
RESENT = 30
"""Times that Prometheus sends each firing alert again in half an hour."""
QUIET = 0.1
"""CPU seconds in two, up to which Alertmanager has nothing left to send: one group is flushed each second."""
ROWS: Sequence[tuple[str, str, float]] = (
    ("messages", "messages parsed, routed and rendered for three channels, a second", 1),
    ("new", "a new alert in a new group, message to sender, us", 1e6),
    ("member", "a flush that notifies nobody, a member of a large group, asleep, us", 1e6),
    ("awake", "the same, awake (ALERTRELAY_GROUPS_SLEEP=0), us", 1e6),
    ("storm", "the alarms of a minute in one group, s", 1),
    ("open", "half an hour for which they stay open, s", 1),
    ("groups", "the alarms of a minute, each a group of its own, s", 1),
    ("groups_open", "half an hour for which these stay open, s", 1),
    ("groups_end", "their ends within a minute, s", 1),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the figures; 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.decisions", description=__doc__)
    parser.add_argument("--base", type=Path, metavar="CHECKOUT", help="measured in turn with this checkout")
    parser.add_argument("--alarms", type=int, default=10_000, help="alarms of the storm (10,000)")
    parser.add_argument("--groups", type=int, default=0, help="alarms of a storm of which each is a group (0: none)")
    parser.add_argument("--rounds", type=int, default=3, help="the quickest of so many counts (3)")
    parser.add_argument("--json", action="store_true", help="a JSON object")
    given = parser.parse_args(argv)
    events = (given.base or ROOT) / "events"
    checkouts = {"here": ROOT} | ({"base": given.base} if given.base else {})
    rounds: dict[str, list[Mapping[str, float]]] = {name: [] for name in checkouts}
    for number in range(given.rounds):
        print(f"round {number + 1} of {given.rounds} …", file=sys.stderr)
        for name, checkout in checkouts.items():
            rounds[name].append(_decided(checkout, events, given.alarms, given.groups))
    found = {name: _best(each) for name, each in rounds.items()}
    if shutil.which(PROGRAM):
        found["alertmanager"] = dict(zip(("storm", "open"), alertmanager(given.alarms, by="service"), strict=False))
        if given.groups:
            names = ("groups", "groups_open", "groups_end")
            found["alertmanager"] |= zip(names, alertmanager(given.groups, by="instance"), strict=True)
    print(json.dumps(found, indent=1) if given.json else _table(found))
    return 0


def _decided(checkout: Path, events: Path, alarms: int, groups: int) -> Mapping[str, float]:
    worker = Path(__file__).with_name("deciding.py")
    command = [sys.executable, str(worker), str(checkout), str(events), str(alarms), str(groups)]
    answer = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout
    found: Mapping[str, float] = json.loads(answer)
    return found


def _best(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The quickest of the rounds: whatever else runs on the machine only adds to it."""
    best = {key: max if key == "messages" else min for key in rounds[0]}
    return {key: of(each[key] for each in rounds) for key, of in best.items()}


def _table(found: Mapping[str, Mapping[str, float]]) -> str:
    lines = [f"{'':<68}" + "".join(f"{name:>14}" for name in found)]
    for key, title, factor in ROWS:
        cells = (f"{each[key] * factor:14,.1f}" if key in each else f"{'':>14}" for each in found.values())
        lines.append(f"{title:<68}" + "".join(cells))
    return "\n".join(lines)


def alertmanager(alarms: int, *, by: str) -> tuple[float, float, float]:
    """CPU seconds of Alertmanager for as many alerts, grouped `by` a label; for half an hour's repetitions and flushes;
    and for their ends.

    Its clock cannot be moved: the flushes come each INTERVAL, while all alerts are repeated as often as in half an
    hour; where that takes it less than a minute there are fewer flushes than the six of half an hour.
    """
    with tempfile.TemporaryDirectory() as name, _sink() as url:
        folder = Path(name)
        (folder / "alertmanager.yml").write_text(
            f"route: {{receiver: hook, group_by: [{by}], group_wait: 1s, group_interval: {INTERVAL}s,"
            " repeat_interval: 4h}\n"
            f"receivers: [{{name: hook, webhook_configs: [{{url: '{url}'}}]}}]\n"
        )
        process, api = started(folder)
        with process:
            try:
                began = _cpu_of(process.pid)
                _post(api, alarms)
                _until_quiet(process.pid)
                fired = _cpu_of(process.pid)
                for _ in range(RESENT):
                    _post(api, alarms)
                opened = _cpu_of(process.pid)
                _post(api, alarms, over=True)
                time.sleep(INTERVAL)
                _until_quiet(process.pid)
                return fired - began, opened - fired, _cpu_of(process.pid) - opened
            finally:
                process.kill()


def _until_quiet(pid: int) -> None:
    """Waits until the process has taken little CPU for two seconds: its webhooks have been sent."""
    before = -1.0
    while _cpu_of(pid) - before > QUIET:
        before = _cpu_of(pid)
        time.sleep(2)


def _post(api: str, alarms: int, *, over: bool = False) -> None:
    """Sends the alerts as Prometheus does, 64 in a request."""
    starts = datetime.now(UTC).isoformat()
    for first in range(0, alarms, 64):
        alerts = [
            {
                "labels": {"alertname": "HighCPU", "service": "orders", "severity": "critical", "instance": f"a{n}"},
                "annotations": {"summary": f"a{n} is high"},
                "startsAt": starts,
                **({"endsAt": starts} if over else {}),
            }
            for n in range(first, min(first + 64, alarms))
        ]
        request = urllib.request.Request(
            f"{api}/api/v2/alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).close()


def _cpu_of(pid: int) -> float:
    """CPU seconds of a process, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def _sink() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    serve: Callable[[], None] = server.serve_forever
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    sys.exit(main())
