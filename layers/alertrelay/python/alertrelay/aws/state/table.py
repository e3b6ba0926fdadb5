"""Requests to the table: throttles are waited out, lost answers are recognised, newer items are never overwritten."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from alertrelay.aws.budget import Budget
from alertrelay.aws.errors import answered, code, failures, unanswered
from alertrelay.aws.state import items
from alertrelay.ports import Clock
from alertrelay.state import StoreFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
_KNOWN = items.SPILLED
"""The newest schema that is understood."""
_READABLE = "(attribute_not_exists(v) OR v <= :known)"
"""Part of every condition: an item of a newer version is never overwritten."""
_REFUSED = "ConditionalCheckFailedException"
_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionConflictException",
    }
)
THROTTLED_FOR = 8.0
"""Seconds: a throttle is no failure of the table, and is waited out; Lambda itself repeats an event only twice."""


class Table:
    """`client` makes or gives the client; it is called with the first request. `budget` bounds the waiting for it."""

    def __init__(
        self, client: Callable[[], DynamoDBClient], name: str, clock: Clock, budget: Budget | None = None
    ) -> None:
        self._budget = budget or Budget(clock)
        self.name = name
        self._client = client
        self._clock = clock

    def update(
        self,
        pk: str,
        sk: str,
        expression: str,
        *,
        condition: str,
        values: dict[str, Any],
        returns: str = "NONE",
        done: Mapping[str, Any] | None = None,
    ) -> tuple[bool, dict[str, Any]]:
        """Updates an item: whether the condition held, with what `returns` asks for, or the item that it failed on.

        `done` is what the item holds after this write (None: without the attribute). Where an answer is lost it is
        asked for again, and the write itself makes its repetition fail: then it counts, with the item as it stands now.
        """
        condition = f"{_READABLE} AND ({condition})"
        try:
            answer = self.call(
                "update_item",
                TableName=self.name,
                Key={"pk": items.text(pk), "sk": items.text(sk)},
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=_names(expression, condition),
                ExpressionAttributeValues=_values(values, expression, condition),
                ReturnValues=returns,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except _RefusedError as refused:
            return refused.is_own(done), refused.item
        return True, answer.get("Attributes", {})

    def put(self, item: dict[str, Any], *, condition: str, values: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        """Puts an item: whether the condition held, or the item that is to be put already stands there as by `update`'s
        `done`; with the item that stood there before, or that the condition failed on."""
        condition = f"{_READABLE} AND ({condition})"
        try:
            answer = self.call(
                "put_item",
                TableName=self.name,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeNames=_names(condition),
                ExpressionAttributeValues=_values(values, condition),
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except _RefusedError as refused:
            return refused.is_own(item), {} if refused.is_own(item) else refused.item
        return True, answer.get("Attributes", {})

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Sends one request of any kind, once more where no answer came. Raises StoreFailure, whose text shows no
        item."""
        began, lost = self._clock.now(), 0
        while True:
            if not self._budget.for_table:
                raise StoreFailure(f"DynamoDB {operation}: too slow")
            try:
                client = self._client()  # the first one is made here, which is no waiting for the table
                with self._budget.waiting():
                    answer: dict[str, Any] = getattr(client, operation)(**arguments)
                return answer
            except failures() as error:
                if code(error) == _REFUSED:
                    raise _refused(error, repeated=lost > 0) from None
                waited = (self._clock.now() - began).total_seconds()
                if code(error) in _THROTTLED and waited < THROTTLED_FOR:
                    self.pause()
                elif unanswered(error) and not lost:
                    lost += 1
                else:
                    raise StoreFailure(f"DynamoDB {operation}: {code(error)}") from None

    def batch(self, wanted: list[Any]) -> Iterator[dict[str, Any]]:
        """Yields items by key, 100 a request, each read strongly; what is missing is left out."""
        while wanted:
            # Strong, since a flush shows the alerts that its own invocation has just written.
            asked = {self.name: {"Keys": wanted[:100], "ConsistentRead": True}}
            answer = self.call("batch_get_item", RequestItems=asked)
            yield from answer.get("Responses", {}).get(self.name, ())
            unread = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if unread:
                self.pause()
            wanted = wanted[100:] + unread

    def query(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Reads the items of all pages of a query. Raises StoreFailure."""
        return self.pages("query", **arguments)

    def pages(self, operation: Literal["query", "scan"], **arguments: Any) -> Iterator[dict[str, Any]]:
        """Reads the items of all pages. Raises StoreFailure."""
        start: dict[str, Any] = {}
        while True:
            page = self.call(operation, TableName=self.name, **arguments, **start)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def pause(self) -> None:
        """Waits between two attempts."""
        with self._budget.waiting():
            self._clock.sleep(random.uniform(0.05, 1.0))  # noqa: S311 - full jitter, no secret


class OnTable:
    """The base of each part of the store: its table, and the clock that decides what has expired."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock


def read(build: Callable[[items.Attributes], T], item: items.Attributes) -> T:
    """Reads a value from its item. One of a newer deployment is neither guessed at nor overwritten, and one that makes
    no sense is not guessed at either: the alert goes on as if the table failed."""
    _check_schema(item)
    try:
        return build(item)
    except (KeyError, ValueError, TypeError) as error:
        what = f"{build.__name__} {item.get('pk', {}).get('S', '')}"
        raise StoreFailure(f"an item of the state table cannot be read ({what}): {type(error).__name__}") from None


def _check_schema(item: items.Attributes) -> None:
    try:
        schema = int(item["v"]["N"])
    except (KeyError, ValueError, TypeError):
        raise StoreFailure("an item of the state table has no version of its schema: something else wrote it") from None
    if schema > _KNOWN:
        raise StoreFailure(f"an item of schema {schema} was found, {_KNOWN} is known: a newer version wrote it")


def _names(*expressions: str) -> dict[str, str]:
    """Words such as `shard`, `owner` and `ttl` are reserved in expressions: there they stand behind a `#`."""
    return {f"#{name}": name for expression in expressions for name in re.findall(r"#(\w+)", expression)}


def _values(given: Mapping[str, Any], *expressions: str) -> dict[str, Any]:
    """With `:known`, and with `:v`, the schema that an item is written in, where an expression asks for it."""
    asked = any(re.search(r":v\b", expression) for expression in expressions)
    return {":known": {"N": str(_KNOWN)}, **({":v": {"N": str(items.SCHEMA)}} if asked else {}), **given}


class _RefusedError(Exception):
    """A condition did not hold; `item` is what stands there, `repeated` says that it was asked more than once."""

    def __init__(self, item: dict[str, Any], *, repeated: bool) -> None:
        super().__init__("refused")
        self.item = item
        self.repeated = repeated

    def is_own(self, done: Mapping[str, Any] | None) -> bool:
        """Returns whether the item shows that the first of several tries was written, and only its answer was lost."""
        return self.repeated and bool(done) and all(self.item.get(n) == value for n, value in (done or {}).items())


def _refused(error: Exception, *, repeated: bool) -> _RefusedError:
    """Raises StoreFailure where the condition failed on the item of a newer version of us."""
    response = answered(error) or {}
    item = response.get("Item", {})
    if item:
        _check_schema(item)
    by_botocore = response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0
    return _RefusedError(item, repeated=repeated or by_botocore)
