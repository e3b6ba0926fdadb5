"""Runs the templates of one message on its notification: the part of the team's own texts that only they load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alertrelay.alert import Alert, Labels
from alertrelay.notification import Notification
from alertrelay.render import wording
from alertrelay.render.alertmanager_json import REASONS
from alertrelay.render.templates.budget import RenderBudget, TemplateFailure
from alertrelay.render.templates.execute import Program, render
from alertrelay.render.templates.gotime import GoTime
from alertrelay.render.templates.reading import NO_TIME
from alertrelay.render.templates.values import KV, AlertValue, AlertValues, Data

_META = re.compile(r"[\\.+*?()|\[\]{}^$]")


def rendered(
    templates: Mapping[str, Any], texts: Mapping[str, Any], notification: Notification
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Returns the texts that could be rendered, by key, and of each other one which and why."""
    run = _Run(templates, notification)
    found: dict[str, Any] = {}
    failures = []
    for key, text in texts.items():
        try:
            found[key] = run.value(text)
        except TemplateFailure as failure:
            failures.append(f"{key}: {failure.text}")
    return found, tuple(failures)


def decided(rule: Mapping[str, Any], group_labels: Labels, now: datetime) -> str:
    """Returns what a template gives that the group's labels decide; the words of its failure where it fails."""
    data = Data(GroupLabels=_labels(group_labels))
    try:
        return render(Program(main=rule["t"], templates=rule["templates"]), data, now=now).strip()
    except TemplateFailure as failure:
        return failure.text


class _Run:
    """The rendering of all texts of one message, within one budget: made when the first template is met."""

    def __init__(self, templates: Mapping[str, Any], notification: Notification) -> None:
        self._templates, self._notification = templates, notification
        self._budget = RenderBudget()
        self._data: Data | None = None

    def value(self, text: Any) -> Any:
        """Returns the rendered text, mapping or list. Raises TemplateFailure."""
        if isinstance(text, str):
            return text
        (kind, inner), *_ = text.items()
        match kind:
            case "m":
                return {name: self.value(one) for name, one in inner.items()}
            case "p":
                return {self.value(name): self.value(one) for name, one in inner}
            case "l":
                return [self.value(one) for one in inner]
            case "v":
                return inner
        self._data = self._data or data_of(self._notification)
        program = Program(main=inner, templates=self._templates)
        made = render(program, self._data, now=self._notification.at, budget=self._budget)
        return made.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def data_of(notification: Notification) -> Data:
    """Returns the notification as Alertmanager's templates see one. Source: template/template.go, Data."""
    alerts = [_alert(alert) for alert in notification.alerts]
    return Data(
        Receiver=_META.sub(r"\\\g<0>", notification.integration.receiver),
        Status=notification.status,
        Alerts=AlertValues(alerts),
        NotificationReason=REASONS.get(notification.reason, "unknown"),
        GroupLabels=_labels(notification.group_labels),
        CommonLabels=_common([alert.fields["Labels"] for alert in alerts]),
        CommonAnnotations=_common([alert.fields["Annotations"] for alert in alerts]),
        ExternalURL="",
    )


def _alert(alert: Alert) -> AlertValue:
    ended = wording.ended(alert)
    return AlertValue(
        Status="resolved" if ended else "firing",
        Labels=_labels(alert.labels),
        Annotations=_labels(alert.annotations),
        StartsAt=GoTime(alert.starts_at),
        EndsAt=GoTime(alert.ends_at) if ended and alert.ends_at else NO_TIME,
        GeneratorURL=_whole(alert.generator_url),
        Fingerprint=alert.fingerprint,
    )


def _labels(given: Mapping[str, str]) -> KV:
    return KV({_whole(name): _whole(value) for name, value in given.items()})


def _whole(text: str) -> str:
    """Returns the text without lone surrogates, which stand for bytes here."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _common(given: list[KV]) -> KV:
    first = given[0] if given else KV()
    return KV({name: value for name, value in first.items() if all(one.get(name) == value for one in given)})
