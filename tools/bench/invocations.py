"""Measures the four invocations of an alert in CPU (`make bench-invocations`), warm, in Lambda's emulator with the
deployed layer, and a tick: the alarm that joins its groups, the flush of one, and the same of its resolve.

The groups wait for seconds, so that an alarm joins in one invocation and each of its groups is flushed in another, as
deployed. The emulated AWS and the peers answer by TLS.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import Any

from alertrelay.groups.messages import TICK

from local.stack.day_input import template_of
from local.stack.functions import DeployedFunction
from local.stack.invocation import from_sqs
from local.stack.rie_container import Container, RieMissing, kit, layer_of
from tools.bench.processes import cpu_ms, peak_mb, runtime_of
from tools.bench.world import World

WAIT, INTERVAL = 2.0, 6.0
"""Seconds of group_wait and group_interval: a resolve comes before the second is over, and waits for its flush."""
PHASES = ("alarm", "its flush", "resolve", "its flush, last", "tick")
PATIENCE = 2.0
"""Further seconds for which messages are waited for."""
UNCOUNTED = 2
"""First alarms of a container, which load what is loaded later."""


class TimerQueue:
    """A forwarder's own queue: what it sent there, as events, once it is due."""

    def __init__(self, world: World, url: str) -> None:
        self._client = world.emulator.client("sqs")
        self._url = url
        self._region = world.emulator.region

    def due(self, within: float) -> Iterator[Mapping[str, Any]]:
        """Yields each message that comes within so many seconds."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            answer = self._client.receive_message(QueueUrl=self._url, AttributeNames=["All"])
            for message in answer.get("Messages", ()):
                yield from_sqs(message, queue=self._url.rpartition("/")[2], region=self._region)
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            time.sleep(0.1)


def main() -> int:
    """Prints a line a forwarder: the CPU of an invocation of each phase in ms, medians. 2 without the emulator."""
    parser = argparse.ArgumentParser(prog="make bench-invocations", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--alerts", type=int, default=8, metavar="N", help="alarms of each forwarder (8)")
    arguments = parser.parse_args()
    try:
        programs = kit()
        template = template_of("prod", arch=programs.arch)
    except RieMissing as error:
        print(f"make bench-invocations: {error}", file=sys.stderr)
        return 2
    print(f"{'ms of CPU':22}" + "".join(f"{phase:>16}" for phase in PHASES) + f"{'flushes':>9}{'peak MB':>9}")
    with World(template, wait=WAIT, interval=INTERVAL) as world:
        layer = world.layer(layer_of(template))
        for function in world.deployed.functions:
            own = replace(function, code=world.code(function))
            with Container(own, layer, programs, {**function.environment, **world.environ()}) as container:
                print(_measured(world, own, container, arguments.alerts), flush=True)
    return 0


def _measured(world: World, function: DeployedFunction, container: Container, alerts: int) -> str:
    world.forget()
    timers = TimerQueue(world, function.environment["ALERTRELAY_QUEUE_URL"])
    meter = InvocationMeter(container)
    found = [_alert(world, meter, timers) for _ in range(UNCOUNTED + alerts)][UNCOUNTED:]
    medians = [statistics.median(cpu for one in found for cpu in one[phase]) for phase in PHASES]
    flushes = statistics.median(len(one[PHASES[1]]) for one in found)
    cells = "".join(f"{cpu:16.1f}" for cpu in medians)
    return f"{function.name.removeprefix('alertrelay-prod-'):22}{cells}{flushes:9.0f}{meter.peak:9.0f}"


def _alert(world: World, meter: InvocationMeter, timers: TimerQueue) -> Mapping[str, list[float]]:
    """Returns the CPU of each invocation of one alert, by phase."""
    alarm, flush, resolve, last, tick = PHASES
    return {
        alarm: [meter.cpu(world.event())],
        flush: [meter.cpu(event) for event in timers.due(WAIT + PATIENCE)],
        resolve: [meter.cpu(world.event(resolved=True))],
        last: [meter.cpu(event) for event in timers.due(INTERVAL + PATIENCE)],
        tick: [meter.cpu(TICK)],
    }


class InvocationMeter:
    """Invokes one container and takes the CPU time of its process."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def cpu(self, event: Mapping[str, Any]) -> float:
        """Returns the milliseconds of CPU that an event took, those of the process's start not among them."""
        before = cpu_ms(pid) if (pid := runtime_of(self._container.pid)) else 0.0
        with redirect_stdout(StringIO()):
            self._container.invoke(event)
        return cpu_ms(self._process) - before

    @property
    def peak(self) -> float:
        """Returns the most memory of the process so far, in MB."""
        return peak_mb(self._process)

    @property
    def _process(self) -> int:
        pid = runtime_of(self._container.pid)
        assert pid is not None
        return pid


if __name__ == "__main__":
    sys.exit(main())
