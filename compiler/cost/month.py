"""Makes the bill of an environment: a line each with its quantity, at rest, for alerts, and for each option."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alertrelay.config.slo import EVERY, PAIRS
from alertrelay.values.text import how_many

from compiler.cost import companion, intake, prices, usage
from compiler.cost.prices import Price
from compiler.cost.queries import PROMETHEUS, QUERIES, PrometheusDemand, QueryDemand
from compiler.resources.environment import FORWARDER_MB

ALERT_TOPICS = 5
TOPICS = ALERT_TOPICS + 1
"""Those that alarms watch: of alerts, and the last resort."""
QUEUES_WATCHED = usage.FORWARDERS * 3 + usage.FORWARDERS + 1
"""Three dead-letter queues and one of timers a forwarder, and the queue of the rules."""
FUNCTION_ALARMS = usage.FORWARDERS * 3
SHARED_ALARMS = 2
OWN_ALARMS = QUEUES_WATCHED + FUNCTION_ALARMS + SHARED_ALARMS + TOPICS
SCORER_ALARMS, SCORER_METRICS = 5, 4
AUDITOR_ALARMS, AUDITOR_METRICS = 5, 5
CLOSE_METRICS = usage.FORWARDERS + 4
"""Metrics in the alarms on events that wait and on throttles of the table; a channel has an alarm of its own."""
AUDITOR_MB, AUDIT_SECONDS = 512, 20
"""Of the auditor, and what a comparison takes of it with some thousand alarms: an assumption."""
PAGE_ALARMS = 3
SCORER_MB = 1769
SCORED_A_SECOND = 20_000
"""Points that the scorer reads a second of its function: docs/performance.md."""
SLO_ALARMS, SLO_MB, SLO_SECONDS = 3, 512, 2.0
SLO_METRICS = 3 + len(PAIRS)
"""Of each objective: what is left, minutes consumed, hours to the end, and a burn rate of each long window."""
REST, ALERTS, HISTORY = "the relay at rest", "the alerts", "history"
GZIP = 0.15
"""Of a byte of log, as it is stored: what AWS's own examples of prices assume. These lines take about 0.08."""
_CONTAINERS = 3
"""Of each forwarder, which read the secret every five minutes while they are busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the bill. `part` is REST, ALERTS, or the name of an option."""

    part: str
    what: str
    quantity: float
    price: Price

    @property
    def dollars(self) -> float:
        """Returns the dollars of a month."""
        return self.quantity * self.price.one


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerDemand:
    """What the anomaly-scorer of an environment asks for at most: `metrics` a run each `period` seconds, of which some
    are due less often, and `asked` a month."""

    metrics: int
    period: int
    asked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SloDemand:
    """What the `objectives` of an environment ask for: `metrics` of their alarms, `composites`, the `signals` that a
    run of the slo function reads, and the metrics of alarms that the same objectives would need `by_signals`, on SLOs
    of Application Signals."""

    objectives: int
    metrics: int
    composites: int
    signals: int
    by_signals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a month is counted for. `channels` are those that its alerts reach; `alarms` are metrics of the alarms on
    resources, save those on queries, `composites` their parents."""

    alerts_a_day: float
    alert: usage.CountedAlert
    channels: int
    forwarder_mb: int = FORWARDER_MB
    alarms: int = 0
    composites: int = 0
    scored: ScorerDemand | None = None
    slos: SloDemand | None = None
    dashboards: int = 0
    sms: bool = False
    ops_page: bool = False
    audited_every: int = 0
    """Seconds between two comparisons, 0 for none."""
    intake: bool = False
    accompanied: bool = False
    log_days: int = 0
    """Days that the logs are kept, 0 to leave their keeping out."""
    reported: bool = False
    """A weekly audit reads them."""
    queried: QueryDemand | None = None
    prometheus: PrometheusDemand | None = None


def bill(demand: Demand) -> list[Line]:
    """Returns all lines of a month: the relay at rest, then what alerts add, then the options that are chosen."""
    return [*at_rest(demand.forwarder_mb), *of_alerts(demand), *_options(demand)]


def relay_dollars(lines: Sequence[Line]) -> float:
    """Returns the dollars of the relay alone, without any option."""
    return sum(line.dollars for line in lines if line.part in (REST, ALERTS))


def at_rest(forwarder_mb: int) -> list[Line]:
    """Returns what a month costs in which no alert comes."""
    ticks = usage.of_ticks()
    polls = usage.FORWARDERS * usage.IDLE_POLLS * usage.MONTH_MINUTES
    return [
        _line(REST, "alarms of the relay on itself", OWN_ALARMS, prices.ALARM_METRIC),
        _line(REST, "metric of the ticks that are done", 1, prices.CUSTOM_METRIC),
        _line(REST, "the key of the topics", 1, prices.KEY),
        _line(REST, "the secret with the channels' keys", 1, prices.SECRET),
        _line(REST, f"polls of {usage.FORWARDERS} idle queues", polls, prices.SQS_REQUEST),
        *_work(REST, "ticks", ticks, 1, forwarder_mb),
    ]


def of_alerts(demand: Demand) -> list[Line]:
    """Returns what the alerts of a month add to it."""
    count = demand.alerts_a_day * usage.MONTH_DAYS
    if not count:
        return []
    work = usage.of_alert(demand.alert)
    hours = min(1.0, demand.alerts_a_day / 24)  # metrics are charged by the hours in which they are written
    five_minutes = min(usage.MONTH_MINUTES / 5, 2 * count)
    metrics = demand.channels * usage.METRICS_A_CHANNEL * hours
    reads = _CONTAINERS * usage.FORWARDERS * five_minutes
    kept = count / usage.MONTH_DAYS * work.kept_days / 1e9
    return [
        _line(ALERTS, "messages to the topics, firing and resolved", 2 * count, prices.SNS_MESSAGE),
        _line(ALERTS, "data keys of the topics", 2 * min(2 * count, ALERT_TOPICS * five_minutes), prices.KEY_REQUEST),
        _line(ALERTS, "reads of the secret", reads, prices.SECRET_READ),
        *_work(ALERTS, "alerts", work, count, demand.forwarder_mb),
        _line(ALERTS, "what the table keeps of them", kept, prices.TABLE_GB),
        _line(ALERTS, "metrics of the channels", metrics, prices.CUSTOM_METRIC),
        _line(ALERTS, "messages to the channels", count * work.sent / 1e9, prices.TRANSFER_OUT),
    ]


def _work(part: str, whose: str, work: usage.Work, times: float, memory_mb: int) -> list[Line]:
    gb_seconds = times * work.seconds(memory_mb) * memory_mb / 1024
    lines = [
        _line(part, f"invocations for {whose}", times * work.invocations, prices.INVOCATION),
        _line(part, f"their time, at {memory_mb} MB", gb_seconds, prices.GB_SECOND),
        _line(part, "writes to the table", times * work.writes, prices.TABLE_WRITE),
        _line(part, "reads of the table", times * work.reads, prices.TABLE_READ),
        _line(part, "timers, sent, received, deleted", times * work.timers * usage.QUEUE_REQUESTS, prices.SQS_REQUEST),
        _line(part, "logs and metrics lines", times * work.logged / 1e9, prices.LOGS),
    ]
    return [line for line in lines if line.quantity]


def _options(demand: Demand) -> list[Line]:
    lines = []
    if demand.alarms or demand.composites:
        name = "alarms on resources"
        lines.append(_line(name, "metrics of alarms", demand.alarms, prices.ALARM_METRIC))
        lines.append(_line(name, "composite alarms, the parents", demand.composites, prices.COMPOSITE_ALARM))
    lines += _of_queries(demand)
    if demand.sms:
        lines.append(_line("SMS", "alarm on what SMS cost; the messages apart", 1, prices.ALARM_METRIC))
    if demand.ops_page:
        lines.append(_line("ops_pagerduty_key", "alarms on the page itself", PAGE_ALARMS, prices.ALARM_METRIC))
    if demand.scored:
        lines += of_scorer(demand.scored)
    if demand.slos:
        lines += of_slos(demand.slos)
    if demand.dashboards:
        lines.append(_line("dashboards", "budgets, alarms, resources, relay", demand.dashboards, prices.DASHBOARD))
    if demand.audited_every:
        lines += of_auditor(demand.audited_every, channels=demand.channels)
    if demand.log_days:
        lines += of_history(demand)
    return [*lines, *_of_ways_beside(demand)]


def _of_ways_beside(demand: Demand) -> list[Line]:
    """Returns the lines of what has requests or messages of its own: the intake, and the companion."""
    lines = []
    if demand.intake:
        found = intake.use(demand.alerts_a_day * usage.MONTH_DAYS, demand.alert)
        lines += [_line("intake", *line) for line in intake.quantities(found) if line[1]]
    if demand.accompanied:
        lines += of_companion(demand.alerts_a_day)
    return lines


def of_companion(alerts_a_day: float) -> list[Line]:
    """Returns the lines of the companion, which hears each alert twice: when it fires, and when it resolves."""
    counted = companion.quantities(2 * alerts_a_day * usage.MONTH_DAYS)
    return [_line("companion", *line) for line in counted if line[1]]


def of_history(demand: Demand) -> list[Line]:
    """Returns the lines of keeping the logs that history is read from, and of the weekly audit over four weeks of them.
    Writing them is a line of the relay."""
    alerts = demand.alerts_a_day * usage.MONTH_DAYS * usage.of_alert(demand.alert).logged if demand.alerts_a_day else 0
    ticks = usage.of_ticks().logged
    kept = (alerts + ticks) * demand.log_days / usage.MONTH_DAYS * GZIP / 1e9
    lines = [_line(HISTORY, f"logs, kept {how_many(demand.log_days, 'day')}", kept, prices.LOGS_KEPT)]
    if demand.reported:
        runs = usage.MONTH_DAYS / 7
        # What is asked for is counted first, and then read; a month is about four weeks.
        searched = 2 * runs * (alerts + ticks) / 1e9
        lines.append(_line(HISTORY, "logs that the weekly audit searches", searched, prices.LOG_SCANNED))
    return lines


def _of_queries(demand: Demand) -> list[Line]:
    counted = ((QUERIES, demand.queried), (PROMETHEUS, demand.prometheus))
    return [_line(part, *line) for part, taken in counted if taken for line in taken.quantities()]


def of_slos(slos: SloDemand) -> list[Line]:
    """Returns the lines of the objectives: their alarms, and the slo function with its metrics."""
    name, runs = "error budgets", usage.MONTH_MINUTES * 60 / EVERY
    hours = usage.MONTH_MINUTES / 60
    return [
        _line(name, "metrics of the windows' alarms", slos.metrics, prices.ALARM_METRIC),
        _line(name, "composite alarms, which notify", slos.composites, prices.COMPOSITE_ALARM),
        _line(name, "metrics asked for (GetMetricData)", slos.signals * (runs + hours), prices.GET_METRIC_DATA),
        _line(name, "metrics of the budgets", slos.objectives * SLO_METRICS + 1, prices.CUSTOM_METRIC),
        _line(name, "runs", runs, prices.INVOCATION),
        _line(name, f"their time, at {SLO_MB} MB", runs * SLO_SECONDS * SLO_MB / 1024, prices.GB_SECOND),
        _line(name, "writes to the table", runs * slos.objectives, prices.TABLE_WRITE),
        _line(name, "alarms of the slo function on itself", SLO_ALARMS, prices.ALARM_METRIC),
    ]


def saved_by_signals(slos: SloDemand) -> float:
    """Returns the dollars of alarms that SLOs of Application Signals would save, before what AWS charges for them."""
    return (slos.metrics - slos.by_signals) * prices.ALARM_METRIC.one


def of_scorer(scored: ScorerDemand) -> list[Line]:
    """Returns the lines of the anomaly-scorer: what it asks for, its runs, its own watch, and its dashboard."""
    name, runs = "anomaly-scorer", usage.MONTH_MINUTES * 60 / scored.period
    seconds = runs * (3 + scored.metrics / SCORED_A_SECOND) * SCORER_MB / 1024
    objects = runs * (1 + scored.metrics // 400)
    return [
        _line(name, "metrics asked for (GetMetricData), at most", scored.asked, prices.GET_METRIC_DATA),
        _line(name, "runs", runs, prices.INVOCATION),
        _line(name, f"their time, at {SCORER_MB} MB, at most", seconds, prices.GB_SECOND),
        _line(name, "writes of its state", objects, prices.OBJECT_WRITE),
        _line(name, "reads of its state", objects, prices.OBJECT_READ),
        _line(name, "alarms of the scorer on itself", SCORER_ALARMS, prices.ALARM_METRIC),
        _line(name, "metrics of its runs", SCORER_METRICS, prices.CUSTOM_METRIC),
        _line("dashboard of the anomaly-scorer", "dashboard", 1, prices.DASHBOARD),
    ]


def of_auditor(every: int, *, channels: int) -> list[Line]:
    """Returns the lines of the auditor: its runs, its own watch, and the closer watch over the relay. ChannelFailures
    is written in the hours in which a channel fails, and costs nothing else."""
    name, runs = "audit", usage.MONTH_MINUTES * 60 / every
    return [
        _line(name, "runs", runs, prices.INVOCATION),
        _line(name, f"their time, at {AUDITOR_MB} MB", runs * AUDIT_SECONDS * AUDITOR_MB / 1024, prices.GB_SECOND),
        _line(name, "alarms on the audit itself", AUDITOR_ALARMS, prices.ALARM_METRIC),
        _line(name, "metrics of its runs", AUDITOR_METRICS, prices.CUSTOM_METRIC),
        _line(name, "metrics of alarms: waits, throttles", CLOSE_METRICS, prices.ALARM_METRIC),
        _line(name, "alarms on the channels", channels, prices.ALARM_METRIC),
    ]


def _line(part: str, what: str, quantity: float, price: Price) -> Line:
    return Line(part=part, what=what, quantity=quantity, price=price)
