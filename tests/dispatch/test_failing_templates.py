"""A template of the team's own that fails as its message is sent: nothing is lost, and ops are notified."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from alertrelay.channels import renderer
from alertrelay.config.model import Target
from alertrelay.memory.ports import CollectingSender, ManualClock, MemorySecrets
from alertrelay.notify.deliver import Attempt, Courier, Delivery
from alertrelay.ports import Permanent, SelfAlert

from tests.channels.example import examples
from tests.channels.team import team_target
from tests.channels.webhook.test_payload import read
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]


def attempted(target: Target) -> tuple[Attempt, list[Any], list[SelfAlert]]:
    """The attempt at a target, what was sent, and what ops were notified of."""
    sender, clock, ops = CollectingSender(), ManualClock(FIRING.at), list[SelfAlert]()
    courier = Courier(
        senders={target.integration.channel: sender},
        secrets=MemorySecrets({}),
        renderer=renderer,
        clock=clock,
        alert_ops=ops.append,
    )
    send_by = clock.now() + timedelta(minutes=1)
    attempt = courier.attempt(Delivery(target=target, notification=FIRING, send_by=send_by, within=10.0))
    return attempt, [message for _, message, *_ in sender.sent], ops


def test_a_text_that_fails_is_ours_and_ops_are_notified() -> None:
    settings = examples()["telegram"].rendered["telegram"].settings
    target = team_target("telegram", settings, {"message": "x {{ index .Alerts 7 }}"})
    attempt, (message,), (alert,) = attempted(target)
    assert attempt.delivered
    assert "A template of alertmanager.yml failed" in message["text"]
    assert (alert.name, alert.cause) == ("TemplateFailed", "chat/telegram/0")
    assert "message: line 1: " in alert.text
    assert alert.text.endswith("alertrelay's own text was sent instead.")


def test_a_payload_that_fails_is_not_sent_and_its_fallbacks_are_notified() -> None:
    attempt, sent, (alert,) = attempted(read("{a: '{{ index .Alerts 7 }}'}")[0])
    assert sent == []
    assert isinstance(attempt.failure, Permanent)
    assert (attempt.delivered, attempt.unanswered, attempt.attempts) == (False, False, 0)
    assert alert.name == "MessageRefused"
    assert "a template failed (payload: line 1: " in alert.text
    assert alert.text.endswith("Its fallbacks are notified.")
