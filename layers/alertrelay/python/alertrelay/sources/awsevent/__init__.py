"""Reads what AWS itself sends: events by EventBridge, and the notices that services publish to SNS without it.

A service's events are one file: functions from an event to a draft of its alert (`AlertDraft`), and a table of them by
`detail-type`. What no table knows is read by `general`, so no event of AWS is ever raw.
"""
