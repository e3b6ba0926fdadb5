"""The channels' peers on loopback: real sockets, faults at will, every request kept. A folder a kind, with its
answers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, MutableMapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, cast

from alertrelay.channels import KINDS

from local.standins.board import Board, Fault, RecordedRequest
from local.standins.peer import Peer

if TYPE_CHECKING:
    from local.standins.peer import Handed
    from local.standins.pressing import App

__all__ = ["Fault", "RecordedRequest", "StandIns", "answers", "endpoints", "listening", "peer"]


@functools.cache
def peer(kind: str) -> Peer:
    """Return the stand-in of a kind of channel."""
    return cast(Peer, import_module(f".{kind}", __package__).PEER)


def answers() -> str:
    """Return the tables of what each service answers, in Markdown, in the order of the channels."""
    return "\n".join((Path(__file__).parent / kind / "answers.md").read_text(encoding="utf-8") for kind in KINDS)


def listening() -> tuple[str, ...]:
    """Return the kinds that have a stand-in with a port, in the order of their ports; AWS's own are emulated."""
    return tuple(sorted((kind for kind in KINDS if peer(kind).listen), key=lambda kind: peer(kind).port))


def endpoints(host: str, ports: Mapping[str, int]) -> dict[str, str]:
    """For alertrelay.channels' senders: which kind's, and which host's, traffic goes to which of the peers."""
    kinds = [kind for kind in listening() if kind in ports]
    return {name: f"{peer(kind).scheme}{host}:{ports[kind]}" for kind in kinds for name in (kind, *peer(kind).hosts)}


class StandIns:
    """A context manager: inside it the peers listen, after it no thread and no socket is left.

    `now` is what `RecordedRequest.at` is taken from. They listen at `host`, on any free port where `ports` names none:
    those of `kinds`, or all.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        kinds: Collection[str] = KINDS,
    ) -> None:
        self._board = Board(now)
        self._host = host
        wanted = ports or {}
        self._listeners = {
            kind: listen(self._board, host, wanted.get(kind, 0))
            for kind in listening()
            if kind in kinds and (listen := peer(kind).listen)
        }

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
    def endpoints(self) -> dict[str, str]:
        """For alertrelay.channels' senders: see `endpoints`."""
        return endpoints(self._host, {kind: listener.port for kind, listener in self._listeners.items()})

    def connect(self, channel: str, app: App) -> str:
        """Has an intake learn what people do at a channel's stand-in. Returns the address at which they do it."""
        self._handed(channel).app = app
        return f"http://{self._host}:{self._listeners[channel].port}"

    def keep(self, channel: str, rows: MutableMapping[int, str]) -> None:
        """Has a channel's stand-in go on with what `rows` holds, and keep there what it remembers."""
        self._handed(channel).keep(rows)

    def _handed(self, channel: str) -> Handed:
        from local.standins.http import HttpListener
        from local.standins.peer import Handed

        listener = self._listeners[channel]
        assert isinstance(listener, HttpListener)
        assert isinstance(listener.service, Handed)
        return listener.service

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """Returns what arrived so far, in order, also what was answered with a fault."""
        return self._board.requests

    def fail(self, channel: str, fault: Fault, *, token: str = "", times: int | None = None, after: int = 0) -> None:
        """From now on, or `after` so many requests, `channel` fails so, `times` times or until `heal`. `token` fails
        one receiver alone: a routing key, a webhook's path (`/services/T/B/X`), a bot's token or channel, an e-mail
        address. A port is shared by all receivers of its channel, so a `refused` of one receiver alone is a reset."""
        self._board.fail(channel, fault, token=token, times=times, after=after)
        if fault.kind == "refused" and not token:
            self._listeners[channel].refuse()

    def heal(self) -> None:
        """Everything works again."""
        self._board.heal()
        for listener in self._listeners.values():
            listener.accept()
