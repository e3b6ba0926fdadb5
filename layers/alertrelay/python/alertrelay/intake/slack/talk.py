"""Takes what Slack posts, answers 200 at once, and does the work in an invocation of its own.

Slack shows an error where no answer came within three seconds (docs.slack.dev, "Handling user interaction in your Slack
apps"), which a cold start and a slow table may take: so that nothing but the signature and the queue stands before the
answer. The work ends with a message to the person, by the address that came with the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alertrelay.intake.ports import IntakeReport
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.slack.answers import Answer, only_you
from alertrelay.intake.slack.payload import SlackAsk, asked_from, command_of, press_of
from alertrelay.intake.slack.signature import NoSigningSecret, NotSlack, SigningSecrets
from alertrelay.ports import Clock
from alertrelay.state import StoreFailure

DO = "slack"
"""The `do` of the event in which the work is done."""
REPEATED = timedelta(minutes=5)
"""How long a press is known in this container: Slack asks again within two minutes."""


class LaterFailure(Exception):
    """The work could not be queued. The text is safe to log."""


@dataclass(slots=True, kw_only=True)
class Reception:
    """What answers Slack at once. `later` has the work done in an invocation of its own, and raises LaterFailure."""

    secrets: SigningSecrets
    later: Callable[[Mapping[str, Any]], None]
    clock: Clock
    report: IntakeReport
    _sent: dict[str, datetime] = field(default_factory=dict)

    def interaction(self, request: ApiRequest) -> None:
        """Takes a pressed button. Raises ApiError."""
        self._check(request)
        asked = press_of(request, at=self.clock.now().timestamp())
        if asked:
            self._send(asked, request)

    def command(self, request: ApiRequest) -> None:
        """Takes a slash command. Raises ApiError."""
        self._check(request)
        self._send(command_of(request, at=self.clock.now().timestamp()), request)

    def _check(self, request: ApiRequest) -> None:
        try:
            self.secrets.check(request.headers, request.body)
        except NotSlack as refused:
            self.report.log("intake_refused", status=401, why=f"Slack: {refused.why}")
            raise ApiError(401, {"message": "Unauthorized"}) from None
        except NoSigningSecret as failure:
            raise self._unavailable(failure) from None

    def _send(self, asked: SlackAsk, request: ApiRequest) -> None:
        now = self.clock.now()
        self._sent = {name: at for name, at in self._sent.items() if now - at < REPEATED}
        if asked.id in self._sent:
            self.report.log("slack_repeated", again=request.headers.get("x-slack-retry-num", "")[:10])
            return
        try:
            self.later({"do": DO, "asked": asked.to_json()})
        except LaterFailure as failure:
            raise self._unavailable(failure) from None
        self._sent[asked.id] = now

    def _unavailable(self, failure: Exception) -> ApiError:
        self.report.log("intake_unavailable", failure=str(failure))
        self.report.count("IntakeUnavailable", 1)
        return ApiError(503, {"code": 503, "message": "not available now: try again"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What does the work. `press` and `command` return the answer; `reply` posts it: see
    runtime.slack.SlackWorld."""

    press: Callable[[SlackAsk], Answer | None]
    command: Callable[[SlackAsk], Answer]
    reply: Callable[[str, Answer], str]
    report: IntakeReport

    def do(self, event: Mapping[str, Any]) -> None:
        """Does the work of one event. Never raises StoreFailure: the person is asked to try again, which is sooner than
        Lambda would."""
        asked = asked_from(event["asked"])
        try:
            found = self.command(asked) if asked.kind == "command" else self.press(asked)
        except StoreFailure as failure:
            self.report.log("store_failing", failure=str(failure))
            found = only_you("alertrelay's state table does not answer now, so that this is not certain. Try again.")
        self.report.log("slack_asked", kind=asked.kind, what=asked.action, by=asked.user, who=asked.name)
        if found is None:
            return
        why = self.reply(asked.reply, found) if asked.reply else "its response_url is no address of hooks.slack.com"
        if why:  # what the answer reports is done all the same
            self.report.log("slack_not_answered", why=why)
