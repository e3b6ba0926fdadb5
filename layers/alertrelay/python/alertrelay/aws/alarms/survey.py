"""Asks CloudWatch page by page which alarms of this environment are in a state: after the table was lost, or is new.

An alarm is one of ours where it notifies one of the environment's topics; that topic gives its severity, as it does for
an update.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from alertrelay.aws.alarms.asking import alarm_types, listed
from alertrelay.aws.alarms.updates import has_changed, our_topic, updates
from alertrelay.aws.errors import code, failures
from alertrelay.dispatch.survey import Alarms, AskAlarms

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

PAGE = 25
"""Alarms a request: of each that fires its contributors may have to be asked for, too."""


def surveyed_alarms(
    client: Callable[[], CloudWatchClient],
    *,
    account: str,
    region: str,
    topics: str,
    now: Callable[[], datetime],
    log: Callable[..., None],
) -> AskAlarms:
    """Return the port `AskAlarms` of dispatch/survey.py. `topics`: how the names of the environment's topics begin."""
    prefix = f":sns:{region}:{account}:{topics}"

    def ask(state: str, token: str) -> Alarms | None:
        cloudwatch: Any = client()
        question = {"StateValue": state, "AlarmTypes": alarm_types(cloudwatch), "MaxRecords": PAGE}
        try:
            page = cloudwatch.describe_alarms(**question, **({"NextToken": token} if token else {}))
            ours = [(one, topic) for one in listed(page) if has_changed(one) and (topic := our_topic(one, prefix))]
            found = [each for one, topic in ours for each in updates(cloudwatch, one, account, topic, now())]
        except failures() as error:
            log("alarms_not_surveyed", failure=code(error))
            return None
        return Alarms(updates=found, token=page.get("NextToken", ""))

    return ask
