"""Alertmanager's muting of a group's alerts, by our own inhibition, silences and time intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alertrelay.config.model import Config, Route
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.decision import Mute
from alertrelay.nflog.group_state import AlertBrief, GroupIdentity, GroupState, Member
from alertrelay.notify.mute import mute
from alertrelay.notify.seen import SeenFacts, look_up
from alertrelay.policy.group_key import key_of

from local.simulation.intake import IntakeAlert


def muted_alerts(
    route: Route,
    identity: GroupIdentity,
    alerts: Sequence[IntakeAlert],
    *,
    config: Config,
    store: MemoryStore,
    now: datetime,
    counts_hours: bool,
) -> Mapping[str, Mute]:
    """Returns the mutes by the keys of the alerts, whether these fire or have resolved: Alertmanager notifies nobody of
    either. `counts_hours`: a day of a month is counted as up to 0.34, see policy/time_interval.py."""
    group = GroupState(identity=identity)
    members = [_as_firing(held, now) for held in alerts]
    rules = config.inhibit_rules
    facts = look_up(
        group,
        members,
        frozenset(),
        rules=rules,
        lookup=store,
        forwarder="",
        seen=SeenFacts(),
        now=now,
        log=_ignore,
    )
    return mute(
        route,
        group,
        members,
        facts,
        rules=rules,
        intervals=config.time_intervals,
        maintenance=config.maintenance,
        alerts=store,
        now=now,
        log=_ignore,
        compatible=counts_hours,
    )


def _as_firing(held: IntakeAlert, now: datetime) -> Member:
    return Member(
        key=key_of(held.fingerprint),
        order_key="",
        status="firing",
        at=now,
        alert=AlertBrief(
            state_key=held.fingerprint,
            fingerprint=held.fingerprint,
            labels=held.labels,
            starts_at=held.starts_at,
        ),
    )


def _ignore(*_: Any, **__: Any) -> None:
    """Takes what nobody reads here."""
