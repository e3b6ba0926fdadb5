"""Lists the facts of an alert in the order in which a person asks for them. A missing value is a fact too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import NamedTuple
from urllib.parse import unquote

from alertrelay.alert import Alert
from alertrelay.notification import Notification
from alertrelay.render import when, wording
from alertrelay.render.notice import ACKNOWLEDGED, FROM_ELSEWHERE, SILENCED, VERDICT
from alertrelay.render.silence_command import silence_command
from alertrelay.render.text import clean, cut, link, one_line, short, shortened
from alertrelay.values import automation
from alertrelay.values.arn import firing_alarms_link
from alertrelay.values.charted import ANNOTATION, POINTS
from alertrelay.values.shadow import ANNOTATION as SHADOW
from alertrelay.values.text import how_many

_TITLES = ("Service", "Cluster", "Environment", "Region", "Account", "Team")
_SHOWN_ANNOTATIONS = frozenset(
    {
        "summary",
        "description",
        "value",
        "threshold",
        "condition",
        "error_budget",
        "burn_rates",
        "budget_spent",
        "metric_chart",
        "flapping",
        automation.ANNOTATION,
        automation.PARAMETERS,
        ANNOTATION,
        POINTS,
        SHADOW,
        "impact",
        "runbook_url",
        "dashboard_url",
        "triggering_alarm_urls",
        "image_url",
        FROM_ELSEWHERE,
        ACKNOWLEDGED,
        SILENCED,
        VERDICT,
    }
)
CHART, CHART_TITLE = "metric_chart", "Last 3 h"
_ADDED = (
    (CHART, CHART_TITLE),
    ("error_budget", "Error budget"),
    ("burn_rates", "Burn rate"),
    ("budget_spent", "Exhausted"),
    ("flapping", "Flapping"),
)
"""Annotations that notify/chart.py, notify/error_budget.py and notify/flapping.py write, and their titles."""
_LONG_TEXTS = 7
_CHILDREN = 5
_ORIGINS = {
    "anomaly": "Graph in CloudWatch",
    "grafana": "Alert in Grafana",
    "alertmanager": "Alert in Prometheus",
    "amp": "Alert in Prometheus",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a message. `href` is "" or safe to link; `missing`: `text` names something that is not there."""

    name: str
    text: str
    href: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSheet:
    """All facts of a notification, worked out once for every shape of its message: `where` has service, cluster,
    environment, region, account, team, the resource, the metric; `measure` the value against its threshold, and the
    condition; `long_texts` the reason, and the annotations that we have no word for; `links` the runbook, the
    dashboard and the alarm itself; `silence` the command to copy."""

    what: str
    description: str
    timing: Fact
    measure: list[Fact]
    impact: list[Fact]
    where: list[Fact]
    long_texts: list[Fact]
    links: list[Fact]
    silence: list[Fact]


class _OwnFacts(NamedTuple):
    """The facts of an alert that are the same in every message of it from one environment."""

    alert: Alert
    over: bool
    environment: str
    description: str
    measure: list[Fact]
    impact: list[Fact]
    where: list[Fact]
    long_texts: list[Fact]
    links: list[Fact]


_LAST: list[_OwnFacts] = []
"""Of the last alert: a forwarder writes a message of it for each integration and shape, one after the other."""


def of(notification: Notification, zone: tzinfo = UTC) -> FactSheet:
    """Returns the facts of the alert that the message shows in full; `zone` is for its times."""
    alert, over, environment = wording.lead(notification), wording.over(notification), notification.environment
    kept = (one for one in _LAST if one.alert is alert and (one.over, one.environment) == (over, environment))
    own = next(kept, None)
    if own is None:
        own = _OwnFacts(
            alert=alert,
            over=over,
            environment=environment,
            description=wording.description(alert),
            measure=measure(alert),
            impact=_impact(alert, over=over),
            where=_where(environment, alert, over=over),
            long_texts=_long_texts(alert),
            links=_links(alert, over=over),
        )
        _LAST[:] = [own]
    return FactSheet(
        what=wording.what(notification),
        description=own.description,
        timing=_timing(notification, alert, zone, over=over),
        measure=own.measure,
        impact=own.impact,
        where=own.where,
        long_texts=own.long_texts,
        links=[*_whole_list(notification), *own.links, *_console(notification, alert, over=over)],
        silence=_silence(notification, alert, over=over),
    )


def _where(environment: str, alert: Alert, *, over: bool) -> list[Fact]:
    titles = zip(wording.PLACES, _TITLES, strict=True)
    named = shortened({title: alert.labels[n] for n, title in titles if n in alert.labels})
    facts = [Fact(name=title, text=text) for title, text in named.items()]
    if "env" not in alert.labels and environment:
        facts.append(Fact(name="Environment", text=short(environment, 200)))
    held = resource(alert)
    if held:
        facts.append(Fact(name="Resource", text=cut(held, 400)))
    if "metric" in alert.labels:
        metric = " ".join(one_line(alert.labels[n]) for n in ("namespace", "metric") if n in alert.labels)
        facts.append(Fact(name="Metric", text=cut(metric, 200)))
    placed = held or "service" in alert.labels or "cluster" in alert.labels
    if not placed and alert.kind == "alert" and not over:
        facts.append(Fact(name="Service", text=f"not named: add {_remedy(alert, 'service')}", missing=True))
    return [f for f in facts if f.text]


def resource(alert: Alert) -> str:
    """Returns the labels that name the thing itself: dimensions, instance, pod."""
    names = wording.resource_labels(alert)
    shown = [one_line(f"{n} {alert.labels[n]}") for n in names[: wording.RESOURCE_LABELS]]
    hidden = len(names) - len(shown)
    return ", ".join(shown) + (f", and {how_many(hidden, 'more label')}" if hidden else "")


def _timing(notification: Notification, alert: Alert, zone: tzinfo, *, over: bool) -> Fact:
    """Returns the start, or the duration; for an event, its time."""
    if over:
        start, end = wording.bounds(notification)
        lasted = wording.lasted(notification)
        if not lasted:
            return Fact(name="Resolved", text=when.moment(end, zone))
        return Fact(name="Lasted", text=f"{lasted}, {when.moment(start, zone)} to {when.clock(end, start, zone)}")
    name = "At" if alert.kind == "event" else "Since"
    return Fact(name=name, text=f"{when.moment(alert.starts_at, zone)} ({wording.ago(notification, alert)})")


def measure(alert: Alert) -> list[Fact]:
    """Returns the value against its threshold, the condition, its chart, and the error budget of an objective. Missing
    only where there should be a value: a composite alarm has none."""
    condition = short(alert.annotations.get("condition", ""), 300)
    found = [*_value(alert), *([Fact(name="Condition", text=condition)] if condition else [])]
    added = ((title, one_line(alert.annotations.get(name, ""))) for name, title in _ADDED)
    return [*found, *(Fact(name=title, text=cut(text, 300)) for title, text in added if text)]


def _value(alert: Alert) -> list[Fact]:
    value, threshold = (one_line(alert.annotations.get(n, "")) for n in ("value", "threshold"))
    if value or threshold:
        word = "usual" if alert.source == "anomaly" else "threshold"
        against = f"{value or 'not in the notification'} ({word} {threshold or 'not in the notification'})"
        return [Fact(name="Value", text=cut(against, 300), missing=not (value and threshold))]
    if "metric" in alert.labels and alert.kind == "alert":
        return [Fact(name="Value", text="not in the notification", missing=True)]
    return []


def _impact(alert: Alert, *, over: bool) -> list[Fact]:
    """Returns who judged the alert; while it fires also who is on it, who silenced it, and its impact."""
    titles = {ACKNOWLEDGED: "Acknowledged", SILENCED: "Silenced", VERDICT: "Judged", "impact": "Impact"}
    titles = {VERDICT: titles[VERDICT]} if over else titles
    texts = ((title, clean(alert.annotations.get(name, ""))) for name, title in titles.items())
    return [Fact(name=title, text=cut(text, 1100)) for title, text in texts if text]


def _long_texts(alert: Alert) -> list[Fact]:
    """Returns the reason, and the annotations that we have no word for, unless they only repeat the summary."""
    summary = wording.summary(alert)
    texts = {name: clean(text) for name, text in alert.annotations.items() if name not in _SHOWN_ANNOTATIONS}
    if texts.get("previous_state") in ("OK", "ALARM"):
        del texts["previous_state"]
    further = [name for name, text in texts.items() if text and one_line(text) != summary]
    further.sort(key=lambda name: name != "reason")
    facts = []
    for name in further[:_LONG_TEXTS]:
        title = cut(one_line(name).replace("_", " ").capitalize(), 60)
        facts.append(Fact(name=title, text=cut(texts[name], 1100), href=link(texts[name])))
    if len(further) > _LONG_TEXTS:
        facts.append(Fact(name="Further", text=f"{how_many(len(further) - _LONG_TEXTS, 'annotation')} not shown"))
    return facts


def _whole_list(notification: Notification) -> list[Fact]:
    """Returns, for a storm's digest, where all that fires stands: a message may have no room for it."""
    if notification.listing is None or not notification.firing_count:
        return []
    place = firing_alarms_link(notification.home.get("region", ""))
    return [_linked("All alarms that fire", place)] if place else []


def _console(notification: Notification, alert: Alert, *, over: bool) -> list[Fact]:
    """Returns the page of the alert, where a person acknowledges or silences it, while it fires."""
    if not notification.console or over or alert.kind != "alert":
        return []
    return [_linked("Acknowledge or silence", f"{notification.console}#/alert/{alert.fingerprint}")]


def _links(alert: Alert, *, over: bool) -> list[Fact]:
    """Returns runbook, dashboard and the alarm itself. A missing runbook is mentioned while it could still help."""
    facts = [_linked("Runbook", alert.annotations.get("runbook_url", ""))]
    if not facts[0].text and alert.kind == "alert" and not over:
        facts = [Fact(name="Runbook", text=f"no runbook: add {_remedy(alert, 'runbook')}", missing=True)]
    facts.append(_linked("Dashboard", alert.annotations.get("dashboard_url", "")))
    facts.append(_automation(alert, over=over))
    origin = "Alarm in CloudWatch" if alert.source in wording.ALARM_SOURCES else _ORIGINS.get(alert.source, "Source")
    facts.append(_linked(origin, alert.generator_url))
    facts.append(_linked("Graph", alert.annotations.get("image_url", "")))
    children = clean(alert.annotations.get("triggering_alarm_urls", "")).splitlines()
    facts += [_linked(_child(url), url) for url in children[:_CHILDREN] if link(url)]
    return [f for f in facts if f.text]


def _automation(alert: Alert, *, over: bool) -> Fact:
    """Returns the document that the alert offers, with its parameters, linked to the page on which a person starts
    it."""
    document = alert.annotations.get(automation.ANNOTATION, "")
    if over or not document:
        return Fact(name="Run", text="")
    given = automation.parameters_of(alert.annotations)
    page = automation.execution_page(alert.labels.get("region", ""), document, given)
    if not page:
        return Fact(name="Run", text="")
    shown = ", ".join(f"{name}={value}" for name, value in given.items())
    return Fact(name="Run", text=short(f"{document}({shown})" if shown else document, 300), href=link(page))


def _child(url: str) -> str:
    """Returns the name of a link to a composite alarm's child: that of the alarm, which ends the console's address."""
    return f"Alarm {cut(one_line(unquote(url.rpartition('/')[2])), 80)}"


def _linked(name: str, given: str) -> Fact:
    if not given:
        return Fact(name=name, text="")
    return Fact(name=name, text=short(given, 500), href=link(given))


def _remedy(alert: Alert, key: str) -> str:
    if alert.source in ("alertmanager", "grafana", "amp"):
        return "the annotation `runbook_url` to its rule" if key == "runbook" else f"the label `{key}` to its rule"
    if alert.source in ("third-party", "custom"):
        return f"`{key}` to its sender's message (docs/sources.md)"
    if alert.source == "anomaly":
        if key == "runbook":
            return "`runbook_base_url:` to the environment's file"
        return f"`labels: {{{key}: …}}` to its entry in config/anomaly.yml"
    return f"`{key}:` to the alarm's description"


def _silence(notification: Notification, alert: Alert, *, over: bool) -> list[Fact]:
    """Returns the command to copy that silences these alerts for two hours, where there is one."""
    command = "" if over else silence_command(notification, alert)
    return [Fact(name="Silence for 2 h", text=command)] if command else []
