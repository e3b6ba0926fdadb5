"""Asks CloudWatch whether alarms still fire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from alertrelay.aws.errors import code

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


def ended_alarms(
    client: Callable[[], CloudWatchClient], *, account: str, region: str, log: Callable[..., None]
) -> Callable[[Sequence[str]], frozenset[str]]:
    """Returns a question about up to 100 AlarmArns: which of them are deleted or OK. Alarms of other accounts and
    regions cannot be asked about, and are taken to fire; so is every alarm when CloudWatch does not answer."""

    def ended(arns: Sequence[str]) -> frozenset[str]:
        ours = {arn: arn.split(":", 6)[6] for arn in arns if arn.split(":")[3:5] == [region, account]}
        if not ours:
            return frozenset()
        try:
            answer = client().describe_alarms(
                AlarmNames=sorted(set(ours.values())), AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
            )
        except (ClientError, BotoCoreError) as error:
            log("alarms_not_verified", failure=code(error))
            return frozenset()
        found = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
        firing = {alarm["AlarmName"] for alarm in found if alarm["StateValue"] != "OK"}
        return frozenset(arn for arn, name in ours.items() if name not in firing)

    return ended
