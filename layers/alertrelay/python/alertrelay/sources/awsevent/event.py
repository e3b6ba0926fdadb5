"""The envelope of an EventBridge event.

Source: Amazon EventBridge user guide, "Events in Amazon EventBridge", and the events reference of each service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.sentences import is_hash
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; whatever is missing is "" or empty. `source` and `detail_type` are as they came."""

    id: str
    source: str
    detail_type: str
    account: str
    region: str
    at: datetime | None
    resources: tuple[str, ...]
    detail: Fields

    @property
    def service(self) -> str:
        """`ecs` of aws.ecs; the whole source of anybody else's event; without a source the type's first word."""
        return self.source.lower().removeprefix("aws.") or self.detail_type.lower().partition(" ")[0]

    @property
    def arn(self) -> str:
        """The first resource."""
        return self.resources[0] if self.resources else ""


def is_event(value: object) -> bool:
    """Recognises a detail-type with a detail or a source; or a detail of an AWS service, where somebody left the type
    out."""
    fields = Fields.of(texts.mapping(value))
    if fields.text("detail-type"):
        return fields.has("detail") or fields.has("source")
    return fields.has("detail") and fields.text("source").startswith("aws.")


def event_of(value: object) -> Event:
    """Returns the event; account and region come from its resources where it does not say them."""
    fields = Fields.of(texts.mapping(value))
    detail = fields.inner("detail") or _of_no_object(fields.value("detail"))
    if fields.has("additionalAttributes"):  # of a notification rule of the developer tools
        detail = Fields.of({**detail.given, "additionalAttributes": fields.value("additionalAttributes")})
    resources = fields.texts("resources")
    known = Arn.of(resources[0]) if resources else Arn()
    return Event(
        id=fields.text("id"),
        source=fields.text("source"),
        detail_type=fields.text("detail-type"),
        account=fields.text("account") or known.account or detail.text("accountId", "awsAccountId", "account"),
        region=fields.text("region") or known.region or detail.text("region", "awsRegion"),
        at=fields.at("time"),
        resources=resources,
        detail=detail,
    )


def _of_no_object(detail: object) -> Fields:
    """Returns the fields of a detail that is no object, as an input transformer or a mistake writes it: a text is a
    message."""
    return Fields.of({"message" if isinstance(detail, str) else "detail": detail}) if detail else Fields({}, {})


def resource_name(arn: str) -> str:
    """Return the name of a resource for people: the last segment of an ARN that is no hash; what is no ARN as it is."""
    resource = Arn.of(arn).resource.rstrip("/")
    if not resource:
        return arn
    if resource.startswith(("stack/", "stackset/")):  # stack/<name>/<id>
        return resource.split("/")[1]
    if resource.startswith("function:"):  # function:<name>:<version or alias>
        return resource.split(":")[1] or arn
    kind, *names = resource.split("/" if "/" in resource else ":")
    shown = [name for name in names if name and not is_hash(name)]
    return (shown or names or [kind])[-1] or arn


def bare(source: str, fields: Fields) -> Event:
    """Returns a message of SNS as if it were the detail of an event."""
    return Event(id="", source=source, detail_type="", account="", region="", at=None, resources=(), detail=fields)
