"""An alert update, and what joins one group."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertrelay.alert import Alert, Integration
from alertrelay.nflog.group_state import GroupHeader, Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One alert update. `order_key` orders it among the updates of its alert. `late`: its message may have come before,
    and may have been notified then; `settled`: what it may have overtaken has come by now."""

    alert: Alert
    key: str
    order_key: str
    late: bool = False
    settled: bool = False

    @property
    def resolved(self) -> bool:
        """Returns whether it resolves its alert."""
        return self.alert.status == "resolved"


@dataclass(slots=True, kw_only=True)
class Joining:
    """The alerts that join one group. `header` is the identity of a group that may be new; None where only a resolve
    joins it.

    `replaced` are the updates that stood in the group until now.
    `doubted` are updates that show that their alert may be open although the table has not seen it fire: see
    groups/unknown_resolves.py.
    `put` are the members that were put anew, by key: the newest of each alert.
    `repeated` holds the keys of updates that came before, each with the member that stands there: a first attempt may
    have died while it held the group.
    """

    header: GroupHeader | None
    updates: list[Update] = field(default_factory=list)
    put: dict[str, Member] = field(default_factory=dict)
    replaced: list[Member] = field(default_factory=list)
    repeated: dict[str, Member] = field(default_factory=dict)
    doubted: list[Update] = field(default_factory=list)

    def identity_of(self, found: GroupHeader | None) -> Integration | None:
        """Returns the group's identity, where that is known."""
        known = found or self.header
        return known.identity.integration if known else None
