"""Implements state.Surveys and state.Wakings on DynamoDB: `Q#<forwarder>`/`Q` and `W#<forwarder>`/`W`."""

from __future__ import annotations

from typing import Any

from alertrelay.aws.state import items
from alertrelay.aws.state.silences import SILENCES_KEY
from alertrelay.aws.state.table import OnTable, read
from alertrelay.state import Survey, Waking


class DynamoTicks(OnTable):
    """See state.Surveys and state.Wakings."""

    def survey(self, name: str) -> tuple[Survey, int]:
        """See state.Surveys."""
        key = {"pk": items.text(f"Q#{name}"), "sk": items.text("Q")}
        answer = self._table.call("get_item", TableName=self._table.name, Key=key, ConsistentRead=True)
        return read(items.survey, answer["Item"]) if "Item" in answer else (Survey(), 0)

    def put_survey(self, name: str, survey: Survey, *, seen: int) -> bool:
        """See state.Surveys."""
        written = items.survey_attributes(survey, version=seen + 1)
        return self._table.update(
            f"Q#{name}",
            "Q",
            "SET #phase = :phase, #page = :page, #tries = :tries, #version = :version, v = :v",
            condition="#version = :seen" if seen else "attribute_not_exists(#version)",
            values={
                **{f":{name}": value for name, value in written.items()},
                **({":seen": {"N": str(seen)}} if seen else {}),
            },
            done=written,
        )[0]

    def waking(self, name: str) -> tuple[Waking | None, int, int]:
        """See state.Wakings."""
        found = {item["sk"]["S"]: item for item in self._table.batch([waking_key(name), SILENCES_KEY])}
        waking, version = read(items.waking, found["W"]) if "W" in found else (None, 0)
        return waking, version, read(items.silences, found["S"])[1] if "S" in found else 0

    def put_waking(self, name: str, waking: Waking, *, seen: int) -> bool:
        """See state.Wakings."""
        written = items.waking_attributes(waking, version=seen + 1)
        return self._table.update(
            f"W#{name}",
            "W",
            "SET " + ", ".join(f"#{one} = :{one}" for one in written) + ", v = :v",
            condition="#version = :seen" if seen else "attribute_not_exists(#version)",
            values={
                **{f":{one}": value for one, value in written.items()},
                **({":seen": {"N": str(seen)}} if seen else {}),
            },
            done=written,
        )[0]


def waking_key(name: str) -> dict[str, Any]:
    """Returns the key of a forwarder's waking."""
    return {"pk": items.text(f"W#{name}"), "sk": items.text("W")}
