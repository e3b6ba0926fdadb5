"""The sender of a service of JSON over HTTP. A kind states its requests, and what each answer means, as one
function."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alertrelay.channels.transport.answer import AUTH_STATUSES, needed, refusal
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import Response, ask
from alertrelay.channels.transport.oauth2 import AccessTokens
from alertrelay.config.channel import HttpAuth, OAuth2
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import AuthDead, Key, Retryable

_ADDRESS = re.compile(r"https?://[^\s/]+/\S*")
_TOKEN = re.compile(r"[!-~]+")
_ACCESS = AccessTokens()
"""One a container, as its connections are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One message on its way to a service, which failures name `peer`.

    `secrets` are values of keys by the names in `key_name`. `earlier` is the `ref` of the group's
    first message there, empty for none; with `edit` that message is to be changed. `started` is of `time.monotonic()`:
    a second request has the time that the first one left."""

    peer: str
    settings: Any
    secrets: Mapping[str, str]
    key_name: str
    network: Network
    notification_id: str
    timeout: float
    earlier: Mapping[str, str]
    edit: bool
    started: float


Deliver = Callable[[Call, Message], Mapping[str, str]]
"""Sends a message, and returns the `ref` of its receipt. Raises a DeliveryFailure."""


@dataclass(frozen=True, slots=True)
class ServiceSender:
    """See ports.Sender."""

    network: Network
    peer: str
    deliver: Deliver

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,
        edit: bool = False,
    ) -> Receipt:
        """Sends by the kind's own function. The receipt is that of the group's first message, which a later one answers
        or changes. Raises a DeliveryFailure."""
        name = self.key_name(target)
        found = needed(key, name) if name else None
        call = Call(
            peer=self.peer,
            settings=target.settings,
            secrets=_values(found) if found else {},
            key_name=name,
            network=self.network,
            notification_id=notification_id,
            timeout=timeout,
            earlier=earlier.ref if earlier else {},
            edit=edit,
            started=time.monotonic(),
        )
        ref = self.deliver(call, message)
        version = found.version if found else ""
        return Receipt(integration=target.integration, key_name=name, key_version=version, ref=ref)

    def key_name(self, target: Target) -> str:
        """Returns the keys that the settings name."""
        return target.settings.key_name

    def edits(self, target: Target) -> bool:
        """As the settings say."""
        return target.settings.can_edit


def _values(key: Key) -> Mapping[str, str]:
    """Returns a value for each name. Raises AuthDead where there is another number of them."""
    values, names = key.value.strip().split("\n"), key.name.split()
    if len(values) != len(names):
        raise AuthDead(f"a value of one line was expected of the secret's key {key.name}")
    return {name: value.strip() for name, value in zip(names, values, strict=True)}


def asked(
    call: Call,
    url: str,
    body: bytes | Mapping[str, Any],
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    by: Callable[..., Response] = ask,
) -> Response:
    """Return whatever a service answers, within the time that is left. `by` is http.ask or what keeps its contract.
    Raises a DeliveryFailure where no answer comes, and Retryable where a token of OAuth 2 is refused that was taken
    before: the next call asks for another."""
    spent = (time.monotonic() - call.started) * call.network.haste
    response = by(
        url,
        body=body,
        headers={"X-Request-Id": call.notification_id, **(headers or {})},
        timeout=call.timeout - spent,
        network=call.network,
        peer=call.peer,
        method=method,
    )
    authorization = (headers or {}).get("Authorization", "")
    if response.status != 401:
        _ACCESS.taken(authorization)
    elif _ACCESS.refused(authorization):
        raise Retryable(f"{call.peer} answered 401: the access token does not hold any more")
    return response


def taken(call: Call, response: Response, *, said: str = "", auth: frozenset[int] = AUTH_STATUSES) -> Response:
    """Return an answer of 2xx. Raises the failure that another one stands for; `said` as in answer.refusal."""
    if 200 <= response.status < 300:
        return response
    raise refusal(call.peer, response, said=said, key_name=call.key_name, auth=auth)


def token(call: Call, name: str) -> str:
    """Return a secret that goes into a header or a path. Raises AuthDead where it is not one word of ASCII."""
    if not _TOKEN.fullmatch(call.secrets[name]):
        raise AuthDead(f"the secret's key {name} holds no token: one word was expected")
    return call.secrets[name]


def address(call: Call, name: str) -> str:
    """Return a secret address. Raises AuthDead where it is none."""
    if not _ADDRESS.fullmatch(call.secrets[name]):
        raise AuthDead(f"the secret's key {name} holds no address: https://… was expected")
    return call.secrets[name]


def authorized(call: Call, auth: HttpAuth) -> dict[str, str]:
    """Return the headers by which `http_config` authorizes a call. Raises AuthDead for a secret that is no header, and
    the DeliveryFailure of a token endpoint."""
    headers = dict(auth.headers)
    for name, keys in auth.secret_headers.items():
        plain = [auth.headers[name]] if name in auth.headers else []
        headers[name] = ", ".join([*plain, *(_line(call, key) for key in keys.split())])
    if auth.oauth2:
        headers["Authorization"] = _granted(call, auth.oauth2)
    elif auth.username or auth.type == "Basic":
        pair = f"{auth.username}:{call.secrets[auth.key]}" if auth.key else f"{auth.username}:"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif auth.key:
        headers["Authorization"] = f"{auth.type} {token(call, auth.key)}"
    return headers


def _granted(call: Call, grant: OAuth2) -> str:
    peer = f"the token endpoint of {call.peer}"

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        return asked(replace(call, peer=peer), url, body, headers=headers)

    return _ACCESS.header(grant, call.secrets[grant.secret], peer=peer, post=post)


def _line(call: Call, name: str) -> str:
    if not call.secrets[name].isascii() or not call.secrets[name].isprintable():
        raise AuthDead(f"the secret's key {name} holds no value of a header: one line of ASCII was expected")
    return call.secrets[name]
