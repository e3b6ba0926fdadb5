"""Gives the messages of Slack's bots buttons, which a stand-in presses."""

from __future__ import annotations

from dataclasses import replace

from alertrelay.channels.slack import SlackSettings
from alertrelay.config.model import Config, Target


def with_buttons(config: Config) -> Config:
    """Returns the configuration with buttons on the messages of Slack's bots: a stand-in presses them."""

    def pressable(target: Target) -> Target:
        settings = target.settings
        if not isinstance(settings, SlackSettings) or settings.mode != "bot":
            return target
        return replace(target, settings=replace(settings, buttons=True))

    receivers = tuple(replace(one, targets=tuple(map(pressable, one.targets))) for one in config.receivers)
    return replace(config, receivers=receivers)
