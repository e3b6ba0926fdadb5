"""Silences on the wire and in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alertrelay.config.model import Matcher, Operator
from alertrelay.policy.silence import Silence, SilenceRefused
from alertrelay.policy.silence_json import from_json, to_json
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
OPS: tuple[Operator, ...] = ("=", "!=", "=~", "!~")
MATCHERS = st.builds(Matcher, name=st.text(min_size=1), op=st.sampled_from(OPS), value=st.text())
TIMES = st.integers(min_value=0, max_value=10**12).map(
    lambda ms: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
SILENCES = st.builds(
    Silence,
    id=st.text(),
    matchers=st.lists(st.lists(MATCHERS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple),
    starts_at=TIMES,
    ends_at=TIMES,
    created_by=st.text(),
    comment=st.text(),
    updated_at=TIMES,
    annotations=st.dictionaries(st.text(), st.text(), max_size=2),
)
POSTED = {
    "matchers": [{"name": "service", "value": "orders"}],
    "startsAt": "2026-11-20T03:00:00Z",
    "endsAt": "2026-11-20T05:00:00+01:00",
}


@given(SILENCES)
def test_what_is_written_is_read_back(silence: Silence) -> None:
    assert from_json(to_json(silence, NOW), NOW) == silence


def test_the_form_is_that_of_api_v2() -> None:
    silence = from_json({**POSTED, "id": "s1", "createdBy": "ada", "comment": "disk swap"}, NOW)
    assert to_json(silence, NOW) == {
        "id": "s1",
        "status": {"state": "active"},
        "updatedAt": "2026-11-20T03:00:00.000Z",
        "startsAt": "2026-11-20T03:00:00.000Z",
        "endsAt": "2026-11-20T04:00:00.000Z",
        "createdBy": "ada",
        "comment": "disk swap",
        "matchers": [{"name": "service", "value": "orders", "isRegex": False, "isEqual": True}],
    }


@pytest.mark.parametrize(
    ("regex", "equal", "op"), [(False, True, "="), (False, False, "!="), (True, True, "=~"), (True, False, "!~")]
)
def test_the_four_operators(regex: bool, equal: bool, op: str) -> None:
    one = {"name": "a", "value": "b", "isRegex": regex, "isEqual": equal}
    assert from_json({**POSTED, "matchers": [one]}, NOW).matchers[0][0].op == op


def test_no_start_and_go_s_zero_time_mean_now() -> None:
    assert from_json({k: v for k, v in POSTED.items() if k != "startsAt"}, NOW).starts_at == NOW
    assert from_json({**POSTED, "startsAt": "0001-01-01T00:00:00.000Z"}, NOW).starts_at == NOW


@pytest.mark.parametrize(
    "change",
    [
        {"matchers": None},
        {"matchers": {}},
        {"matchers": [1]},
        {"matchers": [{"name": "a"}]},
        {"matchers": [{"name": 1, "value": "b"}]},
        {"matchers": [{"name": "a", "value": "b", "isRegex": "yes"}]},
        {"matcherSets": [None]},
        {"matcherSets": "a"},
        {"endsAt": None},
        {"endsAt": "0001-01-01T00:00:00Z"},
        {"endsAt": "tomorrow"},
        {"endsAt": "0001-01-01T23:00:00+24:00"},
        {"endsAt": 5},
        {"comment": ["a"]},
        {"annotations": []},
    ],
)
def test_what_is_no_silence_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SilenceRefused) as raised:
        from_json({**POSTED, **change}, NOW)
    assert raised.value.name == "malformed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.sampled_from(["matchers", "matcherSets", "startsAt", "endsAt", "comment", "id", "annotations"]))
def test_no_json_is_more_than_a_refusal(junk: Any, key: str) -> None:
    for data in (junk, {**POSTED, key: junk}):
        try:
            from_json(data, NOW)
        except SilenceRefused as refused:
            assert refused.name == "malformed"  # noqa: PT017 - most junk is refused, some is a silence
