"""Finds the firing alerts of a group that are muted now, and why: a time interval, an inhibition,
a maintenance window, a silence.

Fails open: what cannot be read mutes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from alertrelay.alert import JUDGED, severity_rank
from alertrelay.config.model import InhibitRule, MaintenanceWindow, Route
from alertrelay.nflog.decision import Mute
from alertrelay.nflog.group_state import GroupState, Member, is_firing
from alertrelay.notification import Reason
from alertrelay.policy import inhibit, silence, time_interval
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.policy.maintenance import in_maintenance
from alertrelay.policy.time_interval import Intervals
from alertrelay.state import Alerts, Facts, Lookup, StoreFailure

BATCH = 98
"""Items beside the silences and the mark of those that sleep in the one batch that a flush reads."""
SERVICES = 5
"""Services of a group whose anomalies its messages may name."""
OBJECTIVES = 5
"""Objectives of a group whose error budgets its messages may show."""
ANOMALIES = 5
"""Anomalies of a group of which its messages may show what people said."""
SILENCE_ENDS = "SilenceEnding"
"""What warns of a silence's end must not be silenced by it."""
WITNESSES, ROUNDS = 10, 10
"""Of many sources that explain the same, so many are asked whether they fire, and so often until one does."""

Log = Callable[..., None]


def look_up(
    group: GroupState,
    members: Sequence[Member],
    *,
    rules: Sequence[InhibitRule],
    lookup: Lookup,
    forwarder: str,
    now: datetime,
    log: Log,
) -> Facts:
    """Reads in one batch the alerts that may be notified, their possible inhibitors, the silences, the anomalies of the
    services, what people said of anomalies, and the error budgets. Returns nothing where the table fails, and then
    nothing is muted."""
    live = _live(group, members, now)
    services, objectives = _named(members, "service")[:SERVICES], _named(members, "slo")[:OBJECTIVES]
    pairs = sorted({(key.rule, key.equal) for m in live for key in inhibit.questions(rules, m.alert.labels)})
    # What has been notified is shown rarely, but it is not repeated while it is inhibited.
    known = group.ledger.firing - group.ledger.unsure
    new = [m for m in live if m.key not in known]
    shown = sorted(new, key=lambda m: (-severity_rank(m.alert.labels), m.alert.starts_at))
    judged = [m.alert.fingerprint for m in members if m.alert.labels.get("alertname") == JUDGED[1]][:ANOMALIES]
    shown = shown[: max(0, BATCH - len(services) - len(objectives) - len(judged) - len(pairs))]
    try:
        keys = [m.key for m in shown]
        return lookup.facts(
            alerts=keys,
            inhibitors=pairs,
            services=services,
            objectives=objectives,
            judged=judged,
            waking=forwarder,
        )
    except StoreFailure as failure:
        log("mutes_not_asked", failure=str(failure))
        return Facts()


def _named(members: Iterable[Member], label: str) -> list[str]:
    """Returns the values of a label, each once."""
    values = (member.alert.labels.get(label, "") for member in members)
    return list(dict.fromkeys(value for value in values if value))


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
    live = _live(group, members, now)
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


def _live(group: GroupState, members: Iterable[Member], now: datetime) -> list[Member]:
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
