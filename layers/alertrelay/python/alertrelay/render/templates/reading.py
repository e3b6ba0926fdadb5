"""Reads the data of a template from JSON in the shape of Alertmanager's webhook, as `amtool template render` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertrelay.render.templates.gotime import GoTime, go_time
from alertrelay.render.templates.values import KV, AlertValue, AlertValues, Data

NO_TIME = go_time("0001-01-01T00:00:00Z")


def data_of(document: Mapping[str, Any]) -> Data:
    """Returns the dot of a notification. What is missing is empty. Raises ValueError for a shape that is none."""
    try:
        return Data(
            Receiver=str(document.get("receiver", "")),
            Status=str(document.get("status", "")),
            Alerts=AlertValues(_alert(one) for one in document.get("alerts") or ()),
            NotificationReason=str(document.get("notification_reason", "")),
            GroupLabels=_labels(document.get("groupLabels")),
            CommonLabels=_labels(document.get("commonLabels")),
            CommonAnnotations=_labels(document.get("commonAnnotations")),
            ExternalURL=str(document.get("externalURL", "")),
        )
    except (AttributeError, TypeError) as error:
        raise ValueError(f"the data is not in the shape of Alertmanager's webhook: {error}") from None


def _alert(one: Mapping[str, Any]) -> AlertValue:
    return AlertValue(
        Status=str(one.get("status", "")),
        Labels=_labels(one.get("labels")),
        Annotations=_labels(one.get("annotations")),
        StartsAt=_time(one.get("startsAt")),
        EndsAt=_time(one.get("endsAt")),
        GeneratorURL=str(one.get("generatorURL", "")),
        Fingerprint=str(one.get("fingerprint", "")),
    )


def _labels(given: Mapping[str, Any] | None) -> KV:
    return KV({str(name): str(value) for name, value in (given or {}).items()})


def _time(text: str | None) -> GoTime:
    return go_time(text) if text else NO_TIME
