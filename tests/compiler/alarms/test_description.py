from __future__ import annotations

import pytest
from alertrelay.sources.metadata import read
from hypothesis import given
from hypothesis import strategies as st

from compiler.alarms.description import LIMIT, describe

VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40)


@given(
    sentence=VALUES,
    metadata=st.dictionaries(st.sampled_from(["alertname", "service", "team", "plane"]), VALUES, min_size=1),
)
def test_a_description_reads_back_as_what_was_written(sentence: str, metadata: dict[str, str]) -> None:
    found = read(describe(sentence, metadata))
    assert dict(found.labels) == metadata


def test_a_description_that_cloudwatch_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match=f"at most {LIMIT} characters, this has 1040"):
        describe("x" * LIMIT, {"team": "platform"})
    with pytest.raises(ValueError, match="line break"):
        describe("a sentence", {"team": "one\nseverity: info"})
