"""The flush of one group, as a list: the stages of a notification in order, for the normal and for the degraded case.

Each stage is a plain function. It gets the values that its parameters name: ports, which the composition root gives,
and what earlier stages gave. The order of requests is the model-checked group protocol's: the lease moves the due time,
so a crash leaves the group due; the ledger is written by the owner alone; after the record the members are queried once
more, and what arrived while the message was being sent is flushed next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from alertrelay.config.model import Target
from alertrelay.groups.reroute import Moved, reroute
from alertrelay.groups.unrouted import UNROUTED, marked
from alertrelay.nflog.decision import Decision, Mute, nothing
from alertrelay.nflog.dedup import decide
from alertrelay.nflog.group_state import GroupHeader, GroupState, LeaseRefused, Member, is_firing
from alertrelay.nflog.together import for_recipients
from alertrelay.notification import Reason
from alertrelay.notify.acknowledged import show_acknowledged
from alertrelay.notify.announce import deliver_or_fall_back, settle_unnotified
from alertrelay.notify.announced import Announced
from alertrelay.notify.backlog import rejoin_digest
from alertrelay.notify.catch_up import catch_up
from alertrelay.notify.chart import draw_chart
from alertrelay.notify.compose import UNFINISHED, Content, compose
from alertrelay.notify.escalation import hold_back, note_announced
from alertrelay.notify.fallback import Fallbacks, intent_of
from alertrelay.notify.flapping import FlapRules, damping_of
from alertrelay.notify.follow_up import resolve_fallbacks, retry_owed
from alertrelay.notify.held import Destinations, Headers, nearby_groups, note_nearby
from alertrelay.notify.lease import Lease, Taken, Timing, hand_back, lease_of, take_lease, timing_of
from alertrelay.notify.mute import mute
from alertrelay.notify.record import leave, record
from alertrelay.notify.seen import SeenFacts, look_up
from alertrelay.notify.silence_expiry import warn_of_silence_expiry
from alertrelay.notify.silenced import show_silenced
from alertrelay.notify.sleep import closes_at_once, wakes_at
from alertrelay.notify.stale_alarms import ResolvedAlarms, resolve_stale_alarms
from alertrelay.notify.storm_end import end_storm
from alertrelay.notify.takeover import hand_over
from alertrelay.notify.throttle import limit
from alertrelay.ports import SelfAlert, Telemetry
from alertrelay.render.team_texts import addressed_if_allowed
from alertrelay.state import Alerts, Facts, Groups, StoreFailure

SHOWN_DEGRADED = 5
"""Alerts that a degraded flush reads for its message."""


def read_members(lease: Lease, put: Sequence[Member] | None, *, groups: Groups) -> Sequence[Member]:
    """Reads all members of the group, unless `put` are those. Raises StoreFailure."""
    return groups.members(lease.gid) if put is None else put


def dedup(
    lease: Lease,
    group: GroupState,
    members: Sequence[Member],
    mutes: Mapping[str, Mute],
    moved: Moved,
    *,
    timing: Timing,
    target: Target | None,
    flap_rule: FlapRules,
) -> Decision:
    """Decides what is to be notified, against the ledger of what was, and what flaps."""
    ledger = for_recipients(group.ledger, target.settings.recipients if target else ())
    return decide(
        group if ledger is group.ledger else replace(group, ledger=ledger),
        members,
        now=lease.began,
        repeat_interval=timing.repeat_interval,
        tick=lease.tick,
        mutes=mutes,
        leaving=frozenset(member.key for member in moved.members),
        damping=damping_of(group, members, flap_rule, now=lease.began),
    )


def verify_repeat(
    lease: Lease,
    group: GroupState,
    members: Sequence[Member],
    mutes: Mapping[str, Mute],
    moved: Moved,
    decision: Decision,
    *,
    timing: Timing,
    target: Target | None,
    flap_rule: FlapRules,
    resolved_alarms: ResolvedAlarms,
    alerts: Alerts,
    groups: Groups,
    telemetry: Telemetry,
) -> tuple[Sequence[Member], Decision]:
    """Before a repeat, resolves what CloudWatch no longer knows as firing, and decides once more."""
    if decision.reason != Reason.REPEAT:
        return members, decision
    left = resolve_stale_alarms(
        lease.gid,
        members,
        resolved_alarms=resolved_alarms,
        alerts=alerts,
        groups=groups,
        now=lease.began,
        log=telemetry.log,
    )
    if left is members:
        return left, decision
    return left, dedup(lease, group, left, mutes, moved, timing=timing, target=target, flap_rule=flap_rule)


def parameters(run: Callable[..., Any]) -> tuple[str, ...]:
    """Returns the names of the values that a stage takes; those with a default are not for the pipeline to give."""
    code, optional = run.__code__, run.__kwdefaults__ or {}
    return tuple(n for n in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if n not in optional)


def keep_unrouted(
    lease: Lease, group: GroupState, members: Sequence[Member], moved: Moved
) -> tuple[Content, Announced]:
    """Decides nothing of what leads to nobody: while something of it fires, the group stays."""
    leaving = {member.key for member in moved.members}
    firing = frozenset(m.key for m in members if is_firing(m, lease.began)) - leaving
    content = Content(
        gid=lease.gid, group=group, decision=nothing(firing), alerts={}, members={m.key: m for m in members}
    )
    return content, Announced(ledger=content.decision.ledger)


class Stage(NamedTuple):
    """One step: the names of the values that it gives, and the function that gives them."""

    gives: tuple[str, ...]
    run: Callable[..., Any]


LOOKING_UP = timedelta(seconds=5)
"""After the beginning of a flush nothing is read any more about what others have open: the message must go out."""
NORMAL: tuple[Stage, ...] = (
    Stage(("members",), read_members),
    Stage(("moved",), reroute),
    Stage(("moved",), end_storm),
    Stage((), rejoin_digest),
    Stage(("nearby",), nearby_groups),
    Stage(("facts",), look_up),
    Stage((), note_nearby),
    Stage(("mutes",), mute),
    Stage(("mutes", "waits_until"), hold_back),
    Stage(("members",), warn_of_silence_expiry),
    Stage(("decision",), dedup),
    Stage(("members", "decision"), verify_repeat),
    Stage(("content",), compose),
    Stage(("content", "announced"), settle_unnotified),
    Stage(("announced", "digested"), limit),
    Stage(("content",), draw_chart),
    Stage(("announced",), deliver_or_fall_back),
    Stage(("announced",), catch_up),
    Stage(("announced", "beside"), hand_over),
    Stage(("announced",), resolve_fallbacks),
    Stage(("announced",), retry_owed),
    Stage(("announced",), note_announced),
    Stage(("announced",), show_acknowledged),
    Stage(("announced",), show_silenced),
    Stage(("wakes_at",), wakes_at),
    Stage(("at_once",), closes_at_once),
    Stage(("recorded",), record),
    Stage((), leave),
)
DEGRADED: tuple[Stage, ...] = (
    Stage(("members",), read_members),
    Stage(("decision",), dedup),
    Stage(("content",), compose),
    Stage(("content", "announced"), settle_unnotified),
    Stage(("announced", "digested"), limit),
    Stage(("announced",), deliver_or_fall_back),
    Stage(("announced",), catch_up),
    Stage(("announced",), resolve_fallbacks),
    Stage(("announced",), retry_owed),
    Stage(("recorded",), record),
    Stage((), leave),
)
"""A flush does no more than it must, with one request before it notifies, where three before it did not end: nothing is
rerouted, silenced, inhibited or left to a digest that may not have heard of it."""

KEEPING: tuple[Stage, ...] = (
    Stage(("members",), read_members),
    Stage(("moved",), reroute),
    Stage(("content", "announced"), keep_unrouted),
    Stage(("recorded",), record),
    Stage((), leave),
)
"""Of the group of what leads to nobody (groups/unrouted.py)."""

TAKES: Mapping[Callable[..., Any], tuple[str, ...]] = {
    run: parameters(run) for _, run in (*NORMAL, *DEGRADED, *KEEPING)
}
"""The names of the values that each stage takes."""
Ports = Mapping[str, Any]
"""By the names that stages have for them; see dispatch/assembly.py."""


def flush(
    ports: Ports,
    gid: str,
    *,
    deadline: datetime,
    arm: GroupHeader | None = None,
    amend: Callable[[GroupState], GroupState] = lambda group: group,
    reported: frozenset[str] = frozenset(),
    put: Sequence[Member] | None = None,
    seen: SeenFacts | None = None,
) -> Taken | LeaseRefused:
    """Flushes a group that is due (or, with `arm`, that is unarmed), and returns what it was. Refused: not ours to do
    now.

    `deadline` is when this invocation is killed; `amend` adds to the state what could not be recorded before;
    `reported`: keys of updates whose outcome is known already; `put`: all members of the group, if its header is made
    now; `seen`: facts that this invocation has read for other groups. Raises StoreFailure only while nothing has been
    sent.
    """
    owner, clock, groups = ports["new_id"](), ports["clock"], ports["groups"]
    taken = take_lease(gid, groups=groups, clock=clock, owner=owner, deadline=deadline, arm=arm, amend=amend)
    if isinstance(taken, LeaseRefused):
        return taken
    until, group = taken.until, taken.group
    config = ports["config"]
    route = config.route_of(group.identity.route_id) or config.route
    timing = timing_of(route)
    lease = lease_of(gid, owner, group, timing, now=clock.now(), until=until)
    values = {**ports, "gid": gid, "lease": lease, "route": route, "timing": timing, "now": lease.began, "until": until}
    stages = NORMAL
    if group.identity.route_id == UNROUTED:
        stages, values["config_hash"] = KEEPING, marked(config.hash)
    if group.stored.lost:
        _report_lost(gid, group, ports["telemetry"])
    if stages is NORMAL and group.progress.tries >= UNFINISHED:
        _report_unfinished(gid, group, ports["telemetry"])
        stages, group = DEGRADED, _without_digest(group)
        values |= {"moved": Moved(all=False), "facts": Facts(), "mutes": {}, "beside": {}, "shown": SHOWN_DEGRADED}
    values |= {"group": group, "reported": reported, "fallbacks": _fallbacks(ports, lease, group)}
    values |= {"put": put if group.stored.created else None, "seen": SeenFacts()}
    if seen and not config.tier_of(route.id):  # a tier stops once somebody has acknowledged the alert: it asks itself
        values["seen"] = seen
    values["flush_with"] = lambda other, by, amend: flush(ports, other, deadline=by, amend=amend)
    target, places = ports["targets"].of(group.identity.integration), _destinations(ports, lease)
    target = addressed_if_allowed(target, group.identity.group_labels, now=lease.began)
    values |= {"target": target, "places": places, "held": places.held_open, "wakes_at": None, "waits_until": None}
    values["at_once"] = False
    try:
        for gives, run in stages:
            given = run(**{name: values[name] for name in TAKES.get(run) or parameters(run)})
            if len(gives) == 1:
                values[gives[0]] = given
            elif gives:
                values.update(zip(gives, given, strict=True))
    except StoreFailure:
        hand_back(lease, group, ports["groups"], ports["timers"], clock, ports["log"])
        raise
    return taken


def _fallbacks(ports: Ports, lease: Lease, group: GroupState) -> Fallbacks:
    known = group.progress.intent
    return Fallbacks(
        gid=lease.gid,
        targets=ports["targets"],
        courier=ports["courier"],
        writer=ports["writer"],
        send_by=lease.send_by,
        intend=intent_of(lease.gid, owner=lease.owner, groups=ports["groups"], known=known, log=ports["log"]),
    )


def _destinations(ports: Ports, lease: Lease) -> Destinations:
    clock = ports["clock"]
    return Destinations(
        site=ports["writer"].site,
        root=ports["config"].route,
        targets=ports["targets"],
        headers=Headers(gid=lease.gid, groups=ports["groups"], log=ports["log"]),
        in_time=lambda: clock.now() < lease.began + LOOKING_UP,
    )


def _without_digest(group: GroupState) -> GroupState:
    if not group.stored.backlog:
        return group
    return replace(group, ledger=replace(group.ledger, storm=frozenset()))


def _report_unfinished(gid: str, group: GroupState, telemetry: Telemetry) -> None:
    identity, tries = group.identity, group.progress.tries
    telemetry.log("flush_unfinished", gid=gid, receiver=str(identity.integration), tries=tries)
    text = (
        f"{tries} flushes of the group {identity.group_key} of {identity.integration} ended without a record:"
        " they hit their time or memory limit, or the table failed. The group is notified without details, silences"
        " and inhibitions."
    )
    telemetry.alert_ops(SelfAlert(name="FlushUnfinished", text=text, cause=str(identity.integration)))


def _report_lost(gid: str, group: GroupState, telemetry: Telemetry) -> None:
    identity = group.identity
    telemetry.log("ledger_lost", gid=gid, receiver=str(identity.integration))
    text = (
        f"The notification log of the group {identity.group_key} of {identity.integration} is lost: a chunk of its"
        " ledger is missing from the table. Alerts that fire, or resolved in the last three days, are notified once"
        " more; alerts that resolved earlier without a notification may stay open there."
    )
    telemetry.alert_ops(SelfAlert(name="LedgerLost", text=text, cause=str(identity.integration)))
