from __future__ import annotations

from contextlib import nullcontext

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.model import Target
from alertrelay.ports import AuthDead, DeliveryFailure, Permanent, RateLimited, Retryable

from local.standins import Fault, StandIns
from tests.channels.example import key, target
from tests.channels.webhook.example import HOOK_MESSAGE, SENT

WEBHOOK = target(SENT.settings)
INLINE = target(WebhookSettings(url="https://hooks.example.com/in?team=a", url_key="", max_alerts=0))


def failure_of(peers: StandIns, wanted: Target, status: int) -> DeliveryFailure:
    peers.fail("webhook", Fault(kind="status", status=status))
    sender = Senders(Network(endpoints=peers.endpoints))["webhook"]
    name = sender.key_name(wanted)
    with pytest.raises(DeliveryFailure) as caught:
        sender.send(HOOK_MESSAGE, wanted, key=key(SENT) if name else None, notification_id="n-1", timeout=600)
    return caught.value


def test_a_secret_address_is_called_with_the_mark_of_a_hop(peers: StandIns) -> None:
    sender = Senders(Network(endpoints=peers.endpoints))["webhook"]
    receipt = sender.send(HOOK_MESSAGE, WEBHOOK, key=key(SENT), notification_id="n-1", timeout=600)
    (request,) = peers.requests
    assert request.tokens == {"/in/notarealsecret99?token=notarealtoken77"}
    assert (request.headers["x-alertrelay-hop"], request.request_id, request.body) == ("1", "n-1", HOOK_MESSAGE)
    assert (receipt.key_name, receipt.key_version) == ("hook_url", "0a1b2c3d")


def test_an_inline_address_needs_no_key(peers: StandIns) -> None:
    sender = Senders(Network(endpoints=peers.endpoints))["webhook"]
    receipt = sender.send(HOOK_MESSAGE, INLINE, key=None, notification_id="n-1", timeout=600)
    assert peers.requests[-1].tokens == {"/in?team=a"}
    assert (receipt.key_name, receipt.key_version) == ("", "")


@pytest.mark.parametrize(
    ("wanted", "status", "kind"),
    [
        (WEBHOOK, 401, AuthDead),
        (WEBHOOK, 404, AuthDead),
        (WEBHOOK, 410, AuthDead),
        (INLINE, 401, Permanent),
        (INLINE, 404, Permanent),
        (INLINE, 301, Permanent),
        (WEBHOOK, 400, Permanent),
        (WEBHOOK, 408, Retryable),
        (WEBHOOK, 429, RateLimited),
        (WEBHOOK, 502, Retryable),
    ],
)
def test_a_refusal_is_classed_by_its_status(
    peers: StandIns, wanted: Target, status: int, kind: type[DeliveryFailure]
) -> None:
    failure = failure_of(peers, wanted, status)
    assert type(failure) is kind
    assert failure.text.startswith(f"the webhook answered {status}")


def test_a_webhook_is_not_edited() -> None:
    assert not Senders(Network())["webhook"].edits(WEBHOOK)


@pytest.mark.parametrize(
    ("host", "code", "said"),
    [
        ("open.feishu.cn", 0, None),
        ("open.feishu.cn", 19024, "the webhook answered 200 with a failure in its body"),
        ("bridge.example.com", 20000, None),
    ],
)
def test_a_code_is_feishu_s_own_at_its_hosts_alone(peers: StandIns, host: str, code: int, said: str | None) -> None:
    peers.fail("webhook", Fault(kind="status", status=200, body=f'{{"code":{code},"msg":"x"}}'))
    wanted = target(WebhookSettings(url=f"https://{host}/open-apis/bot/v2/hook/a", url_key="", max_alerts=0))
    sender = Senders(Network(endpoints=peers.endpoints))["webhook"]
    with pytest.raises(Permanent, match=said) if said else nullcontext():
        sender.send(HOOK_MESSAGE, wanted, key=None, notification_id="n-1", timeout=600)
