"""The companion of the stack, on this machine: its own function, fed by its own queue, beside a Grafana on loopback."""

from __future__ import annotations

import contextlib
import html
import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from alertrelay.memory.ports import ManualClock

from local.stack.emulator import Emulator
from local.stack.faults import GRAFANA, HASTE, Faults
from local.stack.functions import QueuedFunction
from local.stack.invocation import Context, from_sqs, load
from local.standins.board import Board, RecordedRequest
from local.standins.grafana import Annotations, service
from local.standins.http import HttpListener

_MOST = 10
"""Messages that SQS hands out at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """What was written on a dashboard, or was not: `what` is begins, ended, event or failed."""

    at: datetime
    what: str
    text: str


class CompanionHere:
    """The companion's handler bound to this run: a context manager. `observe` gets each request that writes."""

    def __init__(
        self,
        companion: QueuedFunction,
        emulator: Emulator,
        clock: ManualClock,
        logs: io.StringIO,
        faults: Faults,
        observe: Callable[[Annotated], None],
    ) -> None:
        self._companion, self._emulator, self._clock, self._logs = companion, emulator, clock, logs
        self._faults, self._observe = faults, observe
        self._annotations, self._board = Annotations(), Board(clock.now)
        self._listener = HttpListener(service(self._annotations), self._board)
        self._seen = 0

    def __enter__(self) -> CompanionHere:
        self._listener.start()
        environ = {
            **self._companion.environment,
            "AWS_ENDPOINT_URL": self._emulator.url,
            "AWS_REGION": self._emulator.region,
            "LAMBDA_TASK_ROOT": str(self._companion.code),
        }
        endpoints = {"*": f"http://127.0.0.1:{self._listener.port}"}
        handler = load(self._companion.handler)
        self._handler = handler.bound(environ, clock=self._clock, endpoints=endpoints, haste=HASTE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()

    def next_due(self) -> datetime | None:
        """Returns when the oldest message has waited for its batch, or is visible again; None where there is none."""
        return min(map(self._due, self._emulator.queued(self._companion.queue_url)), default=None)

    def work(self) -> bool:
        """Handles a batch that is due; returns whether there was one. What is to come again becomes visible by
        itself."""
        due = self.next_due()
        if due is None or due > self._clock.now():
            return False
        self._fail()
        sqs, url = self._emulator.client("sqs"), self._companion.queue_url
        wanted = {"QueueUrl": url, "MaxNumberOfMessages": _MOST, "WaitTimeSeconds": 0, "AttributeNames": ["All"]}
        messages = sqs.receive_message(**wanted).get("Messages", [])
        again = self._handled(messages)
        for message in messages:
            if message["MessageId"] not in again:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        seen = [*self._written()]
        if again and not seen:
            seen.append(Annotated(at=self._clock.now(), what="failed", text="Grafana refuses connections"))
        for one in seen:
            self._observe(one)
        return True

    def _due(self, message: Any) -> datetime:
        received = max(message.visible_at, message.delayed_until) + 1
        waited = message.sent_timestamp + 1000 * self._companion.window_seconds
        return datetime.fromtimestamp(max(received, waited) / 1000, UTC)

    def _handled(self, messages: list[Any]) -> set[str]:
        """Returns the ids of what is to come again."""
        own = self._companion
        url = own.queue_url.rpartition("/")[2]
        records = [
            record for one in messages for record in from_sqs(one, queue=url, region=self._emulator.region)["Records"]
        ]
        ends = self._clock.now() + timedelta(seconds=own.timeout_seconds)
        context = Context(own.name, str(uuid.uuid4()), ends, self._clock)
        with contextlib.redirect_stdout(self._logs):
            answer = self._handler({"Records": records}, context)
        return {one["itemIdentifier"] for one in answer["batchItemFailures"]}

    def _fail(self) -> None:
        """Lets Grafana be as `--down grafana=FAULT` says."""
        fault = self._faults.down.get(GRAFANA)
        self._board.heal()
        self._listener.accept()
        if fault:
            self._board.fail(GRAFANA, fault, token="", times=None)
            if fault.kind == "refused":
                self._listener.refuse()

    def _written(self) -> Iterator[Annotated]:
        new = self._board.requests[self._seen :]
        self._seen += len(new)
        for request in new:
            if not request.taken:
                said = "answered" if request.answered.isdecimal() else "did not answer:"
                yield Annotated(at=request.at, what="failed", text=f"Grafana {said} {request.answered}")
            elif request.method != "GET":
                yield self._shown(request)

    def _shown(self, request: RecordedRequest) -> Annotated:
        body = request.body
        number = request.path.rpartition("/")[2]
        one = self._annotations.written[int(number)] if request.method == "PATCH" else body
        where = f"dashboard {one['dashboardUID']}" if one.get("dashboardUID") else "all dashboards"
        span = _clock(one["time"]) + (f" to {_clock(body['timeEnd'])}" if "timeEnd" in body else "")
        what = "event" if "event" in one["tags"] else "ended" if "timeEnd" in body else "begins"
        said = html.unescape(one["text"].partition(" <a ")[0])  # as Grafana shows it, without its link
        return Annotated(at=request.at, what=what, text=f"{where}, {span}: {said}")


def _clock(millis: int) -> str:
    return f"{datetime.fromtimestamp(millis / 1000, UTC):%H:%M:%S}"
