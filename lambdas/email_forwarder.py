"""Handles the e-mail, SNS and webhook integrations: triggered by the alert topics and by its own timers."""

from alertrelay.runtime.forwarder import forwarder

handler = forwarder("email", "sns", "webhook")
