"""The runbook of each alarm of the relay on itself, and of each self-alert: a page serves one kind of trouble."""

from __future__ import annotations

from collections.abc import Mapping

OWN_RUNBOOKS: Mapping[str, tuple[str, ...]] = {
    "alertrelay-dead-letters.md": (
        "AlertrelayDeadLetters",
        "AlertrelayRuleFailed",
        "AnomalyScorerGaveUp",
        "BuriedGroupGone",
    ),
    "alertrelay-errors.md": (
        "AlertrelayErrors",
        "AlertrelayThrottled",
        "AlertrelayEventsWait",
        "AlertrelayEventsDropped",
        "FlushUnfinished",
    ),
    "alertrelay-ticks.md": ("AlertrelayTickMissing", "AlertrelayTimersStuck", "AlertrelayTimersOverdue"),
    "alertrelay-table.md": ("AlertrelayTableFailing", "AlertrelayTableThrottled", "LedgerLost", "AlarmsNotSurveyed"),
    "alertrelay-topics.md": ("AlertrelayNotificationsFailed",),
    "alertrelay-intake.md": (
        "AlertrelayIntakeLost",
        "AlertrelayIntakeNotAllowed",
        "AlertrelayIntakeUnavailable",
        "AlertrelayIntakeErrors",
        "AlertrelayIntakeThrottled",
        "AlertrelayIntakeTickFailed",
        "AlertrelayIntakeRefused",
    ),
    "alertrelay-page-failed.md": ("AlertrelayPageFailed",),
    "alertrelay-channel.md": (
        "SecretKeyRefused",
        "MessageRefused",
        "RecipientRefused",
        "ReceiverGone",
        "TemplateFailed",
        "AlertrelayChannelFails",
    ),
    "companion-unwell.md": (
        "CompanionErrors",
        "CompanionStuck",
        "CompanionLapsed",
        "AnnotationRefused",
        "AutomationNotStarted",
    ),
    "alertrelay-updates.md": ("StaleUpdate", "LoopDetected"),
    "alertrelay-audit.md": (
        "AlertrelayAlarmMissed",
        "AlertrelayAuditMissing",
        "AlertrelayAccountNotRead",
        "AlarmsNeverHelp",
        "WeeklyAudit",
        "AlertrelayDrillLate",
        "AlertrelayDrifted",
    ),
    "alertrelay-sms-spend.md": ("AlertrelaySmsSpend",),
    "anomaly-scorer-unwell.md": (
        "AnomalyScorerErrors",
        "AnomalyScorerScoredNothing",
        "AnomalyScorerLags",
        "AnomalyMetricsLeftOut",
    ),
    "slo-function-unwell.md": ("SloFunctionErrors", "SloBudgetsMissing", "SloFunctionGaveUp"),
}
"""By page of runbooks/, the names of the alarms and self-alerts that it serves; the first is its title."""
_PAGES: Mapping[str, str] = {name: page for page, names in OWN_RUNBOOKS.items() for name in names}


def own_runbook(name: str) -> str:
    """Returns the page of an alarm or self-alert, "" where it has none."""
    return _PAGES.get(name, "")
