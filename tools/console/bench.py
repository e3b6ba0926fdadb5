"""Measures the console with 5,000 firing alerts: CPU until the first paint of the list, and of a change of the filter.

`make bench-console`, or `python -m tools.console.bench [--alerts N] [--rounds N]`. The figures are Chromium's
Performance.getMetrics, TaskDuration in thread ticks: the CPU of the page's main thread. Exits with 1 where a goal is
missed, 2 without Chromium.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys

from tests.example import CONFIG
from tools.console.node import NODE, ROOT, install
from tools.console.served import served

FIRST_GOAL, FILTER_GOAL = 1_000, 100
"""Milliseconds of CPU: until the list is painted, and of the slowest change of the filter."""
WORDS = {"first": "until the first paint of the list", "filter": "slowest change of the filter", "usual": "median one"}


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.console.bench", description=__doc__)
    parser.add_argument("--alerts", metavar="N", type=int, default=5_000, help="that fire (default: 5000)")
    parser.add_argument("--rounds", metavar="N", type=int, default=5, help="the median counts (default: 5)")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("bench-console: chromium is not installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    install()
    with served(CONFIG, "prod") as relay:
        script = ROOT / "tools/console/bench.mjs"
        command = [str(NODE), str(script), chromium, relay.url, relay.token, str(options.alerts), str(options.rounds)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = json.loads(answer.stdout)
    for size, found in figures.items():
        for name, words in WORDS.items():
            print(f"{size:<6} {found[name]:5} ms CPU  {words}")
    missed = any(found["first"] > FIRST_GOAL or found["filter"] > FILTER_GOAL for found in figures.values())
    print(f"goals: {FIRST_GOAL} ms until the first paint, {FILTER_GOAL} ms a change: {'missed' if missed else 'met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
