"""Times what a forwarder does between a message and its notifications, in a checkout, without AWS and network.

Run by tools/bench/decisions.py in a process of its own, for this checkout and for an older one beside it, whose layer
and tests' world may stand under other names: `python deciding.py CHECKOUT EVENTS ALARMS GROUPS`. Prints a JSON object,
all in CPU seconds, but `messages` a second.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

ROUNDS = 5
MEMBERS = 5_000
NEW = 300
AT = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "PagerDutySettings": {"routing_key": "k", "url": "https://events.pagerduty.com/v2/enqueue", "client": "alertrelay"},
    "SlackSettings": {"mode": "bot", "key": "k", "url": "https://slack.com/api/chat.postMessage", "channel": "C1"},
    "EmailSettings": {"to": ("a@example.com",), "sender": "b@example.com", "transport": "smtp", "require_tls": True},
}
TREE: Sequence[tuple[str, str, str]] = (
    ("severity", "=", "critical"),
    ("service", "=~", "orders|billing.*"),
    ("env", "!~", "dev.*"),
    ("severity", "=~", "critical|error"),
    ("severity", "=", "warning"),
    ("severity", "=", "info"),
)
"""The matchers of the routes under the root, in order; all but the last go on to the next."""


def main(checkout: Path, events: Path, alarms: int, groups: int) -> int:
    here = Path(__file__).resolve().parents[2]
    checkout, others = checkout.resolve(), [path for path in sys.path if not Path(path).is_relative_to(here)]
    libraries = [path for path in sys.path if "site-packages" in path]
    sys.path[:] = [str(checkout), str(checkout / "layers/alertrelay/python"), *others, *libraries]
    world = _first("tests.dispatch.world", "tests.pipeline.world")
    group, together = _one_group(world, alarms)
    found = {
        "messages": 1 / min(_messages(events) for _ in range(ROUNDS)),
        "new": min(_new_alert(world) for _ in range(ROUNDS)),
        "member": _flush(world) / MEMBERS,
        "awake": _flush(world, awake=True) / MEMBERS,
        "storm": group,
        "open": together,
    }
    if groups:
        found |= zip(("groups", "groups_open", "groups_end"), _each_its_group(world, groups), strict=True)
    print(json.dumps(found))
    return 0


def _first(*names: str) -> Any:
    """The first module that the checkout has."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if not name.startswith(str(missing.name)):
                raise
    raise ModuleNotFoundError(f"expected one of {', '.join(names)} in the checkout")


def _cpu(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def _messages(events: Path) -> float:
    """CPU of one message: parsed, routed, and rendered for PagerDuty, Slack and e-mail."""
    sources, notification = _first("alertrelay.sources"), _first("alertrelay.notification", "alertrelay.alert")
    match = _first("alertrelay.policy.route").match_routes
    reason = _first("alertrelay.notification", "alertrelay.alert").Reason.FIRST
    renders, root = [_renderer(kind) for kind in ("pagerduty", "slack", "email")], _tree()
    given = [json.loads(path.read_bytes()) for path in sorted(events.glob("*.json"))]
    pager = _first("alertrelay.alert").Integration(receiver="pager", channel="pagerduty", index=0)
    count = 0

    def each() -> None:
        nonlocal count
        for event in given:
            for envelope in sources.unwrap(event):
                alerts = sources.parse(envelope, received_at=AT).alerts
                for alert in alerts:
                    match(root, alert.labels)
                message = _notification(notification, alerts, pager, reason)
                for render, settings in renders:
                    render(message, settings)
                count += 1

    each()
    count = 0

    def several() -> None:
        for _ in range(5):
            each()

    return _cpu(several) / count


def _renderer(kind: str) -> tuple[Callable[..., object], object]:
    render = _first(f"alertrelay.channels.{kind}.render", f"alertrelay.render.{kind}").render
    name = next(name for name in SETTINGS if name.lower().startswith(kind))
    module = _first(f"alertrelay.channels.{kind}")
    cls = getattr(module, name, None) or getattr(_first("alertrelay.config.model"), name)
    return render, _made(cls, SETTINGS[name])


def _made(cls: Any, given: Mapping[str, Any]) -> Any:
    """An object with what is given, and "" for every other field that has no default."""
    return cls(**{name: given.get(name, "") for name in _names(cls, frozenset(given))})


@cache
def _names(cls: Any, given: frozenset[str]) -> list[str]:
    missing = dataclasses.MISSING
    fields = dataclasses.fields(cls)
    return [f.name for f in fields if f.name in given or (f.default, f.default_factory) == (missing, missing)]


def _tree() -> Any:
    model = _first("alertrelay.config.model")
    timers = {"group_wait": 30, "group_interval": 300, "repeat_interval": 3600}
    base = {"key": "{}", "continue_": True, "group_by": ("alertname",), "routes": (), **timers}
    base |= {"mute_time_intervals": (), "active_time_intervals": ()}

    def route(number: int, matchers: tuple[Any, ...], **more: Any) -> Any:
        given = {**base, "id": str(number), "receiver": f"r{number}", "matchers": matchers, **more}
        return _made(model.Route, given)

    below = [route(n, (model.Matcher(name=a, op=b, value=c),)) for n, (a, b, c) in enumerate(TREE)]
    return route(99, (), routes=tuple(below))


def _notification(module: Any, alerts: Sequence[Any], pager: object, reason: object) -> Any:
    firing = sum(alert.status == "firing" for alert in alerts)
    given = {
        "integration": pager,
        "status": "firing" if firing else "resolved",
        "reason": reason,
        "environment": "prod",
        "group_labels": {"alertname": alerts[0].labels.get("alertname", "")},
        "alerts": tuple(alerts[:20]),
        "news": frozenset(),
        "firing_count": firing,
        "resolved_count": len(alerts) - firing,
        "at": AT,
    }
    return _made(module.Notification, given)


def _pager_alone(world: Any, *, awake: bool = False, **timers: float) -> Any:
    """The tests' world with the PagerDuty forwarder alone; `awake`: its groups are flushed each group_interval, as in
    each checkout that has no other way."""
    config = world.timed(world.config(), **timers) if timers else world.config()
    knows = "sleeps" in {field.name for field in dataclasses.fields(world.World)}
    here = world.World(config=config, **({"sleeps": False} if awake and knows else {}))
    here.relays = here.relays[:1]
    return here


def _new_alert(world: Any) -> float:
    """CPU of a new alert in a group of its own, from its message to the sender."""
    here = _pager_alone(world)
    messages = [world.alarm(f"a{n}", service=f"s{n}") for n in range(NEW)]
    return _cpu(lambda: here.publish(*messages)) / NEW


def _flush(world: Any, *, awake: bool = False) -> float:
    """CPU of a flush of a large group that notifies nobody."""
    here = _pager_alone(world, awake=awake, group_wait=60, group_interval=300, repeat_interval=1e7)
    here.publish(*(world.alarm(f"a{n}") for n in range(MEMBERS)))
    here.run(120)
    return min(_cpu(lambda: here.run(300)) for _ in range(ROUNDS))


def _one_group(world: Any, alarms: int) -> tuple[float, float]:
    """CPU of alarms that all fire within a minute, and of the half hour after it in which their group is open."""
    here = _pager_alone(world, group_wait=30, group_interval=300, repeat_interval=14_400)
    messages = [world.alarm(f"a{n}", at=at) for n, at in enumerate(_within_a_minute(world.START, alarms))]
    return _cpu(lambda: _publish(here, messages)), _cpu(lambda: here.run(1_800))


def _each_its_group(world: Any, alarms: int) -> tuple[float, float, float]:
    """CPU of alarms that all fire within a minute, each a group of its own, with the flushes of these; of the half hour
    in which they are open; and of their ends, within a minute too."""
    here = _pager_alone(world, group_wait=30, group_interval=300, repeat_interval=14_400)
    began, over = world.START, world.START + timedelta(seconds=1_920)
    firing = [world.alarm(f"a{n}", at=at, service=f"s{n}") for n, at in enumerate(_within_a_minute(began, alarms))]
    ends = [world.alarm(f"a{n}", "OK", at=at, service=f"s{n}") for n, at in enumerate(_within_a_minute(over, alarms))]

    def all_of(messages: Sequence[Any], seconds: float) -> Callable[[], None]:
        def play() -> None:
            _publish(here, messages)
            here.run(seconds)

        return play

    found = _cpu(all_of(firing, 60)), _cpu(lambda: here.run(1_740)), _cpu(all_of(ends, 400))
    actions = [message["event_action"] for message in here.sent("pagerduty")]
    if (actions.count("trigger"), actions.count("resolve")) != (alarms, alarms):
        raise AssertionError(f"expected {alarms} triggers and resolves, got {len(actions)} messages")
    return found


def _within_a_minute(began: datetime, count: int) -> Iterator[datetime]:
    return (began + timedelta(seconds=60 * n / count) for n in range(count))


def _publish(here: Any, messages: Sequence[Any]) -> None:
    for number, message in enumerate(messages):
        here.publish(message)
        if number % 100 == 0:
            here.run(0)  # what is due meanwhile is flushed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
