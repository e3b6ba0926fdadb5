"""Handles the integrations of every channel without a forwarder of its own: triggered by topics and timers."""

from alertrelay.channels import shared_forwarder
from alertrelay.runtime.forwarder import forwarder

handler = forwarder(*shared_forwarder())
