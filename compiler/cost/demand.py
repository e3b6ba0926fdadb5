"""Finds what an environment's month is counted for in its files: who is notified by its alarms, and its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from alertrelay.config.model import Config, Target
from alertrelay.config.slo import WINDOWS
from alertrelay.config.watch import AnomalyConfig
from alertrelay.policy.route import match_routes

from compiler.alarms.alarm import Plan, setting_of
from compiler.alarms.plan import plan
from compiler.alarms.slo import plan_slos
from compiler.cost.month import Demand, ScorerDemand, SloDemand
from compiler.cost.queries import LOG_GB, SERIES, prometheus_demand, query_demand
from compiler.cost.usage import MONTH_MINUTES, CountedAlert
from compiler.dashboards.pages import dashboards_of
from compiler.delivery import LastResort, sends_sms
from compiler.reading.finding import Findings
from compiler.resources.environment import Environment

OPEN_MINUTES = 30.0
ALERTS_A_DAY = 100.0
MONTH_SECONDS = MONTH_MINUTES * 60
_SAMPLES: Sequence[Mapping[str, str]] = ({"severity": "critical"}, {"severity": "warning"})
"""The alerts of an environment that lists no resource."""


def demand(
    environment: Environment,
    config: Config,
    people: LastResort | None,
    anomaly: AnomalyConfig | None,
    *,
    alerts_a_day: float = ALERTS_A_DAY,
    homes: float | None = None,
    open_minutes: float = OPEN_MINUTES,
    rules: Mapping[str, str] | None = None,
    log_gb: float = LOG_GB,
    series: float = SERIES,
) -> Demand:
    """Returns the demand of one environment. Without `homes`, they are the mean of its own alarms, each as likely as
    another. `rules` are the files of Prometheus's rules that are deployed with it."""
    planned = plan(environment.resources, setting_of(environment), Findings())
    reached = [integrations(config, labels) for labels in _labels(environment, planned)]
    targets = [target for each in reached for target in each]
    return Demand(
        alerts_a_day=alerts_a_day,
        alert=CountedAlert(
            homes=fmean(map(len, reached)) if homes is None else homes,
            open_minutes=open_minutes,
            repeat_interval=config.route.repeat_interval,
        ),
        forwarder_mb=environment.forwarder_memory_mb,
        channels=len({target.integration.channel for target in targets}),
        alarms=sum(alarm.billed_metrics for alarm in planned.alarms if not alarm.query),
        composites=len(planned.parents),
        scored=_scored(anomaly) if anomaly else None,
        slos=slo_demand(environment),
        dashboards=len(dashboards_of(environment)) + 1 if environment.dashboards else 0,
        sms=sends_sms(config, people),
        ops_page=bool(environment.ops_pagerduty_key),
        audited_every=environment.audit.every if environment.audit else 0,
        intake=bool(environment.intake),
        accompanied=config.accompanied,
        log_days=environment.log_retention_days,
        reported=bool(environment.audit and environment.audit.report),
        queried=query_demand(planned.alarms, log_gb),
        prometheus=prometheus_demand(rules or {}, series),
    )


def slo_demand(environment: Environment) -> SloDemand | None:
    """Returns the demand of its objectives, None where it has none."""
    planned = plan_slos(environment, Findings())
    if not planned.windows:
        return None
    own = [one.objective for one in environment.slos]
    signals = {signal.key for one in own for signal in one.signals}
    # Each window and the attainment.
    of_signals = sum(1 + len(WINDOWS) for one in own if one.application_signals)
    return SloDemand(
        objectives=len(own),
        metrics=planned.billed_metrics,
        composites=len(planned.burns),
        signals=len(signals) + of_signals,
        by_signals=len(planned.windows),
    )


def integrations(config: Config, labels: Mapping[str, str]) -> list[Target]:
    """Returns the integrations that an alert of these labels notifies, one for each group that it is in."""
    found: dict[tuple[str, str], Target] = {}
    for route in match_routes(config.route, labels):
        receiver = config.receiver(route.receiver)
        for target in receiver.targets if receiver else ():
            found[route.id, str(target.integration)] = target
    return list(found.values())


def _labels(environment: Environment, planned: Plan) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = [
        {
            **alarm.labels,
            "alertname": alarm.alertname,
            "severity": alarm.severity,
            "namespace": next((stat.namespace for stat in alarm.stats), ""),
        }
        for alarm in planned.alarms
    ]
    return found or [{**environment.labels, **labels} for labels in _SAMPLES]


def _scored(anomaly: AnomalyConfig) -> ScorerDemand:
    """Returns the most that it asks for: exact entries count once each, those with a pattern up to max_metrics, all of
    them at the shortest period."""
    every, exact = anomaly.every, [watch for watch in anomaly.watches if watch.exact]
    if len(exact) == len(anomaly.watches) and len(exact) <= anomaly.max_metrics:
        asked = sum(MONTH_SECONDS / watch.period for watch in exact)
        return ScorerDemand(metrics=len(exact), period=every, asked=asked)
    metrics = anomaly.max_metrics
    return ScorerDemand(metrics=metrics, period=every, asked=metrics * MONTH_SECONDS / every)
