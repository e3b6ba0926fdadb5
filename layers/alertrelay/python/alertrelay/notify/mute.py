"""Finds the firing alerts of a group that are muted now, and why: a time interval, an inhibition,
a maintenance window, a silence.

Fails open: what cannot be read mutes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from alertrelay.config.model import InhibitRule, MaintenanceWindow, Route
from alertrelay.nflog.decision import Mute
from alertrelay.nflog.group_state import GroupState, Member, is_firing
from alertrelay.notification import Reason
from alertrelay.policy import inhibit, silence, time_interval
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.policy.maintenance import in_maintenance
from alertrelay.policy.time_interval import Intervals
from alertrelay.state import Alerts, Facts, StoreFailure

SILENCE_ENDS = "SilenceEnding"
"""What warns of a silence's end must not be silenced by it."""
WITNESSES, ROUNDS = 10, 10
"""Of many sources that explain the same, so many are asked whether they fire, and so often until one does."""

Log = Callable[..., None]


def mute(
    route: Route,
    group: GroupState,
    members: Sequence[Member],
    facts: Facts,
    *,
    rules: Sequence[InhibitRule],
    intervals: Intervals,
    maintenance: Sequence[MaintenanceWindow],
    alerts: Alerts,
    now: datetime,
    log: Log,
    compatible: bool = False,
) -> dict[str, Mute]:
    """Returns the mutes by key of the alert. Asks each possible source whether it fires. `compatible`: see
    policy/time_interval.py."""
    live = live_members(group, members, now)
    by_interval = time_interval.muted(route, intervals, now, compatible=compatible)
    if by_interval:
        why = Mute(reason=Reason(by_interval.reason), detail=by_interval.interval)
        return {member.key: why for member in live}
    found: dict[str, Mute] = {}
    if rules:
        try:
            found = _inhibited(rules, live, facts, alerts, now)
        except StoreFailure as failure:
            log("inhibition_not_asked", failure=str(failure))
    found |= _maintained(group, live, maintenance, now)
    return found | _silenced(live, facts, now) if facts.silences else found


def _maintained(
    group: GroupState, members: Iterable[Member], windows: Sequence[MaintenanceWindow], now: datetime
) -> dict[str, Mute]:
    found, receiver = {}, group.identity.integration.receiver
    for member in members if windows else ():
        if by := in_maintenance(windows, receiver, member.alert.labels, now):
            found[member.key] = Mute(reason=Reason.MUTED, detail=f"maintenance {by[0]}")
    return found


def live_members(group: GroupState, members: Iterable[Member], now: datetime) -> list[Member]:
    """Returns the members that fire, and the events that are still to be notified."""
    events = group.ledger.events
    return [m for m in members if is_firing(m, now) or (m.status == "event" and m.key not in events)]


def _silenced(members: Sequence[Member], facts: Facts, now: datetime) -> dict[str, Mute]:
    found = {}
    for member in members:
        by = silence.silenced_by(facts.silences, member.alert.labels, now)
        if by and member.name != SILENCE_ENDS:
            last = max(by, key=lambda one: one.ends_at)
            detail = f"{last.id}: {last.comment}"
            found[member.key] = Mute(reason=Reason.SILENCED, detail=detail, until=last.ends_at)
    return found


def _inhibited(
    rules: Sequence[InhibitRule], members: Sequence[Member], facts: Facts, alerts: Alerts, now: datetime
) -> dict[str, Mute]:
    asked = {member.key: inhibit.questions(rules, member.alert.labels) for member in members}
    questions = dict.fromkeys(question for found in asked.values() for question in found)
    answers = _answers(facts, questions, alerts, now)
    return {
        key: _by_rule(rules, by[0], answers[by[0]])
        for key, questions_ in asked.items()
        if (by := [question for question in questions_ if question in answers])
    }


def _answers(facts: Facts, questions: Iterable[InhibitKey], alerts: Alerts, now: datetime) -> dict[InhibitKey, str]:
    """Returns, for each question that has one, the name of a source that fires. The sources of one question may be
    thousands, and one that fires is enough."""
    waiting = {question: sources for question in questions if (sources := _sources(facts, question))}
    answers: dict[InhibitKey, str] = {}
    for _ in range(ROUNDS):
        if not waiting:
            break
        asked = sorted({source for sources in waiting.values() for source in sources[:WITNESSES]})
        names = _firing_names(alerts, asked, now)
        left = {}
        for question, sources in waiting.items():
            firing = [names[source] for source in sources[:WITNESSES] if source in names]
            if firing:
                answers[question] = firing[0]
            elif sources[WITNESSES:]:
                left[question] = sources[WITNESSES:]
        waiting = left
    return answers


def _sources(facts: Facts, question: InhibitKey) -> list[str]:
    noted = facts.inhibitors.get((question.rule, question.equal), {})
    return sorted(
        source
        for source, two_sided in noted.items()
        if inhibit.mutes(question, InhibitKey(question.rule, question.equal, two_sided))
    )


def _firing_names(alerts: Alerts, sources: Sequence[str], now: datetime) -> Mapping[str, str]:
    """Returns the names of the sources that still fire. An entry may outlive its alert for a moment: the alert
    decides."""
    return {
        key: item.alert.name
        for key, item in alerts.get_alerts(sources).items()
        if item.alert.status == "firing" and (item.alert.ends_at is None or item.alert.ends_at > now)
    }


def _by_rule(rules: Sequence[InhibitRule], question: InhibitKey, source: str) -> Mute:
    rule = inhibit.rule_of(rules, question)
    equal = ", ".join(rule.equal) if rule else ""
    same = f" with the same {equal}" if equal else ""
    return Mute(reason=Reason.INHIBITED, detail=f"{source} fires{same}")
