"""Finds what flaps in a group, by the rules of its receiver, and words it for a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertrelay.alert import Alert
from alertrelay.config.model import FlapRule
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.flaps import NO_DAMPING, Damping, Flap, Sight, damp
from alertrelay.nflog.group_state import GroupState, Member, is_firing

FlapRules = Callable[[str, str], FlapRule | None]
"""The rule of a receiver and a severity, as config.model.Config.flap_rule."""
ANNOTATION = "flapping"
"""The annotation that a message shows of it: render/facts.py has its title, render/wording.py its word in the head."""


def damping_of(group: GroupState, members: Sequence[Member], flap_rule: FlapRules, *, now: datetime) -> Damping:
    """Returns what flaps. A digest damps nothing, and no event flaps; after a crash nothing is held back."""
    receiver, ledger = group.identity.integration.receiver, group.ledger
    if group.identity.route_id == DIGEST:
        return NO_DAMPING
    sights = {
        m.key: Sight(labels=m.alert.labels, fires=is_firing(m, now))
        for m in members
        if m.status in ("firing", "resolved") and m.key not in ledger.storm
    }
    return damp(
        ledger.flaps,
        sights,
        announced=ledger.firing - ledger.unsure,
        certain=not group.progress.uncertain,
        rule_of=lambda labels: flap_rule(receiver, labels.get("severity", "")),
        now=now,
    )


def with_flapping(alerts: Mapping[str, Alert], damping: Damping, *, now: datetime) -> dict[str, Alert]:
    """Returns the alerts of a message, by key, with what is to be said of those that flap, or have settled."""
    named = damping.damped | damping.settles
    return {key: _marked(alert, damping, key, now) if key in named else alert for key, alert in alerts.items()}


def _marked(alert: Alert, damping: Damping, key: str, now: datetime) -> Alert:
    flap = damping.flaps[key]
    settled = key in damping.settles
    if alert.status == "resolved" and not settled:  # it was held back no longer for another reason
        return alert
    count, since = (flap.count, flap.since) if flap.damped else (len(flap.turns), flap.turns[0])
    changes = f"{count} changes in {_minutes(int(now.timestamp()) - since)}"
    text = f"settled after {changes}" if settled else f"{changes}; {_rest(flap)}"
    return replace(alert, annotations={**alert.annotations, ANNOTATION: text})


def _rest(flap: Flap) -> str:
    if flap.damped and not flap.fires:
        return "resolved at the moment, and open until it settles"
    return "further changes are not notified until it settles"


def _minutes(seconds: int) -> str:
    """Returns a time in whole minutes, or in hours with one digit from two hours on."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
