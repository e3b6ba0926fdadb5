"""The stack with its functions in AWS's own Runtime Interface Emulator, with the layer as it is built for deployment.

Here the clock is real.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.memory.ports import ManualClock
from alertrelay.notification import Outcome

from local.stack.functions import DeployedFunction
from local.stack.invocation import Invocable, load
from local.stack.rie_container import Container, kit, layer_of
from local.stack.running import RunningStack
from local.standins import peer

AWAITED = timedelta(seconds=60)
"""What is due later than this is not waited for."""


class RealClock(ManualClock):
    """The machine's, where the harness expects one that it may move: moving it is waiting."""

    def now(self) -> datetime:
        """See ports.Clock."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        time.sleep(max(0.0, seconds))

    def move_to(self, at: datetime) -> None:
        """Waits until then."""
        self.sleep((at - self.now()).total_seconds())


def outcomes_in(logs: str) -> Iterator[Outcome]:
    """Returns the outcome of each update: the log lines named `outcome`."""
    names = {f.name for f in fields(Outcome)}
    for line in logs.splitlines():
        with contextlib.suppress(ValueError):
            said = json.loads(line)
            if isinstance(said, dict) and said.get("message") == "outcome":
                known = {name: said[name] for name in names & said.keys()}
                yield Outcome(**{"channel": None, "receiver": "", "state_key": "", **known})


class RieStack(RunningStack):
    """The stack with its functions in emulators, on the real clock. Only whole channels can be down."""

    LONGEST = AWAITED

    def __enter__(self) -> RieStack:
        self.programs = kit()
        self.containers: dict[str, Container] = {}
        super().__enter__()
        for channel, fault in self.faults.down.items():
            if peer(channel).listen:
                self.standins.fail(channel, fault)
            for service in peer(channel).readers:
                self.emulator.faults[service] = fault
        return self

    def make_clock(self, start: datetime) -> ManualClock:
        """The machine's, whatever the files say."""
        return RealClock(start)

    def run_until(self, at: datetime) -> None:  # noqa: ARG002 - the base's signature
        """Files follow each other at once: their own times are not waited for."""
        self.work()

    def scorer(self) -> Container:
        """The anomaly-scorer, which no file of a replay wakes."""
        scorer = self.deployed.scorer
        assert scorer is not None
        environ = {
            **scorer.environment,
            "AWS_REGION": self.emulator.region,
            "AWS_DEFAULT_REGION": self.emulator.region,
            "AWS_ENDPOINT_URL": self.emulator.url,
        }
        return Container(scorer, layer_of(self.template), self.programs, environ)

    def _bound(self, function: DeployedFunction) -> Invocable:
        environ = {
            **function.environment,
            "AWS_REGION": self.emulator.region,
            "AWS_DEFAULT_REGION": self.emulator.region,
            "AWS_ENDPOINT_URL": self.emulator.url,
            "ALERTRELAY_ENDPOINTS": json.dumps(self.standins.endpoints),
        }
        container = self._entering.enter_context(Container(function, layer_of(self.template), self.programs, environ))
        self.containers[function.name] = container

        def handler(event: Any, _context: Any) -> Any:
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said):
                    return container.invoke(event)
            finally:
                print(said.getvalue(), end="")
                for outcome in outcomes_in(said.getvalue()):
                    self.note_outcome(function, outcome)

        handles = load(function.handler).channels
        return Invocable(function=function, handler=handler, handles=handles, clock=self.clock, logs=self.logs)
