"""The tiers of an escalation: who is notified of a critical alert that nobody acknowledges."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_TIER = 2
"""Tier 1 is who the route tree leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """`receivers` are notified `after` so many seconds without an acknowledgement, inside any of the time intervals
    `hours`, always where there are none. `contacts` are mentioned in the tier's messages in Slack: ids of people and
    user groups, `@here` and its like."""

    number: int
    after: float
    receivers: tuple[str, ...]
    hours: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()

    @property
    def route_id(self) -> str:
        """Returns what stands in place of a route's id in a group of this tier."""
        return f"escalation/{self.number}"
