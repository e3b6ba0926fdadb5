"""The state table in memory, as DynamoDB answers for it, in a few hundredths of the time that moto takes.

The bench measures a function and not moto, which takes 3 to 20 ms of the same two cores for a request. Its answers are
held to moto's, and the whole contract of the state store is asked of it (tests/tools/test_quick_table.py,
tests/aws/conftest.py).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tools.bench.table_expressions import Condition, Item, condition, update
from tools.bench.table_values import NotPlayed

PREFIX = "DynamoDB_20120810."
_ERRORS = "com.amazonaws.dynamodb.v20120810#"
_REFUSED = "ConditionalCheckFailedException"
_KEYS = ("pk", "sk")
_INDEX_KEYS = ("shard", "next_due")
Key = tuple[str, str]


class Written(NamedTuple):
    """What a write makes of one item: `after` is empty for one that is deleted."""

    key: Key
    before: Item
    after: Item


class _RefusedWrite(Exception):
    def __init__(self, item: Item) -> None:
        super().__init__(_REFUSED)
        self.item = item


class QuickTable:
    """One table with the keys `pk` and `sk`, and the index `due` of `shard` and `next_due` with its keys alone."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Item]] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forgets every item."""
        with self._lock:
            self._items.clear()

    def answer(self, target: str, body: bytes) -> tuple[int, bytes] | None:
        """Returns the status and the body of an answer; None for a request of another service, by X-Amz-Target. Raises
        NotPlayed."""
        if not target.startswith(PREFIX):
            return None
        asked = json.loads(body)
        with self._lock:
            try:
                found = self._answered(target.removeprefix(PREFIX), asked)
            except _RefusedWrite as refused:
                return 400, _refusal(asked, refused.item)
            except _Cancelled as cancelled:
                return 400, json.dumps(cancelled.answer).encode()
        return 200, json.dumps(found, separators=(",", ":")).encode()

    def _answered(self, operation: str, asked: Mapping[str, Any]) -> Any:
        match operation:
            case "GetItem":
                found = self._item(_key(asked["Key"]))
                return {"Item": found} if found else {}
            case "PutItem" | "UpdateItem" | "DeleteItem":
                written = self._written(operation.removesuffix("Item"), asked)
                self._store(written)
                return _returned(asked.get("ReturnValues", "NONE"), written)
            case "BatchGetItem":
                return self._batch(asked["RequestItems"])
            case "TransactWriteItems":
                return self._transaction(asked["TransactItems"])
            case "Query":
                return self._query(asked)
            case "Scan":
                return self._scan(asked)
        raise NotPlayed(operation)

    def _item(self, key: Key) -> Item:
        return self._items.get(key[0], {}).get(key[1], {})

    def _store(self, written: Written) -> None:
        pk, sk = written.key
        partition = self._items.setdefault(pk, {})
        partition.pop(sk, None)
        if written.after:
            partition[sk] = written.after

    def _written(self, kind: str, asked: Mapping[str, Any]) -> Written:
        """Returns what a write would do. Raises _RefusedWrite."""
        key = _key(asked["Item"] if kind == "Put" else asked["Key"])
        before = self._item(key)
        if not _condition(asked, "ConditionExpression")(before, *_scope(asked)):
            raise _RefusedWrite(before)
        after = before
        if kind == "Put":
            after = asked["Item"]
        elif kind == "Update":
            after = update(asked["UpdateExpression"])({**before, **asked["Key"]}, *_scope(asked))
        elif kind == "Delete":
            after = {}
        return Written(key, before, after)

    def _transaction(self, writes: Iterable[Mapping[str, Any]]) -> Any:
        done, reasons = [], []
        for write in writes:
            ((kind, asked),) = write.items()
            reason: Item = {"Code": "None"}
            try:
                done.append(self._written(kind, asked))
            except _RefusedWrite as refused:
                reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
                if refused.item and asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                    reason["Item"] = refused.item
            reasons.append(reason)
        if len(done) < len(reasons):
            raise _Cancelled(reasons)
        for written in done:
            self._store(written)
        return {}

    def _batch(self, asked: Mapping[str, Mapping[str, Any]]) -> Any:
        found = {name: [item for key in one["Keys"] if (item := self._item(_key(key)))] for name, one in asked.items()}
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, asked: Mapping[str, Any]) -> Any:
        if "IndexName" in asked:
            raise NotPlayed("a query of an index")
        of_keys = _condition(asked, "KeyConditionExpression")
        pks = {value["S"] for value in asked["ExpressionAttributeValues"].values() if "S" in value}
        items = [item for pk in pks for _, item in sorted(self._items.get(pk, {}).items())]
        found = [item for item in items if of_keys(item, *_scope(asked))]
        return _page(found if asked.get("ScanIndexForward", True) else found[::-1], asked, _KEYS)

    def _scan(self, asked: Mapping[str, Any]) -> Any:
        items = [item for partition in self._items.values() for item in partition.values()]
        if "IndexName" not in asked:
            return _page(sorted(items, key=_key), asked, _KEYS)
        names = (*_KEYS, *_INDEX_KEYS)
        keys = [{name: item[name] for name in names} for item in items if all(name in item for name in _INDEX_KEYS)]
        return _page(sorted(keys, key=lambda item: (item["shard"]["S"], int(item["next_due"]["N"]))), asked, names)


class _Cancelled(Exception):
    def __init__(self, reasons: list[Item]) -> None:
        codes = ", ".join(reason["Code"] for reason in reasons)
        super().__init__(codes)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        self.answer = {
            "__type": f"{_ERRORS}TransactionCanceledException",
            "CancellationReasons": reasons,
            "Message": message,
        }


def _refusal(asked: Mapping[str, Any], item: Item) -> bytes:
    said = {"__type": f"{_ERRORS}{_REFUSED}", "message": "The conditional request failed"}
    whole = item and asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return json.dumps({**said, "Item": item} if whole else said).encode()


def _returned(which: str, written: Written) -> Any:
    if which not in ("NONE", "ALL_OLD", "ALL_NEW"):
        raise NotPlayed(f"ReturnValues: {which}")
    attributes = {"ALL_OLD": written.before, "ALL_NEW": written.after}.get(which)
    return {"Attributes": attributes} if attributes else {}


def _page(items: list[Item], asked: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """Returns the items of one page: `Limit` counts those that are read, of which the filter leaves some."""
    if start := asked.get("ExclusiveStartKey"):
        items = items[1 + [{name: item[name] for name in keys} for item in items].index(start) :]
    limit = asked.get("Limit", len(items))
    read = items[:limit]
    kept = _condition(asked, "FilterExpression")
    found = [item for item in read if kept(item, *_scope(asked))]
    last = {"LastEvaluatedKey": {name: read[-1][name] for name in keys}} if len(items) > limit else {}
    return {"Items": found, "Count": len(found), "ScannedCount": len(read), **last}


def _condition(asked: Mapping[str, Any], name: str) -> Condition:
    return condition(asked[name]) if name in asked else lambda *_: True


def _scope(asked: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    return asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})


def _key(item: Mapping[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
