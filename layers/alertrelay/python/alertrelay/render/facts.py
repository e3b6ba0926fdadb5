"""Lists the facts of an alert in the order in which a person asks for them. A missing value is a fact too."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import UTC, tzinfo
from urllib.parse import unquote

from alertrelay.alert import Alert
from alertrelay.notification import Notification
from alertrelay.render import wording
from alertrelay.render.notice import ACKNOWLEDGED, FROM_ELSEWHERE, SILENCED, VERDICT
from alertrelay.render.text import clean, cut, link, one_line, short, shortened
from alertrelay.values import automation
from alertrelay.values.arn import firing_alarms_link
from alertrelay.values.charted import ANNOTATION, POINTS
from alertrelay.values.shadow import ANNOTATION as SHADOW

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
_RESOURCE_LABELS = 8
_LONG_TEXTS = 7
_COMMAND = 600
_CHILDREN = 5
_ORIGINS = {
    "anomaly": "Graph in CloudWatch",
    "grafana": "Alert in Grafana",
    "alertmanager": "Alert in Prometheus",
    "amp": "Alert in Prometheus",
}

_BARE = re.compile(r"[\w.:/@-]+", re.ASCII)
"""A value that a shell takes without quotes."""


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


def of(notification: Notification, zone: tzinfo = UTC) -> FactSheet:
    """Returns the facts of the alert that the message shows in full; `zone` is for its times."""
    alert, over = wording.lead(notification), wording.over(notification)
    return FactSheet(
        what=wording.what(notification),
        description=wording.description(alert),
        timing=_timing(notification, alert, zone, over=over),
        measure=measure(alert),
        impact=_impact(alert, over=over),
        where=_where(notification, alert, over=over),
        long_texts=_long_texts(alert),
        links=[*_whole_list(notification), *_links(alert, over=over), *_console(notification, alert, over=over)],
        silence=_silence(notification, alert, over=over),
    )


def _where(notification: Notification, alert: Alert, *, over: bool) -> list[Fact]:
    titles = zip(wording.PLACES, _TITLES, strict=True)
    named = shortened({title: alert.labels[n] for n, title in titles if n in alert.labels})
    facts = [Fact(name=title, text=text) for title, text in named.items()]
    if "env" not in alert.labels and notification.environment:
        facts.append(Fact(name="Environment", text=short(notification.environment, 200)))
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
    held = [one_line(f"{n} {alert.labels[n]}") for n in names[:_RESOURCE_LABELS]]
    return ", ".join(held) + (f", and {len(names) - _RESOURCE_LABELS} more labels" if len(names) > len(held) else "")


def _timing(notification: Notification, alert: Alert, zone: tzinfo, *, over: bool) -> Fact:
    """Returns the start, or the duration; for an event, its time."""
    if over:
        start, end = wording.bounds(notification)
        lasted = wording.lasted(notification)
        if not lasted:
            return Fact(name="Resolved", text=wording.moment(end, zone))
        return Fact(name="Lasted", text=f"{lasted}, {wording.moment(start, zone)} to {wording.clock(end, start, zone)}")
    name = "At" if alert.kind == "event" else "Since"
    return Fact(name=name, text=f"{wording.moment(alert.starts_at, zone)} ({wording.ago(notification, alert)})")


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
    """Returns who is on the alert, who silenced and who judged it, and its impact, while it fires."""
    titles = {} if over else {ACKNOWLEDGED: "Acknowledged", SILENCED: "Silenced", VERDICT: "Judged", "impact": "Impact"}
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
        facts.append(Fact(name="Further", text=f"{len(further) - _LONG_TEXTS} annotations not shown"))
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
    command = "" if over else _silence_command(notification, alert)
    # A command that had to be cut or cleaned would be another one.
    shown = command.isprintable() and len(command) <= _COMMAND
    return [Fact(name="Silence for 2 h", text=command)] if command and shown else []


def _silence_command(notification: Notification, alert: Alert) -> str:
    """Matches the group's labels, the name where all shown alerts have one, and a single alert's own labels. Returns ""
    for events, which never repeat, and for a digest."""
    if wording.only_events(notification) or not notification.alerts:
        return ""
    labels, names = dict(notification.group_labels), {one.name for one in notification.alerts}
    if wording.STORM in (labels.get("alertname"), alert.name):
        return ""
    if len(names) == 1:
        labels["alertname"] = names.pop()
    if wording.total(notification) == 1:
        own = [n for n in ("service", "cluster") if n in alert.labels] + wording.resource_labels(alert)
        labels |= {name: alert.labels[name] for name in own[:_RESOURCE_LABELS]}
    matchers = [_matcher(name, value) for name, value in sorted(labels.items()) if value]
    if not matchers:
        return ""
    env = shlex.quote(one_line(notification.environment))
    return f"alertrelay silence add --env {env} --duration 2h --comment 'being worked on' {' '.join(matchers)}"


def _matcher(name: str, value: str) -> str:
    """Returns `name=value` for a shell, with quotes only where the value needs them."""
    if _BARE.fullmatch(value):
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return shlex.quote(f'{name}="{escaped}"')


def differing(notification: Notification) -> frozenset[str]:
    """Returns the labels in which the shown alerts differ: they distinguish the lines of a group."""
    seen: dict[str, set[str | None]] = {}
    names = {name for a in notification.alerts for name in a.labels}
    for name in names - {"alertname", "alarm_name", "severity"}:
        seen[name] = {a.labels.get(name) for a in notification.alerts}
    return frozenset(name for name, values in seen.items() if len(values) > 1)


def line(notification: Notification, alert: Alert, differs: frozenset[str], *, timed: bool = True) -> str:
    """Returns one alert of a group in one line: name, the labels that distinguish it, value, duration. Not cut. Without
    `timed` the channel says itself since when it fires."""
    distinct = [one_line(alert.labels[n]) for n in alert.labels if n in differs][:4]
    text = ", ".join([t for t in distinct if t] or [t for t in (wording.summary(alert),) if t])
    text = ". ".join([text, *_own_text(notification, alert)])
    head = one_line(alert.name) + (f": {text}" if text else "")
    value = one_line(alert.annotations.get("value", ""))
    if wording.ended(alert):
        seconds = ((alert.ends_at or notification.at) - alert.starts_at).total_seconds()
        return f"{head}, resolved" + (f" after {wording.span(seconds)}" if seconds > 0 else "")
    ago = wording.ago(notification, alert)
    since = ago if alert.kind == "event" or ago == "just now" else f"for {ago.removesuffix(' ago')}"
    measured = [f"value {cut(value, 40)}"] if value else []
    on = ["acknowledged"] if ACKNOWLEDGED in alert.annotations else []
    return ", ".join([head, *measured, *([since] if timed else []), *on, *_news(notification, alert)])


def _own_text(notification: Notification, alert: Alert) -> list[str]:
    """Returns what an event says otherwise than the one shown in full, where both are of one identity."""
    shown = notification.alerts[0]
    if alert.kind != "event" or alert is shown or alert.state_key != shown.state_key:
        return []
    texts = ((name, alert.annotations.get(name, "")) for name in ("summary", "description", "affected"))
    return [cut(one_line(text), 300) for name, text in texts if text and text != shown.annotations.get(name)]


def _news(notification: Notification, alert: Alert) -> list[str]:
    fresh = notification.reason == "new_alerts_added" and alert.state_key in notification.news
    return ["new"] if fresh else []
