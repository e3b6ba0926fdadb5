"""AWS Health: trouble at AWS itself, planned changes, and notices to an account.

Source: AWS Health user guide, "AWS Health events Amazon EventBridge schema".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, bare, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, draft
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


def _read(event: Event) -> AlertDraft:
    """An issue that has a status is open until it is closed: one alert, by its ARN and account. All else, planned
    changes above all, would fire for weeks: an event, announced once a status.

    What affects many resources comes in pages. The first carries the alert; every other is an event of its own, so that
    none takes the place of another before it was notified.
    """
    detail = event.detail
    category = detail.text("eventTypeCategory").lower()
    status = detail.text("statusCode").lower()
    closed = status == "closed"
    region = detail.text("eventRegion") or event.region
    account = detail.text("affectedAccount") or event.account
    arn = detail.text("eventArn", "arn")
    page = _page(detail)
    first = page in ("", "1")
    lasting = category in ("issue", "investigation") and bool(status) and bool(arn) and first
    affected, count = _affected(event)
    found = draft(
        event,
        alertname=_ALERTNAMES.get(category, "AWSHealthEvent"),
        summary=_summary(detail, category, status, affected, count),
        guess="info" if closed and not lasting else "",
        resource=", ".join(affected[:5]),
        labels={"health_service": detail.text("service"), "event_type": detail.text("eventTypeCode")},
        description=_description(detail),
    )
    return replace(
        found,
        identity=_identity(arn, account, "" if lasting else status, "" if lasting or not page else f"page{page}")
        or found.identity,
        account=account,
        region="" if region == "global" else region,
        link=f"{_DASHBOARD}?eventID={quote(arn, safe='')}" if arn else "",
        kind="alert" if lasting else "event",
        ended=closed and lasting,
        at=detail.at("startTime") or event.at,
        updated_at=detail.at("lastUpdatedTime") or event.at,
        notes={
            "starts": detail.text("startTime"),
            "ends": detail.text("endTime"),
            "affected": ", ".join(affected) + (f" and {count - len(affected)} more" if count > len(affected) else ""),
        },
    )


_DASHBOARD = "https://health.console.aws.amazon.com/health/home#/account/event-log"
_SHOWN = 200
"""Resources that are named. A page of an event has seldom more than a hundred."""


def is_health(fields: Fields) -> bool:
    """Recognises the detail of an event of Health without the event around it."""
    return fields.has("eventArn", "eventTypeCode")


def read_health(fields: Fields, _: Arrival) -> AlertDraft:
    """As by EventBridge."""
    return _read(bare("aws.health", fields))


def _page(detail: Fields) -> str:
    """Returns the number of the page; "" for an event of only one."""
    page, total = detail.text("page"), detail.text("totalPages")
    return page if page and total not in ("", "0", "1") else ""


def _identity(*parts: str) -> str:
    """An event of AWS at large has one ARN in all accounts."""
    return "/".join(part for part in parts if part) if parts[0] else ""


def _summary(detail: Fields, category: str, status: str, affected: list[str], count: int) -> str:
    code = detail.text("eventTypeCode")
    title = code.removeprefix("AWS_").replace("_", " ").lower()
    service = detail.text("service") or "AWS"
    title = title.removeprefix(service.lower() + " ")
    known = detail.has("affectedEntities")
    about = f" on {', '.join(affected[:3])}" if affected and known else ""
    more = f" and {count - 3} more" if about and count > 3 else ""
    said = f" ({status})" if status else ""
    page = f" (page {_page(detail)} of {detail.text('totalPages')})" if _page(detail) else ""
    what = f"{service} {title}" if title else "no details were sent" if not detail else f"{service} event"
    return f"AWS Health {_WHAT.get(category, 'event')}{said}{page}: {what}{about}{more}"


def _affected(event: Event) -> tuple[list[str], int]:
    """Returns the names of what is affected, at most _SHOWN, and how many there are."""
    detail = event.detail
    names = [resource_name(each.text("entityValue")) for each in detail.each("affectedEntities")[:_SHOWN]]
    found = [name for name in names if name]
    if found:
        return found, max(len(found), detail.count("affectedEntities"))
    named = [resource_name(arn) for arn in event.resources[:_SHOWN] if ":rule/" not in arn]
    return named, len(named)


def _description(detail: Fields) -> str:
    found = detail.each("eventDescription")
    english = [each for each in found if each.text("language").lower().startswith("en")] or list(found)
    text = "\n\n".join(each.text("latestDescription") for each in english)
    return texts.printable(text.replace("\\n", "\n")) or detail.text("eventDescription")


READERS: Mapping[str, Reader] = {"AWS Health Event": _read, "AWS Health Abuse Event": _read, "health:": _read}
