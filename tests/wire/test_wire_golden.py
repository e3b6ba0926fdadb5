"""What is stored, queued, logged and measured stays as it is, byte for byte."""

from __future__ import annotations

import difflib

import pytest

from tests.wire.golden import GOLDEN, PRODUCERS


@pytest.mark.parametrize("name", PRODUCERS)
def test_what_is_written_to_the_wire_equals_the_golden_file(name: str) -> None:
    expected = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    came = PRODUCERS[name]()
    if came != expected:
        lines = difflib.unified_diff(
            expected.splitlines(), came.splitlines(), f"golden/{name}.json", "today", lineterm="", n=2
        )
        shown = "\n".join(line[:400] for _, line in zip(range(60), lines, strict=False))
        pytest.fail(
            f"{name}: the wire is not as tests/wire/golden/{name}.json has it. Old code may run beside new code, and"
            " old items and messages outlive a deployment: change the code back, or, where the change is meant and both"
            f" forms are read, record it: python -m tests.wire.record {name}\n{shown}",
            pytrace=False,
        )


def test_each_golden_file_has_a_scenario() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(PRODUCERS)
