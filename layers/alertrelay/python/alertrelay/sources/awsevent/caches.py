"""ElastiCache, MemoryDB and DAX: by SNS as an object with one key or as a line, and by EventBridge.

Source: Amazon ElastiCache user guide, "Event notifications and Amazon SNS" and "Serverless cache events".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.databases import NOUNS, cluster_labels, guess_of
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, draft, page
from alertrelay.sources.awsevent.news import is_bad
from alertrelay.sources.awsevent.vocabulary import NAMESPACES
from alertrelay.values.arn import Arn

_CACHE = re.compile(
    r"\s*(?P<service>ElastiCache|MemoryDB|DAX)\s*:\s*(?P<what>[^:\s][^:\n]{0,200}?)\s*(?::\s*(?P<name>\S+)\s*)?"
)


def is_cache(fields: Fields) -> bool:
    """ElastiCache's notice: an object whose key is what happened and whose value is where; or its newer form."""
    return fields.has("SourceType", "SourceIdentifier", "Message") or any(map(_CACHE.fullmatch, fields.given))


def read_cache(fields: Fields, arrival: Arrival) -> AlertDraft:
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
        summary=f"{NOUNS.get(kind) or f'{service} {kind}'} {name}: {message}",
        guess=guess_of(message, fields.texts("EventCategories")),
        labels=plain.labels if service == "ElastiCache" else {**plain.labels, **cluster_labels(kind, name)},
        description=message,
        at=fields.at("Date"),
    )


def is_cache_text(text: str) -> bool:
    """Recognises the same as one line: ElastiCache:FailoverComplete : sessions-002."""
    return len(text) < 1_000 and bool(_CACHE.fullmatch(text))


def read_cache_text(text: str, arrival: Arrival) -> AlertDraft:
    """Returns the happening and its place."""
    found = _CACHE.fullmatch(text)
    service, what, name = found.group("service", "what", "name") if found else ("ElastiCache", text, "")
    return _cache(service, what, name or "", arrival)


_CACHE_ROUTINE = re.compile(r"complete|created|added|scaling|started|changed")
_CACHE_LOUD = re.compile(r"failover|replac|recover|delet|reboot|limit|approach|removed")


def _cache(service: str, what: str, name: str, arrival: Arrival) -> AlertDraft:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", what).lower()
    region = Arn.of(arrival.envelope.topic_arn).region
    lower = service.lower()
    node = "" if service == "RDS" else name
    return AlertDraft(
        alertname=f"{service} {what}",
        summary=f"{service} {name or 'cluster'}: {words}",
        guess=_cache_guess(words),
        labels={
            "aws_service": lower,
            "namespace": NAMESPACES.get(lower, ""),
            "resource": name,
            "CacheClusterId": node,
            "cluster": re.sub(r"(-[0-9]{4})?-[0-9]{3}$", "", node),
        },
        link=page(region, f"/{lower}/home?region={region}"),
    )


def _cache_guess(words: str) -> str:
    if is_bad(words):
        return "warning"
    if _CACHE_LOUD.search(words):
        return ""
    return "info" if _CACHE_ROUTINE.search(words) else ""


def _cache_event(event: Event) -> AlertDraft:
    """ElastiCache by EventBridge: Cache Created, Snapshot Creation Failed and so on. Named as by SNS."""
    detail = event.detail
    name = detail.text("SourceIdentifier", "sourceIdentifier") or resource_name(detail.text("SourceArn") or event.arn)
    message = detail.text("Message")
    kind = event.detail_type or "Event"
    return draft(
        event,
        alertname=f"ElastiCache {kind}",
        summary=f"ElastiCache {name or 'cache'}: {message or kind.lower()}",
        guess=_cache_guess(f"{kind} {message}".lower()),
        resource=name,
        labels={"CacheClusterId": name, "event_id": detail.text("EventID")},
        description=message,
    )


READERS: Mapping[str, Reader] = {"elasticache:": _cache_event}
