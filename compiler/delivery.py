"""`config/delivery.yml`: what Alertmanager has no word for. Fallbacks, the last resort, the e-mail transport."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from alertrelay.channels import channel
from alertrelay.channels.sns import SnsSettings
from alertrelay.config.model import Config, Receiver

from compiler.accompanying import NOTHING_BESIDE, Accompanying, accompanying_of
from compiler.escalation import NOBODY, EscalationSection, check_escalation, read_escalation
from compiler.flap_damping import ReadFlapRule, flap_rules
from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.formats import EMAIL_ADDRESS, PHONE_NUMBER
from compiler.reading.section import Section, section_of, string_of
from compiler.reading.yamlfile import Value
from compiler.slack import SlackSection, check_slack, read_slack_section, read_time_zone

EMAIL = ("transport", "on_call", "time_zone")
KEYS = (
    "fallbacks", "last_resort", "email", "limits", "allowed", "charts", "slack", "flap_damping", "escalation",
    "grafana", "automation",
)  # fmt: skip
MOST = 120
"""Messages of a limit: PagerDuty takes as many events a minute for one routing key."""

Stages = tuple[tuple[str, ...], ...]
Transport = Literal["smtp", "ses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResort:
    """The subscribers of the stack's own topic, behind the last stage."""

    email: tuple[str, ...]
    sms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFile:
    """The file's values. `places` keeps where each receiver's fallbacks, and each name in them, stand; `on_call_places`
    where each address of `on_call` does."""

    fallbacks: Mapping[str, Stages]
    last_resort: LastResort | None
    transport: Transport
    place: Place
    on_call: tuple[str, ...] = ()
    on_call_places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    time_zone: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)
    limit_places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    allowed: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    allowed_places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    charts: bool = False
    flap_damping: tuple[ReadFlapRule, ...] = ()
    accompanying: Accompanying = NOTHING_BESIDE
    slack: SlackSection | None = None
    escalation: EscalationSection = NOBODY
    places: Mapping[str, tuple[Value, tuple[tuple[Value, ...], ...]]] = field(repr=False)


NOTHING = DeliveryFile(fallbacks={}, last_resort=None, transport="smtp", place=Place(file=""), places={})
"""What holds where there is no delivery.yml: no fallbacks, SMTP."""


def parse_delivery(root: Value, findings: Findings) -> DeliveryFile:
    """Reads the file; faults are findings and count as absent."""
    section = section_of(root, KEYS, findings)
    if section is None:
        return NOTHING
    places: dict[str, tuple[Value, tuple[tuple[Value, ...], ...]]] = {}
    fallbacks: dict[str, Stages] = {}
    for receiver, value in section.mapping("fallbacks").items():
        stages = _stages(value, findings)
        places[receiver] = (value, stages)
        fallbacks[receiver] = tuple(tuple(string_of(name, findings) for name in stage) for stage in stages)
    email = _email(section, findings)
    return DeliveryFile(
        fallbacks=fallbacks,
        last_resort=_last_resort(section, findings),
        **email,
        place=section.place,
        places=places,
        **_limits(section, findings),
        **_allowed(section, findings),
        charts=section.flag("charts", default=False),
        flap_damping=flap_rules(section),
        accompanying=accompanying_of(section),
        slack=read_slack_section(section, email.get("time_zone", "")),
        escalation=read_escalation(section),
    )


def _limits(section: Section, findings: Findings) -> dict[str, Any]:
    """How many messages a receiver takes before a digest: a whole number of 1 to MOST each."""
    limits: dict[str, int] = {}
    places: dict[str, Place] = {}
    for receiver, value in section.mapping("limits").items():
        places[receiver] = value.place
        most = value.data
        if isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= MOST:
            limits[receiver] = most
        else:
            message = f"expected a whole number of 1 to {MOST}, got {value.kind} {value.text!r}".replace(" ''", "")
            mend = "how many messages the receiver takes before a digest; of PagerDuty, incidents a minute"
            findings.error(value.place, "bad-value", message, mend)
    return {"limits": limits, "limit_places": places}


def _allowed(section: Section, findings: Findings) -> dict[str, Any]:
    """By receiver and key: what a template may give that decides who is notified."""
    allowed: dict[str, Mapping[str, tuple[str, ...]]] = {}
    places: dict[str, Place] = {}
    for receiver, value in section.mapping("allowed").items():
        places[receiver] = value.place
        inner = Section(value, findings)
        if isinstance(value.data, Mapping):
            allowed[receiver] = {key: inner.strings(key) for key in inner.items}
        else:
            inner.wrong(value, "a mapping", 'as in `team-slack: {channel: ["#payments", "#search"]}`')
    return {"allowed": allowed, "allowed_places": places}


def _stages(value: Value, findings: Findings) -> tuple[tuple[Value, ...], ...]:
    mend = "stages in order, each a list of receivers: [[slack-critical, email-oncall], [email-platform]]"
    if not isinstance(value.data, tuple):
        findings.error(value.place, "wrong-type", f"expected a list of stages, got {value.kind}", mend)
        return ()
    if not value.data:
        findings.error(value.place, "empty-list", "no stage stands here", "name one, or remove the key")
    stages = []
    for stage in value.data:
        if not isinstance(stage.data, tuple):
            findings.error(stage.place, "wrong-type", f"a stage is a list of receivers, {stage.kind} came", mend)
        elif not stage.data:
            findings.error(stage.place, "empty-list", "this stage names no receiver", "name one, or remove the stage")
        else:
            stages.append(stage.data)
    return tuple(stages)


def _last_resort(section: Section, findings: Findings) -> LastResort | None:
    inner = section.section("last_resort", ("email", "sms"))
    if inner is None:
        return None
    email = tuple(filter(None, (EMAIL_ADDRESS(item, findings) for item in inner.list("email"))))
    sms = tuple(filter(None, (PHONE_NUMBER(item, findings) for item in inner.list("sms"))))
    if not inner.list("email") and not inner.list("sms"):
        mend = "name somebody under email or sms, or remove last_resort"
        findings.error(inner.place, "empty-list", "the last resort notifies nobody", mend)
    return LastResort(email=email, sms=sms)


def _email(section: Section, findings: Findings) -> dict[str, Any]:
    """Reads how e-mail goes out, which recipients have to take it, and the zone of its times."""
    inner = section.section("email", EMAIL)
    if inner is None:
        return {"transport": "smtp"}
    found = {address: item.place for item in inner.list("on_call") if (address := EMAIL_ADDRESS(item, findings))}
    transport = _transport(inner)
    if found and transport == "ses":
        message = "on_call has no effect with the transport ses, which takes a mail for all recipients or for none"
        findings.warning(inner.at("on_call"), "not-obeyed", message, "remove it, or use smtp")
    return {
        "transport": transport,
        "on_call": tuple(found),
        "on_call_places": found,
        "time_zone": read_time_zone(inner),
    }


def _transport(inner: Section) -> Transport:
    match inner.string("transport", "smtp"):
        case "smtp":
            return "smtp"
        case "ses":
            return "ses"
        case other:
            inner.findings.error(inner.at("transport"), "bad-value", f"{other!r} is not a transport", "smtp or ses")
            return "smtp"


def check_delivery(
    delivery: DeliveryFile,
    receivers: Mapping[str, Receiver],
    routed: frozenset[str],
    findings: Findings,
    *,
    intervals: Collection[str] = (),
) -> None:
    """Checks the file against alertmanager.yml. `routed` are the receivers that a route names, `intervals` the names of
    its time intervals."""
    for name, (value, stages) in delivery.places.items():
        if name not in receivers:
            mend = did_you_mean(name, receivers)
            findings.error(value.place, "unknown-receiver", f"alertmanager.yml has no receiver {name!r}", mend)
        for stage in stages:
            _check_stage(name, stage, receivers, findings)
        _check_channels(name, value, delivery.fallbacks[name], receivers, findings)
    for name, place in (*delivery.limit_places.items(), *delivery.allowed_places.items()):
        if name not in receivers:
            mend = did_you_mean(name, receivers)
            findings.error(place, "unknown-receiver", f"alertmanager.yml has no receiver {name!r}", mend)
    _check_on_call(delivery, receivers, findings)
    check_escalation(delivery.escalation, receivers, intervals, findings)
    check_slack(delivery.slack, receivers.values(), findings)
    _note_pagers(delivery, receivers, findings)
    channels = {target.integration.channel for receiver in receivers.values() for target in receiver.targets}
    # With one channel there is nothing to fall back on but the last resort, which is notified at once.
    alone = len(channels) == 1 and delivery.last_resort is not None
    for name in sorted(routed & receivers.keys()):
        if receivers[name].targets and not delivery.fallbacks.get(name) and not alone:
            place = Place(file=delivery.place.file, line=1, column=1, key="fallbacks")
            mend = f"add `{name}: [[another-receiver]]` under fallbacks"
            only = "only the last resort is" if delivery.last_resort else "nobody is"
            message = f"{name!r} has no fallback: while its channel is down {only} notified at once"
            findings.warning(place, "no-fallback", message, mend)
    if delivery.last_resort is None:
        mend = "add `last_resort: {email: [oncall@example.com]}`"
        place = Place(file=delivery.place.file, line=1, column=1, key="last_resort")
        findings.warning(place, "no-last-resort", "nothing stands behind the last stage", mend)


def _check_stage(name: str, stage: tuple[Value, ...], receivers: Mapping[str, Receiver], findings: Findings) -> None:
    seen: set[str] = set()
    for item in stage:
        other = item.text
        if other in seen:
            findings.error(item.place, "duplicate-name", f"{other!r} is defined twice in one stage", "remove one")
        seen.add(other)
        if other == name:
            mend = "name a receiver of another channel"
            findings.error(item.place, "fallback-to-itself", f"{name!r} cannot be its own fallback", mend)
        elif other and other not in receivers:
            mend = did_you_mean(other, receivers)
            findings.error(item.place, "unknown-receiver", f"alertmanager.yml has no receiver {other!r}", mend)
        elif other and not receivers[other].targets:
            findings.error(
                item.place, "tells-nobody", f"{other!r} notifies nobody, so it cannot be a fallback", "name another"
            )


def _check_on_call(delivery: DeliveryFile, receivers: Mapping[str, Receiver], findings: Findings) -> None:
    """An address that no receiver mails to can never take anything: most likely it is misspelt."""
    targets = (target for receiver in receivers.values() for target in receiver.targets)
    known = [address for target in targets for address in target.settings.addresses]
    for address, place in delivery.on_call_places.items():
        if address.casefold() not in {one.casefold() for one in known}:
            message = f"no receiver of alertmanager.yml sends e-mail to {address!r}"
            findings.error(place, "unknown-receiver", message, did_you_mean(address, known))


def _note_pagers(delivery: DeliveryFile, receivers: Mapping[str, Receiver], findings: Findings) -> None:
    """Said once, where an incident channel first stands as a fallback."""
    for _, stages in delivery.places.values():
        for item in (item for stage in stages for item in stage):
            receiver = receivers.get(item.text)
            kinds = [channel(target.integration.channel) for target in receiver.targets] if receiver else []
            pager = next((kind for kind in kinds if kind.pages), None)
            if pager:
                message = f"{item.text!r} is {pager.title}: as a fallback it is used for severity critical only"
                findings.info(item.place, "critical-only", message)
                return


def _check_channels(
    name: str, value: Value, stages: Stages, receivers: Mapping[str, Receiver], findings: Findings
) -> None:
    """A fallback that only knows the channel that just failed is worth little."""

    def channels(receiver: str) -> set[str]:
        return {t.integration.channel for t in receivers[receiver].targets} if receiver in receivers else set()

    own = channels(name)
    others = {channel for stage in stages for other in stage for channel in channels(other)}
    if len(own) == 1 and others and others <= own:
        message = f"every fallback of {name!r} is {next(iter(own))} again"
        findings.warning(value.place, "same-channel", message, "name a receiver of another channel")


def sends_sms(config: Config, people: LastResort | None) -> bool:
    """Returns whether any receiver, or the last resort, is a phone."""
    settings = [target.settings for receiver in config.receivers for target in receiver.targets]
    return bool(people and people.sms) or any(isinstance(each, SnsSettings) and each.phone_number for each in settings)
