"""Implements the intake's PostedAlerts on DynamoDB: the items `P#<shard>`/<fingerprint>.

One of SHARDS partitions by fingerprint: the tick reads them whole, and each takes 1,000 writes a second.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.aws.state import items
from alertrelay.aws.state.table import OnTable, read
from alertrelay.intake.ports import Known
from alertrelay.intake.posted import PostedAlert
from alertrelay.state import StoreFailure

SHARDS = "0123456789abcdef"
KEPT = timedelta(days=1)
"""After its end: a source posts a resolved alert for a quarter of an hour more."""
_BATCH = 100  # of BatchGetItem, and of TransactWriteItems
_CANCELED = "TransactionCanceledException"


class DynamoPostedAlerts(OnTable):
    """See intake.ports.PostedAlerts. Where the condition of one of a transaction fails, each is put by itself."""

    def known(self, fingerprints: Collection[str]) -> Mapping[str, Known]:
        """See intake.ports.PostedAlerts."""
        found: dict[str, Known] = {}
        for part in _parts(list(dict.fromkeys(fingerprints))):
            for raw in self._table.batch([_key(name) for name in part]):
                one = read(_known, raw)
                found[one.alert.fingerprint] = one
        return found

    def put(self, found: Sequence[Known]) -> Sequence[str]:
        """See intake.ports.PostedAlerts."""
        lost: list[str] = []
        for part in _parts(found):
            if len(part) == 1 or not self._at_once(part):
                lost += [one.alert.fingerprint for one in part if not self._put(one)]
        return lost

    def doubt(self, found: Sequence[Known]) -> None:
        """See intake.ports.PostedAlerts."""
        for one in found:
            stands = self.known([one.alert.fingerprint]).get(one.alert.fingerprint)
            version = stands.version if stands else 0
            item = _item(replace(one, content="", fires=True, version=version))
            self._table.call("put_item", TableName=self._table.name, Item=item)

    def over(self, now: datetime) -> Iterable[Known]:
        """See intake.ports.PostedAlerts."""
        return self._each("fires = :yes AND ends_at <= :now", {":yes": {"BOOL": True}, ":now": items.micros(now)})

    def ending_after(self, at: datetime) -> Iterable[Known]:
        """See intake.ports.PostedAlerts."""
        return self._each("ends_at > :at", {":at": items.micros(at)}, strongly=True)

    def _each(self, condition: str, values: Mapping[str, Any], *, strongly: bool = False) -> Iterator[Known]:
        for shard in SHARDS:
            for raw in self._table.query(
                ConsistentRead=strongly,
                KeyConditionExpression="pk = :pk",
                FilterExpression=condition,
                ExpressionAttributeValues={":pk": items.text(f"P#{shard}"), **values},
            ):
                yield read(_known, raw)

    def _at_once(self, found: Sequence[Known]) -> bool:
        puts = [{"Put": {"TableName": self._table.name, "Item": _item(one), **_condition(one)}} for one in found]
        try:
            self._table.call("transact_write_items", TransactItems=puts)
        except StoreFailure as failure:
            if _CANCELED in str(failure):
                return False
            raise
        return True

    def _put(self, one: Known) -> bool:
        condition = _condition(one)
        return self._table.put(
            _item(one),
            condition=condition["ConditionExpression"],
            values=condition.get("ExpressionAttributeValues", {}),
        )[0]


def _parts(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (found[start : start + _BATCH] for start in range(0, len(found), _BATCH))


def _key(fingerprint: str) -> dict[str, Any]:
    return {"pk": items.text(f"P#{fingerprint[-1:]}"), "sk": items.text(fingerprint)}


def _condition(one: Known) -> dict[str, Any]:
    if not one.version:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "ver = :seen",
        "ExpressionAttributeValues": {":seen": {"N": str(one.version)}},
    }


def _item(one: Known) -> dict[str, Any]:
    """Returns what stands after this write."""
    alert = one.alert
    return {
        **_key(alert.fingerprint),
        "v": {"N": str(items.SCHEMA)},
        "ver": {"N": str(one.version + 1)},
        "labels": items.as_json(dict(alert.labels)),
        "annotations": items.as_json(dict(alert.annotations)),
        "starts_at": items.micros(alert.starts_at),
        "ends_at": items.micros(alert.ends_at),
        "at": items.micros(alert.at),
        "until": items.micros(one.until),
        "guessed": {"BOOL": alert.guessed},
        "fires": {"BOOL": one.fires},
        "content": items.text(one.content),
        "url": items.text(alert.generator_url),
        "ttl": items.seconds(min(alert.ends_at, _LATEST) + KEPT),
    }


_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _known(item: items.Attributes) -> Known:
    def time(name: str) -> datetime:
        return _EPOCH + timedelta(microseconds=int(item[name]["N"]))

    return Known(
        alert=PostedAlert(
            labels=json.loads(item["labels"]["S"]),
            annotations=json.loads(item["annotations"]["S"]),
            starts_at=time("starts_at"),
            ends_at=time("ends_at"),
            guessed=item["guessed"]["BOOL"],
            fingerprint=item["sk"]["S"],
            at=time("at"),
            generator_url=item["url"]["S"],
        ),
        content=item["content"]["S"],
        until=time("until"),
        fires=item["fires"]["BOOL"],
        version=int(item["ver"]["N"]),
    )
