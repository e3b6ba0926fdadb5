"""Every fixture of the folder, damaged in every way: at least a raw alert that a person can read, in bounded work.

A file that is added to `faults/` is tried too, JSON or not. `python -m tests.sources.mutilation` measures the time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import unwrap

from tests.sources.mutilation import alerts_of, cuts, damaged, files, listed, many, nothing

FILES = files()
MOST_CALLS = 1_000_000
CALLS_AN_ALERT = 1_000
"""Of Python and of C, for one message with MANY items. One pass takes some calls an item; two nested ones would take a
hundred million."""


def check(event: object, what: str) -> None:
    """Assert that a person receives something that they can read, and that nothing of it breaks a channel."""
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


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_cut_at_every_50th_byte(file: Path) -> None:
    for event, what in cuts(file):
        check(event, what)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_null_for_every_field(file: Path) -> None:
    for event, what in damaged(file, nothing):
        check(event, what)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_list_where_a_value_is_expected(file: Path) -> None:
    for event, what in damaged(file, listed):
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
