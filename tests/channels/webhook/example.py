from __future__ import annotations

from alertrelay.channels.webhook import WebhookSettings
from alertrelay.notification import Message

from tests.channels.example import Example, Rendered, Sent
from tests.render.checks import check_json

HOOK_ADDRESS = "https://hooks.example.com/in/notarealsecret99?token=notarealtoken77"
HOOK_MESSAGE: Message = {"version": "4", "alerts": []}
WEBHOOK = WebhookSettings(url="https://example.com/hook", url_key="", max_alerts=5)


def check_webhook(message: Message) -> None:
    check_json(message)
    assert message["version"] == "4"
    required = {"groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations"}
    assert required | {"externalURL", "alerts"} <= set(message)
    assert message["status"] in ("firing", "resolved")
    for alert in message["alerts"]:
        assert set(alert) == {
            "status",
            "labels",
            "annotations",
            "startsAt",
            "endsAt",
            "generatorURL",
            "fingerprint",
        }
        assert (alert["endsAt"] == "0001-01-01T00:00:00Z") == (alert["status"] == "firing")
        assert message["commonLabels"].items() <= alert["labels"].items()
        assert message["commonAnnotations"].items() <= alert["annotations"].items()


SENT = Sent(
    settings=WebhookSettings(url="", url_key="hook_url", max_alerts=0),
    message=HOOK_MESSAGE,
    secret=HOOK_ADDRESS,
    parts=("notarealsecret99", "notarealtoken77", "hooks.example.com"),
    delivered=("echo 200",),
)
EXAMPLE = Example(
    rendered={
        "webhook": Rendered(
            settings=WEBHOOK,
            check=check_webhook,
            cases=("critical-everything", "resolved", "fallback", "group-of-10000"),
        )
    },
    sent={"webhook": SENT},
)
