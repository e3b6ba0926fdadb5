"""ECS tasks, services and deployments; ECR images; EKS.

Source: Amazon ECS developer guide, "Amazon ECS events"; Amazon ECR user guide, "Amazon ECR events and EventBridge".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, draft, routine
from alertrelay.sources.awsevent.lasting import lasts
from alertrelay.sources.awsevent.news import is_bad
from alertrelay.sources.awsevent.sentences import best, outcome_word, shown_state
from alertrelay.values.arn import Arn

_KILLED = 137
"""128 and signal 9: by the kernel for want of memory, or by ECS after the stop timeout."""
_ORDERLY = re.compile(r"scaling activity initiated by|task stopped by|initiated by \(deployment|userinitiated", re.I)
"""Reasons of a stop that somebody wanted. Source: Amazon ECS developer guide, "Stopped tasks error messages"."""


def _task(event: Event) -> AlertDraft:
    detail = event.detail
    status = detail.text("lastStatus")
    if status.upper() != "STOPPED":
        why = detail.text("stoppedReason")
        if detail.text("desiredStatus").upper() == "STOPPED" and why and not _orderly(detail, why, died=False):
            return _about(event, "ECSTaskStopping", f" is stopping: {why}", guess="warning")
        what = f" is {shown_state(status) or 'changed'}"
        return _about(event, "ECSTask" + outcome_word(status), what, guess="info" if _UNDER_WAY(status) else "")
    why = detail.text("stoppedReason", "stopCode")
    killed_by_ecs = bool(why) and not why.lower().startswith("essential container")
    dead = [said for container in detail.each("containers") if (said := _death(container, stated=killed_by_ecs))]
    memory = any("out of memory" in said for said in dead) or "outofmemory" in why.lower()
    orderly = not memory and _orderly(detail, why, died=bool(dead))
    name = "ECSTaskOutOfMemory" if memory else f"ECSTask{_stop_name(detail, failed=bool(dead) and not orderly)}"
    stated_why = "" if dead and why.lower().startswith("essential container") else why
    said = ". ".join(part for part in (stated_why.rstrip("."), "; ".join(dead)) if part) or "no reason given"
    reason = best([why, *dead], failed=not orderly)
    return _about(event, name, f" stopped: {said}", severity="info" if orderly else "", guess="warning", reason=reason)


def _stop_name(detail: Fields, *, failed: bool) -> str:
    if detail.text("stopCode").lower() == "taskfailedtostart":
        return "FailedToStart"
    return "Failed" if failed else "Stopped"


def _orderly(detail: Fields, why: str, *, died: bool) -> bool:
    """Stopped because somebody wanted it: a deployment, a scaling, a person; or a single run that ended well.

    A container that is asked to stop exits as it likes: with 143, or with 137 when it did not hurry.
    """
    said = f"{why} {detail.text('stopCode')}".lower()
    ended_well = "essentialcontainerexited" in said.replace(" ", "") or "essential container" in said
    if ended_well:
        exits = [container.number("exitCode") for container in detail.each("containers")]
        return not died and any(code == 0 for code in exits) and not detail.text("group").startswith("service:")
    return bool(_ORDERLY.search(said)) and not re.search(r"fail|unhealthy|error", said)


def _death(container: Fields, *, stated: bool) -> str:
    """How a container died; "" where it ended well or never began. `stated`: the event names why the task was stopped,
    so an exit by signal 9 needs no guess at its cause."""
    name = f"container {container.text('name') or 'without a name'}"
    code = container.number("exitCode")
    reason = container.text("reason")
    if "outofmemory" in reason.lower():
        return f"{name} ran out of memory" + (f" (exit {code:.0f})" if code is not None else "")
    if code is None:
        return f"{name}: {reason}" if reason else ""
    if code == 0:
        return ""
    meaning = ", killed, often for want of memory" if code == _KILLED and not stated else ""
    return f"{name} exited with {code:.0f}{meaning}" + (f" ({reason})" if reason else "")


_UNDER_WAY = routine("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING")
"""Source: Amazon ECS developer guide, "Task lifecycle"."""


def _about(
    event: Event, alertname: str, what: str, *, severity: str = "", guess: str = "", reason: str = ""
) -> AlertDraft:
    """Of a task or a service: whose it is, in which cluster, and the page of it."""
    detail = event.detail
    cluster, service = _whose(event)
    family = resource_name(detail.text("taskDefinitionArn")).partition(":")[0] or detail.text("group").removeprefix(
        "family:"
    )
    subject = f"ECS service {service}" if service else f"ECS task {family or resource_name(event.arn)}"
    noun = f"A task of {subject}" if service and detail.has("taskArn") else subject
    path = f"/ecs/v2/clusters/{cluster}" + (f"/services/{service}/health" if service else "/tasks") if cluster else ""
    return draft(
        event,
        alertname=alertname,
        summary=f"{noun}{f' in cluster {cluster}' if cluster else ''}{what}",
        severity=severity,
        guess=guess,
        labels={
            "cluster": cluster,
            "service": service,
            "ClusterName": cluster,
            "ServiceName": service,
            "task_definition": family,
        },
        resource=service or family,
        reason=reason,
        path=path,
    )


def _whose(event: Event) -> tuple[str, str]:
    """Cluster and service. A service's ARN is service/<cluster>/<name>, formerly service/<name>."""
    detail = event.detail
    group = detail.text("group")
    service = group.removeprefix("service:") if group.startswith("service:") else detail.text("serviceName")
    parts = Arn.of(event.arn).resource.split("/")
    if parts[0] in ("service", "service-deployment") and len(parts) > 1:
        service = service or (parts[2] if len(parts) > 2 else parts[1])
    cluster = resource_name(detail.text("clusterArn", "cluster"))
    if not cluster and len(parts) > 2 and parts[0] in ("service", "task", "container-instance", "service-deployment"):
        cluster = parts[1]
    return cluster, service


def _service(event: Event) -> AlertDraft:
    """A deployment or an action of a service's scheduler. The event's own level counts, save that ECS writes INFO of a
    deployment that it rolls back too."""
    detail = event.detail
    name = detail.text("eventName") or "SERVICE_EVENT"
    level = detail.text("eventType").upper()
    words = shown_state(name).removeprefix("service ")
    reason = detail.text("reason")
    bad = level in ("WARN", "WARNING", "ERROR") or is_bad(name) or is_bad(reason)
    guess = "warning" if bad else "info" if level == "INFO" else ""
    rolled = re.search(r"roll(ing|ed)?.?back", reason, re.IGNORECASE)
    alertname = "ECS" + "".join(part.capitalize() for part in name.split("_"))
    return _about(
        event,
        "ECSServiceDeploymentRollback" if rolled and "DEPLOYMENT_IN_PROGRESS" in name else alertname,
        f": {words}{f'. {reason}' if reason else ''}",
        guess=guess,
        reason=reason,
    )


def _instance(event: Event) -> AlertDraft:
    """Reads an agent that is disconnected, until it is connected again or the instance is deregistered."""
    detail = event.detail
    connected = detail.text("agentConnected")
    lost = connected == "false"
    state = "agent is disconnected" if lost else f"is {shown_state(detail.text('status')) or 'changed'}"
    cluster = resource_name(detail.text("clusterArn"))
    node = detail.text("ec2InstanceId") or resource_name(event.arn)
    found = draft(
        event,
        alertname="ECSContainerInstanceDisconnected" if connected else "ECSContainerInstanceChanged",
        summary=f"ECS container instance {node} in cluster {cluster or 'unknown'}: {state}",
        guess="warning" if lost else "",
        resource=node,
        labels={"cluster": cluster, "ClusterName": cluster, "InstanceId": node},
        path=f"/ecs/v2/clusters/{cluster}/infrastructure",
    )
    arn = detail.text("containerInstanceArn") or event.arn
    ended = not lost or detail.text("status").upper() == "INACTIVE"
    return lasts(found, f"{arn}/agent" if connected and arn else "", ended=ended, updated_at=event.at)


_SCANNED = routine("COMPLETE", "ACTIVE", "INITIAL_SCAN_COMPLETE", "SCAN_COMPLETE", "FINDINGS_READY")


def _scan(event: Event) -> AlertDraft:
    """Reads a scan of an image, an instance or a function: as bad as the worst that it found."""
    detail = event.detail
    counts = detail.inner("finding-severity-counts")
    found = {word: int(counts.number(word) or 0) for word in ("CRITICAL", "HIGH", "MEDIUM", "LOW")}
    other = sum(int(counts.number(word) or 0) for word in ("UNDEFINED", "UNTRIAGED"))
    parts = [f"{count} {word.lower()}" for word, count in found.items() if count]
    parts += [f"{other} of no known severity"] if other else []
    shown = ", ".join(parts) or ("no findings" if counts else "no count of findings")
    status = detail.text("scan-status", "status")
    done = _SCANNED(status) or not status
    worst = "error" if found["CRITICAL"] else "warning" if found["HIGH"] or other else "info"
    repository = resource_name(detail.text("repository-name"))
    tag = next(iter(detail.texts("image-tags")), "")
    image = repository + (f":{tag}" if tag else "")
    what = f"image {image}" if image else detail.text("instance-id") or resource_name(event.arn) or "a resource"
    name = "ECRImageScan" if event.service == "ecr" else "InspectorScan"
    return draft(
        event,
        alertname=name if done else f"{name}Failed",
        summary=f"Scan of {what}: {shown if done else shown_state(status)}",
        guess=worst if done and counts else "warning",
        resource=repository or detail.text("instance-id"),
        labels={"image_digest": detail.text("image-digest")},
        path=f"/ecr/repositories/private/{event.account}/{repository}" if repository else "",
    )


_ECR_ACTION = Row(
    noun="ECR image",
    name=("repository-name",),
    state=("result",),
    reason=("action-type",),
    labels={"action": "action-type", "image_tag": "image-tag"},
)

READERS: Mapping[str, Reader] = {
    "ECS Task State Change": _task,
    "ECS Deployment State Change": _service,
    "ECS Service Deployment State Change": _service,
    "ECS Service Action": _service,
    "ECS Container Instance State Change": _instance,
    "ECR Image Scan": _scan,
    "Inspector2 Scan": _scan,
    "ECR Image Action": _ECR_ACTION,
    "ECR Replication Action": _ECR_ACTION,
    "ECR Pull Through Cache Action": Row(
        noun="ECR pull through cache of", name=("repository-name",), state=("sync-status",), reason=("failure-reason",)
    ),
}
