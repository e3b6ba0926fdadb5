"""The decision of a flush: whom it notifies of which alerts, and for what reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertrelay.nflog.flaps import NO_DAMPING, Damping
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """The reason for which a firing alert is not shown now: a silence (`until` when), an inhibition, or a time
    interval."""

    reason: Reason
    detail: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Keys of what fires. `open` is what a message shows of it: what may be shown, and what was announced before it was
    muted, since that is still open for its readers. `shown` is what may be shown, `muted` what may not, and why.
    `damping`: what of it flaps."""

    firing: frozenset[str]
    open: frozenset[str]
    shown: frozenset[str]
    damping: Damping = NO_DAMPING
    muted: Mapping[str, Mute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChannel:
    """The content of the own channel's next message. `repeats`: what is open there is due again, whatever else
    is. `owed`: resolves and events that some of its recipients missed; `settled`: flapped, and fires on."""

    new: frozenset[str]
    resolved: frozenset[str]
    events: frozenset[str]
    repeats: bool
    owed: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackChannels:
    """`new` is announced nowhere yet: a fallback is notified of it if the own channel fails. `resolved` was announced
    by fallbacks, or may have been, and fires no more."""

    new: frozenset[str]
    resolved: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnotified:
    """The updates since the last record that need no notification: `unheard` resolved without having been announced on
    the own channel, `lapsed` fired and reached its announced end before, `muted` is muted for a named reason, `held`
    resolved while it flaps."""

    unheard: frozenset[str]
    lapsed: frozenset[str]
    muted: Mapping[str, Mute]
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Sets of alert keys. `reason` None: the group's own channel needs no notification."""

    ledger: Ledger
    reason: Reason | None
    view: View
    own: OwnChannel
    fallback: FallbackChannels
    unnotified: Unnotified


def nothing(firing: frozenset[str]) -> Decision:
    """Returns the decision that notifies nobody of what fires, and leaves an empty ledger."""
    none = frozenset[str]()
    return Decision(
        ledger=Ledger(),
        reason=None,
        view=View(firing=firing, open=none, shown=none),
        own=OwnChannel(new=none, resolved=none, events=none, repeats=False),
        fallback=FallbackChannels(new=none, resolved=none),
        unnotified=Unnotified(unheard=none, lapsed=none, muted={}),
    )


def without_resolves(decision: Decision) -> Decision:
    """Returns the same for a channel that is notified of no resolve: what has resolved is settled, and in no
    message."""
    resolves_only = decision.reason in (Reason.SOME_RESOLVED, Reason.ALL_RESOLVED)
    rest = Reason.REPEAT if decision.own.repeats else None
    ledger, resolved = decision.ledger, decision.own.resolved
    return replace(
        decision,
        ledger=replace(ledger, firing=ledger.firing - resolved, unsure=ledger.unsure - resolved),
        own=replace(decision.own, resolved=frozenset()),
        reason=rest if resolves_only else decision.reason,
    )


def without_refusals(decision: Decision) -> Decision:
    """Returns the same once nothing waits for the own channel: who refused the last message gets the next one."""
    return replace(decision, ledger=replace(decision.ledger, refused=frozenset()))
