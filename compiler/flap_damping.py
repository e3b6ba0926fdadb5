"""Reads `flap_damping` of delivery.yml: which alerts are notified once as flapping, and again once they settle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertrelay.channels import channel
from alertrelay.config.model import FlapRule, Receiver, Route

from compiler.reading.duration import spell_duration
from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.section import Section, keys

KEYS = keys("receivers severities more_than within settled_after")
SEVERITIES = ("critical", "error", "warning", "info")
LEAST_CHANGES, MOST_CHANGES = 2, 20
MINUTE, DAY = 60.0, 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFlapRule:
    """A rule, where it stands, and where each of its receivers does."""

    rule: FlapRule
    place: Place
    receivers: Mapping[str, Place]


def flap_rules(section: Section) -> tuple[ReadFlapRule, ...]:
    """Reads the list; faults are findings, and their values count as the defaults."""
    return tuple(_rule(one) for one in section.sections("flap_damping", KEYS))


def _rule(section: Section) -> ReadFlapRule:
    within = _seconds(section, "within", 3600.0)
    names = {item.text: item.place for item in section.list("receivers")}
    severities = section.strings("severities")
    for severity in severities:
        if severity not in SEVERITIES:
            mend = did_you_mean(severity, SEVERITIES, f"one of {', '.join(SEVERITIES)}")
            section.findings.error(section.at("severities"), "bad-value", f"{severity!r} is not a severity", mend)
    rule = FlapRule(
        receivers=section.strings("receivers"),
        severities=severities,
        more_than=section.whole("more_than", 4, low=LEAST_CHANGES, high=MOST_CHANGES),
        within=within,
        settled_after=_seconds(section, "settled_after", within / 2),
    )
    return ReadFlapRule(rule=rule, place=section.place, receivers=names)


def _seconds(section: Section, key: str, default: float) -> float:
    found = section.seconds(key)
    if found is None:
        return default
    if not MINUTE <= found <= DAY:
        section.findings.error(section.at(key), "out-of-range", f"{section.text(key)} is out of range", "1m to 1d")
        return default
    return found


def check_flap_rules(
    rules: Sequence[ReadFlapRule], receivers: Mapping[str, Receiver], root: Route, findings: Findings
) -> None:
    """Checks the rules against alertmanager.yml: names, and whether an alert can change as often as a rule asks for."""
    for one in rules:
        for name, place in one.receivers.items():
            if name not in receivers:
                message = f"alertmanager.yml has no receiver {name!r}"
                findings.error(place, "unknown-receiver", message, did_you_mean(name, receivers))
        _check_interval(one, root, findings)
        _note_pages(one, receivers, findings)


def _check_interval(one: ReadFlapRule, root: Route, findings: Findings) -> None:
    """A flush sees a change at most each group_interval, so twice in one from a resolve to the next firing."""
    rule = one.rule
    intervals = [
        route.group_interval for route in _routes([root]) if not rule.receivers or route.receiver in rule.receivers
    ]
    most = 2 * rule.within / min(intervals) if intervals else None
    if most is not None and most <= rule.more_than:
        message = (
            f"at a group_interval of {spell_duration(min(intervals))} an alert changes at most {int(most)} times within"
            f" {spell_duration(rule.within)}, so none ever flaps"
        )
        findings.warning(one.place, "never-flaps", message, "a longer `within`, or a smaller `more_than`")


def _routes(routes: Iterable[Route]) -> Iterator[Route]:
    for route in routes:
        yield route
        yield from _routes(route.routes)


def _note_pages(one: ReadFlapRule, receivers: Mapping[str, Receiver], findings: Findings) -> None:
    """Damping holds back the resolve of a page, so its incident stays open for that long."""
    rule = one.rule
    if rule.severities and "critical" not in rule.severities:
        return
    names = [name for name in receivers if not rule.receivers or name in rule.receivers]
    pages = [n for n in names if any(channel(t.integration.channel).pages for t in receivers[n].targets)]
    if pages:
        message = (
            f"critical alerts of {', '.join(pages)} are damped too: an incident that flaps stays open until"
            f" {spell_duration(rule.settled_after)} without a change"
        )
        findings.info(one.place, "damps-pages", message, "severities: [warning, info]")
