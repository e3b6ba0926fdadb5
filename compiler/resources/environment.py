"""Reads `config/environments/<env>.yml` and a part of `config/delivery.yml`, as plain values for the stacks.

The Lambdas do not read these: what they need of them is in `config.model.Config`.
"""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.alert import Labels
from alertrelay.config.slo import SloConfig

from compiler.reading.finding import Findings
from compiler.reading.formats import ACCOUNT, EMAIL_ADDRESS, IAM_PRINCIPAL, WEB_ADDRESS, region_of, secret_key_of
from compiler.reading.section import Section, keys, section_of
from compiler.reading.yamlfile import Value
from compiler.resources import listing
from compiler.resources.audit import Audit, audit_of
from compiler.resources.maintenance import Maintenance, maintenance_of
from compiler.resources.resource import (
    Cache,
    Cluster,
    Database,
    Function,
    LoadBalancer,
    Queue,
    Resource,
    Service,
)
from compiler.resources.slo import ListedObjective, slos
from compiler.resources.sources import Source, sources_of

KEYS = keys(
    "region retain log_retention_days labels publisher_accounts publishers ops_email ops_pagerduty_key "
    "rollout intake reserved_concurrency forwarder_memory_mb runbook_base_url alarm_tags_in_notifications "
    "managed_prometheus audit databases clusters caches services load_balancers queues functions slos dashboards "
    "sources maintenance"
)
ROLLOUTS = ("canary", "at_once")
INTAKES = ("direct", "batched")
LEAST_RESERVED = 30
"""A forwarder handles 20 of its timers at once: with no more, what comes from the topics would be refused."""
FORWARDER_MB, LEAST_FORWARDER_MB, MOST_FORWARDER_MB = 512, 256, 1769
"""A forwarder's memory, by which Lambda gives CPU: docs/adr/0039, 0065. More than a whole core makes nothing faster."""
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs takes (PutRetentionPolicy)."""
LOGS_KEPT_DAYS = 90
"""They are the history of what was notified: `alertrelay timeline` shows what was like it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One environment. `labels` stand on every alarm of it; `retain` keeps table, key and secret on deletion.

    `region` is where the stack goes: alarms publish only to topics of their own region. "" leaves it to the
    credentials of the deploy. `publisher_accounts` are further accounts whose alarms may publish here; `publishers` are
    ARNs of the roles and users who may, and nobody else may.
    """

    name: str
    region: str
    retain: bool
    log_retention_days: int
    labels: Labels
    publisher_accounts: tuple[str, ...]
    publishers: tuple[str, ...]
    rollout: str  # of ROLLOUTS
    intake: str  # of INTAKES; "" for none: alerts then come by SNS alone
    reserved_concurrency: int  # of each forwarder, 0 for none
    forwarder_memory_mb: int  # of each forwarder; CPU comes with it
    ops_pagerduty_key: str  # a key of the secret: pages by EventBridge directly when the relay itself is unwell
    ops_email: tuple[str, ...]  # notified by SNS directly when the relay itself is unwell
    runbook_base_url: str
    managed_prometheus: bool  # the rules of rules/ are deployed to a workspace of Amazon Managed Prometheus
    alarm_tags_in_notifications: bool  # each alarm sends its tags along with each change of its state
    audit: Audit | None  # None: nothing is checked on a schedule
    databases: tuple[Database, ...]
    clusters: tuple[Cluster, ...]
    caches: tuple[Cache, ...]
    services: tuple[Service, ...]
    load_balancers: tuple[LoadBalancer, ...]
    queues: tuple[Queue, ...]
    functions: tuple[Function, ...]
    slos: tuple[ListedObjective, ...] = ()
    dashboards: bool = False  # of budgets, alarms, resources and the relay, in CloudWatch
    maintenance: tuple[Maintenance, ...] = ()  # windows in which alerts are expected
    sources: tuple[Source, ...] = ()  # the servers that post here, which check --live tries

    @property
    def objectives(self) -> SloConfig | None:
        """Returns its objectives as the slo function takes them, None where it has none."""
        found = tuple(one.objective for one in self.slos)
        return SloConfig(environment=self.name, objectives=found) if found else None

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Everything that is watched, in the order of the file's documentation."""
        return (
            *self.databases,
            *self.clusters,
            *self.caches,
            *self.services,
            *self.load_balancers,
            *self.queues,
            *self.functions,
        )


def parse_environment(root: Value, name: str, findings: Findings) -> Environment | None:
    """Reads one file; faults are findings and count as absent. None where it is no mapping at all."""
    section = section_of(root, KEYS, findings)
    if section is None:
        return None
    if not section.list("ops_email"):
        mend = "add `ops_email: [platform@example.com]`"
        findings.warning(
            section.at("ops_email"), "no-ops-email", "nobody is notified when the relay itself is unwell", mend
        )
    region = section.get("region")
    runbooks = section.get("runbook_base_url")
    ops_key = section.get("ops_pagerduty_key")
    return Environment(
        name=name,
        region=region_of(region, findings) if region else "",
        retain=section.flag("retain", default=False),
        log_retention_days=_log_retention(section),
        labels=listing.labels_of(section),
        publisher_accounts=tuple(filter(None, (ACCOUNT(v, findings) for v in section.list("publisher_accounts")))),
        publishers=tuple(filter(None, (IAM_PRINCIPAL(v, findings) for v in section.list("publishers")))),
        rollout=_one_of(section, "rollout", ROLLOUTS, "a way to roll out") or ROLLOUTS[0],
        intake=_one_of(section, "intake", INTAKES, "a kind of intake"),
        reserved_concurrency=section.whole("reserved_concurrency", 0, low=LEAST_RESERVED, high=1_000),
        forwarder_memory_mb=section.whole(
            "forwarder_memory_mb", FORWARDER_MB, low=LEAST_FORWARDER_MB, high=MOST_FORWARDER_MB
        ),
        ops_pagerduty_key=secret_key_of(ops_key, findings, "ops_pagerduty_key") if ops_key else "",
        ops_email=tuple(filter(None, (EMAIL_ADDRESS(v, findings) for v in section.list("ops_email")))),
        runbook_base_url=WEB_ADDRESS(runbooks, findings) if runbooks else "",
        managed_prometheus=section.flag("managed_prometheus", default=False),
        alarm_tags_in_notifications=section.flag("alarm_tags_in_notifications", default=False),
        audit=audit_of(section),
        databases=listing.databases(section),
        clusters=listing.clusters(section),
        caches=listing.caches(section),
        services=listing.services(section),
        load_balancers=listing.load_balancers(section),
        queues=listing.queues(section),
        functions=listing.functions(section),
        slos=slos(section),
        dashboards=section.flag("dashboards", default=False),
        sources=sources_of(section),
        maintenance=maintenance_of(section),
    )


def _one_of(section: Section, key: str, words: tuple[str, ...], what: str) -> str:
    """Returns the word under a key, "" where it is missing or none of `words`."""
    word = section.text(key, "")
    if word and word not in words:
        section.findings.error(section.at(key), "bad-value", f"{word!r} is not {what}", f"one of {', '.join(words)}")
        return ""
    return word


def _log_retention(section: Section) -> int:
    days = section.whole("log_retention_days", LOGS_KEPT_DAYS, low=1, high=3653)
    if days not in LOG_RETENTION_DAYS:
        mend = f"one of {', '.join(map(str, LOG_RETENTION_DAYS))}"
        section.findings.error(section.at("log_retention_days"), "bad-value", f"CloudWatch does not take {days}", mend)
        return LOGS_KEPT_DAYS
    return days
