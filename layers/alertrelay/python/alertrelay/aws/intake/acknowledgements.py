"""Implements intake.ports.Acknowledgements on DynamoDB: the attribute `ack` of alerts, `A#…`, and of members, `M#…`."""

from __future__ import annotations

from alertrelay.alert import Acknowledgement
from alertrelay.aws.state import items
from alertrelay.aws.state.table import OnTable, read
from alertrelay.nflog.group_state import AlertItem


class DynamoAcknowledgements(OnTable):
    """See intake.ports.Acknowledgements."""

    def acknowledge(self, seen: AlertItem, new: Acknowledgement) -> AlertItem | None:
        """See intake.ports.Acknowledgements."""
        written = {"ack": items.acknowledgement_attribute(new)}
        values = {
            ":ack": written["ack"],
            ":firing": items.text("firing"),
            ":starts": items.micros(seen.alert.starts_at),
        }
        as_seen = "attribute_not_exists(#ack)"
        if seen.acknowledged:
            as_seen = "#ack = :seen"
            values[":seen"] = items.acknowledgement_attribute(seen.acknowledged)
        _, found = self._table.update(
            f"A#{seen.key}",
            "A",
            "SET #ack = :ack",
            condition=f"#status = :firing AND starts_at = :starts AND {as_seen}",
            values=values,
            returns="ALL_NEW",
            done=written,
        )
        if not found:
            return None
        item = read(items.alert_item, found)
        same = item.alert.status == "firing" and item.alert.starts_at == seen.alert.starts_at
        return item if same else None

    def withdraw(self, seen: AlertItem) -> bool:
        """See intake.ports.Acknowledgements."""
        if seen.acknowledged is None:
            return False
        return self._table.update(
            f"A#{seen.key}",
            "A",
            "REMOVE #ack",
            condition="#ack = :seen",
            values={":seen": items.acknowledgement_attribute(seen.acknowledged)},
            done={"ack": None},
        )[0]

    def note(self, gid: str, key: str, acknowledged: Acknowledgement | None) -> bool:
        """See intake.ports.Acknowledgements."""
        new = {":ack": items.acknowledgement_attribute(acknowledged)} if acknowledged else {}
        return self._table.update(
            f"M#{gid}",
            key,
            "SET #ack = :ack" if acknowledged else "REMOVE #ack",
            condition="#status = :firing",
            values={":firing": items.text("firing"), **new},
        )[0]
