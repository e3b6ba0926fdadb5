"""Reads a dead letter: what it is about, and whether it is to be sent again, deleted, or left for a person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from alertrelay.alert import Alert, rfc3339
from alertrelay.groups.messages import (
    OWN_MESSAGES,
    TICK,
    ReceiveMessage,
    UndeliveredMessage,
    message_of,
    own_body,
)
from alertrelay.render.text import one_line
from alertrelay.sources import Envelope, parse, unwrap
from alertrelay.sources.envelope import decoded
from alertrelay.values.arn import Arn

Action = Literal["replay", "delete", "leave"]
Done = Literal["sent", "deleted", "left", "failed"]
NEXT_RUN = "nothing is lost: the next run did its work"
_SHOWN = 5
_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterQueue:
    """One of the environment's dead-letter queues; `function` is the forwarder, or the companion, whose messages it
    holds. `runs`: of a function on a schedule, by the name that its queue has; `refused`: posts to the intake that are
    no alerts."""

    name: str
    holder: Literal["forwarder", "companion", "rules", "scorer", "runs", "refused"]
    function: str = ""

    @property
    def into(self) -> str:
        """Returns what the name of the queue ends with by which a function takes a message again."""
        return "arrivals" if self.holder == "companion" else "timers"


OF_FORWARDER = ("undelivered", "failed", "expired")
"""The kinds of a forwarder's dead-letter queues: infra/forwarding.py."""


def forwarder_queues(functions: Iterable[str]) -> Iterator[DeadLetterQueue]:
    """Yields the dead-letter queues of forwarders."""
    for function in functions:
        for kind in OF_FORWARDER:
            yield DeadLetterQueue(name=f"{function}-{kind}", holder="forwarder", function=function)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is to be done with a dead letter: `about` names its alerts, `why` is the reason of `action`. A replay sends
    `body` to the queue of each function of `to`."""

    action: Action
    about: str
    why: str
    body: str = ""
    to: Sequence[str] = ()


def done_of(judged: Judged, *, failed: bool = False) -> Done:
    """Returns what became of a dead letter that was handled as it was judged."""
    if failed:
        return "failed"
    match judged.action:
        case "leave":
            return "left"
        case "replay":
            return "sent"
    return "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message of SQS: `attributes` are its message attributes' values."""

    message_id: str
    body: str
    sent_at: datetime
    attributes: Mapping[str, str]


def judge(queue: DeadLetterQueue, letter: Letter, *, functions: Sequence[str]) -> Judged:
    """Judges one dead letter. `functions` are all forwarders. Never raises."""
    match queue.holder:
        case "forwarder":
            return _of_forwarder(queue.function, letter)
        case "companion":
            why = "what is annotated already is not annotated again, and no runbook starts so late"
            about = f"to be annotated: {_alerts(unwrap(letter.body), letter.sent_at)}"
            return Judged(action="replay", about=about, why=why, body=letter.body, to=(queue.function,))
        case "rules":
            return _of_rule(letter, functions)
        case "scorer":
            return Judged(action="delete", about="a run of the anomaly-scorer, or a deployment", why=NEXT_RUN)
        case "runs":
            return Judged(action="delete", about=f"a run of {queue.name.removesuffix('-failed')}", why=NEXT_RUN)
        case "refused":
            why = "it is no alert that a forwarder could read: mend its sender, then delete it by hand"
            return Judged(action="leave", about=f"a post to the intake: {_short(letter.body)}", why=why)


def _of_forwarder(function: str, letter: Letter) -> Judged:
    body = letter.body
    value = decoded(body)
    if isinstance(value, dict) and isinstance(value.get("do"), str):
        return _of_own_queue(function, letter, value)
    envelopes = unwrap(body)
    if all(decoded(one.text) == TICK for one in envelopes):
        return Judged(action="delete", about="a tick", why=NEXT_RUN)
    why = "what was delivered already is not notified again"
    return Judged(action="replay", about=_alerts(envelopes, letter.sent_at), why=why, body=body, to=(function,))


def _of_own_queue(function: str, letter: Letter, value: Mapping[str, object]) -> Judged:
    """Judges a message of a forwarder's own queue. One of another version is left: it would be taken for a foreign
    message, and its JSON be notified as an alert."""
    body, word = letter.body, str(value["do"])
    if value == TICK:
        return Judged(action="delete", about="a tick", why=NEXT_RUN)
    try:
        message = message_of(value) if own_body(body) is not None else None
    except (KeyError, TypeError, ValueError):
        message = None
    if message is None:
        known = ", ".join(OWN_MESSAGES)
        why = f"of another version of alertrelay ({known} are known, each with its fields): redrive with that version"
        return Judged(action="leave", about=f"a message {_short(word)!r} of the forwarder itself", why=why)
    match message:
        case ReceiveMessage():
            return Judged(
                action="replay",
                about=_alerts([message.envelope], letter.sent_at),
                why="what was delivered already is not notified again",
                body=body,
                to=(function,),
            )
        case UndeliveredMessage():
            about = f"given up after four days: {_listed(message.alerts)}"
            why = "alerts that still fire are notified again"
            return Judged(action="replay", about=about, why=why, body=body, to=(function,))
    about = f"a {word} of the group {_short(str(value['gid']))}"
    return Judged(action="replay", about=about, why="the group is flushed where it is due", body=body, to=(function,))


def _of_rule(letter: Letter, functions: Sequence[str]) -> Judged:
    """Judges an event that a rule could not deliver, by the attributes that EventBridge adds: user guide, "Using
    dead-letter queues to process undelivered events". What a topic was to get goes to every forwarder, since every one
    subscribes to every topic."""
    arn = letter.attributes.get("TARGET_ARN", "")
    service = (arn.split(":") + [""] * 3)[2]
    if service == "lambda":
        return Judged(action="delete", about=f"a run of {_short(Arn.of(arn).resource)}", why=NEXT_RUN)
    if service != "sns":
        why = "its target is no topic of alerts: read it, then delete it by hand"
        return Judged(action="leave", about=f"an event for {_short(arn or 'an unnamed target')}", why=why)
    envelope = {
        "Type": "Notification",
        "MessageId": letter.message_id,
        "TopicArn": arn,
        "Message": letter.body,
        "Timestamp": rfc3339(letter.sent_at),
    }
    about = _alerts([Envelope(text=letter.body, topic_arn=arn)], letter.sent_at)
    why = "no forwarder has received this event"
    return Judged(action="replay", about=about, why=why, body=json.dumps(envelope), to=tuple(functions))


def _alerts(envelopes: Sequence[Envelope], at: datetime) -> str:
    found = [alert for envelope in envelopes for alert in parse(envelope, received_at=at).alerts]
    return _listed([f"{alert.name} {alert.status}{_said(alert)}" for alert in found])


def _said(alert: Alert) -> str:
    """Return the text of a message that no parser reads: its name is that of all of them."""
    text = one_line(alert.annotations.get("summary", "")) if alert.source == "raw" else ""
    return f": {text}" if text else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(_short, names[:_SHOWN])) + more


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
