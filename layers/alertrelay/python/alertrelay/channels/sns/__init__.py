"""SNS: a topic, a phone number (SMS) or an endpoint, by the function's own permission."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.alert import Integration
from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys, templated
from alertrelay.config.model import Target

FORMAT_ATTRIBUTE = "alertrelay-format"
"""An entry of `attributes`, which Alertmanager takes too: its value is the format of the message."""
AMAZON_Q = "amazon-q"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsSettings(Settings):
    """Exactly one of the three is set. The last resort's topic is named by the runtime, not here. With `amazon_q` the
    message is a custom notification of Amazon Q Developer, which posts it to Slack or Microsoft Teams."""

    topic_arn: str
    phone_number: str
    target_arn: str
    amazon_q: bool = False


CHANNEL = ChannelDescriptor(
    kind="sns",
    title="SNS",
    message="SNS message",
    configs="sns_configs",
    keys=(
        *keys("topic_arn phone_number target_arn", "decides"),
        *templated("sns.default", "subject=subject message=message"),
        ConfigKey(name="attributes", use="templated", shape="texts"),
        *keys("api_url", "not_obeyed"),
        # The client is AWS's own, whatever is said of it.
        *keys("use_aws_http_client", "setting", "flag"),
        *keys("sigv4", "not_obeyed", "sigv4"),
    ),
    settings=SnsSettings,
    sender="SnsSender",
    key_text="none: IAM",
    receipt="`message_id`",
    accepted="what its subscribers get is not known here",
    limits={"subject characters": 99, "message bytes": 256 * 1024},
    rate=Rate(people=3),
)


def last_resort(topic_arn: str) -> Target:
    """Return the target behind the last stage: a topic, by IAM: it works when nothing else does."""
    integration = Integration(receiver="last-resort", channel=CHANNEL.kind, index=0)
    settings = SnsSettings(topic_arn=topic_arn, phone_number="", target_arn="")
    return Target(integration=integration, send_resolved=True, settings=settings)
