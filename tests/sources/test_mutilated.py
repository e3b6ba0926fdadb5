"""Every fixture of the folder, damaged in every way: at least a raw alert that a person can read, in bounded work.

A file that is added to `faults/` is tried too, JSON or not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import parse, unwrap

FILES = sorted((Path(__file__).parent / "faults").iterdir())
NOW = datetime(2026, 6, 10, 13, 0, tzinfo=UTC)
MANY = 10_000
MOST_CALLS = 1_000_000
CALLS_AN_ALERT = 1_000
"""Of Python and of C, for one message with MANY items. One pass takes some calls an item; two nested ones would take a
hundred million."""

Path_ = tuple[str | int, ...]


def alerts_of(event: object) -> list[Alert]:
    return [alert for envelope in unwrap(event) for alert in parse(envelope, received_at=NOW).alerts]


def check(event: object, what: str) -> None:
    """Assert that a person is told something that they can read, and that nothing of it breaks a channel."""
    found = alerts_of(event)
    assert found, what
    for alert in found:
        summary = alert.annotations["summary"]
        assert any(map(str.isalpha, summary)), what
        assert len(summary) <= 250, what
        assert alert.labels["alertname"], what
        assert alert.state_key, what
        assert (alert.ends_at is not None) >= (alert.status == "resolved"), what
        json.dumps([dict(alert.labels), dict(alert.annotations), alert.generator_url]).encode()


def calls_of(act: Callable[[], object]) -> int:
    """Count the function calls that something takes."""
    count = 0

    def seen(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


def opened(value: Any) -> Any:
    """A message that is JSON as JSON, so that its own fields are damaged too."""
    for record in value.get("Records", []) if isinstance(value, dict) else []:
        try:
            record["Sns"]["Message"] = json.loads(record["Sns"]["Message"], strict=False)
        except (KeyError, TypeError, ValueError):
            continue
    return value


def closed(value: Any) -> Any:
    """The inverse of `opened`: SNS's message is a text."""
    for record in value.get("Records") or [] if isinstance(value, dict) else []:
        sns = record.get("Sns") if isinstance(record, dict) else None
        if isinstance(sns, dict) and isinstance(sns.get("Message"), dict | list):
            sns["Message"] = json.dumps(sns["Message"])
    return value


def paths(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Yield where every value stands, objects and lists among them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*at, key)
        yield from paths(each, (*at, key))


def replaced(value: Any, path: Path_, by: Any) -> Any:
    if not path:
        return by
    if isinstance(value, list):
        return [replaced(each, path[1:], by) if at == path[0] else each for at, each in enumerate(value)]
    return {key: replaced(each, path[1:], by) if key == path[0] else each for key, each in value.items()}


def damaged(file: Path, by: Callable[[Any], Any]) -> Iterator[tuple[Any, str]]:
    """Yield the event of a file with each of its values replaced, and which it was; nothing where it is no JSON."""
    try:
        value = opened(json.loads(file.read_bytes(), strict=False))
    except ValueError:
        return
    for path in paths(value):
        old = value
        for key in path:
            old = old[key]
        yield closed(json.loads(json.dumps(replaced(value, path, by(old))))), f"{file.name} {path}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_cut_at_every_50th_byte(file: Path) -> None:
    content = file.read_bytes()
    for at in range(0, len(content), 50):
        check(content[:at], f"{file.name} at {at}")
    text = json.dumps(json.loads(content, strict=False)) if file.suffix == ".json" else ""
    for at in range(0, len(text), 50):
        check({"Records": [{"Sns": {"Message": text[:at], "MessageId": "m"}}]}, f"{file.name} within SNS at {at}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_null_for_every_field(file: Path) -> None:
    for event, what in damaged(file, lambda _: None):
        check(event, what)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_list_where_a_value_is_expected(file: Path) -> None:
    for event, what in damaged(file, lambda old: [old, None, [old], {"x": old}]):
        check(event, what)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_ten_thousand_items_take_a_bounded_number_of_calls(file: Path) -> None:
    for event, what in damaged(file, many):
        found: list[Alert] = []
        calls = calls_of(partial(collect, found, event))
        # Alerts of one message are all kept, so a message of thousands may cost as much for each.
        assert calls < MOST_CALLS * len(unwrap(event)) + CALLS_AN_ALERT * len(found), what
        assert found, what


def collect(found: list[Alert], event: object) -> None:
    found.extend(alerts_of(event))


def many(old: Any) -> Any:
    if isinstance(old, dict):
        return {**old, **{f"key{number}": number for number in range(MANY)}}
    return (old if isinstance(old, list) and old else [old]) * MANY
