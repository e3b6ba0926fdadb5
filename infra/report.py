"""Gives the auditor what the weekly audit takes: the logs to read, the metrics to ask for, the receiver to send to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alertrelay.config.model import Config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from compiler.resources.audit import REPORT_CHANNELS, Audit
from infra.assets import ALARMS_FILE, CONFIG_FILE
from infra.permissions import allow, ses_identities


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParts:
    """The receiver by name, the log groups that history is read from, and the SES identities that mails are sent by."""

    receiver: str
    groups: Sequence[logs.ILogGroup]
    identities: Sequence[str]

    @property
    def environment(self) -> dict[str, str]:
        """Returns what alertrelay.runtime.weekly reads, beside the log groups."""
        return {
            "ALERTRELAY_CONFIG": CONFIG_FILE,
            "ALERTRELAY_ALARMS": ALARMS_FILE,
            "ALERTRELAY_REPORT": self.receiver,
        }

    @property
    def statements(self) -> list[iam.PolicyStatement]:
        """Returns the permissions, without that of the secret."""
        mail = ["ses:SendEmail", "ses:SendRawEmail"]
        return [
            allow("History", ["logs:StartQuery"], [group.log_group_arn for group in self.groups]),
            # Neither knows a resource.
            allow("Counted", ["cloudwatch:GetMetricData", "logs:GetQueryResults"], ["*"]),
            *([allow("Mail", mail, self.identities)] if self.identities else []),
        ]


def report_of(config: Config, audit: Audit, groups: Sequence[logs.ILogGroup]) -> ReportParts | None:
    """Returns the report of an environment, None where none is sent."""
    receiver = config.receiver(audit.report) if audit.report else None
    if receiver is None:
        return None
    sent = [target.settings for target in receiver.targets if target.integration.channel in REPORT_CHANNELS]
    return ReportParts(receiver=receiver.name, groups=groups, identities=ses_identities(sent))
