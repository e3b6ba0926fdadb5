"""Finds the alarms that each maintenance window mutes in CloudWatch, and what that would hide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alertrelay.alert import Labels
from alertrelay.policy.matchers import matches
from alertrelay.policy.route import match_routes

from compiler.alarms.alarm import LABEL_KEYS, CompositeAlarm, MetricAlarm, Plan, setting_of
from compiler.alarms.plan import plan
from compiler.alertmanager.file import AlertmanagerFile
from compiler.reading.finding import Findings, did_you_mean
from compiler.resources.environment import Environment
from compiler.resources.maintenance import Maintenance

KNOWN = frozenset({"alertname", "severity", *LABEL_KEYS})
"""Labels of an alarm that are known before it fires. What a matcher says of others shows when an alert comes."""


def muted_alarms(window: Maintenance, alarms: Plan) -> tuple[str, ...]:
    """Returns the names of the alarms of a plan that notify, and that the window's matchers match for certain."""
    if not window.mute_alarms or any(one.name not in KNOWN for one in window.window.matchers):
        return ()
    return tuple(one.name for one in _notifying(alarms) if matches(window.window.matchers, labels_of(one)))


def labels_of(alarm: MetricAlarm | CompositeAlarm) -> Labels:
    """Returns the labels that its alerts have for certain."""
    known = {name: value for name, value in alarm.labels.items() if name in KNOWN}
    return {**known, "alertname": alarm.alertname, "severity": alarm.severity}


def _notifying(alarms: Plan) -> Iterable[MetricAlarm | CompositeAlarm]:
    return (*alarms.alarms, *(parent for parent in alarms.parents if parent.notifies))


def check_maintenance(alertmanager: AlertmanagerFile, environment: Environment, findings: Findings) -> None:
    """Checks each window against the routes, the inhibition rules and the audit."""
    whole = plan(environment.resources, setting_of(environment), Findings())
    names = [receiver.name for receiver in alertmanager.receivers]
    for window in environment.maintenance:
        for name, place in window.receivers.items():
            if name not in names:
                message = f"alertmanager.yml has no receiver {name!r}"
                findings.error(place, "unknown-receiver", message, did_you_mean(name, names))
        muted = set(muted_alarms(window, whole))
        alarms = [one for one in _notifying(whole) if one.name in muted]
        if window.mute_alarms:
            _check_muted(window, alarms, alertmanager, environment, findings)


def _check_muted(
    window: Maintenance,
    alarms: Sequence[MetricAlarm | CompositeAlarm],
    alertmanager: AlertmanagerFile,
    environment: Environment,
    findings: Findings,
) -> None:
    name = window.window.name
    if not alarms:
        message = f"{name} mutes no alarm of this environment in CloudWatch: none has these labels for certain"
        findings.info(window.place, "mutes-no-alarm", message, "`mute_alarms: false` where that is meant")
        return
    others = {
        route.receiver: one.name
        for one in alarms
        for route in match_routes(alertmanager.route, labels_of(one))
        if window.window.receivers and route.receiver not in window.window.receivers
    }
    if others:
        first, more = sorted(others)[:3], len(others) - 3
        shown = ", ".join(first) + (f" and {more} more" if more > 0 else "")
        message = (
            f"the alarm mute rule of {name} hides {others[first[0]]} from {shown} too, which the window does not name"
        )
        findings.warning(window.place, "mutes-others", message, "`mute_alarms: false`, or add them to receivers")
    sources = [one.name for one in alarms if any(matches(r.source, labels_of(one)) for r in alertmanager.inhibit_rules)]
    if sources:
        message = f"while {name} mutes {sources[0]}, it inhibits nothing: what it would inhibit is notified"
        findings.warning(window.place, "mutes-source", message, "match its targets too, or `mute_alarms: false`")
    if environment.audit is None:
        message = f"an alarm that fires before {name} and resolves in it sends no OK: it stays open until its repeat"
        findings.info(window.place, "mutes-resolves", message, "`audit: {}` resolves it within 15 minutes")
