"""The state table of `make bench` answers as moto does, beyond what the contract of the store asks of it
(tests/aws/conftest.py), and nothing that it does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alertrelay.aws.errors import Refused

from tests.aws import state
from tests.aws.compared import Compared
from tools.bench.quick_table import QuickTable
from tools.bench.table_values import NotPlayed

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
ITEM = {**KEY, "n": {"N": "10"}, "word": {"S": "x"}, "set": {"SS": ["a", "b"]}}
ALL_NEW = {"TableName": state.TABLE, "ReturnValues": "ALL_NEW"}


@pytest.fixture(name="both")
def _both() -> Iterator[Compared]:
    with state.aws() as client, state.table(client) as made:
        yield Compared(made)


@pytest.mark.parametrize(
    "expression",
    [
        "SET n = n - :n, #new = if_not_exists(#new, :n) REMOVE word",
        "ADD n :n DELETE #set :set",
        "SET copied_word = word ADD #new :n, #set :set",
    ],
)
def test_an_update_makes_what_moto_makes_of_an_item_and_of_none(both: Compared, expression: str) -> None:
    both.put_item(TableName=state.TABLE, Item=ITEM)
    names = {name: name[1:] for name in ("#new", "#set") if name in expression}
    values = {name: value for name, value in ((":n", {"N": "3"}), (":set", {"SS": ["b"]})) if name in expression}
    scope = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    both.update_item(**ALL_NEW, **scope, Key=KEY, UpdateExpression=expression)
    if " - " not in expression and "= word" not in expression:
        both.update_item(**ALL_NEW, **scope, Key={**KEY, "sk": {"S": "new"}}, UpdateExpression=expression)
    both.scan(TableName=state.TABLE)


@pytest.mark.parametrize(
    "condition",
    ["NOT n = :n", "n >= :n AND (word <> :n OR n < :n)", "begins_with(word, :x)", "contains(#set, :x)", "gone = :n"],
)
def test_a_condition_holds_where_it_holds_for_moto(both: Compared, condition: str) -> None:
    both.put_item(TableName=state.TABLE, Item=ITEM)
    both.put_item(TableName=state.TABLE, Item={**ITEM, "sk": {"S": "c"}, "n": {"N": "2"}, "word": {"S": "y"}})
    names = {"#set": "set"} if "#set" in condition else {}
    values = {name: value for name, value in ((":n", {"N": "9"}), (":x", {"S": "x"})) if name in condition}
    scope = {"ExpressionAttributeValues": values, **({"ExpressionAttributeNames": names} if names else {})}
    both.scan(TableName=state.TABLE, FilterExpression=condition, **scope)


def test_a_transaction_is_written_whole_or_not_at_all(both: Compared) -> None:
    new = {"Put": {"TableName": state.TABLE, "Item": ITEM, "ConditionExpression": "attribute_not_exists(pk)"}}
    other = {"Put": {"TableName": state.TABLE, "Item": {**ITEM, "sk": {"S": "other"}}}}
    both.transact_write_items(TransactItems=[new])
    with pytest.raises(Refused):
        both.transact_write_items(TransactItems=[other, new])
    assert both.get_item(TableName=state.TABLE, Key={**KEY, "sk": {"S": "other"}}).get("Item") is None


@pytest.mark.parametrize(
    "asked",
    [
        {"UpdateExpression": "SET #a.b = :n"},
        {"UpdateExpression": "SET a = list_append(a, :n)"},
        {"UpdateExpression": "SET n = :n", "ConditionExpression": "n BETWEEN :n AND :n"},
        {"UpdateExpression": "SET n = :n", "ReturnValues": "UPDATED_NEW"},
    ],
)
def test_what_is_not_known_is_refused_and_not_guessed(asked: dict[str, Any]) -> None:
    scope = {"ExpressionAttributeNames": {"#a": "a"}, "ExpressionAttributeValues": {":n": {"N": "1"}}}
    body = json.dumps({"TableName": "t", "Key": KEY, **scope, **asked}).encode()
    with pytest.raises(NotPlayed):
        QuickTable().answer("DynamoDB_20120810.UpdateItem", body)


def test_a_request_of_another_service_is_left_to_others() -> None:
    assert QuickTable().answer("AmazonSQS.SendMessage", b"{}") is None
