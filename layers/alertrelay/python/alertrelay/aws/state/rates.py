"""Implements state.Rates on DynamoDB: a token bucket is one item, `B#<hash>`/`B`."""

from __future__ import annotations

from datetime import datetime, timedelta

from alertrelay.aws.state import items
from alertrelay.aws.state.table import OnTable
from alertrelay.state import Limit

BUCKET_KEPT = timedelta(hours=1)


class DynamoRates(OnTable):
    """See state.Rates."""

    def take(self, key: str, *, now: datetime, limit: Limit) -> bool:
        """See state.Rates. `full_at` is when the bucket would be full again: one number is the whole bucket."""
        step = timedelta(seconds=limit.interval)
        after = {":v": {"N": str(items.SCHEMA)}, ":ttl": items.seconds(now + BUCKET_KEPT)}
        pk = f"B#{items.hashed(key)}"
        idle = self._table.update(
            pk,
            "B",
            "SET full_at = :next, v = :v, #ttl = :ttl",
            condition="attribute_not_exists(full_at) OR full_at < :now",
            values={":next": items.micros(now + step), ":now": items.micros(now), **after},
        )[0]
        last = now + step * (limit.burst - 1)
        taken = (
            idle
            or self._table.update(
                pk,
                "B",
                "SET full_at = full_at + :step, #ttl = :ttl",
                condition="full_at <= :last",
                values={
                    ":step": {"N": str(step // timedelta(microseconds=1))},
                    ":last": items.micros(last),
                    ":ttl": after[":ttl"],
                },
            )[0]
        )
        if not taken and limit.quiet:
            until = items.micros(last + timedelta(seconds=limit.quiet))
            values = {":until": until, ":ttl": after[":ttl"]}
            closing = "SET full_at = :until, #ttl = :ttl"
            self._table.update(pk, "B", closing, condition="full_at < :until", values=values)
        return taken

    def refill(self, key: str) -> None:
        """See state.Rates. The attribute stays: `take` may stand between its two writes."""
        self._table.update(
            f"B#{items.hashed(key)}",
            "B",
            "SET full_at = :empty",
            condition="attribute_exists(full_at)",
            values={":empty": {"N": "0"}},
        )
