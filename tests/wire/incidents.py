"""Incidents that one version of the code opens and another one closes; each is driven through the real handlers.

`open_` ends in mid-incident: something was announced, and nothing of it has resolved. `close` brings the end of every
alert and runs on until nothing is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.wire.messages import alarm, webhook
from tests.wire.product import Fault, add_silence, store
from tests.wire.world import START, TABLE, World

DOWN = Fault(kind="status", status=503)
NO_TABLE = Fault(kind="status", status=404)
"""An error that botocore does not repeat, so that no time passes."""
MANY = [f"Batch{number:03d}" for number in range(251)]
"""One alert more than a header takes."""
STORM = [f"storm-{number}" for number in range(8)]


@dataclass(frozen=True)
class Incident:
    """How it begins, and how it ends."""

    open_: Callable[[World], None]
    close: Callable[[World], None]


class FailsFrom(dict[str, Fault]):
    """The emulator's faults, of which one strikes `service` as soon as `begun` says so."""

    def __init__(self, service: str, fault: Fault, begun: Callable[[], bool]) -> None:
        super().__init__()
        self._service, self._fault, self._begun = service, fault, begun

    def get(self, service: str, default: Any = None) -> Any:
        """As of a dictionary."""
        return self._fault if service == self._service and self._begun() else default


def heal(world: World) -> None:
    """Everything answers again."""
    world.standins.heal()
    world.emulator.faults = {}


def _end(world: World, *names: str, **labels: str) -> None:
    world.clock.sleep(60)
    world.publish(*(alarm(name, "OK", at=world.clock.now(), **labels) for name in names))
    world.run(1200)


def _open_paged(world: World) -> None:
    world.publish(alarm("paged", at=world.clock.now()))
    world.run(90)


def _open_fallback(world: World) -> None:
    world.standins.fail("pagerduty", DOWN)
    world.publish(alarm("unreachable", at=world.clock.now()))
    world.run(20)


def _close_fallback(world: World) -> None:
    heal(world)
    _end(world, "unreachable")


def _close_reached_again(world: World) -> None:
    """PagerDuty answers again before the alert resolves: its fallbacks hear of that, and of the end."""
    heal(world)
    world.run(300)
    _end(world, "unreachable")


def _open_storm(world: World) -> None:
    for name in STORM:
        world.publish(alarm(name, at=world.clock.now(), severity="warning", team="storm", service=name))
    world.run(40)


def _close_storm(world: World) -> None:
    world.clock.sleep(60)
    for name in STORM:
        world.publish(alarm(name, "OK", at=world.clock.now(), severity="warning", team="storm", service=name))
    world.run(1500)


def _open_large(world: World) -> None:
    world.publish(webhook(MANY, at=world.clock.now()), to=["slack"])
    world.run(60)


def _close_large(world: World) -> None:
    world.clock.sleep(60)
    world.publish(webhook(MANY, at=START, ended=world.clock.now()), to=["slack"])
    world.run(900)


def _open_silenced(world: World) -> None:
    world.publish(alarm("announced", at=world.clock.now()))
    world.run(30)
    until = world.clock.now() + timedelta(hours=2)
    at = store(world.dynamodb, TABLE, world.clock)
    new_id = "11111111-2222-4333-8444-555555555555"
    add_silence(at, world.clock, label="service", value="orders", until=until, new_id=new_id)
    world.publish(alarm("silenced", at=world.clock.now()))
    world.run(330)


def _open_without_table(world: World) -> None:
    world.emulator.faults["dynamodb"] = NO_TABLE
    world.publish(alarm("untold", at=world.clock.now()), message_id="m-1")
    world.run(20)


def _close_without_table(world: World) -> None:
    heal(world)
    world.run(120)
    _end(world, "untold")


def _close_without_table_at_once(world: World) -> None:
    """The end comes before the message that brings what was announced without the table."""
    heal(world)
    _end(world, "untold")


def _open_unrecorded(world: World) -> None:
    """The table fails once the page is out: the record waits in the queue."""
    before = len(world.standins.requests)
    world.emulator.faults = FailsFrom("dynamodb", NO_TABLE, lambda: len(world.standins.requests) > before)
    world.publish(alarm("unrecorded", at=world.clock.now()), to=["pagerduty"])


def _close_unrecorded(world: World) -> None:
    heal(world)
    world.run(60)
    _end(world, "unrecorded")


def _open_inhibited(world: World) -> None:
    world.publish(alarm("down", at=world.clock.now(), alertname="ServiceDown"))
    world.run(10)
    world.publish(alarm("inhibited", at=world.clock.now(), alertname="HighCPU"))
    world.run(30)


def _close_inhibited(world: World) -> None:
    world.clock.sleep(60)
    world.publish(alarm("inhibited", "OK", at=world.clock.now(), alertname="HighCPU"))
    world.publish(alarm("down", "OK", at=world.clock.now(), alertname="ServiceDown"))
    world.run(1200)


def _open_everywhere(world: World) -> None:
    world.publish(alarm("everywhere", at=world.clock.now(), severity="warning", team="ops"))
    world.run(30)


def _close_everywhere(world: World) -> None:
    _end(world, "everywhere", severity="warning", team="ops")


def _open_ambiguous(world: World) -> None:
    """PagerDuty closes the connection after it has read the page: it may have taken it."""
    world.standins.fail("pagerduty", Fault(kind="reset"))
    world.publish(alarm("ambiguous", at=world.clock.now()))
    world.run(10)


def _close_ambiguous(world: World) -> None:
    heal(world)
    world.run(120)
    _end(world, "ambiguous")


INCIDENTS: Mapping[str, Incident] = {
    "paged": Incident(_open_paged, lambda world: _end(world, "paged")),
    "fallback": Incident(_open_fallback, _close_fallback),
    "fallback-reached-again": Incident(_open_fallback, _close_reached_again),
    "storm": Incident(_open_storm, _close_storm),
    "large-ledger": Incident(_open_large, _close_large),
    "silenced": Incident(_open_silenced, lambda world: _end(world, "announced", "silenced")),
    "without-table": Incident(_open_without_table, _close_without_table),
    "without-table-ended-first": Incident(_open_without_table, _close_without_table_at_once),
    "record-queued": Incident(_open_unrecorded, _close_unrecorded),
    "inhibited": Incident(_open_inhibited, _close_inhibited),
    "everywhere": Incident(_open_everywhere, _close_everywhere),
    "ambiguous": Incident(_open_ambiguous, _close_ambiguous),
}


def heard(world: World, *, since: int = 0) -> list[dict[str, str]]:
    """Return what people's channels took, in order: `target`, `verb` (firing or resolved) and the incident's `key`.

    A Slack message's key is the message that it changes or is threaded under, by its number.
    """
    posted = 0
    found = []
    requests = sorted((*world.standins.requests, *world.emulator.published), key=lambda request: request.at)
    for number, request in enumerate(requests):
        body = request.body
        if not request.taken:
            continue
        if request.channel == "pagerduty":
            verb = {"trigger": "firing", "resolve": "resolved"}[body["event_action"]]
            one = {"target": "pagerduty", "verb": verb, "key": body["dedup_key"]}
        elif request.channel == "slack":
            one, posted = _slack(request.path, body, posted)
        else:
            one = _other(request.channel, body)
        if number >= since and one:
            found.append(one)
    return found


def _slack(path: str, body: Mapping[str, Any], posted: int) -> tuple[dict[str, str], int]:
    if path == "/api/chat.postMessage":
        posted += 1
    number = body.get("thread_ts") or body.get("ts") or f"1700000000.{posted:06d}"
    return {"target": f"slack {path.rpartition('.')[2]}", "verb": _verb(body["text"]), "key": str(number)}, posted


def _other(channel: str, body: Mapping[str, Any]) -> dict[str, str]:
    if channel == "email":
        return {"target": f"email {','.join(body['to'])}", "verb": _verb(body["subject"]), "key": ""}
    if channel == "webhook":
        return {"target": "webhook", "verb": _verb(str(body.get("status", body))), "key": ""}
    to = body.get("topic_arn") or body.get("phone_number") or ""
    return {"target": f"sns {to.rpartition(':')[2]}", "verb": _verb(body.get("message", "")), "key": ""}


def _verb(text: str) -> str:
    return "resolved" if "resolved" in text.lower() else "firing"
