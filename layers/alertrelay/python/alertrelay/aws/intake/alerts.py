"""Implements the intake's OpenAlerts on DynamoDB: the table read whole, of which the items `A#…` are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alertrelay.aws.state import items
from alertrelay.aws.state.table import OnTable, read
from alertrelay.intake.ports import recent
from alertrelay.nflog.group_state import AlertItem


class DynamoOpenAlerts(OnTable):
    """See intake.ports.OpenAlerts. Alerts are keyed by a hash, so that there is no query for all of them: a person who
    asks reads the table, at half a read unit for 4 KB of it."""

    def firing(self, now: datetime) -> Sequence[AlertItem]:
        """See intake.ports.OpenAlerts."""
        found = self._table.pages(
            "scan",
            FilterExpression="begins_with(pk, :alerts) AND attribute_exists(content)",
            ExpressionAttributeValues={":alerts": items.text("A#")},
        )
        return [item for item in (read(items.alert_item, raw) for raw in found) if recent(item, now)]
