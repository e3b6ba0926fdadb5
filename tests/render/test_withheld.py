"""What a message says of the alerts of its group that it does not show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alertrelay.notification import Withheld
from alertrelay.render import notice, plain

from tests.render.notifications import CASES

ONE = CASES["critical-everything"]
END = ONE.at.replace(hour=16, minute=3)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Withheld(silenced=1, inhibited=0, until=END), "1 more alert of this group is silenced until 16:03 UTC"),
        (
            Withheld(silenced=3, inhibited=1, until=END, alike=False),
            "3 more alerts of this group are silenced, the first until 16:03 UTC; "
            "1 more alert of this group is inhibited",
        ),
        (Withheld(silenced=0, inhibited=2), "2 more alerts of this group are inhibited"),
        (None, ""),
    ],
)
def test_it_counts_what_is_silenced_and_inhibited(found: Withheld | None, text: str) -> None:
    shown = replace(ONE, withheld=found)
    assert notice.withheld(shown) == text
    assert plain.footer(shown).startswith(text)


def test_an_end_on_another_day_has_its_date() -> None:
    found = Withheld(silenced=1, inhibited=0, until=END + timedelta(days=1))
    assert f"until {END + timedelta(days=1):%Y-%m-%d} 16:03 UTC" in notice.withheld(replace(ONE, withheld=found))
