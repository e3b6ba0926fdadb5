"""Runs the functions of one version of the code: today's in this process, a commit's in a process of its own.

A process of its own reads one JSON object a line from stdin and answers with one a line on stdout. It imports the
product only by the names of the recorded commit, so nothing here has to follow when a module moves.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import os
import subprocess
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

Handler = Callable[[Any, Any], Any]
TIMEOUT = timedelta(seconds=30)
"""Of a forwarder, as infra/ deploys it."""
CONFIG = Path(__file__).parent / "config"
FORWARDERS = ("pagerduty", "slack", "email")
FAKE_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "FAKEFAKEFAKEFAKEFAKE",
    "AWS_SECRET_ACCESS_KEY": "no-secret-at-all",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


def ids(variant: str) -> Iterator[uuid.UUID]:
    """Yield UUIDs that count, of a variant (8 or 9), so that they can be told from hashes and those of two processes
    from each other."""
    for number in itertools.count(1):
        yield uuid.UUID(f"{'0' * 12}4000{variant}00{number:013x}")


@dataclass
class Clock:
    """The clock of an invocation: a manual one, that a sleep moves."""

    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.at += timedelta(seconds=max(0.0, seconds))


@dataclass
class Context:
    """The context of a Lambda invocation; the time left is the clock's."""

    function_name: str
    clock: Any
    ends: datetime
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda's context."""
        return max(0, int((self.ends - self.clock.now()).total_seconds() * 1000))


@dataclass
class Answer:
    """The end of an invocation: its answer or the error that it raised, what it printed, and the time after it."""

    value: Any
    error: str
    logs: str
    at: datetime


class Code(Protocol):
    """One version of the code."""

    def bind(self, setting: Mapping[str, Any]) -> None:
        """Build all forwarders anew. `setting` has `environ` by forwarder, `endpoints` and `root`, a folder to which
        this version writes its compiled configuration."""

    def invoke(self, name: str, event: Any, at: datetime) -> Answer:
        """Invoke a forwarder at a time."""


@dataclass
class Here:
    """Code in this process. `forwarder` builds a handler, `compiled` the configuration's JSON."""

    forwarder: Callable[..., Handler]
    compiled: Callable[[Path, str], tuple[dict[str, Any], dict[str, Any]]]
    clock: Any = field(default_factory=Clock)
    handlers: dict[str, Handler] = field(default_factory=dict)

    def bind(self, setting: Mapping[str, Any]) -> None:
        """See Code."""
        root = Path(setting["root"])
        config, anomaly = self.compiled(CONFIG, "wire")
        (root / "config.json").write_text(json.dumps(config))
        (root / "anomaly.json").write_text(json.dumps(anomaly))
        for name in FORWARDERS:
            self.handlers[name] = self.forwarder(
                name, setting["environ"][name], clock=self.clock, endpoints=setting["endpoints"]
            )

    def invoke(self, name: str, event: Any, at: datetime) -> Answer:
        """See Code."""
        self.clock.sleep((at - self.clock.now()).total_seconds())
        return invoke(self.handlers[name], f"alertrelay-wire-{name}-forwarder", event, self.clock)


def invoke(handler: Handler, name: str, event: Any, clock: Any, *, timeout: timedelta = TIMEOUT) -> Answer:
    """Call a handler as Lambda does: with JSON, and with stdout as its log."""
    context = Context(name, clock, clock.now() + timeout)
    logs, value, error = io.StringIO(), None, ""
    with contextlib.redirect_stdout(logs):
        try:
            value = handler(json.loads(json.dumps(event)), context)
        except Exception as raised:  # noqa: BLE001 - whatever it raises, Lambda tries the event again
            error = f"{type(raised).__name__}: {raised}"
            if os.environ.get("ALERTRELAY_WIRE_TRACE"):
                traceback.print_exc(file=sys.stderr)
    return Answer(value, error, logs.getvalue(), clock.now())


@dataclass
class Elsewhere:
    """Code in a process of its own."""

    process: subprocess.Popen[str]

    def bind(self, setting: Mapping[str, Any]) -> None:
        """See Code."""
        self._ask({"bind": setting})

    def invoke(self, name: str, event: Any, at: datetime) -> Answer:
        """See Code."""
        answer = self._ask({"invoke": name, "event": event, "at": at.isoformat()})
        return Answer(answer["value"], answer["error"], answer["logs"], datetime.fromisoformat(answer["at"]))

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process of the recorded commit ended; its stderr says why"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def elsewhere(tree: Path) -> Iterator[Elsewhere]:
    """Run the code of a checkout at `tree` in a process of its own, until the end of the block."""
    paths = os.pathsep.join([str(tree), str(tree / "layers" / "alertrelay" / "python")])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POWERTOOLS_"))}
    environ = {**kept, **FAKE_CREDENTIALS, "PYTHONPATH": paths}
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), str(tree)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
        cwd=tree,
    ) as process:
        try:
            yield Elsewhere(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(timeout=60)


def _recorded_forwarder(name: str, environ: Any, *, clock: Any, endpoints: Any) -> Handler:
    """Build a handler by the names of commit RECORDED."""
    forwarder = importlib.import_module(f"lambdas.{name}_forwarder").handler
    bound: Handler = forwarder.bound(
        environ, clock=clock, endpoints=endpoints, haste=1.0, observe=lambda _outcome: None
    )
    return bound


def _recorded_config(folder: Path, environment: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compile the configuration by the names of commit RECORDED."""
    found = importlib.import_module("alertrelay.config.load").load(folder, environment)
    return found.config.to_json(), found.anomaly.to_json()


def main(tree: str) -> None:
    """Answer until stdin ends."""
    package = importlib.import_module("alertrelay")
    assert str(package.__file__).startswith(tree), f"{package.__file__} is not in {tree}"
    code = Here(_recorded_forwarder, _recorded_config)
    said = sys.stdout
    for line in sys.stdin:
        question = json.loads(line)
        if "bind" in question:
            code.clock.at = datetime(2026, 1, 1, tzinfo=UTC)
            setattr(uuid, "uuid4", ids("9").__next__)  # noqa: B010 - an assignment is an error of types
            code.bind(question["bind"])
            answer: dict[str, Any] = {}
        else:
            at = datetime.fromisoformat(question["at"])
            done = code.invoke(question["invoke"], question["event"], at)
            answer = {"value": done.value, "error": done.error, "logs": done.logs, "at": done.at.isoformat()}
        said.write(json.dumps(answer) + "\n")
        said.flush()


if __name__ == "__main__":
    main(sys.argv[1])
