"""Every fixture of the folder, damaged in every way: at least a raw alert that a person can read, in bounded work.

A file that is added to `faults/` is tried too, JSON or not. `python -m tests.sources.mutilation` measures the time.
"""

from __future__ import annotations

import cProfile
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import unwrap

from tests.sources.mutilation import alerts_of, cuts, damaged, files, listed, many, nothing

FILES = files()
ITEMS = 1_000
MOST_CALLS = 700_000
CALLS_AN_ENVELOPE = 5_000
"""Of Python and of C, for one message with ITEMS items. One pass takes some hundred calls an item at most; two nested
ones take a million."""


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
    profile = cProfile.Profile(subcalls=False)
    profile.runcall(act)
    return sum(entry.callcount for entry in profile.getstats())


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
def test_a_thousand_items_take_a_bounded_number_of_calls(file: Path) -> None:
    for event, what in damaged(file, partial(many, items=ITEMS)):
        found: list[Alert] = []
        calls = calls_of(partial(collect, found, event))
        # The messages of one event are each read, so an event of a thousand may cost as much for each.
        assert calls < MOST_CALLS + CALLS_AN_ENVELOPE * (len(unwrap(event)) - 1), what
        assert found, what


def collect(found: list[Alert], event: object) -> None:
    found.extend(alerts_of(event))
