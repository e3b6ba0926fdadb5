"""Compares CloudWatch's alarms with the open alerts: triggered by its schedules, in environments with `audit`."""

from alertrelay.runtime.auditor import auditor

handler = auditor()
