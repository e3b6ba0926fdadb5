"""AWS Health: trouble at AWS itself, planned changes, and notices to an account.

Source: AWS Health user guide, "AWS Health events Amazon EventBridge schema".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Teller, told
from alertrelay.sources.awsevent.told import Told
from alertrelay.values import text as texts

_WHAT: Mapping[str, str] = {
    "issue": "issue",
    "investigation": "investigation",
    "scheduledchange": "scheduled change",
    "accountnotification": "account notification",
}
_ALERTNAMES: Mapping[str, str] = {
    "issue": "AWSHealthIssue",
    "investigation": "AWSHealthInvestigation",
    "scheduledchange": "AWSHealthScheduledChange",
    "accountnotification": "AWSHealthAccountNotification",
}


def _tell(event: Event) -> Told:
    """An issue that says its status is open until it is closed: one alert, by its ARN and account. All else, planned
    changes above all, would fire for weeks: an event, announced once a status and set of what it affects, since the
    pages of a long one have all else in common, their clock too."""
    detail = event.detail
    category = detail.text("eventTypeCategory").lower()
    status = detail.text("statusCode").lower()
    closed = status == "closed"
    region = detail.text("eventRegion") or event.region
    account = detail.text("affectedAccount") or event.account
    arn = detail.text("eventArn")
    lasts = category in ("issue", "investigation") and bool(status) and bool(arn)
    code = detail.text("eventTypeCode")
    found = told(
        event,
        alertname=_ALERTNAMES.get(category, "AWSHealthEvent"),
        summary=_summary(detail, category, status),
        severity="info" if closed and not lasts else "",
        resource=", ".join(_affected(event)[:5]),
        labels={"health_service": detail.text("service"), "event_type": code},
        description=_description(detail),
    )
    at = detail.at("startTime") or event.at
    return replace(
        found,
        identity=_identity(arn, account, "" if lasts else status, "" if lasts else _named(detail)) or found.identity,
        account=account,
        region="" if region == "global" else region,
        link=f"https://health.console.aws.amazon.com/health/home#/account/event-log?eventID={quote(arn, safe='')}",
        kind="alert" if lasts else "event",
        ended=closed and lasts,
        at=at,
        updated_at=detail.at("lastUpdatedTime") or event.at,
        notes={
            "starts": detail.text("startTime"),
            "ends": detail.text("endTime"),
            "affected": ", ".join(_affected(event)[:50]),
        },
    )


def _identity(arn: str, *parts: str) -> str:
    """An event of AWS at large has one ARN in all accounts."""
    return "/".join(part for part in (arn, *parts) if part) if arn else ""


def _named(detail: Fields) -> str:
    """Returns a digest of the entities that the event names, "" where it names none."""
    names = sorted({entity.text("entityValue") for entity in detail.each("affectedEntities")} - {""})
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:8] if names else ""


def _summary(detail: Fields, category: str, status: str) -> str:
    code = detail.text("eventTypeCode")
    title = code.removeprefix("AWS_").replace("_", " ").lower()
    service = detail.text("service") or "AWS"
    title = title.removeprefix(service.lower() + " ")
    affected = [resource_name(entity.text("entityValue")) for entity in detail.each("affectedEntities")]
    about = f" on {', '.join(affected[:3])}" if any(affected) else ""
    more = f" and {len(affected) - 3} more" if len(affected) > 3 else ""
    said = f" ({status})" if status else ""
    return f"AWS Health {_WHAT.get(category, 'event')}{said}: {service} {title or 'event'}{about}{more}"


def _affected(event: Event) -> list[str]:
    entities = [entity.text("entityValue") for entity in event.detail.each("affectedEntities")]
    return [name for name in entities if name] or [resource_name(arn) for arn in event.resources]


def _description(detail: Fields) -> str:
    found = detail.each("eventDescription")
    english = [each for each in found if each.text("language").lower().startswith("en")] or list(found)
    text = "\n\n".join(each.text("latestDescription") for each in english)
    return texts.printable(text.replace("\\n", "\n")) or detail.text("eventDescription")


TELLERS: Mapping[str, Teller] = {"AWS Health Event": _tell, "AWS Health Abuse Event": _tell, "health:": _tell}
