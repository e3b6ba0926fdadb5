"""What is done faster than moto does it is done as moto does it: the same items, answers and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.parsing.validators import NoneExistingPathChecker

from local.stack.expressions import quick_expressions
from tests.aws import state

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
EVERY_TYPE: dict[str, Any] = {
    "text": {"S": "a"},
    "number": {"N": "1"},
    "bytes": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "list": {"L": [{"S": "a"}, {"M": {"S": {"N": "2"}}}]},
    "map": {"M": {"N": {"S": "a key that is a type's name"}, "x": {"BOOL": False}}},
    "none": {"NULL": True},
    "empty": {"M": {}},
}
UPDATES = (
    "SET #a = :a, #b = if_not_exists(#b, :n) + :n REMOVE gone, #l[0] ADD #c :n DELETE texts :texts",
    "SET #m.x = :a, #l = list_append(#l, :l)",
    "SET #a = :a SET #b = :n",
    "REMOVE x REMOVE y",
    "SET #m = :a, #m.x = :n",
    "SET #a = :a, #a = :n",
    "SET #a = missing + :n",
    "SET #a = #c",
    "SET pk = :a",
    "SET missing.x = :a",
)
NAMES = {"#a": "text", "#b": "counter", "#c": "number", "#l": "list", "#m": "map"}
VALUES: dict[str, Any] = {
    ":a": {"S": "new"},
    ":n": {"N": "3"},
    ":l": {"L": [{"S": "last"}]},
    ":texts": {"SS": ["b"]},
}


@pytest.fixture(name="client")
def _client() -> Iterator[Any]:
    with state.aws() as client, state.table(client) as made:
        yield made


def _answered(client: Any, expression: str) -> Any:
    """What a table with one item says to an update of it, and to one of an item that it lacks; then its items."""
    client.put_item(TableName=state.TABLE, Item={**KEY, **EVERY_TYPE})
    said: list[Any] = []
    for key in (KEY, {**KEY, "sk": {"S": "new"}}):
        given = {name: value for name, value in NAMES.items() if name in expression}
        values = {name: value for name, value in VALUES.items() if name in expression}
        named = {"ExpressionAttributeNames": given} if given else {}
        valued = {"ExpressionAttributeValues": values} if values else {}
        update = {"TableName": state.TABLE, "Key": key, "UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
        try:
            said.append(client.update_item(**update, **named, **valued)["Attributes"])
        except ClientError as error:
            said.append(error.response["Error"])
    return said, client.scan(TableName=state.TABLE)["Items"]


@pytest.mark.parametrize("expression", UPDATES)
def test_an_update_ends_as_with_moto_alone(expression: str) -> None:
    answers = []
    for alone in (True, False):
        with state.aws(alone=alone) as client, state.table(client) as made:
            answers.append(_answered(made, expression))
    assert answers[0] == answers[1]


def test_a_value_of_every_type_is_read_as_it_was_written(client: Any) -> None:
    client.put_item(TableName=state.TABLE, Item={**KEY, **EVERY_TYPE})
    assert client.get_item(TableName=state.TABLE, Key=KEY)["Item"] == {**KEY, **EVERY_TYPE}


def test_outside_of_it_moto_is_as_it_was() -> None:
    before = NoneExistingPathChecker.traverse
    with quick_expressions():
        assert NoneExistingPathChecker.traverse is not before
    assert NoneExistingPathChecker.traverse is before
