"""Measures cold starts (`make bench`), with the deployed layer in Lambda's emulator.

Init is from the start of the process until the handler is loaded; the first invocation is all of it, with the table,
the secret and the peers on loopback. A Lambda of 1,024 MB has 0.58 of a core; this machine gives a whole one.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import statistics
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from alertrelay.sources import unwrap

from infra import synth
from local.stack.day import DayRun
from local.stack.day_input import template_of
from local.stack.rie import RieMissing, RieStack, kit

ROUNDS = 5
SCHEDULED = synth.ROOT / "events" / "scorer" / "scheduled-run.json"
_INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKE = re.compile(r"INVOKE RTDONE\(.*?duration: ([\d.]+)ms\)")


def main() -> int:
    """Prints a line a function: medians in milliseconds. 2 where the emulator is missing."""
    event = Path(sys.argv[1])
    try:
        template = template_of("prod", arch=kit().arch)
    except RieMissing as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 2
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        for name, times in _cold(template, event).items():
            found.setdefault(name, []).append(times)
    print(f"{'function':<36} {'init ms':>8} {'first invoke ms':>16}   median of {ROUNDS}")
    for name, rounds in sorted(found.items()):
        init, first = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:<36} {init:8.0f} {first:16.0f}")
    return 0


def _cold(template: Path, event: Path) -> Mapping[str, tuple[float, float]]:
    """Init and first invocation of each function, in a stack that has just been deployed."""
    with DayRun(template, "prod", start=datetime.now(UTC), down={}, engine=RieStack) as run:
        run.publish(event.name, unwrap(event.read_bytes()))
        assert isinstance(run.stack, RieStack)
        found = {name: _times(container.logs) for name, container in run.stack.containers.items()}
        with run.stack.scorer() as container, contextlib.redirect_stdout(io.StringIO()):
            container.invoke(json.loads(SCHEDULED.read_text(encoding="utf-8")))
            found["alertrelay-prod-anomaly-scorer"] = _times(container.logs)
        return found


def _times(logs: str) -> tuple[float, float]:
    init, invoke = _INIT.search(logs), _INVOKE.search(logs)
    if init is None or invoke is None:
        raise ValueError(f"the emulator said no durations: {logs[-300:]}")
    return float(init.group(1)), float(invoke.group(1))


if __name__ == "__main__":
    sys.exit(main())
