"""`escalation:` of delivery.yml: who is notified of a critical alert that nobody acknowledges, and after which time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from alertrelay.channels.slack import SlackSettings
from alertrelay.config.escalation import FIRST_TIER, Tier
from alertrelay.config.model import Receiver

from compiler.reading.duration import spell_duration
from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.section import Section, section_of, string_of
from compiler.reading.yamlfile import Value
from compiler.slack import slack_contact

KEYS = ("tiers",)
_TIER = ("after", "receivers", "hours", "contacts")
FIRST_AFTER = 15 * 60.0
"""Seconds without an acknowledgement, of each tier that names no time so many more than of the one before it."""
LEAST_AFTER, MOST_AFTER = 60.0, 24 * 3600.0
MOST_TIERS = 5
_REACHED = (
    (re.compile(r"\+?[\d ()-]{6,20}"), "`sns_configs: [{phone_number: …}]`"),
    (re.compile(r"[^@\s]+@[^@\s]+"), "`email_configs: [{to: …}]`"),
)
"""Who is reached by a receiver of their own, by the shape of the address."""
_MEND = "as in `tiers: [{receivers: [oncall-second]}, {receivers: [managers], after: 30m}]`"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationSection:
    """The tiers, where each name in them stands, and the place of each tier's contacts by its number."""

    tiers: tuple[Tier, ...]
    receivers: tuple[Value, ...] = ()
    hours: tuple[Value, ...] = ()
    contacts: Mapping[int, Place] = field(default_factory=dict)


NOBODY = EscalationSection(tiers=())


def read_escalation(section: Section) -> EscalationSection:
    """Reads the section of delivery.yml; no tiers where there is none, which is an error where its key stands there."""
    inner = section.section("escalation", KEYS)
    if inner is None:
        _note_empty(section)
        return NOBODY
    items = inner.list("tiers")
    if inner.require("tiers", _MEND) and inner.empty_list("tiers"):
        inner.findings.error(inner.at("tiers"), "empty-list", "no tier stands here", _MEND)
    if len(items) > MOST_TIERS:
        message = f"expected at most {MOST_TIERS} tiers, got {len(items)}"
        inner.findings.error(inner.at("tiers"), "bad-value", message, "leave out the last ones")
    found, before = list[tuple[Tier, Section]](), 0.0
    for number, item in enumerate(items[:MOST_TIERS], start=FIRST_TIER):
        entry = section_of(item, _TIER, inner.findings)
        if entry is None:
            continue
        tier = _tier(entry, number, before)
        found.append((tier, entry))
        before = max(before, tier.after)
    return EscalationSection(
        tiers=tuple(tier for tier, _ in found),
        receivers=tuple(value for _, entry in found for value in entry.list("receivers")),
        hours=tuple(value for _, entry in found for value in entry.list("hours")),
        contacts={tier.number: entry.at("contacts") for tier, entry in found if tier.contacts},
    )


def _note_empty(section: Section) -> None:
    """Finds `escalation:` with nothing under it: it reads as if somebody were called, and nobody is."""
    data = section.value.data
    empty = data.get("escalation") if isinstance(data, Mapping) else None
    if empty is not None and empty.data is None:
        mend = f"{_MEND}, or remove the key"
        section.findings.error(empty.place, "missing-key", "nothing stands under 'escalation'", mend)


def _tier(entry: Section, number: int, before: float) -> Tier:
    findings = entry.findings
    names = tuple(filter(None, (string_of(value, findings) for value in entry.list("receivers"))))
    entry.require("receivers", f"name who is called at tier {number}: `receivers: [oncall-second]`")
    if entry.empty_list("receivers"):
        mend = "name a receiver of alertmanager.yml, or remove the tier"
        findings.error(entry.at("receivers"), "empty-list", f"tier {number} calls nobody", mend)
    for name in {name for name in names if names.count(name) > 1}:
        findings.error(entry.at("receivers"), "duplicate-name", f"{name!r} stands twice in tier {number}", "remove one")
    return Tier(
        number=number,
        after=_after(entry, number, before),
        receivers=names,
        hours=entry.strings("hours"),
        contacts=_contacts(entry),
    )


def _contacts(entry: Section) -> tuple[str, ...]:
    """Returns who is mentioned. A phone or a mailbox is a receiver, which can fall back and be tested."""
    found = list[str]()
    for value in entry.list("contacts"):
        text = string_of(value, entry.findings)
        if reached := next((way for pattern, way in _REACHED if pattern.fullmatch(text)), ""):
            message = f"{text!r} is no contact of Slack"
            entry.findings.error(value.place, "bad-value", message, f"add a receiver with {reached} to the tier")
        elif text:
            found.append(slack_contact(value, entry.findings))
    return tuple(filter(None, found))


def _after(entry: Section, number: int, before: float) -> float:
    """Returns the seconds; a tier is later than the one before it."""
    given = entry.seconds("after")
    after = before + FIRST_AFTER if given is None else given
    if not LEAST_AFTER <= after <= MOST_AFTER:
        message = f"tier {number} is due after {spell_duration(after)}: expected 1m to 1d"
        entry.findings.error(entry.at("after"), "bad-value", message, "write it as 15m or 1h")
    elif after <= before:
        message = (
            f"tier {number} is due after {spell_duration(after)}, the tier before it after {spell_duration(before)}"
        )
        mend = f"write more than {spell_duration(before)}: the times of the tiers rise"
        entry.findings.error(entry.at("after"), "not-rising", message, mend)
    return after


def check_escalation(
    found: EscalationSection,
    receivers: Mapping[str, Receiver],
    intervals: Collection[str],
    findings: Findings,
) -> None:
    """Checks the tiers against alertmanager.yml."""
    for value in found.receivers:
        receiver = receivers.get(value.text)
        if receiver is None:
            message = f"alertmanager.yml has no receiver {value.text!r}"
            findings.error(value.place, "unknown-receiver", message, did_you_mean(value.text, receivers))
        elif not receiver.targets:
            message = f"{value.text!r} notifies nobody, so it cannot be called at a tier"
            findings.error(value.place, "tells-nobody", message, "name a receiver with an integration")
    for value in found.hours:
        if value.text not in intervals:
            message = f"alertmanager.yml has no time interval {value.text!r}"
            mend = did_you_mean(value.text, intervals, "add it under time_intervals")
            findings.error(value.place, "unknown-interval", message, mend)
    _check_contacts(found, receivers, findings)
    _check_gap(found, findings)


def _check_contacts(found: EscalationSection, receivers: Mapping[str, Receiver], findings: Findings) -> None:
    """Warns where no message of a tier can mention its contacts."""
    for tier in found.tiers:
        targets = [target for name in tier.receivers if name in receivers for target in receivers[name].targets]
        if tier.contacts and not any(isinstance(target.settings, SlackSettings) for target in targets):
            message = f"no receiver of tier {tier.number} posts to Slack, where contacts are mentioned"
            findings.warning(found.contacts[tier.number], "not-obeyed", message, "add one, or remove the contacts")


def _check_gap(found: EscalationSection, findings: Findings) -> None:
    """Warns where no tier is called at any hour: outside all of their hours the escalation waits for them."""
    if found.tiers and all(tier.hours for tier in found.tiers):
        place: Place = found.hours[0].place
        message = "each tier has hours: outside them an alert that nobody acknowledges goes to no tier"
        findings.warning(place, "hours-only", message, "leave out the hours of the last tier")
