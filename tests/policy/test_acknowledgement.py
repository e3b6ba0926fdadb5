"""An acknowledgement holds for one firing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alertrelay.policy.acknowledgement import from_json, of_firing, standing, to_json

from tests.aws.state import NOW, alert

FIRING = alert()
ACK = of_firing(FIRING, by=" Ana\nB ", via="slack", at=NOW, comment="on it \ud800")


def test_it_is_kept_to_the_microsecond_and_without_what_no_table_holds() -> None:
    assert (ACK.by, ACK.comment) == ("Ana B", "on it ?")
    assert from_json(to_json(ACK)) == ACK
    assert of_firing(FIRING, by="  ", via="api", at=NOW).by == "somebody"
    long = of_firing(FIRING, by="x" * 999, via="api", at=NOW, comment="y" * 9999)
    assert (len(long.by), len(long.comment)) == (100, 1000)


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({}, True),
        ({"status": "resolved"}, False),
        ({"starts_at": FIRING.starts_at + timedelta(minutes=1)}, True),  # CloudWatch: ALARM once more, without an OK
        ({"ends_at": NOW + timedelta(hours=1)}, True),
        # It ended by its announced end, which nothing wrote down, and fires again.
        ({"ends_at": NOW + timedelta(hours=1), "starts_at": FIRING.starts_at + timedelta(minutes=1)}, False),
    ],
)
def test_it_stands_while_its_firing_does(changes: dict[str, object], stands: bool) -> None:
    now = replace(FIRING, **changes)  # type: ignore[arg-type]
    assert standing(ACK, now) == (ACK if stands else None)
