"""What `config/environments/<env>.yml` and `config/delivery.yml` say, as plain values for the stacks.

The Lambdas do not read these: what they need of them is in `config.model.Config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alertrelay.alert import Labels


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
