"""Handles the Slack integrations of the configuration: triggered by the alert topics and by its own timers."""

from alertrelay.runtime.forwarder import forwarder

handler = forwarder("slack")
