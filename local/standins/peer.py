"""Describes a stand-in, and the HTTP side's requests and answers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from alertrelay.config.channel import Settings

from local.standins.board import Board
from local.standins.pressing import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"

    def json(self) -> Any:
        """The parsed body, None where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAnswer:
    """A status and a body: text as it is, anything else as JSON."""

    status: int
    body: Any


class PeerService(Protocol):
    """One peer by HTTP, as far as a sender can see it. No sockets here."""

    @property
    def channel(self) -> str:
        """Returns the kind of channel."""

    def answer(self, request: Request) -> PeerAnswer:
        """Returns the service's answer while nothing is wrong with it."""

    def failure(self, status: int) -> Any:
        """The body that the service sends with a status of failure."""

    def tokens(self, request: Request) -> frozenset[str]:
        """Returns the tokens that identify a receiver, so that a fault can strike it alone."""

    def redacted(self, request: Request) -> tuple[str, Any]:
        """Path and body without what is secret in them."""


NOBODY = PeerAnswer(status=404, body="no intake stands behind these buttons: `alertrelay serve` has one\n")
"""What a person gets who presses where no app is known."""


class Handed(ABC):
    """The base of a service that a person at this machine may hand something to: that is no message, and is not
    recorded. `app` is what learns of it, None for nothing."""

    def __init__(self) -> None:
        self.app: App | None = None

    @abstractmethod
    def handed(self, request: Request) -> PeerAnswer | None:
        """Returns the answer to a person, None for a request of the relay."""

    def keep(self, rows: MutableMapping[int, str]) -> None:
        """Goes on with what `rows` holds, where the service remembers over a restart, and keeps it there."""
        del rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message that a service of AWS was asked to deliver, as a stand-in would record it."""

    headers: Mapping[str, str]
    body: Mapping[str, Any]
    request_id: str


Reader = Callable[[bytes, str], SentMessage | None]
"""Reads a request's body, by its path; None where nothing is to be delivered."""


class Listener(Protocol):
    """A port of a stand-in."""

    port: int

    def start(self) -> None:
        """Listens."""

    def stop(self) -> None:
        """Closes the port and every connection."""

    def refuse(self) -> None:
        """Closes the port until `accept`."""

    def accept(self) -> None:
        """Opens the port again, if it is closed."""


def fake_key(name: str, _settings: Settings) -> str:
    """Return a key of no particular shape, obviously fake."""
    return f"FAKE-{name}"


def no_problem(_message: Mapping[str, Any]) -> Iterable[str]:
    """Return nothing: any message is taken."""
    return ()


def all_texts(body: Mapping[str, Any]) -> str:
    """Return every text of a message, a line each."""
    return "\n".join(texts(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The stand-in of one kind of channel: each folder beside this file that is named after a kind states one as
    `PEER`, and has in answers.md what the service answers.

    `headline` returns the line of a message that a person sees first, from the request's body. `fake_key` makes a value
    for a key of the secret, by its name and the target's settings. `port` is that of `alertrelay serve-aws`; `hosts`
    are the keys of connection.Network.endpoints whose traffic comes here, as `scheme` and address. `service` returns
    the service of AWS that takes a target's messages, by its settings: there the emulated AWS stands in. It is "" where
    the listener takes them. `readers` by such a service read what it was asked to deliver.

    What the suites of all channels try, where tests/ has no example of the kind: `ways` are integrations as they stand
    in alertmanager.yml, in YAML's flow style and without their braces, by the name of their section in answers.md or by
    the kind; `problems` are what the service finds wrong with a message; `shown` is the text that a person reads of it.

    Where people press something at the stand-in, `signed_by` is the key of the secret that the service signs its
    requests by, and `presses` are commands that press, with {0} for the stand-in's address.
    """

    headline: Callable[[Mapping[str, Any]], str]
    fake_key: Callable[[str, Any], str] = fake_key
    port: int = 0
    hosts: tuple[str, ...] = ()
    scheme: str = "http://"
    listen: Callable[[Board, str, int], Listener] | None = None
    service: Callable[[Any], str] = lambda _settings: ""
    readers: Mapping[str, Reader] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)
    problems: Callable[[Mapping[str, Any]], Iterable[str]] = no_problem
    shown: Callable[[Mapping[str, Any]], str] = all_texts
    signed_by: str = ""
    presses: tuple[str, ...] = ()

    @property
    def for_people(self) -> bool:
        """Returns whether people read its messages as they are; a program reads the others, which hold every text as it
        came."""
        return self.shown is not all_texts


def texts(value: Any) -> Iterator[str]:
    """Yield the texts of a JSON value, without its names."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from texts(inner)


def strings(*values: object) -> frozenset[str]:
    """Return those values that are texts and not empty."""
    return frozenset(v for v in values if isinstance(v, str) and v)
