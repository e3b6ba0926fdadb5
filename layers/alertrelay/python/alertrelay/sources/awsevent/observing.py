"""Reads events of services that watch, and report when it is over: DevOps Guru, Incident Manager, Internet Monitor,
Network Manager, canaries.

Source: the events reference of Amazon EventBridge, and the user guides' chapters on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, bare, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, draft, severity_said
from alertrelay.sources.awsevent.lasting import lasts
from alertrelay.sources.awsevent.news import folded, is_bad
from alertrelay.sources.awsevent.sentences import best, sentence, shown_state

_IMPACT: Mapping[str, str] = {"1": "critical", "2": "error", "3": "warning", "4": "warning", "5": "warning"}
"""Incident Manager's impact codes. Nobody opens an incident that nobody is to hear of: none is info."""


_NEWS: Mapping[str, str] = {"severity": "now more severe", "anomaly": "with a new anomaly"}


def _insight(event: Event) -> AlertDraft:
    """Reads an insight of DevOps Guru, from its opening to its closing; by EventBridge and by SNS by the same id."""
    detail = event.detail
    kind = detail.text("messageType") or event.detail_type
    closed = "closed" in kind.lower()
    word = re.search(r"severity|anomaly", kind, re.IGNORECASE)
    news = f" ({_NEWS[word[0].lower()]})" if word else ""
    what = detail.text("insightDescription", "insightName") or f"insight {detail.text('insightId')}".strip()
    identity = detail.text("insightId")
    found = draft(
        event,
        alertname="DevOpsGuruInsight",
        summary=f"DevOps Guru {detail.text('insightType').lower()} insight{news}: {what}".replace("  ", " "),
        severity=severity_said(detail),
        resource=_anomalous(detail),
        labels={"insight_type": detail.text("insightType").lower()},
        description=detail.text("insightDescription") + "\n" + detail.lines(),
        reason="\n".join(detail.every("recommendations.reason", "recommendation.reason")),
    )
    return lasts(found, f"devops-guru:{identity}" if identity else "", ended=closed, updated_at=event.at)


def _anomalous(detail: Fields) -> str:
    names = detail.every("anomalies.sourceDetails.dataIdentifiers.dimensions.value", "anomalies.anomalyResources.name")
    return ", ".join(dict.fromkeys(names[:3]))


def is_insight(fields: Fields) -> bool:
    """DevOps Guru's notice by SNS."""
    return fields.has("InsightId", "MessageType")


def read_insight(fields: Fields, arrival: Arrival) -> AlertDraft:
    """As by EventBridge."""
    at = fields.at("EndTime", "StartTime")
    event = replace(
        bare("aws.devops-guru", fields), account=fields.text("AccountId"), region=fields.text("Region"), at=arrival.at
    )
    return replace(_insight(event), at=at or arrival.at)


def _incident(event: Event) -> AlertDraft:
    """Reads an incident of Incident Manager. Its id is its record's ARN; without one it is an event."""
    detail = event.detail
    inner = detail.inner("incidentRecord") or detail
    arn = inner.text("incidentRecordArn", "incidentArn", "arn") or next(
        (each for each in event.resources if ":incident-record/" in each), ""
    )
    state = inner.text("status", "state") or event.detail_type.rpartition(" ")[2]
    over = folded(state) in ("resolved", "closed") or folded(event.detail_type).endswith(("resolved", "closed"))
    title = inner.text("title", "name") or resource_name(arn) or "incident without a title"
    found = draft(
        event,
        alertname="SSMIncident",
        summary=sentence(
            "Incident", title, state, best(inner.every("summary", "description"), state=state, name=title)
        ),
        guess=_IMPACT.get(inner.text("impact"), "warning"),
        resource=title,
        path=f"/systems-manager/incidents/home?region={event.region}",
    )
    at = inner.at("lastModifiedTime") or event.at
    return lasts(found, arn, ended=over, updated_at=at)


def _internet(event: Event) -> AlertDraft:
    """Reads a health event of Internet Monitor."""
    detail = event.detail
    state = detail.text("status") or event.detail_type.rpartition(" ")[2]
    over = folded(state) in ("resolved", "closed") or event.detail_type.lower().endswith(("closed", "resolved"))
    monitor = detail.text("monitorName") or _between(event.arn, "monitor/")
    impact = detail.text("impactType").lower()
    share = detail.text("percentOfTotalTrafficImpacted")
    identity = detail.text("eventId", "eventArn") or _between(event.arn, "health-event/")
    share = f", {share} % of all traffic" if share else ""
    found = draft(
        event,
        alertname="InternetMonitorHealthEvent",
        summary=f"Internet Monitor {monitor}: health event {state.lower()}" + (f", {impact}" if impact else "") + share,
        guess="warning",
        resource=monitor,
        labels={"monitor": monitor, "impact": impact},
    )
    whole = f"internetmonitor:{event.account}/{event.region}/{monitor}/{identity}" if identity else ""
    return lasts(found, whole, ended=over, updated_at=event.at)


def _between(arn: str, marker: str) -> str:
    return arn.partition(marker)[2].partition("/")[0] if marker in arn else ""


_UP = re.compile(r"[-_](UP|HEALTHY|ESTABLISHED|RECOVERED|AVAILABLE)$")
_DOWN = re.compile(r"[-_](DOWN|UNHEALTHY|IDLE|LOST|UNAVAILABLE)$")


_CONNECTIONS = (
    "vpnConnectionArn", "connectPeerArn", "attachmentArn", "transitGatewayAttachmentArn", "linkArn", "deviceArn",
)  # fmt: skip


def _network(event: Event) -> AlertDraft:
    """Reads a connection that is down until it is up again; of the tunnels of one VPN by their address outside."""
    detail = event.detail
    change = detail.text("changeType")
    up, down = _UP.search(change), _DOWN.search(change)
    what = _UP.sub("", _DOWN.sub("", change)).replace("_", "-")
    about = detail.text(*_CONNECTIONS) or next(iter(event.resources[-1:]), "")
    address = detail.text("outsideIpAddress", "peerAddress")
    name = "/".join(part for part in (resource_name(about), address) if part)
    found = draft(
        event,
        alertname=f"NetworkManager {what.replace('-', ' ').title() if up or down else event.detail_type}",
        summary=sentence("Network Manager", name, change, detail.text("changeDescription")),
        guess="warning" if down or is_bad(change) else "",
        resource=resource_name(about),
        labels={"change": "" if up or down else change},
        reason=detail.text("changeDescription"),
        path="/networkmanager/home",
    )
    known = (up or down) and about
    return lasts(
        found,
        f"networkmanager:{about}/{address}/{what}" if known else "",
        ended=bool(up),
        updated_at=event.at,
    )


def _canary(event: Event) -> AlertDraft:
    """Reads a run of a canary: the canary fails until a run of it succeeds."""
    detail = event.detail
    name = detail.text("canary-name", "canary-id") or resource_name(event.arn)
    state = detail.text("test-run-status") or event.detail_type.rpartition(" ")[2]
    passed = folded(state) in ("passed", "success", "succeeded", "successful")
    reason = best(detail.every("state-reason", "stateReason", "message"), state=state, name=name, failed=not passed)
    found = draft(
        event,
        alertname="SyntheticsCanaryTestRunFailure",
        summary=sentence("Synthetics canary", name, state, reason),
        guess="" if passed else "warning",
        resource=name,
        labels={"CanaryName": name, "namespace": "CloudWatchSynthetics"},
        reason=reason,
        path=f"/cloudwatch/home?region={event.region}#synthetics:canary/detail/{name}",
    )
    identity = f"synthetics:{event.account}/{event.region}/{detail.text('canary-id') or name}" if name else ""
    return lasts(found, identity, ended=passed, updated_at=event.at)


def _readiness(event: Event) -> AlertDraft:
    """Reads a readiness check of Application Recovery Controller: NOT_READY until it is READY."""
    now = event.detail.text("new-state.readiness-status", "readiness-status")
    was = event.detail.text("previous-state.readiness-status")
    name = resource_name(event.arn)
    found = draft(
        event,
        alertname="RecoveryReadiness",
        summary=sentence("Recovery readiness of", name, now) + (f", was {shown_state(was)}" if was else ""),
        guess="" if now == "READY" else "warning",
        resource=name,
        path="/route53recovery/home",
    )
    known = event.arn if now in ("READY", "NOT_READY", "NOT_AUTHORIZED") else ""
    return lasts(found, known, ended=now == "READY", updated_at=event.at)


READERS: Mapping[str, Reader] = {
    "DevOps Guru New Insight Open": _insight,
    "DevOps Guru Insight Severity Upgraded": _insight,
    "DevOps Guru New Anomaly Association": _insight,
    "DevOps Guru Insight Closed": _insight,
    "Incident Opened": _incident,
    "ssm-incidents:": _incident,
    "internetmonitor:": _internet,
    "Network Manager Status Update": _network,
    "Synthetics Canary TestRun Failure": _canary,
    "Synthetics Canary TestRun Successful": _canary,
    "route53-recovery-readiness:": _readiness,
}
