"""Slack, by incoming webhook (its address is the secret) or by bot token (its messages can be edited).

Error words: https://docs.slack.dev/reference/methods/chat.postMessage and
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from alertrelay.channels.slack import SlackSettings, chart
from alertrelay.channels.slack.upload import NO_SCOPE, Body, into_thread
from alertrelay.channels.transport.answer import AUTH_STATUSES, needed, refusal, retry_after
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import Response, ask
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable
from alertrelay.values.charted import ChartPoints

PEER = "Slack"
PICTURE_SECONDS = 2.0
"""For all requests of a picture: the message is out, and what waits behind it should not wait long."""
_WORD = re.compile(r"[a-z][a-z_]{1,59}")

# A webhook answers 403 and 404 for two different things: this address is dead, or this channel is.
_WEBHOOK_CHANNEL_WORDS = frozenset(
    {"channel_not_found", "user_not_found", "channel_is_archived", "posting_to_general_channel_denied"}
)
# And an address that is dead it answers with any 4xx: docs/answers.md.
_WEBHOOK_DEAD_WORDS = frozenset(
    {"invalid_token", "no_active_hooks", "no_service", "no_service_id", "no_team", "team_disabled"}
)
_LIMITED_WORDS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_TOKEN_WORDS = frozenset(
    {
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope",
        "no_permission", "access_denied", "ekm_access_denied", "org_login_required", "not_allowed_token_type",
        "two_factor_setup_required", "team_access_not_granted",
    }
)  # fmt: skip
_TRANSIENT_WORDS = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_PERHAPS_POSTED_WORDS = frozenset({"fatal_error", "internal_error"})
_NO_CHART_WORDS = frozenset({"invalid_blocks", "invalid_blocks_format"})
_MESSAGE_CLOSED_WORDS = frozenset(
    {
        "message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "invalid_thread_ts",
        "cannot_reply_to_message",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SlackSender:
    """The message is the body of chat.postMessage without `channel`, which the sender adds. `without_scope` holds the
    versions of tokens that may not upload a picture, which is asked for and logged once a container."""

    network: Network = field(default_factory=Network)
    without_scope: set[str] = field(default_factory=set)

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
        """Posts; a bot posts in the thread of `earlier`, broadcast to the channel, or with `edit` changes that message.
        Where that message is deleted or closed a new one is posted. The receipt's `ref` is `{"channel", "ts"}` of the
        thread's first message for a bot, empty for a webhook. Raises a DeliveryFailure."""
        settings = cast(SlackSettings, target.settings)
        found = needed(key, settings.key)
        call = _Call(self.network, settings, found, notification_id, timeout, time.monotonic())
        if settings.mode == "incoming":
            call.to_webhook(message)
            ref: Mapping[str, str] = {}
        else:
            ref, undrawn = call.as_bot(message, earlier.ref if earlier else {}, edit=edit)
            if undrawn and not edit:
                self._add_picture(call, message, ref)
        return Receipt(integration=target.integration, key_name=found.name, key_version=found.version, ref=ref)

    def _add_picture(self, call: _Call, message: Message, place: Mapping[str, str]) -> None:
        """Adds the chart that the workspace refused. Never raises: a message that is out must not be sent again."""
        if call.key.version in self.without_scope:
            return
        try:
            drawn = chart.points_of(message)
            refused = call.add_picture(drawn, place) if drawn else ""
        except DeliveryFailure as failure:
            refused = failure.text
        except Exception as error:  # noqa: BLE001 - see above
            refused = type(error).__name__
        if refused == NO_SCOPE:
            self.without_scope.add(call.key.version)
        if refused:
            self.network.log("chart_not_uploaded", key=call.key.name, failure=refused)

    def key_name(self, target: Target) -> str:
        """Returns the webhook's address or the bot's token."""
        return target.settings.key_name

    def edits(self, target: Target) -> bool:
        """Only a bot's message can be changed."""
        return target.settings.can_edit


class _Answer(NamedTuple):
    """`undrawn`: the workspace refused the chart, and took the message without it."""

    fields: Mapping[str, Any]
    response: Response
    undrawn: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    network: Network
    settings: SlackSettings
    key: Key
    notification_id: str
    timeout: float
    started: float

    def to_webhook(self, message: Message) -> None:
        address = self.key.value.strip()
        if not re.fullmatch(r"https?://[^\s/]+/\S*", address):
            raise AuthDead(f"the secret's key {self.key.name} holds no webhook address: https://… was expected")
        body = {**message, "channel": self.settings.channel} if self.settings.channel else message
        response = self._post(address, body, {})
        if response.status != 200:
            raise self._webhook_refusal(response)
        answer = response.json() or {}
        if "error" in answer:
            raise self._api_refusal(_Answer(answer, response))
        # `ok` is Slack's own; the others are what its Web API and look-alikes say.
        if response.text.strip() != "ok" and answer.get("ok") is not True and answer.get("success") is not True:
            raise Retryable("Slack answered 200 without its `ok`", ambiguous=True)

    def as_bot(self, message: Message, first: Mapping[str, str], *, edit: bool) -> tuple[Mapping[str, str], bool]:
        """Returns where the thread of the message begins, and whether its chart was refused."""
        place = {"channel": first.get("channel", ""), "ts": first.get("ts", "")}
        if all(place.values()):
            answer = self._drawn(lambda body: self._placed(body, place, edit=edit), message)
            if answer.fields.get("ok") is True:
                return place, answer.undrawn
            if answer.fields.get("error") not in _MESSAGE_CLOSED_WORDS:
                raise self._api_refusal(answer)
        answer = self._drawn(self._new, message)
        if answer.fields.get("ok") is not True:
            raise self._api_refusal(answer)
        posted = {"channel": answer.fields.get("channel"), "ts": answer.fields.get("ts")}
        return {k: v for k, v in posted.items() if isinstance(v, str)}, answer.undrawn

    def add_picture(self, drawn: ChartPoints, place: Mapping[str, str]) -> str:
        """Adds a picture to the thread of a message. Returns what refused it; raises a DeliveryFailure."""
        began = time.monotonic()
        brief = replace(self, timeout=min(PICTURE_SECONDS, self._left()), started=began)
        return into_thread(
            drawn,
            place,
            url=self.settings.url,
            api=lambda url, body, headers: brief._api(url, body, headers).fields,
            post=lambda url, body, headers: brief._post(url, body, headers).status,
        )

    def _drawn(self, post: Callable[[Message], _Answer], message: Message) -> _Answer:
        """Posts; without its chart where the workspace does not know that block yet."""
        answer = post(message)
        plain = chart.without(message) if answer.fields.get("error") in _NO_CHART_WORDS else None
        return post(plain)._replace(undrawn=True) if plain else answer

    def _new(self, message: Message) -> _Answer:
        return self._api(self.settings.url, {**message, "channel": self.settings.channel})

    def _placed(self, message: Message, place: Mapping[str, str], *, edit: bool) -> _Answer:
        return self._edit(message, place) if edit else self._reply(message, place)

    def _edit(self, message: Message, place: Mapping[str, str]) -> _Answer:
        update = re.sub(r"chat\.postMessage$", "chat.update", self.settings.url)
        return self._api(update, {**message, **place})

    def _reply(self, message: Message, place: Mapping[str, str]) -> _Answer:
        thread = {"channel": place["channel"], "thread_ts": place["ts"], "reply_broadcast": True}
        return self._api(self.settings.url, {**message, **thread})

    def _api(self, url: str, body: Body, headers: Mapping[str, str] | None = None) -> _Answer:
        token = self.key.value.strip()
        if not re.fullmatch(r"[!-~]+", token):
            raise AuthDead(f"the secret's key {self.key.name} holds no token: one word such as xoxb-… was expected")
        response = self._post(url, body, {"Authorization": f"Bearer {token}", **(headers or {})})
        if response.status != 200:
            raise refusal(PEER, response, key_name=self.key.name)
        answer = response.json()
        if answer is None:
            raise Retryable("Slack answered 200 with something other than its JSON", ambiguous=True)
        return _Answer(answer, response)

    def _left(self) -> float:
        # An edit that was refused leaves the rest of the time to the message after it, not as much again.
        return self.timeout - (time.monotonic() - self.started) * self.network.haste

    def _post(self, url: str, body: Body, headers: Mapping[str, str]) -> Response:
        return ask(
            url,
            body=body,
            headers={"X-Request-Id": self.notification_id, **headers},
            timeout=self._left(),
            network=self.network,
            peer=PEER,
        )

    def _webhook_refusal(self, response: Response) -> DeliveryFailure:
        word = _word(response.text)
        auth = frozenset[int]() if word in _WEBHOOK_CHANNEL_WORDS else AUTH_STATUSES
        if word in _WEBHOOK_DEAD_WORDS:
            auth |= {400, 410}
        return refusal(PEER, response, said=word, key_name=self.key.name, auth=auth)

    def _api_refusal(self, answer: _Answer) -> DeliveryFailure:
        word = _word(answer.fields.get("error"))
        text = f"Slack answered {word or 'an error without a name'}"
        if word in _LIMITED_WORDS:
            return RateLimited(text, retry_after=retry_after(answer.response.headers))
        if word in _TOKEN_WORDS:
            return AuthDead(f"{text} (key {self.key.name})")
        if word in _TRANSIENT_WORDS:
            return Retryable(text, ambiguous=word in _PERHAPS_POSTED_WORDS)
        return Permanent(f"{text} (channel {self.settings.channel})")


def _word(text: object) -> str:
    """Slack's errors are single words; anything else is not shown."""
    stripped = text.strip() if isinstance(text, str) else ""
    return stripped if _WORD.fullmatch(stripped) else ""
