"""`sns_configs`: one of a topic, a phone number and an endpoint."""

from __future__ import annotations

import re

from alertrelay.channels.sns import AMAZON_Q, FORMAT_ATTRIBUTE, SnsSettings

from compiler.alertmanager.kinds.reading import ReceiverContext
from compiler.reading.section import Section, keys

_SIGV4 = keys("region access_key secret_key profile role_arn external_id use_fips_sts_endpoint")
_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_./:-]+")
_OWN_TOPIC = re.compile(r"alertrelay-.*(critical|warning|info|slo-violations|infrastructure)", re.IGNORECASE)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def read_sns(section: Section, reading: ReceiverContext) -> SnsSettings:
    reading.secrets.http_config(section)
    inner = section.section("sigv4", _SIGV4)
    if inner and inner.has("access_key") != inner.has("secret_key"):
        message = "access_key and secret_key go together"
        section.findings.error(inner.place, "one-of", message, "remove both: the function's own role may publish")
    if inner and inner.has("secret_key"):
        message = "'secret_key' holds a secret in plain text"
        mend = "remove access_key and secret_key: the function's own role may publish"
        section.findings.error(inner.at("secret_key"), "inline-secret", message, mend)
    if inner and inner.has("role_arn"):
        _refuse_role(section, inner)
    ways = ("topic_arn", "phone_number", "target_arn")
    named = [key for key in ways if section.has(key)]
    if len(named) == len(ways):
        # Alertmanager's own check takes one or all three, and SNS refuses what it then asks for.
        message = f"a message has one of {', '.join(ways)}: it goes to the topic alone"
        section.findings.warning(
            section.place, "not-obeyed", message, "keep topic_arn; another sns_config takes another"
        )
        named = named[:1]
    if len(named) != 1:
        message = f"expected one of {', '.join(ways)}, got {' and '.join(named) or 'none'}"
        section.findings.error(section.place, "one-of", message, "keep one; another sns_config takes another")
    for key in named:
        _check_sns_address(section, key)
    return SnsSettings(
        topic_arn=section.text("topic_arn"),
        phone_number=section.text("phone_number") if "phone_number" in named else "",
        target_arn=section.text("target_arn") if "target_arn" in named else "",
        amazon_q=_amazon_q(section),
    )


def _refuse_role(section: Section, sigv4: Section) -> None:
    """The forwarder publishes by its own role, whose policy names the topic; no other role is assumed."""
    topic = section.text("topic_arn") or section.text("target_arn") or "the topic"
    message = f"alertrelay publishes by the role of its email-forwarder, and does not assume {sigv4.text('role_arn')}"
    mend = (
        f"remove role_arn; a topic of another account has to allow that role in its policy: {{Effect: Allow, "
        f"Principal: {{AWS: ROLE}}, Action: sns:Publish, Resource: {topic}}}, and its KMS key kms:GenerateDataKey* and "
        "kms:Decrypt"
    )
    section.findings.error(sigv4.at("role_arn"), "unsupported", message, mend)


def _amazon_q(section: Section) -> bool:
    """Returns whether the message is to be a custom notification of Amazon Q, which reads topics alone."""
    value = section.mapping("attributes").get(FORMAT_ATTRIBUTE)
    if value is None:
        return False
    if value.text != AMAZON_Q:
        message = f"{value.text!r} is not a format of messages"
        section.findings.error(
            value.place, "bad-value", message, f"write `{FORMAT_ATTRIBUTE}: {AMAZON_Q}`, or remove it"
        )
    elif not section.has("topic_arn"):
        message = "Amazon Q reads topics: a phone or an endpoint would be sent JSON"
        section.findings.error(value.place, "bad-value", message, "use topic_arn, or remove the attribute")
    return value.text == AMAZON_Q


def _check_sns_address(section: Section, key: str) -> None:
    value = section.text(key)
    if "{{" in value:
        return
    if key == "phone_number":
        if not _PHONE.fullmatch(value):
            message = f"{value!r} is not a phone number in E.164"
            section.findings.error(section.at(key), "bad-address", message, 'as in "+15555550100", in quotes')
    elif not _ARN.fullmatch(value):
        example = "arn:aws:sns:eu-west-1:111122223333:name"
        section.findings.error(section.at(key), "bad-address", f"{value!r} is not an ARN of SNS", f"as in {example}")
    elif _OWN_TOPIC.fullmatch(value.rsplit(":", 1)[-1]):
        message = f"{value!r} is one of alertrelay's own topics: each alert would come back"
        section.findings.error(section.at(key), "loop", message, "name a topic that alertrelay does not read")
