"""Checks that the scheduled drill notifies its own receiver and nobody else: it pages no person, on a schedule."""

from __future__ import annotations

from alertrelay.policy.route import match_routes

from compiler.alertmanager.file import AlertmanagerFile
from compiler.reading.finding import Findings, did_you_mean
from compiler.resources.audit import Drill

ALERTNAME, SERVICE = "AlertrelayDrill", "alertrelay-drill"
"""The labels of its alert: alertrelay.dispatch.audit.drill."""
LONGEST_SECONDS = 780
"""A function runs for 15 minutes at most: both waits of the route, and what the drill allows beyond each."""


def check_drill(alertmanager: AlertmanagerFile, drill: Drill, environment: str, findings: Findings) -> None:
    """Adds an error where the receiver is not there, another one would be notified, or it takes too long."""
    known = {receiver.name: receiver for receiver in alertmanager.receivers}
    if drill.receiver not in known:
        message = f"alertmanager.yml has no receiver {drill.receiver!r}"
        findings.error(drill.place, "unknown-receiver", message, did_you_mean(drill.receiver, known))
        return
    if not known[drill.receiver].targets:
        message = f"the receiver {drill.receiver!r} notifies nobody, so a drill has nothing to look at"
        findings.error(drill.place, "tells-nobody", message, "give it a drill service, a drill channel, an address")
        return
    own = {"alertname": ALERTNAME, "service": SERVICE, "severity": drill.severity, "env": environment}
    labels = {**own, "alertrelay_test": "scheduled"}
    routes = match_routes(alertmanager.route, labels)
    if others := sorted({route.receiver for route in routes} - {drill.receiver}):
        message = f"a drill would notify {', '.join(others)}"
        mend = f"as the first route: `- {{receiver: {drill.receiver}, matchers: ['alertname=\"{ALERTNAME}\"']}}`"
        findings.error(drill.place, "drill-of-others", message, mend)
        return
    if not routes:
        findings.error(drill.place, "tells-nobody", "no route leads a drill to it", f'match alertname="{ALERTNAME}"')
        return
    seconds = max(route.group_wait + route.group_interval for route in routes) + 2 * drill.within
    if seconds > LONGEST_SECONDS:
        message = f"its route waits and its own `within` come to {seconds:.0f} s; a function has {LONGEST_SECONDS}"
        findings.error(drill.place, "out-of-range", message, "write `group_wait: 0s, group_interval: 1m` in its route")
