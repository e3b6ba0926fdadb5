"""Which firing alerts of a group are kept from people now, and why: a time interval, an inhibition, a silence.

Fails open: what cannot be read mutes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alertrelay.alert import severity_rank
from alertrelay.config.model import Route
from alertrelay.nflog.dedup import Mute, is_firing
from alertrelay.nflog.ledger import Header, Member
from alertrelay.notification import Reason
from alertrelay.policy import inhibit, silence, time_interval
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.ports import Facts, Relay, StoreFailure

ASKED = 99
"""Items beside the silences in the one batch that a flush reads."""
SERVICES = 5
"""Services of a group whose anomalies its messages may name."""
SILENCE_ENDS = "SilenceEnding"
"""What warns of a silence's end must not be silenced by it."""
WITNESSES, ROUNDS = 10, 10
"""Of many sources that explain the same, so many are asked whether they fire, and so often until one does."""


def asked(
    relay: Relay, header: Header, members: Iterable[Member], *, most: int = ASKED
) -> tuple[Sequence[str], Sequence[tuple[str, str]]]:
    """What a flush has to ask of the table, in one batch: the alerts that may be told, and who may inhibit them."""
    now = relay.clock.now()
    told = header.ledger.firing - header.ledger.unsure
    live = _live(header, members, now)
    rules = relay.config.inhibit_rules
    pairs = sorted({(key.rule, key.equal) for m in live for key in inhibit.questions(rules, m.labels)})
    # What has been told is shown rarely, but it is not repeated while it is inhibited.
    untold = [m for m in live if m.key not in told]
    shown = sorted(untold, key=lambda m: (-severity_rank(m.labels), m.starts_at))[: max(0, most - len(pairs))]
    return [m.key for m in shown], pairs


def facts_of(relay: Relay, header: Header, members: Iterable[Member]) -> Facts:
    """The answer; nothing where the table fails, and then nothing is muted."""
    members = list(members)
    services = list(dict.fromkeys(m.labels["service"] for m in members if m.labels.get("service")))[:SERVICES]
    alerts, inhibitors = asked(relay, header, members, most=ASKED - len(services))
    try:
        return relay.store.facts(alerts=alerts, inhibitors=inhibitors, services=services)
    except StoreFailure as failure:
        relay.log("mutes_not_asked", failure=str(failure))
        return Facts()


def muted(
    relay: Relay,
    route: Route,
    header: Header,
    members: Iterable[Member],
    facts: Facts,
    *,
    compatible: bool = False,
) -> dict[str, Mute]:
    """By key of the alert. Asks each possible source whether it fires. `compatible`: policy/time_interval.py."""
    now = relay.clock.now()
    live = _live(header, members, now)
    by_interval = time_interval.muted(route, relay.config, now, compatible=compatible)
    if by_interval:
        mute = Mute(reason=Reason(by_interval.reason), detail=by_interval.interval)
        return {member.key: mute for member in live}
    try:
        found = _inhibited(relay, live, facts)
    except StoreFailure as failure:
        relay.log("inhibition_not_asked", failure=str(failure))
        found = {}
    return found | _silenced(live, facts, now)


def _live(header: Header, members: Iterable[Member], now: datetime) -> list[Member]:
    events = header.ledger.events
    return [m for m in members if is_firing(m, now) or (m.status == "event" and m.key not in events)]


def _silenced(members: Sequence[Member], facts: Facts, now: datetime) -> dict[str, Mute]:
    found = {}
    for member in members:
        by = silence.silenced_by(facts.silences, member.labels, now)
        if by and member.name != SILENCE_ENDS:
            last = max(by, key=lambda one: one.ends_at)
            detail = f"{last.id}: {last.comment}"
            found[member.key] = Mute(reason=Reason.SILENCED, detail=detail, until=last.ends_at)
    return found


def _inhibited(relay: Relay, members: Sequence[Member], facts: Facts) -> dict[str, Mute]:
    asked = {member.key: inhibit.questions(relay.config.inhibit_rules, member.labels) for member in members}
    answers = _answers(relay, facts, dict.fromkeys(question for found in asked.values() for question in found))
    return {
        key: _mute(relay, by[0], answers[by[0]])
        for key, questions in asked.items()
        if (by := [question for question in questions if question in answers])
    }


def _answers(relay: Relay, facts: Facts, questions: Iterable[InhibitKey]) -> dict[InhibitKey, str]:
    """To each question that has one, the name of a source that fires. The sources of one question may be thousands, and
    one that fires is enough."""
    waiting = {question: _sources(facts, question) for question in questions}
    answers: dict[InhibitKey, str] = {}
    for _ in range(ROUNDS):
        waiting = {question: sources for question, sources in waiting.items() if sources}
        names = _alive(relay, sorted({source for sources in waiting.values() for source in sources[:WITNESSES]}))
        for question, sources in list(waiting.items()):
            firing = [names[source] for source in sources[:WITNESSES] if source in names]
            answers |= {question: firing[0]} if firing else {}
            waiting[question] = [] if firing else sources[WITNESSES:]
    return answers


def _sources(facts: Facts, question: InhibitKey) -> list[str]:
    noted = facts.inhibitors.get((question.rule, question.equal), {})
    return sorted(
        source
        for source, two_sided in noted.items()
        if inhibit.mutes(question, InhibitKey(question.rule, question.equal, two_sided))
    )


def _alive(relay: Relay, sources: Sequence[str]) -> Mapping[str, str]:
    """The names of the sources that still fire. An entry may outlive its alert for a moment: the alert decides."""
    now = relay.clock.now()
    found = relay.store.get_alerts(sources) if sources else {}
    return {
        key: item.alert.name
        for key, item in found.items()
        if item.alert.status == "firing" and (item.alert.ends_at is None or item.alert.ends_at > now)
    }


def _mute(relay: Relay, question: InhibitKey, source: str) -> Mute:
    rule = inhibit.rule_of(relay.config.inhibit_rules, question)
    equal = ", ".join(rule.equal) if rule else ""
    same = f" with the same {equal}" if equal else ""
    return Mute(reason=Reason.INHIBITED, detail=f"{source} fires{same}")
