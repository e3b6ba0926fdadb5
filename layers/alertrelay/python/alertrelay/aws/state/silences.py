"""Implements state.Silences on DynamoDB: the one item `S`/`S`."""

from __future__ import annotations

from collections.abc import Sequence

from alertrelay.aws.state import items
from alertrelay.aws.state.table import OnTable, read
from alertrelay.policy.silence import Silence

SILENCES_KEY = {"pk": items.text("S"), "sk": items.text("S")}


class DynamoSilences(OnTable):
    """See state.Silences."""

    def silences(self) -> tuple[Sequence[Silence], int]:
        """See state.Silences."""
        answer = self._table.call("get_item", TableName=self._table.name, Key=SILENCES_KEY, ConsistentRead=True)
        return read(items.silences, answer["Item"]) if "Item" in answer else ((), 0)

    def put_silences(self, silences: Sequence[Silence], *, seen: int) -> bool:
        """See state.Silences."""
        written = {"version": {"N": str(seen + 1)}, "silences": items.silences_attribute(silences)}
        return self._table.update(
            "S",
            "S",
            "SET silences = :silences, #version = :version, v = :v",
            condition="#version = :seen" if seen else "attribute_not_exists(#version)",
            values={
                **{f":{name}": value for name, value in written.items()},
                **({":seen": {"N": str(seen)}} if seen else {}),
            },
            done=written,
        )[0]
