"""The bodies of the forwarder's own queue and of its dead letters, as types.

A deployment happens in mid-incident, so the wire form (`do`, the names of a body and those inside a change) never
changes: tests/wire/ holds recorded bodies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alertrelay.nflog.group_state import GroupChange, Progress
from alertrelay.nflog.ledger import Ledger, ledger_from_json, ledger_json
from alertrelay.sources import Envelope

TICK: Mapping[str, str] = {"do": "tick"}
"""What the schedule sends each minute."""
OWN_MESSAGES: Mapping[str, tuple[str, ...]] = {
    "flush": ("gid", "at"),
    "record": ("gid", "owner", "change"),
    "receive": ("envelope", "told"),
    "bury": ("gid", "alerts"),
}
"""By `do`, what each body must hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushMessage:
    """The group is due at `at`, and so are the groups in `also`. `since`: when a try of this message first found the
    table failing. Earlier versions read `gid` alone: a tick finds the others overdue."""

    gid: str
    at: datetime
    also: tuple[str, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMessage:
    """The record of a flush whose notification is out, and which the table did not take."""

    gid: str
    owner: str
    change: GroupChange
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveMessage:
    """A message from a topic that comes again. `notified`: the ledger of what each group notified without the table;
    `start`: the place of the first update that an earlier invocation had no time for; `late`, `settled`: see
    groups/joining.py; `new`: keys of alerts of which no resolve stood in their groups when an earlier one inserted
    them."""

    envelope: Envelope
    notified: Mapping[str, Ledger] = field(default_factory=dict)
    start: int = 0
    late: bool = False
    settled: bool = False
    new: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredMessage:
    """A dead letter: what no channel took within four days, since when a channel was failing. It comes again where a
    person sends it back. `alerts` are "name fingerprint status"."""

    gid: str
    receiver: str
    failure: str
    since: datetime | None
    alerts: Sequence[str]


QueueMessage = FlushMessage | RecordMessage | ReceiveMessage | UndeliveredMessage


def body_of(message: QueueMessage) -> dict[str, Any]:
    """Returns the JSON form that is queued."""
    match message:
        case FlushMessage():
            body: dict[str, Any] = {"do": "flush", "gid": message.gid, "at": message.at.isoformat()}
            if message.also:
                body["with"] = list(message.also)
        case RecordMessage():
            change = change_json(message.change)
            body = {"do": "record", "gid": message.gid, "owner": message.owner, "change": change}
        case ReceiveMessage():
            notified = {gid: ledger_json(ledger) for gid, ledger in message.notified.items()}
            body = {"do": "receive", "envelope": message.envelope.to_json(), "told": notified}
            more: dict[str, Any] = {"from": message.start, "late": message.late, "settled": message.settled}
            more["new"] = sorted(message.new)
            return body | {name: value for name, value in more.items() if value}
        case UndeliveredMessage():
            return {
                "do": "bury",
                "gid": message.gid,
                "receiver": message.receiver,
                "failure": message.failure,
                "since": message.since.isoformat() if message.since else "",
                "alerts": list(message.alerts),
            }
    return {**body, "since": message.since.isoformat()} if message.since else body


def body_json(text: object) -> Any:
    """Returns the JSON that a message of a queue is, None for what is none."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def own_body(text: object) -> dict[str, Any] | None:
    """Returns a message of our own queues that holds what it must; None for anything else."""
    body = body_json(text)
    if not isinstance(body, dict) or not isinstance(body.get("do"), str) or body["do"] not in OWN_MESSAGES:
        return None
    return body if all(key in body for key in OWN_MESSAGES[body["do"]]) else None


def message_of(body: object) -> QueueMessage | None:
    """Reads a body of ours; None for anything else, a tick among them.

    Raises KeyError, TypeError and ValueError where one of ours is incomplete.
    """
    if not isinstance(body, dict):
        return None
    since = datetime.fromisoformat(body["since"]) if body.get("since") else None
    match body.get("do"):
        case "flush":
            at, also = datetime.fromisoformat(body["at"]), tuple(str(gid) for gid in body.get("with", ()))
            return FlushMessage(gid=body["gid"], at=at, also=also, since=since)
        case "record":
            change = change_from_json(body["change"])
            return RecordMessage(gid=body["gid"], owner=body["owner"], change=change, since=since)
        case "receive":
            notified = {gid: ledger_from_json(ledger) for gid, ledger in body["told"].items()}
            return ReceiveMessage(
                envelope=Envelope.from_json(body["envelope"]),
                notified=notified,
                start=int(body.get("from", 0)),
                late=body.get("late", False),
                settled=body.get("settled", False),
                new=frozenset(body.get("new", ())),
            )
        case "bury":
            return UndeliveredMessage(
                gid=body["gid"],
                receiver=body.get("receiver", ""),
                failure=body.get("failure", ""),
                since=since,
                alerts=[str(name) for name in body["alerts"]],
            )
    return None


def change_json(change: GroupChange) -> dict[str, Any]:
    """Returns plain JSON; `change_from_json` reads it back."""
    progress = change.progress
    return {
        "ledger": ledger_json(change.ledger),
        "rec_at": _text(progress.recorded_at),
        "told_at": _text(progress.notified_at),
        "due": _text(change.due),
        "next_due": _text(change.next_due),
        "closing": change.closing,
        "maybe": progress.uncertain,
        "failures": progress.failures,
        "failing_since": _text(progress.failing_since),
        "config_hash": change.config_hash,
    }


def change_from_json(data: Mapping[str, Any]) -> GroupChange:
    """Inverse of `change_json`."""
    return GroupChange(
        ledger=ledger_from_json(data["ledger"]),
        progress=Progress(
            recorded_at=_time(data["rec_at"]),
            notified_at=_time(data["told_at"]),
            uncertain=data["maybe"],
            failures=data["failures"],
            failing_since=_time(data["failing_since"]),
        ),
        due=_time(data["due"]),
        next_due=_time(data["next_due"]),
        closing=data["closing"],
        config_hash=data["config_hash"],
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
