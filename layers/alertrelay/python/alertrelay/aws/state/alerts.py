"""Implements state.Alerts on DynamoDB: the items `A#<alert>`/`A`, one request a method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alertrelay.aws.state import items
from alertrelay.aws.state.table import OnTable, read
from alertrelay.nflog.group_state import AlertItem, Member
from alertrelay.policy.group_key import order_ahead


class DynamoAlerts(OnTable):
    """See state.Alerts."""

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        """See state.Alerts."""
        alert = item.alert
        keeps = "if_not_exists({0}, {1})" if alert.status == "resolved" else "{1}"
        values: dict[str, Any] = {
            ":k": items.text(item.order_key),
            ":status": items.text(alert.status),
            ":rank": {"N": str(item.rank)},
            ":labels": items.as_json(dict(alert.labels)),
            ":starts": items.micros(alert.starts_at),
            ":content": items.alert_content(alert),
        }
        sets = [
            "k = :k, #status = :status, #rank = :rank, content = :content, v = :v",
            f"labels = {keeps.format('labels', ':labels')}",
            f"starts_at = {keeps.format('starts_at', ':starts')}",
        ]
        name, origin = ("by", item.resolved_by) if alert.status == "resolved" else ("src", item.opened_by)
        if origin:
            sets.append(f"#{name} = :{name}")
            values[f":{name}"] = items.text(origin)
        removed = ["#ack"] if alert.status == "resolved" else []
        if item.expires:
            values[":ttl"] = items.seconds(item.expires)
            sets.append("#ttl = :ttl")
        else:
            removed.append("#ttl")
        expression = "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(removed) if removed else "")
        if groups := sorted(groups):
            values[":homes"] = {"SS": groups}
            expression += " ADD homes :homes"
        written, found = self._table.update(
            f"A#{item.key}",
            "A",
            expression,
            condition="attribute_not_exists(k) OR k < :k OR (k = :k AND #rank <= :rank) OR k > :ahead",
            values={**values, ":ahead": items.text(order_ahead(self._clock.now()))},
            returns="ALL_NEW",
        )
        return written, read(items.alert_item, found)

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """See state.Alerts."""
        wanted = [{"pk": items.text(f"A#{key}"), "sk": items.text("A")} for key in dict.fromkeys(keys)]
        return {item.key: item for item in (read(items.alert_item, raw) for raw in self._table.batch(wanted))}

    def add_groups(self, member: Member, groups: Iterable[str]) -> bool:
        """See state.Alerts."""
        groups = sorted(groups)
        return self._table.update(
            f"A#{member.key}",
            "A",
            "ADD homes :homes" if groups else "SET v = v",
            condition="k <= :k",
            values={":k": items.text(member.order_key), **({":homes": {"SS": groups}} if groups else {})},
        )[0]
