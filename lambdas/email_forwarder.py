"""Handles the integrations of every channel without a forwarder of its own: triggered by topics and timers."""

from alertrelay.runtime.forwarder import shared

handler = shared()
