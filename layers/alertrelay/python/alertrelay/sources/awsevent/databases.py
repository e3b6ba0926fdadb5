"""RDS, Redshift, DMS and their like: by EventBridge, and by the notices of their own event subscriptions.

Source: the user guides' chapters on event notifications, "Amazon RDS event categories and event messages" above all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft, camel
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, draft, guessed, routine, severity_said
from alertrelay.sources.awsevent.news import is_bad
from alertrelay.sources.awsevent.rds import category_of, severity_of
from alertrelay.sources.awsevent.sentences import outcome_word
from alertrelay.sources.awsevent.vocabulary import NAMESPACES
from alertrelay.values.arn import Arn

_ROUTINE = re.compile(
    r"backup|backing up|snapshot|restored|creat(ed|ing)|finished|completed?|applied|applying|updated|reset|enabled|"
    r"added|patched|started",
    re.IGNORECASE,
)
_LOUD = re.compile(
    r"storage|memory|restart|reboot|delet|not (be|been|able|support)|stopp|recover|crash|low\b|exceed|expire|"
    r"maintenance|replac|terminat|degrad|paus|lag\b|replication|fail(ing|ed)?.?over|promot",
    re.IGNORECASE,
)
"""Words of databases that ask for somebody, besides those of `news`."""
_CATEGORIES_QUIET = frozenset({"backup", "creation", "configuration change", "restoration", "notification"})
_SERVICE_OF: tuple[tuple[str, str], ...] = (
    ("docdb", "docdb"), ("neptune", "neptune"), ("redshift", "redshift"), ("dms", "dms"), ("rds", "rds"),
)  # fmt: skip
NOUNS: Mapping[str, str] = {
    "db-instance": "RDS instance",
    "db-cluster": "RDS cluster",
    "cluster": "RDS cluster",
    "snapshot": "RDS snapshot",
    "cluster-snapshot": "RDS cluster snapshot",
    "db-snapshot": "RDS snapshot",
    "db-cluster-snapshot": "RDS cluster snapshot",
    "db-parameter-group": "RDS parameter group",
    "db-param": "RDS parameter group",
    "db-security-group": "RDS security group",
    "db-proxy": "RDS proxy",
    "replication-task": "DMS task",
    "replication-instance": "DMS instance",
}
_DIMENSIONS: Mapping[str, str] = {
    "db-instance": "DBInstanceIdentifier",
    "db-cluster": "DBClusterIdentifier",
    "cluster": "DBClusterIdentifier",
    "replication-task": "ReplicationTaskIdentifier",
    "replication-instance": "ReplicationInstanceIdentifier",
}


def guess_of(message: str, categories: tuple[str, ...]) -> str:
    """Of an event whose id is in no table. Routine is a mere backup or creation, and what says that all went well."""
    said = " ".join(categories).lower()
    if is_bad(message) or re.search(r"fail|low storage|availability|deletion|security", said):
        return "warning"
    if not message or (_LOUD.search(message) and not re.search(r"backup|snapshot", message, re.IGNORECASE)):
        return ""
    quiet = bool(categories) and {each.lower() for each in categories} <= _CATEGORIES_QUIET
    return "info" if quiet or _ROUTINE.search(message) else ""


def _graded(event_id: str, message: str, categories: tuple[str, ...]) -> dict[str, str]:
    """Severity by the table. What it calls routine is known; the rest never lowers what the topic gives."""
    known = severity_of(event_id)
    if known == "info":
        return {"severity": "info"}
    guess = guess_of(message, categories)
    unknown = "RDS-EVENT-" in event_id.upper() and not known
    return {"guess": known or ("" if unknown and guess == "info" else guess)}


def _identity(service: str, name: str, event_id: str, at: datetime | None) -> str:
    """One event that comes by EventBridge and by SNS has no id in common but these three."""
    return f"{service}:{name}/{event_id}/{at:%Y-%m-%dT%H:%M:%S}" if name and event_id and at else ""


def _rds(event: Event) -> AlertDraft:
    detail = event.detail
    kind = detail.text("SourceType").lower().replace("_", "-")
    name = detail.text("SourceIdentifier") or resource_name(detail.text("SourceArn") or event.arn)
    message = detail.text("Message", "message", "detailMessage")
    categories = detail.texts("EventCategories")
    event_id = detail.text("EventID")
    noun = _noun(event.service, kind)
    at = detail.at("Date")
    found = draft(
        event,
        alertname=f"{camel(noun)}{_category(event_id, categories)}",
        summary=f"{noun} {name}: {message or event.detail_type}",
        **_graded(event_id, message, categories),
        resource=name,
        labels={**cluster_labels(kind, name), "event_id": event_id},
        description=message,
        path=_database_path(event.region, kind, name) if event.service == "rds" else "",
    )
    return replace(found, identity=_identity(event.service, name, event_id, at) or event.id, at=at or event.at)


def _noun(service: str, kind: str) -> str:
    if service in ("rds", "dms"):
        return NOUNS.get(kind) or f"{service.upper()} {kind.removeprefix('db-').replace('-', ' ')}".strip()
    return f"{_SERVICES.get(service, service.capitalize())} {kind.replace('db-', '').replace('-', ' ')}".strip()


_SERVICES: Mapping[str, str] = {"docdb": "DocumentDB"}


def _category(event_id: str, categories: tuple[str, ...]) -> str:
    """Returns the id's own category, because a notice by SNS has no other."""
    return camel((category_of(event_id) or next(iter(categories), "Event")).title())


def cluster_labels(kind: str, name: str) -> dict[str, str]:
    labels = {_DIMENSIONS[kind]: name} if kind in _DIMENSIONS else {}
    return {**labels, "cluster": name} if kind in ("cluster", "db-cluster") else labels


def _database_path(region: str, kind: str, name: str) -> str:
    is_cluster = "true" if "cluster" in kind else "false"
    return f"/rds/home?region={region}#database:id={quote(name, safe='')};is-cluster={is_cluster}"


_DMS_WORDS: Mapping[str, str] = {
    "0069": "Started",
    "0073": "Deleted",
    "0074": "Created",
    "0078": "Failed",
    "0079": "Stopped",
    "0080": "Modified",
    "0082": "DeletionFailed",
    "0091": "ReadingPaused",
    "0092": "DiskFull",
    "0093": "ReadingResumed",
}
"""What became of a replication task, by event id. Source: AWS DMS user guide, "AWS DMS event categories and event
messages"."""
_DMS_ROUTINE = routine("started", "created", "modified", "reading resumed")


def _dms_word(event_id: str, state: str) -> str:
    return _DMS_WORDS.get(event_id[-4:], "") if "DMS-EVENT" in event_id.upper() else outcome_word(state)


def _dms_guess(word: str, said: str) -> str:
    return guessed(good=_DMS_ROUTINE(word), doubtful=is_bad(f"{word} {said}"))


def _dms(event: Event) -> AlertDraft:
    detail = event.detail
    kind = detail.text("type").lower().replace("_", "-")
    name = resource_name(event.arn)
    message = detail.text("detailMessage", "message")
    state = detail.text("eventType").replace("REPLICATION_TASK_", "").replace("REPLICATION_INSTANCE_", "")
    event_id = detail.text("eventId")
    noun = NOUNS.get(kind, "DMS")
    word = _dms_word(event_id, state) or outcome_word(state)
    return draft(
        event,
        alertname=f"{camel(noun)}{word}",
        summary=f"{noun} {name}: {message or state.lower()}",
        guess=_dms_guess(word, f"{state} {message}"),
        resource=name,
        labels={**cluster_labels(kind, name), "event_id": event_id},
        path=f"/dms/v2/home?region={event.region}",
    )


def is_subscription(fields: Fields) -> bool:
    """Recognises the notice of an event subscription of RDS, DocumentDB, Neptune, Redshift or DMS."""
    if not fields.has("Event Source"):
        return False
    # Zabbix and others have an event_source and an event_id too.
    identified = "-EVENT-" in fields.text("Event ID").upper()
    return identified or (fields.has("Event Message") and (fields.has("Source ID") or fields.has("Identifier Link")))


def read_subscription(fields: Fields, _: Arrival) -> AlertDraft:
    """`Identifier Link` is a console page that names the region and the source; some writers add lines to it."""
    link = next(iter(fields.text("Identifier Link").split()), "")
    event_id = fields.text("Event ID").rpartition("#")[2].strip()
    kind = fields.text("Event Source").lower().replace("_", "-").replace(" ", "-")
    arn = Arn.of(fields.text("Source ARN"))
    name = fields.text("Source ID", "SourceIdentifier") or resource_name(fields.text("Source ARN")) or _named_in(link)
    message = fields.text("Event Message") or "event without a message"
    service = _service(event_id, link, kind)
    noun = _noun(service, kind)
    categories = fields.texts("Event Categories", "Event Category")
    word = _dms_word(event_id, "") if service == "dms" else ""
    at = fields.at("Event Time")
    graded = {"guess": _dms_guess(word, message)} if service == "dms" else _graded(event_id, message, categories)
    said = severity_said(fields, doubtful=is_bad(message))
    return AlertDraft(
        alertname=f"{camel(noun)}{word or _category(event_id, categories)}",
        summary=f"{noun} {name}: {message}",
        severity=said or graded.get("severity", ""),
        guess=graded.get("guess", ""),
        identity="" if service == "dms" else _identity(service, name, event_id, at),
        labels={
            "aws_service": service,
            "namespace": NAMESPACES.get(service, ""),
            "resource": name,
            "event_id": event_id,
            **cluster_labels(kind, name),
        },
        description="\n".join(part for part in (message, fields.text("Event ID")) if part),
        link=link,
        account=arn.account,
        region=arn.region or _region_in(link),
        at=at,
    )


def _service(event_id: str, link: str, kind: str) -> str:
    if kind.startswith("replication"):
        return "dms"
    whole = f"{event_id.lower()} {_path(link)}"
    return next((service for word, service in _SERVICE_OF if word in whole), "rds")


def _path(link: str) -> str:
    """Returns the path of a link in lower case, "" where it is no link."""
    try:
        return urlsplit(link).path.lower()
    except ValueError:
        return ""


def _region_in(link: str) -> str:
    found = re.search(r"[?&]region=([a-z]{2}(?:-[a-z]+)+-[0-9])", link)
    return found[1] if found else ""


def _named_in(link: str) -> str:
    found = re.search(r"(?:SourceId|ids|id)=([^;&]+)", link)
    return found[1] if found else ""


READERS: Mapping[str, Reader] = {
    "rds:": _rds,
    "docdb:": _rds,
    "neptune:": _rds,
    "dms:": _dms,
}
