"""RDS, ElastiCache, Redshift, DMS: by EventBridge, and by the notices of their own event subscriptions.

Source: the user guides' chapters on event notifications, "Amazon RDS event categories and event messages" above all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlsplit

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import NAMESPACES, Teller, outcome_word, page, severity_said, told
from alertrelay.sources.awsevent.told import Told, camel, severity_of
from alertrelay.values.arn import Arn

_QUIET = re.compile(
    r"backup|backing up|snapshot|restored|creat|finished|complete|applied|updat|success|normal|available|reset|"
    r"enabled|added|patched|start",
    re.IGNORECASE,
)
_LOUD = re.compile(
    r"fail|error|storage|memory|shut ?down|restart|reboot|delet|unable|unavailable|not (be|been|able|support)|"
    r"cannot|can't|stopp|recover|crash|exhaust|low|exceed|expire|incompatible|maintenance|replac|terminat|lost|"
    r"unreachable|degrad|paus|lag|replication|failover|failed over|promot",
    re.IGNORECASE,
)
_CATEGORIES_QUIET = frozenset({"backup", "creation", "configuration change", "restoration", "notification"})
_SERVICE_OF: tuple[tuple[str, str], ...] = (
    ("docdb", "docdb"), ("neptune", "neptune"), ("redshift", "redshift"), ("dms", "dms"), ("rds", "rds"),
)  # fmt: skip
_NOUNS: Mapping[str, str] = {
    "db-instance": "RDS instance",
    "db-cluster": "RDS cluster",
    "cluster": "RDS cluster",
    "snapshot": "RDS snapshot",
    "cluster-snapshot": "RDS cluster snapshot",
    "db-snapshot": "RDS snapshot",
    "db-cluster-snapshot": "RDS cluster snapshot",
    "db-parameter-group": "RDS parameter group",
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


def _graded(message: str, categories: tuple[str, ...]) -> str:
    """The events have no severity. What only a backup or a creation is, or says that all went well, is info."""
    said = " ".join(categories).lower()
    if re.search(r"fail|low storage|availability|deletion|security", said) or re.search(r"fail|error", message, re.I):
        return ""
    if _LOUD.search(message) and not re.search(r"backup|snapshot", message, re.IGNORECASE):
        return ""
    quiet = bool(categories) and {each.lower() for each in categories} <= _CATEGORIES_QUIET
    return "info" if quiet or _QUIET.search(message) else ""


def _rds(event: Event) -> Told:
    detail = event.detail
    kind = detail.text("SourceType").lower().replace("_", "-")
    name = detail.text("SourceIdentifier") or resource_name(detail.text("SourceArn") or event.arn)
    message = detail.text("Message", "message", "detailMessage")
    categories = detail.texts("EventCategories")
    noun = _NOUNS.get(kind) or "RDS"
    found = told(
        event,
        alertname=f"{camel(noun)}{_category(categories)}",
        summary=f"{noun} {name}: {message or event.detail_type}",
        severity=_graded(message, categories),
        resource=name,
        labels={**_cluster_labels(kind, name), "event_id": detail.text("EventID")},
        description=message,
        path=_database_path(event.region, kind, name),
    )
    return replace(found, at=detail.at("Date") or event.at)


def _category(categories: tuple[str, ...]) -> str:
    return camel(categories[0].title()) if categories else "Event"


def _cluster_labels(kind: str, name: str) -> dict[str, str]:
    labels = {_DIMENSIONS[kind]: name} if kind in _DIMENSIONS else {}
    return {**labels, "cluster": name} if kind in ("cluster", "db-cluster") else labels


def _database_path(region: str, kind: str, name: str) -> str:
    is_cluster = "true" if "cluster" in kind else "false"
    return f"/rds/home?region={region}#database:id={quote(name, safe='')};is-cluster={is_cluster}"


def _dms(event: Event) -> Told:
    detail = event.detail
    kind = detail.text("type").lower().replace("_", "-")
    name = resource_name(event.arn)
    message = detail.text("detailMessage", "message")
    state = detail.text("eventType").replace("REPLICATION_TASK_", "").replace("REPLICATION_INSTANCE_", "")
    noun = _NOUNS.get(kind, "DMS")
    return told(
        event,
        alertname=f"{camel(noun)}{outcome_word(state)}",
        summary=f"{noun} {name}: {message or state.lower()}",
        severity=severity_of(f"{state} {message}"),
        resource=name,
        labels={**_cluster_labels(kind, name), "event_id": detail.text("eventId")},
        path=f"/dms/v2/home?region={event.region}",
    )


def is_subscription(fields: Fields) -> bool:
    """The notice of an event subscription of RDS, DocumentDB, Neptune, Redshift or DMS."""
    return fields.has("Event Source") and (fields.has("Event Message") or fields.has("Event ID"))


def tell_subscription(fields: Fields, _: Arrival) -> Told:
    """`Identifier Link` is a console page that names the region and the source."""
    link = fields.text("Identifier Link")
    event_id = fields.text("Event ID").rpartition("#")[2].strip()
    kind = fields.text("Event Source").lower().replace("_", "-").replace(" ", "-")
    arn = Arn.of(fields.text("Source ARN"))
    name = fields.text("Source ID", "SourceIdentifier") or resource_name(fields.text("Source ARN")) or _named_in(link)
    message = fields.text("Event Message") or "event without a message"
    service = _service(event_id, link, kind)
    noun = _NOUNS.get(kind, kind.replace("-", " "))
    noun = noun if service in ("rds", "dms") else f"{service.capitalize()} {kind.replace('db-', '')}"
    category = fields.texts("Event Categories", "Event Category")
    return Told(
        alertname=f"{camel(noun)}{_category(category)}",
        summary=f"{noun} {name}: {message}",
        severity=severity_said(fields) or _graded(message, category),
        labels={
            "aws_service": service,
            "namespace": NAMESPACES.get(service, ""),
            "resource": name,
            "event_id": event_id,
            **_cluster_labels(kind, name),
        },
        description="\n".join(part for part in (message, fields.text("Event ID")) if part),
        link=link,
        account=arn.account,
        region=arn.region or _region_in(link),
        at=fields.at("Event Time"),
    )


def _service(event_id: str, link: str, kind: str) -> str:
    if kind.startswith("replication"):
        return "dms"
    whole = f"{event_id.lower()} {_path(link)}"
    return next((service for word, service in _SERVICE_OF if word in whole), "rds")


def _path(link: str) -> str:
    """The path of a link in lower case, "" where it is no link."""
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


_CACHE = re.compile(
    r"\s*(?P<service>ElastiCache|MemoryDB|DAX)\s*:\s*(?P<what>[^:\n]{1,200}?)\s*(?::\s*(?P<name>\S+)\s*)?"
)


def is_cache(fields: Fields) -> bool:
    """ElastiCache's notice: an object whose key is what happened and whose value is where; or its newer form."""
    return fields.has("SourceType", "SourceIdentifier", "Message") or any(map(_CACHE.fullmatch, fields.given))


def tell_cache(fields: Fields, arrival: Arrival) -> Told:
    """{"ElastiCache:FailoverComplete": "sessions-002"}, or {"SourceType", "SourceIdentifier", "Message", "Date"}."""
    found = next((match for key in fields.given if (match := _CACHE.fullmatch(key))), None)
    if found:
        return _cache(found["service"], found["what"], fields.text(found[0]), arrival)
    name, message = fields.text("SourceIdentifier"), fields.text("Message")
    kind = fields.text("SourceType").lower().replace("_", "-")
    service = "ElastiCache" if re.search(r"cache|replication-group|serverless", kind) else "RDS"
    plain = _cache(service, "Event", name, arrival)
    return replace(
        plain,
        summary=f"{_NOUNS.get(kind) or f'{service} {kind}'} {name}: {message}",
        severity=_graded(message, fields.texts("EventCategories")),
        labels=plain.labels if service == "ElastiCache" else {**plain.labels, **_cluster_labels(kind, name)},
        description=message,
        at=fields.at("Date"),
    )


def is_cache_text(text: str) -> bool:
    """The same as one line: ElastiCache:FailoverComplete : sessions-002."""
    return len(text) < 1_000 and bool(_CACHE.fullmatch(text))


def tell_cache_text(text: str, arrival: Arrival) -> Told:
    """What happened, and where."""
    found = _CACHE.fullmatch(text)
    service, what, name = found.group("service", "what", "name") if found else ("ElastiCache", text, "")
    return _cache(service, what, name or "", arrival)


def _cache(service: str, what: str, name: str, arrival: Arrival) -> Told:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", what).lower()
    region = Arn.of(arrival.envelope.topic_arn).region
    quiet = re.search(r"complete|snapshot|created|added|scaling|start|changed", words)
    loud = re.search(r"failover|failed|replac|recover|delet", words)
    lower = service.lower()
    node = "" if service == "RDS" else name
    return Told(
        alertname=f"{service} {what}",
        summary=f"{service} {name or 'cluster'}: {words}",
        severity="info" if quiet and not loud else "",
        labels={
            "aws_service": lower,
            "namespace": NAMESPACES.get(lower, ""),
            "resource": name,
            "CacheClusterId": node,
            "cluster": re.sub(r"(-[0-9]{4})?-[0-9]{3}$", "", node),
        },
        link=page(region, f"/{lower}/home?region={region}"),
    )


TELLERS: Mapping[str, Teller] = {
    "rds:": _rds,
    "docdb:": _rds,
    "neptune:": _rds,
    "dms:": _dms,
}
