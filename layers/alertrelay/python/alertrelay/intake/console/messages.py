"""Previews the message that each channel would be sent of one alert. Nothing is sent, and no key is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.channels import render
from alertrelay.config.model import Route, Target
from alertrelay.intake.console.alert_page import found
from alertrelay.intake.console.parts import ConsoleSite
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiRequest
from alertrelay.intake.view import Listed, listed
from alertrelay.notification import Notification, Reason
from alertrelay.policy.group_key import group_key, group_labels
from alertrelay.render.plain import subject

_HIDDEN = frozenset({"html", "type", "style", "event_action", "dedup_key", "timestamp", "expand", "emoji", "color"})
_BARE = frozenset({"text", "message", "summary", "description", "content", "subject", "title", "body", "value"})


def get_messages(reading: Reads, site: ConsoleSite, request: ApiRequest, fingerprint: str) -> dict[str, Any]:
    """Returns the messages, by route and integration. Raises ApiError, state.StoreFailure."""
    now = reading.clock.now()
    items = reading.alerts.firing(now)
    one = found(reading, items, listed(reading.config, items, (), now=now), fingerprint)
    console = site.address(request.headers.get("host", ""))
    shown = [
        _message(one, route, target, partial(_notification, reading, site, console))
        for route in one.routes
        for receiver in [reading.config.receiver(route.receiver)]
        for target in (receiver.targets if receiver else ())
    ]
    return {"asOf": rfc3339(now), "messages": shown}


def _notification(
    reading: Reads, site: ConsoleSite, console: str, one: Listed, route: Route, target: Target
) -> Notification:
    """Returns what the first message about the alert would say, as if it were alone in its group."""
    alert = one.item.alert
    fires = alert.status == "firing"
    return Notification(
        id="preview",
        integration=target.integration,
        status="firing" if fires else "resolved",
        reason=Reason.FIRST if fires else Reason.ALL_RESOLVED,
        environment=site.environment,
        group_key=group_key(route, alert.labels),
        group_labels=group_labels(route, alert.labels),
        dedup_key="preview",
        alerts=(alert,),
        news=frozenset({alert.state_key}),
        firing_count=int(fires),
        resolved_count=int(not fires),
        at=reading.clock.now(),
        home=site.home,
        console=console,
    )


def _message(
    one: Listed, route: Route, target: Target, notification_of: Callable[[Listed, Route, Target], Notification]
) -> dict[str, Any]:
    notification, integration = notification_of(one, route, target), target.integration
    named = {"integration": str(integration), "receiver": integration.receiver, "channel": integration.channel}
    try:
        body = render(notification, target)
    except Exception as error:  # noqa: BLE001 - a preview of the others is still worth showing
        return {**named, "title": subject(notification), "text": "", "body": {}, "fault": type(error).__name__}
    return {**named, "title": subject(notification), "text": readable(body), "body": dict(body)}


def readable(body: Mapping[str, Any]) -> str:
    """Returns a message's texts, a line each, without what only a machine reads."""
    if isinstance(body.get("text"), str) and "blocks" not in body:
        return str(body["text"])
    lines = list(dict.fromkeys(_texts(body, "")))
    return "\n".join(line for line in lines if line)


def _texts(value: object, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _HIDDEN:
                yield from _texts(inner, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, name)
    elif value is not None and not isinstance(value, bool):
        yield str(value) if name in _BARE else f"{name}: {value}"
