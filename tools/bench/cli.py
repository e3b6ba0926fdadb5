"""Measures what commands take in CPU (`make bench-cli`), and what Python's own start on this machine is of it.

Each command is a process of its own; they take turns, so that a busy machine is busy for all of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from compiler import placeholders

ROOT = Path(__file__).resolve().parents[2]
COMMANDS: Mapping[str, Sequence[str]] = {
    "python -c pass": ("-c", "pass"),
    "alertrelay --help": ("-m", "cli.command", "--help"),
    "alertrelay route severity=critical": ("-m", "cli.command", "route", "severity=critical"),
    "alertrelay check": ("-m", "cli.command", "check"),
    "alertrelay cost --env prod": ("-m", "cli.command", "cost", "--env", "prod"),
}


def cpu(words: Sequence[str], environ: Mapping[str, str]) -> float:
    """Return the CPU milliseconds of a command. Raises CalledProcessError where it fails."""
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return (usage.ru_utime + usage.ru_stime) * 1000


def measured(rounds: int) -> dict[str, list[float]]:
    """Return the CPU of each command, a figure a round, after a round that compiles."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ |= {placeholders.VARIABLE: "1"}
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, words in COMMANDS.items():
            taken = cpu(words, environ)
            if turn:
                found[name].append(taken)
    return found


def main() -> int:
    """Prints a line a command: the median and the least."""
    parser = argparse.ArgumentParser(prog="make bench-cli", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="runs of each command (9)")
    for name, times in measured(parser.parse_args().rounds).items():
        print(f"{name:<36} {statistics.median(times):5.0f} ms, least {min(times):.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
