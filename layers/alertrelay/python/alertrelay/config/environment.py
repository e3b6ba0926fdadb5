"""What `config/environments/<env>.yml` and `config/delivery.yml` say, as plain values for the stacks.

The Lambdas do not read these: what they need of them is in `config.model.Config`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from alertrelay.alert import Labels
from alertrelay.config.finding import Findings, did_you_mean
from alertrelay.config.formats import ACCOUNT, EMAIL_ADDRESS, LABEL_VALUE, REGION, WEB_ADDRESS
from alertrelay.config.section import Section, keys, number_of, section_of
from alertrelay.config.yamlfile import Value

KEYS = keys(
    "region retain log_retention_days labels publisher_accounts ops_email runbook_base_url databases caches services"
)
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs takes (PutRetentionPolicy)."""

DATABASE_THRESHOLDS = ("cpu_percent", "cpu_critical_percent")
CACHE_THRESHOLDS = ("memory_percent", "memory_critical_percent")
SERVICE_THRESHOLDS = ("cpu_percent", "cpu_critical_percent")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,254}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An RDS instance. `thresholds` override the pack's own numbers by alarm (`cpu_percent: 70`)."""

    id: str  # DBInstanceIdentifier
    labels: Labels
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A Redis or Valkey node of ElastiCache: CacheClusterId is the node's id (`sessions-001`), not the group's."""

    id: str  # CacheClusterId
    labels: Labels
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An ECS service."""

    id: str  # ServiceName
    cluster: str  # ClusterName
    labels: Labels
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One environment. `labels` stand on every alarm of it; `retain` keeps table, key and secret on deletion.

    `region` is where the stack goes: alarms publish only to topics of their own region. "" leaves it to the
    credentials of the deploy. `publisher_accounts` are further accounts whose alarms may publish here.
    """

    name: str
    region: str
    retain: bool
    log_retention_days: int
    labels: Labels
    publisher_accounts: tuple[str, ...]
    ops_email: tuple[str, ...]  # told by SNS directly when the relay itself is unwell
    runbook_base_url: str
    databases: tuple[Database, ...]
    caches: tuple[Cache, ...]
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResort:
    """Who is subscribed to the stack's own topic behind the last stage."""

    email: tuple[str, ...]
    sms: tuple[str, ...]


def parse_environment(root: Value, name: str, findings: Findings) -> Environment | None:
    """Reads one file; faults are findings and count as absent. None where it is no mapping at all."""
    section = section_of(root, KEYS, findings)
    if section is None:
        return None
    if not section.list("ops_email"):
        mend = "add `ops_email: [platform@example.com]`"
        findings.warning(
            section.at("ops_email"), "no-ops-email", "nobody is told when the relay itself is unwell", mend
        )
    region = section.get("region")
    runbooks = section.get("runbook_base_url")
    return Environment(
        name=name,
        region=REGION(region, findings) if region else "",
        retain=section.flag("retain", default=False),
        log_retention_days=_log_retention(section),
        labels=_labels(section),
        publisher_accounts=tuple(filter(None, (ACCOUNT(v, findings) for v in section.list("publisher_accounts")))),
        ops_email=tuple(filter(None, (EMAIL_ADDRESS(v, findings) for v in section.list("ops_email")))),
        runbook_base_url=WEB_ADDRESS(runbooks, findings) if runbooks else "",
        databases=tuple(
            Database(id=_id(item), labels=_labels(item), thresholds=_thresholds(item, DATABASE_THRESHOLDS))
            for item in _resources(section, "databases", ("id", "labels", "thresholds"))
        ),
        caches=tuple(
            Cache(id=_id(item), labels=_labels(item), thresholds=_thresholds(item, CACHE_THRESHOLDS))
            for item in _resources(section, "caches", ("id", "labels", "thresholds"))
        ),
        services=tuple(
            Service(
                id=_id(item),
                cluster=_id(item, "cluster"),
                labels=_labels(item),
                thresholds=_thresholds(item, SERVICE_THRESHOLDS),
            )
            for item in _resources(section, "services", ("id", "cluster", "labels", "thresholds"))
        ),
    )


def _log_retention(section: Section) -> int:
    days = section.whole("log_retention_days", 30, low=1, high=3653)
    if days not in LOG_RETENTION_DAYS:
        mend = f"one of {', '.join(map(str, LOG_RETENTION_DAYS))}"
        section.findings.error(section.at("log_retention_days"), "bad-value", f"CloudWatch does not take {days}", mend)
        return 30
    return days


def _resources(section: Section, key: str, known: tuple[str, ...]) -> tuple[Section, ...]:
    """The items of a list of resources, after an error for each that stands twice."""
    items = section.sections(key, known)
    first: dict[tuple[str, str], Section] = {}
    for item in items:
        identity = (item.text("cluster"), item.text("id"))
        earlier = first.setdefault(identity, item)
        if earlier is not item:
            message = f"{item.text('id')!r} stands twice, first in line {earlier.place.line}"
            section.findings.error(item.at("id"), "duplicate-id", message, "remove one of the two")
    return items


def _id(item: Section, key: str = "id") -> str:
    if not item.require(key, f"add `{key}: …`"):
        return ""
    text = item.string(key)
    if text and not _ID.fullmatch(text):
        message = f"{text!r} is not the name of a resource"
        item.findings.error(item.at(key), "bad-value", message, "the identifier alone, as in orders-db, no ARN")
        return ""
    return text


def _labels(section: Section) -> Labels:
    labels: dict[str, str] = {}
    for name, value in section.mapping("labels").items():
        text = LABEL_VALUE(value, section.findings)
        if not _LABEL_NAME.fullmatch(name):
            mend = "letters, digits and underscores, no digit first"
            section.findings.error(value.place, "bad-label", f"{name!r} is no label name", mend)
        elif text:
            labels[name] = text
    return labels


def _thresholds(section: Section, known: tuple[str, ...]) -> Mapping[str, float]:
    thresholds: dict[str, float] = {}
    for name, value in section.mapping("thresholds").items():
        if name not in known:
            message = f"no alarm here has the threshold {name!r}"
            section.findings.error(value.place, "unknown-key", message, did_you_mean(name, known))
        else:
            thresholds[name] = number_of(value, section.findings, low=0, high=100, default=100)
    for name, percent in thresholds.items():
        critical = thresholds.get(name.replace("_percent", "_critical_percent"))
        if critical is not None and percent >= critical and not name.endswith("_critical_percent"):
            message = f"the warning at {percent:g} does not come before the critical alarm at {critical:g}"
            section.findings.warning(section.at("thresholds"), "threshold-order", message, "lower the warning")
    return thresholds
