"""Deliberate breaks of the code: the harness must find every one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.harness import patches

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, kw_only=True)
class Break:
    """`scenarios` are those that find it, the first that does so suffices; `seeds` how many of each are tried."""

    name: str
    patch: Patch
    scenarios: tuple[str, ...]
    seeds: int = 1


BREAKS: tuple[Break, ...] = (
    Break(name="what no parser reads is dropped", patch=patches.unread_is_dropped, scenarios=("messages are poison",)),
    Break(
        name="a channel whose fallback took it is forgotten",
        patch=patches.first_channel_is_forgotten,
        scenarios=("PagerDuty refuses connections",),
        seeds=4,
    ),
    Break(name="groups are not armed", patch=patches.groups_are_not_armed, scenarios=("nothing fails",)),
    Break(name="resolves are not stored", patch=patches.resolves_are_not_stored, scenarios=("nothing fails",)),
    Break(
        name="nobody is asked what fires",
        patch=patches.nobody_is_asked_what_fires,
        scenarios=("the table is lost",),
        seeds=4,
    ),
    Break(name="a silence never ends", patch=patches.silences_never_end, scenarios=("a service is silenced",), seeds=4),
    Break(
        name="a key stands in a failure", patch=patches.keys_are_logged, scenarios=("every key is refused for an hour",)
    ),
    Break(
        name="what nobody could record is forgotten",
        patch=patches.unrecorded_is_forgotten,
        scenarios=("table and queue are down",),
        seeds=4,
    ),
    Break(
        name="a group that the table failed is not given back",
        patch=patches.groups_not_given_back,
        scenarios=("the table is throttled while alerts last",),
        seeds=4,
    ),
    Break(
        name="no second query after closing",
        patch=patches.no_second_query,
        scenarios=("containers meet while groups close",),
        seeds=4,
    ),
    Break(
        name="a group closes although somebody joined",
        patch=patches.closes_though_joined,
        scenarios=("containers meet while groups close",),
        seeds=4,
    ),
    Break(
        name="no uncertain mark",
        patch=patches.no_uncertain_mark,
        scenarios=("processes die once a message is out",),
    ),
    Break(
        name="a lost answer is taken as a refusal",
        patch=patches.ambiguous_taken_as_refused,
        scenarios=("alerts are short while PagerDuty resets its connections",),
        seeds=4,
    ),
    Break(
        name="a failure is taken as delivered",
        patch=patches.failure_taken_as_delivered,
        scenarios=("PagerDuty refuses connections",),
    ),
    Break(
        name="the lease leaves no due time",
        patch=patches.lease_leaves_no_due_time,
        scenarios=("processes are killed often",),
        seeds=4,
    ),
    Break(name="no fallbacks", patch=patches.no_fallbacks, scenarios=("PagerDuty refuses connections",), seeds=4),
    Break(
        name="fallbacks are never resolved",
        patch=patches.fallbacks_never_resolved,
        scenarios=("PagerDuty refuses connections",),
    ),
    Break(name="no sweep", patch=patches.no_sweep, scenarios=("timers are lost",)),
    Break(name="the ledger is ignored", patch=patches.ledger_ignored, scenarios=("nothing fails",)),
    Break(
        name="older updates win",
        patch=patches.older_updates_win,
        scenarios=("SNS delivers twice and out of order",),
        seeds=4,
    ),
    Break(
        name="nobody is notified without the table",
        patch=patches.waits_for_the_table,
        scenarios=("the table is absent",),
    ),
    Break(
        name="a channel that fails is given up at once",
        patch=patches.given_up_at_once,
        scenarios=("PagerDuty refuses connections",),
    ),
    Break(
        name="a silence hides a resolve",
        patch=patches.silence_hides_resolves,
        scenarios=("a service is silenced",),
        seeds=4,
    ),
    Break(name="an incident is renamed", patch=patches.incident_key_of_the_day, scenarios=("nothing fails",)),
)
