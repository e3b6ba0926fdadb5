"""Tries what is reached by AWS's own permission: SES's sender and recipients, topics of other owners."""

from __future__ import annotations

from typing import Any

from alertrelay.aws.errors import code
from alertrelay.channels.email import bare_addresses

from cli.cloud import UNREADABLE, Client
from cli.probes.row import NotTaken


def ses(settings: Any, client: Client) -> str:
    """Asks whether the sender, or its domain, is verified, and whether the account is in the sandbox. Raises
    NotTaken."""
    sender = (bare_addresses([settings.sender]) or (settings.sender,))[0]
    api = client("sesv2")
    domain = sender.rpartition("@")[2]
    if not (_verified(api, sender) or _verified(api, domain)):
        mend = f"aws sesv2 create-email-identity --email-identity {domain}"
        raise NotTaken("not authorised", f"neither {sender} nor {domain} is a verified identity of SES here", mend)
    try:
        account = api.get_account()
    except UNREADABLE as error:
        raise NotTaken("not tried", f"SES's account cannot be read ({code(error)})", "allow ses:GetAccount") from None
    if not account.get("SendingEnabled", True):
        raise NotTaken("refused", "SES has paused sending for this account", "see SES's reputation dashboard")
    if not account.get("ProductionAccessEnabled", True):
        left = [to for to in settings.addresses if not (_verified(api, to) or _verified(api, to.rpartition("@")[2]))]
        if left:
            text = f"SES is in the sandbox here, and {', '.join(left)} is not verified"
            raise NotTaken("refused", text, "request production access, or verify the address")
    return f"{sender} is verified"


def _verified(api: Any, identity: str) -> bool:
    try:
        return bool(api.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus"))
    except UNREADABLE as error:
        if code(error) == "NotFoundException":
            return False
        mend = "allow ses:GetEmailIdentity"
        raise NotTaken("not tried", f"SES's identities cannot be read ({code(error)})", mend) from None


def topic(settings: Any, client: Client) -> str:
    """Asks for the attributes of a topic. Raises NotTaken."""
    if not settings.topic_arn:
        return "a phone number: the SMS findings are about it" if settings.phone_number else "an endpoint: not tried"
    try:
        counts = client("sns").get_topic_attributes(TopicArn=settings.topic_arn)["Attributes"]
    except UNREADABLE as error:
        word = code(error)
        if "NotFound" in word:
            text = f"there is no topic {settings.topic_arn}"
            raise NotTaken("refused", text, "correct topic_arn, or create it") from None
        text = f"{settings.topic_arn} cannot be read ({word})"
        raise NotTaken("not tried", text, "allow sns:GetTopicAttributes there") from None
    if counts.get("SubscriptionsConfirmed") == "0":
        text = f"nobody is subscribed to {settings.topic_arn}"
        raise NotTaken("refused", text, "subscribe somebody, and confirm it")
    return f"{counts.get('SubscriptionsConfirmed', 'some')} subscribed"
