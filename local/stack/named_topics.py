"""Makes the topics that receivers name, which exist in somebody's account when the stack is deployed."""

from __future__ import annotations

from alertrelay.channels.sns import SnsSettings
from alertrelay.config.model import Config
from moto.sns.models import sns_backends


def make_named_topics(config: Config) -> None:
    """Creates each in its own account and region: moto has all of them."""
    settings = (target.settings for receiver in config.receivers for target in receiver.targets)
    for arn in {one.topic_arn for one in settings if isinstance(one, SnsSettings) and one.topic_arn}:
        if "{{" not in arn:
            region, account, name = arn.split(":")[3:6]
            sns_backends[account][region].create_topic(name)
