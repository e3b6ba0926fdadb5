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
from alertrelay.sources.awsevent.draft import AlertDraft, alert_of, alerts_of
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """A notice that is a JSON object."""

    knows: Callable[[Fields], bool]
    read: Callable[[Fields, Arrival], AlertDraft | Iterable[AlertDraft]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A notice that is plain text."""

    knows: Callable[[str], bool]
    read: Callable[[str, Arrival], AlertDraft]


JSON: tuple[Json, ...] = (
    Json(knows=databases.is_subscription, read=databases.read_subscription),
    Json(knows=caches.is_cache, read=caches.read_cache),
    Json(knows=compute.is_scaling, read=compute.read_scaling_notice),
    Json(knows=development.is_deployment, read=development.read_deployment),
    Json(knows=development.is_approval, read=development.read_approval),
    Json(knows=mail.is_mail, read=lambda fields, arrival: mail.read_mail(fields, _region(arrival))),
    Json(knows=storage.is_storage, read=storage.read_storage),
    Json(knows=jobs.is_records, read=jobs.read_records),
    Json(knows=jobs.is_invocation, read=jobs.read_invocation),
    Json(knows=storage.is_glacier, read=storage.read_glacier),
    Json(knows=compliance.is_config, read=compliance.read_config),
    Json(knows=trail.is_trail, read=trail.read_trail),
    Json(knows=operations.is_command, read=operations.read_command),
    Json(knows=health.is_health, read=health.read_health),
    Json(knows=observing.is_insight, read=observing.read_insight),
    Json(knows=cost.is_anomaly, read=lambda fields, _: cost.read_anomaly(fields)),
    Json(knows=cost.is_budget, read=cost.read_budget),
    Json(knows=assessment.is_assessment, read=assessment.read_assessment),
    Json(knows=security.is_findings, read=security.read_findings),
)
PROSE: tuple[Prose, ...] = (
    Prose(knows=development.is_stack_text, read=development.read_stack),
    Prose(knows=cost.is_budget_text, read=cost.read_budget_text),
    Prose(knows=development.is_beanstalk_text, read=development.read_beanstalk),
    Prose(knows=caches.is_cache_text, read=caches.read_cache_text),
    Prose(knows=storage.is_backup_text, read=storage.read_backup),
)


def detect(value: object) -> bool:
    """Recognises a JSON object that one of the services writes."""
    fields = Fields.of(texts.mapping(value))
    return bool(fields) and any(kind.knows(fields) for kind in JSON)


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert; of a notice with records or findings, one each."""
    fields = Fields.of(texts.mapping(value))
    found = next(kind.read(fields, arrival) for kind in JSON if kind.knows(fields))
    return alerts_of((found,) if isinstance(found, AlertDraft) else found, arrival)


def detect_text(value: object) -> bool:
    """Recognises a text that one of the services writes."""
    return isinstance(value, str) and any(kind.knows(value) for kind in PROSE)


def parse_text(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert."""
    said = texts.printable(value)
    return (alert_of(next(kind.read(said, arrival) for kind in PROSE if kind.knows(said)), arrival),)


def _region(arrival: Arrival) -> str:
    return Arn.of(arrival.envelope.topic_arn).region
