"""The console in headless Chromium, on the relay as `alertrelay serve` runs it. Each test is a scenario of
scenarios/*.mjs; after each the page has complained of nothing, and broken no rule of its Content-Security-Policy."""

from __future__ import annotations

import pytest

from tests.console.conftest import READER, Run

pytestmark = pytest.mark.needs_tool("chromium")

READING = (
    "lists_what_fires",
    "filters_and_keeps_the_address",
    "shows_one_alert",
    "names_why_it_is_suppressed",
    "draws_the_route",
    "keeps_script_inert",
    "shows_budgets_and_anomalies",
    "holds_five_thousand_alerts",
)
ACTING = (
    "signs_in_and_out",
    "previews_makes_and_undoes_a_silence",
    "expires_a_silence_and_takes_it_back",
    "keeps_the_draft_of_an_expired_session",
    "signs_in_again_where_it_was",
    "acknowledges_and_takes_it_back",
    "judges_an_anomaly",
    "asks_before_it_redrives",
)
USING = (
    "works_by_keyboard_alone",
    "keeps_the_focus_over_a_refresh",
    "says_when_it_is_stale",
    "fits_a_phone",
    "has_no_fault_that_axe_finds",
    "does_not_jump",
)


@pytest.mark.parametrize("scenario", READING)
def test_shows(run: Run, scenario: str) -> None:
    run(scenario)


@pytest.mark.parametrize("scenario", ACTING)
def test_does(run: Run, scenario: str) -> None:
    run(scenario)


@pytest.mark.parametrize("scenario", USING)
def test_is_usable(run: Run, scenario: str) -> None:
    run(scenario)


def test_silences_from_a_phone(run: Run) -> None:
    run("previews_makes_and_undoes_a_silence", phone=True)


def test_a_token_that_may_read_offers_nothing_more(run: Run) -> None:
    run("may_only_read", token=READER)


def test_breaks_a_channel_and_replays_an_event(run: Run) -> None:
    """Last: it adds an alert."""
    run("breaks_a_channel_and_replays_an_event")
