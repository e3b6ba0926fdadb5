"""The circuit breaker: a peer that does not answer is tried shortly, and no other peer pays for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertrelay.alert import Channel, Integration
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.channel import Settings
from alertrelay.config.model import Target
from alertrelay.memory.ports import CollectingSender, ManualClock, MemorySecrets
from alertrelay.notification import Notification, Reason, Receipt
from alertrelay.notify.deliver import Courier, Delivery
from alertrelay.notify.targets import peer_of
from alertrelay.ports import Retryable

from tests.dispatch.world import MINUTE


class Answering(CollectingSender):
    """A sender whose peers at these names do not answer."""

    def __init__(self, *bad: str) -> None:
        super().__init__()
        self.bad = bad

    def send(self, message: Mapping[str, Any], target: Target, **given: Any) -> Receipt:
        if peer_of(target) in self.bad:
            raise Retryable("it answered 503")
        return super().send(message, target, **given)


def _target(receiver: str, channel: Channel, settings: Settings) -> Target:
    return Target(
        integration=Integration(receiver=receiver, channel=channel, index=0), send_resolved=True, settings=settings
    )


def _webhook(name: str) -> Target:
    return _target(name, "webhook", WebhookSettings(url=f"https://{name}.example.com/", url_key="", max_alerts=0))


def _bot(channel: str) -> Target:
    url = "https://slack.com/api/chat.postMessage"
    return _target(channel, "slack", SlackSettings(mode="bot", key="slack_bot_token", url=url, channel=channel))


def _courier(sender: Answering, clock: ManualClock) -> Courier:
    return Courier(
        senders={"webhook": sender, "slack": sender},
        secrets=MemorySecrets({}),
        renderer=lambda _: lambda *_: {},
        clock=clock,
        alert_ops=lambda _: None,
    )


def _tries(courier: Courier, target: Target) -> int:
    now = courier.clock.now()
    notification = Notification(
        id="1",
        integration=target.integration,
        status="firing",
        reason=Reason.FIRST,
        environment="test",
        group_key="",
        group_labels={},
        dedup_key="",
        alerts=(),
        news=frozenset(),
        firing_count=1,
        resolved_count=0,
        at=now,
    )
    return courier.attempt(
        Delivery(target=target, notification=notification, send_by=now + MINUTE, within=10.0)
    ).attempts


def test_one_bad_webhook_opens_no_breaker_for_another() -> None:
    courier = _courier(
        Answering("webhook https://bad.example.com/", "webhook https://worse.example.com/"), ManualClock()
    )
    assert _tries(courier, _webhook("bad")) == 4
    assert _tries(courier, _webhook("bad")) == 1
    assert _tries(courier, _webhook("worse")) == 4


def test_channels_of_one_slack_bot_are_behind_one_breaker() -> None:
    courier = _courier(Answering("slack https://slack.com/api/chat.postMessage"), ManualClock())
    assert [_tries(courier, _bot(name)) for name in ("#a", "#b", "#c")] == [4, 1, 1]


def test_an_answer_of_another_peer_closes_no_breaker() -> None:
    courier = _courier(Answering("webhook https://bad.example.com/"), ManualClock())
    _tries(courier, _webhook("bad"))
    assert _tries(courier, _webhook("good")) == 1
    assert _tries(courier, _webhook("bad")) == 1
