"""Sends by the way that a stand-in states, on a stand-in of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from alertrelay.channels import render
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.notification import Reason, Receipt
from alertrelay.ports import Key
from alertrelay.render.notice import ACKNOWLEDGED as BY

from local.standins import Fault, RecordedRequest, StandIns
from tests.channels.example import all_sent, key, target
from tests.render.notifications import CASES

_FIRING = CASES["critical-everything"]
ACKNOWLEDGED = replace(
    _FIRING,
    reason=Reason.ACKNOWLEDGED,
    alerts=tuple(
        replace(one, annotations={**one.annotations, BY: "by ana at 03:06 UTC: on it"}) for one in _FIRING.alerts
    ),
)


class Sending:
    """One way of sending, on a stand-in."""

    def __init__(self, peers: StandIns, way: str, **settings: Any) -> None:
        self.sent, self.peers = all_sent()[way], peers
        self.settings = replace(self.sent.settings, **settings)
        self.target = target(self.settings)
        self.kind = self.target.integration.channel
        self.sender = Senders(Network(endpoints=peers.endpoints))[self.kind]

    @property
    def key(self) -> Key:
        """Its key."""
        return key(self.sent)

    def send(self, case: str = "critical-everything", **how: Any) -> Receipt:
        """Sends a case of tests/render/notifications.py, or that somebody acknowledged its alerts."""
        message = render(ACKNOWLEDGED if case == "acknowledged" else CASES[case], self.target)
        given = {"key": self.key if self.settings.key_name else None, "notification_id": "n-1", "timeout": 600, **how}
        return self.sender.send(message, self.target, **given)

    def fail(self, status: int, body: str = "", *, times: int = 1, after: int = 0) -> None:
        """Answers so, a number of times, `after` so many answers of its own."""
        self.peers.fail(self.kind, Fault(kind="status", status=status, body=body), times=times, after=after)

    @property
    def asked(self) -> Sequence[str]:
        """Returns method and path of each request."""
        return [f"{request.method} {request.path}" for request in self.peers.requests]

    @property
    def last(self) -> RecordedRequest:
        """Returns the newest request."""
        return self.peers.requests[-1]


@contextmanager
def sending(way: str, **settings: Any) -> Iterator[Sending]:
    """A way on a stand-in of its own, with some of its settings changed."""
    with StandIns(kinds=[target(all_sent()[way].settings).integration.channel]) as peers:
        yield Sending(peers, way, **settings)
