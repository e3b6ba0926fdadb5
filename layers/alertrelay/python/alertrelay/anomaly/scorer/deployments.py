"""Finds the deployments shortly before an anomaly began: the first question of the person on call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alertrelay.alert import Alert
from alertrelay.anomaly.scorer.ports import Deployment
from alertrelay.sources import parse
from alertrelay.sources.envelope import Envelope
from alertrelay.values.text import as_json
from alertrelay.values.times import instant

WITHIN = 1_800.0
"""Seconds before the begin of an anomaly."""
AFTER = 300.0
"""A period's point is dated by its begin: what changed within it comes a little later."""
SHOWN = 3
_NAMING = ("service", "cluster", "application", "deployment_group", "stack", "resource", "ServiceName", "ClusterName")


def deployment_of(event: Mapping[str, Any]) -> Deployment | None:
    """Reads the change from an event of CodeDeploy, ECS or CloudFormation; None for any other, and for one without a
    time."""
    if event.get("source") not in ("aws.codedeploy", "aws.ecs", "aws.cloudformation"):
        return None
    at = instant(event.get("time"))
    if at is None:
        return None
    found = parse(Envelope(text=as_json(event)), received_at=at).alerts[0]
    return Deployment(
        id=str(event.get("id", "")) or found.state_key,
        at=at.timestamp(),
        what=found.annotations.get("summary", found.name),
        names=tuple(sorted(_names(found, event))),
        link=found.generator_url,
    )


def _names(alert: Alert, event: Mapping[str, Any]) -> set[str]:
    """Returns the names of the deployed thing: the labels that name it, and the last parts of the ARNs of the event."""
    named = {alert.labels[name] for name in _NAMING if alert.labels.get(name)}
    for arn in event.get("resources") or ():
        resource = str(arn).split(":", 5)[-1]
        # A stack's ARN ends in a random id, a service's in its name.
        parts = resource.split("/")
        named |= {part for part in parts[1:3] if part}
    return named


def named(deployments: Iterable[Deployment], since: float, about: Iterable[str]) -> list[str]:
    """Returns the deployments of the half hour before `since`, in words: those of the thing itself, else all that there
    are.

    `about` are the names by which the thing is known: its service, the values of its dimensions.
    """
    near = [d for d in deployments if since - WITHIN <= d.at <= since + AFTER]
    known = {name.lower() for name in about if name}
    own = [d for d in near if any(_same(name.lower(), other) for name in d.names for other in known)]
    found = sorted(own or near, key=lambda d: -d.at)
    lines = [f"{d.what}, {_apart(since - d.at)}" + (f" ({d.link})" if d.link else "") for d in found]
    return [*lines[:SHOWN], *([f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])]


def _same(name: str, other: str) -> bool:
    """Returns whether two names mean the same: the stack orders-prod deploys the service orders."""
    return name == other or name.startswith(f"{other}-") or other.startswith(f"{name}-")


def _apart(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes == 0:
        return "at the same time"
    return f"{minutes} min before it began" if minutes > 0 else f"{-minutes} min after it began"
