"""Reads what services publish to SNS without EventBridge: JSON, or plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alertrelay.alert import Alert
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent import (
    assessment,
    caches,
    compliance,
    compute,
    cost,
    databases,
    development,
    health,
    jobs,
    mail,
    observing,
    operations,
    security,
    storage,
    trail,
)
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.told import Told, alert_of, alerts_of
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """A notice that is a JSON object."""

    knows: Callable[[Fields], bool]
    tell: Callable[[Fields, Arrival], Told | Iterable[Told]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A notice that is plain text."""

    knows: Callable[[str], bool]
    tell: Callable[[str, Arrival], Told]


JSON: tuple[Json, ...] = (
    Json(knows=databases.is_subscription, tell=databases.tell_subscription),
    Json(knows=caches.is_cache, tell=caches.tell_cache),
    Json(knows=compute.is_scaling, tell=compute.tell_scaling_notice),
    Json(knows=development.is_deployment, tell=development.tell_deployment),
    Json(knows=development.is_approval, tell=development.tell_approval),
    Json(knows=mail.is_mail, tell=lambda fields, arrival: mail.tell_mail(fields, _region(arrival))),
    Json(knows=storage.is_storage, tell=storage.tell_storage),
    Json(knows=jobs.is_records, tell=jobs.tell_records),
    Json(knows=jobs.is_invocation, tell=jobs.tell_invocation),
    Json(knows=storage.is_glacier, tell=storage.tell_glacier),
    Json(knows=compliance.is_config, tell=compliance.tell_config),
    Json(knows=trail.is_trail, tell=trail.tell_trail),
    Json(knows=operations.is_command, tell=operations.tell_command),
    Json(knows=health.is_health, tell=health.tell_health),
    Json(knows=observing.is_insight, tell=observing.tell_insight),
    Json(knows=cost.is_anomaly, tell=lambda fields, _: cost.tell_anomaly(fields)),
    Json(knows=cost.is_budget, tell=cost.tell_budget),
    Json(knows=assessment.is_assessment, tell=assessment.tell_assessment),
    Json(knows=security.is_findings, tell=security.tell_findings),
)
PROSE: tuple[Prose, ...] = (
    Prose(knows=development.is_stack_text, tell=development.tell_stack),
    Prose(knows=cost.is_budget_text, tell=cost.tell_budget_text),
    Prose(knows=development.is_beanstalk_text, tell=development.tell_beanstalk),
    Prose(knows=caches.is_cache_text, tell=caches.tell_cache_text),
    Prose(knows=storage.is_backup_text, tell=storage.tell_backup),
)


def detect(value: object) -> bool:
    """A JSON object that one of the services writes."""
    fields = Fields.of(texts.mapping(value))
    return bool(fields) and any(kind.knows(fields) for kind in JSON)


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """One alert; of a notice with records or findings, one each."""
    fields = Fields.of(texts.mapping(value))
    found = next(kind.tell(fields, arrival) for kind in JSON if kind.knows(fields))
    return alerts_of((found,) if isinstance(found, Told) else found, arrival)


def detect_text(value: object) -> bool:
    """A text that one of the services writes."""
    return isinstance(value, str) and any(kind.knows(value) for kind in PROSE)


def parse_text(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """One alert."""
    said = texts.printable(value)
    return (alert_of(next(kind.tell(said, arrival) for kind in PROSE if kind.knows(said)), arrival),)


def _region(arrival: Arrival) -> str:
    return Arn.of(arrival.envelope.topic_arn).region
