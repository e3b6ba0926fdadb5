"""Plans the alarms of objectives: one for each window, without actions, and two composite alarms with them.

An alarm watches one window: all metrics of an expression have the same period, so that two windows need two alarms
(Amazon CloudWatch user guide, "Create an alarm based on a metric math expression"). The period is as long as the
window: CloudWatch evaluates it anew each minute, and one longer than a day each hour, at the last whole hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alertrelay.alert import Labels
from alertrelay.config.slo import FAST, PAIRS, SLOW, Objective, Signal, WindowPair

from compiler.alarms.alarm import Setting, Stat, alarm_name, setting_of
from compiler.alarms.description import describe
from compiler.catalogue.rule import Severity
from compiler.reading.duration import spell_duration
from compiler.reading.finding import Findings, Place
from compiler.resources.environment import Environment
from compiler.resources.resource import NOWHERE, Resource
from compiler.resources.slo import ListedObjective

KIND = "slo"
TOPIC = "slo-violations"
MINUTE = 60
RUNBOOKS: Mapping[str, str] = {FAST: "slo-error-budget-fast.md", SLOW: "slo-error-budget-slow.md"}
LABEL_KEYS = ("service", "env", "cluster", "team", "plane", "category", "slo")
_SHARED = ("team", "plane")
"""Labels that an objective takes over from the resources of its service."""
_DO = {
    FAST: "Freeze deployments of {service}: only what mends this goes out.",
    SLOW: "Mend it before the next release of {service}.",
}
_IMPACT = {
    FAST: "Users of {service} see failures now, and the budget of {window} is spent in hours to days.",
    SLOW: "Users of {service} see more failures than agreed, and the budget of {window} does not last.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowAlarm:
    """The alarm of one window: fires while the burn rate over `window` seconds is above `threshold`. Without an
    `expression` it watches its one metric."""

    name: str
    description: str
    window: int
    period: int
    stats: tuple[Stat, ...]
    expression: str
    threshold: float
    label: str
    labels: Labels
    stack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnAlarm:
    """The composite alarm over the pairs of one severity, with the actions."""

    name: str
    alertname: str
    severity: Severity
    description: str
    pairs: tuple[tuple[str, str], ...]
    labels: Labels
    runbook: str
    stack: str
    place: Place = NOWHERE

    @property
    def rule(self) -> str:
        """Returns the rule as PutCompositeAlarm takes it: both windows of one pair."""
        return " OR ".join(f'(ALARM("{long}") AND ALARM("{short}"))' for long, short in self.pairs)

    @property
    def children(self) -> tuple[str, ...]:
        """Returns the names of all its alarms."""
        return tuple(name for pair in self.pairs for name in pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class SloPlan:
    """The alarms of an environment's objectives."""

    windows: tuple[WindowAlarm, ...] = ()
    burns: tuple[BurnAlarm, ...] = ()

    @property
    def billed_metrics(self) -> int:
        """Returns the metrics that CloudWatch charges: each member of an expression."""
        return sum(len(alarm.stats) for alarm in self.windows)


def plan_slos(environment: Environment, findings: Findings) -> SloPlan:
    """Returns the alarms of every objective. A description that does not fit is a finding, and its alarm left out."""
    windows: list[WindowAlarm] = []
    burns: list[BurnAlarm] = []
    setting = setting_of(environment)
    for listed in environment.slos:
        labels = labels_of(listed.objective, setting, environment.resources)
        for pair in PAIRS:
            windows += (_window(listed, pair, length, labels, setting) for length in (pair.long, pair.short))
        burns += (burn for name in (FAST, SLOW) if (burn := _burn(listed, name, labels, setting, findings)))
    return SloPlan(windows=tuple(windows), burns=tuple(burns))


def slo_stacks(found: SloPlan) -> Mapping[str, SloPlan]:
    """Returns the alarms by the name of their further stack, "" the first."""
    return {
        name: SloPlan(
            windows=tuple(alarm for alarm in found.windows if alarm.stack == name),
            burns=tuple(alarm for alarm in found.burns if alarm.stack == name),
        )
        for name in dict.fromkeys(alarm.stack for alarm in found.windows)
    }


def labels_of(objective: Objective, setting: Setting, resources: Iterable[Resource]) -> Labels:
    """Returns the labels of an objective's alarms: those of the environment, of its service, and its own."""
    of_service = next(
        (one.watch.labels for one in resources if one.watch.labels.get("service") == objective.service), {}
    )
    labels = {
        **setting.labels,
        **{name: of_service[name] for name in _SHARED if name in of_service},
        "env": setting.environment,
        **objective.labels,
        "service": objective.service,
        "category": "slo",
        "slo": objective.id,
    }
    return {name: value for name, value in labels.items() if value}


def expression(objective: Objective, *, at_least: int) -> str:
    """Returns the burn rate in metric math, 0 where fewer than `at_least` events were counted. Metrics are named a, b,
    c … in the order of `objective.signals`; a count that is not published counts as 0."""
    letters = dict(zip((signal.key for signal in objective.signals), "abcdefghij", strict=False))

    def summed(signals: Iterable[Signal]) -> str:
        filled = [f"FILL({letters[signal.key]}, 0)" for signal in signals]
        return filled[0] if len(filled) == 1 else f"({' + '.join(filled)})"

    total = summed(objective.total)
    if objective.rank:
        bad = f"{total} * (1 - {letters[objective.rank.key]} / 100)"
    elif objective.good:
        bad = f"({total} - FILL({letters[objective.good.key]}, 0))"
    else:
        bad = summed(objective.bad)
    return f"IF({total} >= {at_least}, {bad} / {total} / {objective.budget:.10g}, 0)"


def _window(listed: ListedObjective, pair: WindowPair, length: int, labels: Labels, setting: Setting) -> WindowAlarm:
    objective, is_long = listed.objective, length == pair.long
    factor = pair.factor(objective.window)
    said = f"The burn rate of SLO {objective.id} over {spell_duration(length)} is above {factor:.4g}."
    given = objective.application_signals
    return WindowAlarm(
        name=window_name(objective, pair, length, setting),
        description=f"{said} It has no action of its own: {pair.alertname} fires with both windows of a pair.",
        window=length,
        period=MINUTE if given else length,
        stats=_stats(objective, length),
        expression="" if given else expression(objective, at_least=objective.min_requests if is_long else 1),
        threshold=factor,
        label=f"burn rate over {spell_duration(length)}",
        labels=labels,
        stack=listed.stack,
    )


def _stats(objective: Objective, window: int) -> tuple[Stat, ...]:
    if objective.application_signals:
        dimensions = {"SloName": objective.application_signals, "BurnRateWindowMinutes": str(window // MINUTE)}
        return (Stat(id="a", namespace="AWS/ApplicationSignals", name="BurnRate", statistic="Maximum",
                     dimensions=dimensions),)  # fmt: skip
    return tuple(
        Stat(
            id=letter,
            namespace=signal.namespace,
            name=signal.name,
            statistic=signal.statistic,
            dimensions=signal.dimensions,
        )
        for letter, signal in zip("abcdefghij", objective.signals, strict=False)
    )


def window_name(objective: Objective, pair: WindowPair, length: int, setting: Setting) -> str:
    """Returns the name of a window's alarm. It does not hold the factor, so that another window of the objective
    changes an alarm and makes no new one."""
    side = "long" if length == pair.long else "short"
    return alarm_name(setting.environment, KIND, f"{objective.id}-{spell_duration(length)}", side, pair.severity)


def _burn(
    listed: ListedObjective, alertname: str, labels: Labels, setting: Setting, findings: Findings
) -> BurnAlarm | None:
    objective = listed.objective
    pairs = [pair for pair in PAIRS if pair.alertname == alertname]
    severity = pairs[0].severity
    base = setting.runbook_base_url.rstrip("/")
    words = {"service": objective.service, "window": spell_duration(objective.window)}
    metadata = {
        "alertname": alertname,
        "severity": severity,
        **{key: labels[key] for key in LABEL_KEYS if key in labels},
        "runbook": f"{base}/{RUNBOOKS[alertname]}" if base else "",
        "impact": _IMPACT[alertname].format(**words),
    }
    try:
        description = describe(f"{_sentence(objective, pairs)} {_DO[alertname].format(**words)}", metadata)
    except ValueError:
        message = f"the description of {alertname} is longer than the 1,024 characters that CloudWatch takes"
        findings.error(listed.at("labels"), "too-long", message, "shorten the labels or the runbook's address")
        return None
    return BurnAlarm(
        name=alarm_name(setting.environment, KIND, objective.id, alertname, severity),
        alertname=alertname,
        severity=severity,
        description=description,
        pairs=tuple(
            (window_name(objective, pair, pair.long, setting), window_name(objective, pair, pair.short, setting))
            for pair in pairs
        ),
        labels=labels,
        runbook=RUNBOOKS[alertname],
        stack=listed.stack,
        place=listed.at(),
    )


def _sentence(objective: Objective, pairs: Iterable[WindowPair]) -> str:
    """Writes what the objective is, and the rates with the share of the budget that each spends."""
    rates = [
        f"{pair.factor(objective.window):.3g} times over {spell_duration(pair.long)} and {spell_duration(pair.short)} "
        f"({pair.share:.0%} of the budget)".replace("%", " %")
        for pair in pairs
    ]
    return (
        f"SLO {objective.id} ({objective.percent:g} % of {spell_duration(objective.window)}): the error budget burns "
        f"faster than planned. More than {', or '.join(rates)}."
    )
