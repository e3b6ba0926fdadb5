"""Lists every rule, by the kind of resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.catalogue import (
    aurora,
    balancer,
    ecs,
    elasticache,
    functions,
    memcached,
    rds,
    serverless,
    service_connect,
    sqs,
    targets,
    telemetry,
)
from compiler.catalogue.rule import Rule, runbook_of

PARTS: Mapping[str, tuple[str, ...]] = {
    "rds": ("instance",),
    "aurora": ("cluster", "writer", "reader"),
    "elasticache": ("node",),
    "memcached": ("node",),
    "elasticache-serverless": ("cache",),
    "ecs": ("service", "cluster", "connect", "target", "telemetry", "log"),
    "alb": ("balancer",),
    "sqs": ("queue", "dead-letters"),
    "lambda": ("function",),
}
"""The parts that a resource of each kind may have: compiler/alarms/watched.py and data_stores.py make them."""


def checked_rules(kind: str, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Returns the rules. Raises ValueError for one whose `parts` no resource of this kind has: it would make no alarm,
    and nobody would notice."""
    for rule in rules:
        if not rule.parts or not set(rule.parts) <= set(PARTS[kind]):
            raise ValueError(
                f"the catalogue of {kind}, {rule.alertname}: parts of ({', '.join(PARTS[kind])}) were expected, "
                f"this rule has parts={rule.parts!r}; correct it, or list a new part in PARTS of "
                "compiler/catalogue/table.py and make it in compiler/alarms/watched.py"
            )
    return rules


_RULES: Mapping[str, tuple[Rule, ...]] = {
    "rds": rds.RULES,
    "aurora": aurora.RULES,
    "elasticache": elasticache.RULES,
    "memcached": memcached.RULES,
    "elasticache-serverless": serverless.RULES,
    "ecs": (*ecs.RULES, *service_connect.RULES, *targets.RULES, *telemetry.RULES),
    "alb": balancer.RULES,
    "sqs": sqs.RULES,
    "lambda": functions.RULES,
}
CATALOGUE: Mapping[str, tuple[Rule, ...]] = {kind: checked_rules(kind, rules) for kind, rules in _RULES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The composite alarm over the parts of one service's resources of one kind. It fires when one of them does."""

    alertname: str
    what: str
    impact: str

    @property
    def runbook(self) -> str:
        """Returns the file's name below runbooks/."""
        return runbook_of(self.alertname)


DATABASE = Parent(
    alertname="DatabaseDown",
    what="The database",
    impact="The service's data cannot be read or written: most of its requests fail.",
)
CACHE = Parent(
    alertname="CacheDown",
    what="The cache",
    impact="Clients fail, or continue without a cache and put its load on the database.",
)
SERVICE = Parent(alertname="ServiceDown", what="The service", impact="Users cannot use the service.")
SEVERAL = Parent(
    alertname="MultipleServicesDown",
    what="Several services",
    impact="Users cannot use several services: look for one cause.",
)
CLUSTER = Parent(
    alertname="ClusterDown",
    what="All services",
    impact="Users cannot use anything that runs in the cluster.",
)
OF_CLUSTERS = (SEVERAL, CLUSTER)
"""Over the ServiceDown alarms of a cluster with at least two services."""
SEVERAL_AT_LEAST = 2
PARENTS: Mapping[str, Parent] = {
    "rds": DATABASE,
    "aurora": DATABASE,
    "elasticache": CACHE,
    "memcached": CACHE,
    "elasticache-serverless": CACHE,
    "ecs": SERVICE,
    "alb": SERVICE,
}
"""Queues and functions have none: each is one part, and an alarm over one alarm says nothing new."""
