"""Counts what an alert asks of AWS, in a checkout, on its memory twins (`make bench-requests`): a call of a port of the
table is one request, as the contract of the ports says, and so is a message to the queue, or a batch of ten.

python tools/bench/counting.py CHECKOUT

Prints a JSON object by group_wait. What is polled is left out: the ticks' own reads, and what Lambda receives from SQS
for its functions.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

HOMES = 10
WAITS = (0, 30)
POLLED = ("due", "survey", "waking", "armed_after")
"""What ticks read, whatever fires."""


@dataclass
class Requests:
    """How many requests were sent by name, and in how many rounds: those that overlap are one. `beside`: one that a
    thread of its own sends is on its way, as long as the next one takes."""

    names: dict[str, int] = field(default_factory=dict)
    rounds: int = 0
    running: int = 0
    beside: bool = False

    @property
    def all(self) -> int:
        return sum(self.names.values())

    @contextmanager
    def one(self, name: str) -> Any:
        self.rounds += not (self.running or self.beside)
        self.beside = False
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self.names[name] = self.names.get(name, 0) + 1

    def one_beside(self, name: str) -> None:
        """Counts a request that a thread sends beside the next one."""
        with self.one(name):
            pass
        self.beside = True


class CountedPort:
    """A port whose calls are counted."""

    def __init__(self, inner: Any, counted: Requests) -> None:
        self._inner, self._counted = inner, counted

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._inner, name)
        if not callable(made) or name in POLLED:
            return made

        def call(*args: Any, **given: Any) -> Any:
            with self._counted.one(name):
                return made(*args, **given)

        return call


def main(checkout: Path) -> int:
    here = Path(__file__).resolve().parents[2]
    checkout, others = checkout.resolve(), [path for path in sys.path if not Path(path).is_relative_to(here)]
    libraries = [path for path in sys.path if "site-packages" in path]
    sys.path[:] = [str(checkout), str(checkout / "layers/alertrelay/python"), *others, *libraries]
    world = _first("tests.dispatch.world", "tests.pipeline.world")
    found: dict[str, Any] = {"serial requests before the page leaves": _page(world)}
    for wait in WAITS:
        minute, open_ = _ten_homes(world, wait)
        found[f"group_wait {wait} s"] = {"minute": minute.all, "half an hour": open_.all, "by name": open_.names}
    print(json.dumps(found, indent=1))
    return 0


def _first(*names: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if not name.startswith(str(missing.name)):
                raise
    raise ModuleNotFoundError(f"expected one of {', '.join(names)} in the checkout")


def _ten_homes(world: Any, wait: int) -> tuple[Requests, Requests]:
    """The requests of one alert that ten integrations of three forwarders are notified of: in its first minute, and
    until it has been open for half an hour."""
    counted = Requests()
    limits = {"limits": found} if (found := _limits()) else {}
    made = world.World(config=_config(world, wait), wrap=lambda store: CountedPort(store, counted), **limits)
    _count_queue(made, counted)
    made.publish(world.alarm("cpu"))
    made.run(60)
    minute = replace(counted, names=dict(counted.names))
    made.run(29 * 60)
    sent = sum(len(sender.sent) for sender in made.senders.values())
    assert sent == HOMES, sent
    return minute, counted


def _config(world: Any, wait: int) -> Any:
    """Critical alerts to the ten integrations, after so many seconds."""
    config = world.timed(world.config(), group_wait=wait, group_interval=300, repeat_interval=14400)
    critical = [route for route in config.route.routes if "critical" in route.key]
    receivers = {receiver.name: receiver for receiver in config.receivers}
    routes, made = [], []
    for number in range(HOMES):
        route = critical[number % len(critical)]
        receiver = receivers[route.receiver]
        name = f"home-{number}"
        target = replace(receiver.targets[0], integration=replace(receiver.targets[0].integration, receiver=name))
        made.append(replace(receiver, name=name, targets=(target,)))
        routes.append(replace(route, id=f"{route.id}/{number}", receiver=name, continue_=number < HOMES - 1))
    return replace(config, route=replace(config.route, routes=tuple(routes)), receivers=(*config.receivers, *made))


def _count_queue(made: Any, counted: Requests) -> None:
    for relay in made.relays:
        timers = relay.timers
        send: Callable[..., None] = timers.send

        def one(body: Any, *, delay_seconds: float, send: Callable[..., None] = send) -> None:
            with counted.one("SendMessage"):
                send(body, delay_seconds=delay_seconds)

        def many(bodies: Any, send: Callable[..., None] = send) -> None:
            for start in range(0, len(bodies), 10):
                with counted.one("SendMessageBatch"):
                    for body, delay in bodies[start : start + 10]:
                        send(body, delay_seconds=delay)

        timers.send, timers.send_all = one, many


def _page(world: Any) -> int:
    """The requests of a forwarder of PagerDuty, one after the other, before its first page leaves; without a wait, in a
    new container."""
    counted, rounds = Requests(), list[int]()
    limits = _limits()
    made = world.World(wrap=lambda store: CountedPort(store, counted), **({"limits": limits} if limits else {}))
    relay = made.relays[0]
    sender, secrets = made.senders["pagerduty"], relay.secrets
    send, versions = sender.send, type(secrets).versions

    def sends(*args: Any, **given: Any) -> Any:
        rounds.append(counted.rounds)
        return send(*args, **given)

    def asks(self: Any, *args: Any, **given: Any) -> Any:
        with counted.one("GetSecretValue") if "GetSecretValue" not in counted.names else nullcontext():
            return versions(self, *args, **given)

    sender.send, sender.key = sends, "pagerduty_key"
    type(secrets).versions = asks
    if _reads_the_secret_ahead():
        counted.one_beside("GetSecretValue")
    receive = getattr(world, "receive", None) or _first("alertrelay.pipeline").receive
    receive(relay, world.alarm("cpu"), deadline=made.clock.now() + timedelta(seconds=30))
    return rounds[0]


def _reads_the_secret_ahead() -> bool:
    """Whether a new container reads it in a thread that begins with its first event."""
    try:
        _first("alertrelay.runtime.ahead")
    except ModuleNotFoundError:
        return False
    return True


def _limits() -> Any:
    try:
        return _first("alertrelay.notify.limits", "alertrelay.policy.notify.storm").LIMITS
    except (ModuleNotFoundError, AttributeError):
        return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
