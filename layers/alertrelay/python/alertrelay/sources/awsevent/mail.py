"""SES: bounces, complaints and what else becomes of mail, by SNS and by EventBridge.

Source: Amazon SES developer guide, "Contents of event data". Mail addresses of recipients are what it is about: shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.awsevent.draft import AlertDraft, camel
from alertrelay.sources.awsevent.event import Event
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, general, page
from alertrelay.sources.awsevent.lasting import lasts
from alertrelay.sources.awsevent.news import is_bad
from alertrelay.sources.awsevent.vocabulary import NAMESPACES
from alertrelay.values.arn import Arn

# Source: Amazon SES developer guide, "Contents of event data": what becomes of most mails. A transient bounce is tried
# again.
_CALM = ("send", "delivery", "open", "click", "received", "subscription", "amazonsnssubscriptionsucceeded")
_PARTS: Mapping[str, str] = {
    "bounce": "bouncedRecipients",
    "complaint": "complainedRecipients",
    "deliverydelay": "delayedRecipients",
}


def is_mail(fields: Fields) -> bool:
    """Recognises an SES notification (notificationType) or event (eventType)."""
    return bool(fields.text("notificationType", "eventType")) and (
        fields.has("mail") or fields.text("notificationType").startswith("AmazonSns")
    )


def read_mail(fields: Fields, topic_region: str = "") -> AlertDraft:
    """Returns sender and recipients of a mail, and its outcome."""
    kind = fields.text("notificationType", "eventType") or "event"
    folded = kind.lower().replace(" ", "")
    part = fields.inner(folded, kind)
    mail = fields.inner("mail")
    sender = mail.text("source", "commonHeaders.from") or "unknown sender"
    arn = Arn.of(mail.text("sourceArn"))
    recipients = part.each(_PARTS.get(folded, "recipients"))
    named = [each.text("emailAddress") for each in recipients] or list(mail.texts("destination"))
    subject = mail.text("commonHeaders.subject")
    why = next((said for each in recipients if (said := each.text("diagnosticCode"))), "") or part.text(
        "reason", "errorMessage", "complaintFeedbackType", "complaintSubType", "delayType"
    )
    detail = "/".join(word for word in (part.text("bounceType"), part.text("bounceSubType")) if word)
    calm = folded in _CALM or part.text("bounceType").lower() == "transient"
    region = arn.region or topic_region
    about = f" ({subject})" if subject else ""
    return AlertDraft(
        alertname=f"SES{camel(kind)}",
        summary=f"SES {kind.lower()}{f' ({detail})' if detail else ''}: mail of {sender}{about} "
        f"to {', '.join(named[:3]) or 'nobody named'}{f'. {why}' if why else ''}"
        if mail
        else f"SES {kind}: {fields.text('message') or 'no mail named'}",
        guess="info" if calm else "warning" if folded in _PARTS or is_bad(kind) else "",
        identity=f"ses:{kind}/{part.text('feedbackId') or mail.text('messageId')}" if mail.text("messageId") else "",
        labels={"aws_service": "ses", "namespace": NAMESPACES["ses"], "resource": sender if mail else ""},
        description=fields.lines(),
        reason=why,
        link=page(region, f"/ses/home?region={region}"),
        account=mail.text("sendingAccountId") or arn.account,
        region=region,
        at=part.at("timestamp", "arrivalDate") or mail.at("timestamp"),
    )


def _event(event: Event) -> AlertDraft:
    if event.detail_type.startswith("Advisor Recommendation Status "):
        return _advice(event)
    if not event.detail.has("mail"):
        return general(event)
    found = read_mail(event.detail, event.region)
    return replace(found, identity=event.id, account=event.account, region=event.region or found.region)


def _advice(event: Event) -> AlertDraft:
    """Reads a recommendation of the deliverability advisor: one a kind and identity, open until it is resolved."""
    data = event.detail.inner("data")
    kind, arn = data.text("type"), data.text("resourceArn")
    identity = f"ses-advice:{arn}/{kind}" if kind and arn else ""
    found = replace(general(event), alertname="SESRecommendation")
    return lasts(found, identity, ended=event.detail_type.endswith("Resolved"), updated_at=event.at)


READERS: Mapping[str, Reader] = {"ses:": _event}
