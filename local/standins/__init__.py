"""PagerDuty, Slack, webhooks and a mail server on loopback: real sockets, faults at will, every request kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType

from alertrelay.alert import Channel

from local.standins.board import Board, Fault, Recorded
from local.standins.http import HttpListener
from local.standins.services import PagerDuty, Slack, Webhook
from local.standins.smtp import SmtpListener

__all__ = ["Fault", "Recorded", "StandIns", "endpoints"]


def endpoints(host: str, ports: Mapping[Channel, int]) -> dict[str, str]:
    """For alertrelay.channels.senders: which host's traffic goes to which of the peers."""
    base = {channel: f"http://{host}:{port}" for channel, port in ports.items()}
    return {
        "events.pagerduty.com": base["pagerduty"],
        "events.eu.pagerduty.com": base["pagerduty"],
        "hooks.slack.com": base["slack"],
        "slack.com": base["slack"],
        "*": base["webhook"],
        "smtp": f"{host}:{ports['email']}",
    }


class StandIns:
    """A context manager: inside it the peers listen, after it no thread and no socket is left.

    `now` is what `Recorded.at` is taken from. They listen at `host`, on any free port where `ports` names none.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        host: str = "127.0.0.1",
        ports: Mapping[Channel, int] | None = None,
    ) -> None:
        self._board = Board(now)
        self._host = host
        wanted = ports or {}
        self._http = {
            service.channel: HttpListener(service, self._board, host=host, port=wanted.get(service.channel, 0))
            for service in (PagerDuty(), Slack(), Webhook())
        }
        self._smtp = SmtpListener(self._board, host=host, port=wanted.get("email", 0))

    def __enter__(self) -> StandIns:
        for listener in self._listeners.values():
            listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in self._listeners.values():
            listener.stop()

    @property
    def _listeners(self) -> dict[Channel, HttpListener | SmtpListener]:
        return {**self._http, "email": self._smtp}

    @property
    def endpoints(self) -> dict[str, str]:
        """For alertrelay.channels.senders: which host's traffic goes to which of the peers."""
        return endpoints(self._host, {channel: listener.port for channel, listener in self._listeners.items()})

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """What arrived so far, in order, also what was answered with a fault."""
        return self._board.requests

    def fail(self, channel: Channel, fault: Fault, *, token: str = "", times: int | None = None) -> None:
        """From now on `channel` fails so, `times` times or until `heal`. `token` fails one receiver alone: a routing
        key, a webhook's path (`/services/T/B/X`), a bot's token or channel, an e-mail address. A port is shared by
        all receivers of its channel, so a `refused` of one receiver alone is a reset."""
        self._board.fail(channel, fault, token=token, times=times)
        if fault.kind == "refused" and not token:
            self._listeners[channel].refuse()

    def heal(self) -> None:
        """Everything works again."""
        self._board.heal()
        for listener in self._listeners.values():
            listener.accept()
