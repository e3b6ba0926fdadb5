"""Does what a button asks for: silences a group, ends a silence, keeps a verdict on an anomaly.

A press that comes again, or a second one, changes nothing twice. What a person may not do, or what no longer exists, is
an answer in words.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from alertrelay.alert import rfc3339
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.slack.buttons import (
    MORNING,
    SPANS,
    Button,
    NotAButton,
    Span,
    began,
    read,
)
from alertrelay.channels.slack.mrkdwn import escape
from alertrelay.config.model import Config, Matcher
from alertrelay.config.printed_matchers import print_matcher
from alertrelay.intake.acknowledging import Acknowledged
from alertrelay.intake.judging import Judgement, Keep, keep_verdict
from alertrelay.intake.ports import IntakeReport
from alertrelay.intake.slack.answers import Answer, conditions, only_you, when, with_end
from alertrelay.intake.slack.payload import SlackAsk
from alertrelay.nflog.group_state import AlertItem, GroupHeader
from alertrelay.policy.acknowledgement import fires
from alertrelay.policy.silence import Silence, SilenceRefused, state
from alertrelay.ports import Clock
from alertrelay.state import Groups

GROUP = "alertrelay_group"
"""The annotation of a silence that names the group whose message had the button."""
MOST_SETS = 50
"""Alerts of a group without labels that a silence names one by one."""
MOST_ACKNOWLEDGED = 100
"""Alerts of a group that one press acknowledges: as many as a message shows."""
_OLDER = (
    "This message is older than what alertrelay remembers of its alerts: nothing was {}. "
    "`/alerts` lists what fires now."
)
_HOURS = {"1h": 1, "4h": 4}


class NotKnown(Exception):
    """Raised where Slack does not say who belongs to a user group. The text is safe to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """The writes. `silence` stores one, or finds the one that already mutes the same as long, and returns it with
    whose it is (dispatch/silences.py); `acknowledge` returns None where the alert fires no more as it was read; `judge`
    keeps a verdict; `show` has the group's message show what was done, and never raises. The others raise
    state.StoreFailure; `silence` and `expire` SilenceRefused too."""

    silence: Callable[[Silence, str], tuple[Silence, Literal["now", "before", "other"]]]
    expire: Callable[[str], None]
    acknowledge: Callable[[AlertItem, str], Acknowledged | None]
    judge: Keep
    show: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a press needs. `alerts` reads up to 100 by their keys, `stored` returns all silences; `members` the users of
    a user group, and raises NotKnown."""

    config: Config
    groups: Groups
    alerts: Callable[[Sequence[str]], Mapping[str, AlertItem]]
    stored: Callable[[], tuple[Silence, ...]]
    members: Callable[[SlackSettings, str], frozenset[str]]
    deeds: Deeds
    report: IntakeReport


def press(desk: Desk, asked: SlackAsk, clock: Clock) -> Answer | None:
    """Does what the button asks for, and returns the answer; None where nothing is to be said. Raises StoreFailure."""
    try:
        button = read(asked.action, asked.value)
    except NotAButton as error:
        desk.report.log("slack_button_refused", why=str(error), by=asked.user)
        return only_you("This button is not known here: it may be of another version of alertrelay. Nothing was done.")
    match button.deed:
        case "acknowledge":
            return _acknowledge(desk, asked, button, clock)
        case "silence":
            return _allowed(desk, asked) or _silence(desk, asked, button, clock)
        case "unsilence":
            return _allowed(desk, asked) or _unsilence(desk, asked, button, clock)
        case "helpful" | "not_helpful":
            return _judge(desk, asked, button)
    return None


def slack_settings(config: Config) -> SlackSettings | None:
    """Returns the settings of a bot, else of a webhook: who may silence is the same in all of them, also where messages
    have no buttons (the slash command has). None where no receiver posts to Slack."""
    targets = (target for receiver in config.receivers for target in receiver.targets)
    found = [target.settings for target in targets if isinstance(target.settings, SlackSettings)]
    return next((one for one in found if one.mode == "bot"), found[0] if found else None)


def _allowed(desk: Desk, asked: SlackAsk) -> Answer | None:
    """Returns the answer for one who may not silence, None for one who may."""
    settings = slack_settings(desk.config)
    if settings is None or not settings.silencers or asked.user in settings.silencers:
        return None
    groups = [one for one in settings.silencers if one.startswith("S")]
    try:
        if any(asked.user in desk.members(settings, group) for group in groups):
            return None
        text = "You may not silence alerts: `slack: {may_silence: […]}` in delivery.yml names who may."
    except NotKnown as error:
        text = f"Nothing was done: {escape(str(error), 300)}. Press again, or ask somebody whom delivery.yml names."
    desk.report.log("slack_silence_refused", by=asked.user, who=asked.name)
    return only_you(text)


def _acknowledge(desk: Desk, asked: SlackAsk, button: Button, clock: Clock) -> Answer:
    """Says that somebody is on every alert of the group that fires. The first one stands."""
    firing = [one.key for one in desk.groups.members(button.group) if one.status == "firing"]
    now, by = clock.now(), asked.name
    items = [item for item in desk.alerts(firing[:MOST_ACKNOWLEDGED]).values() if fires(item.alert, now)]
    found = list(filter(None, (desk.deeds.acknowledge(item, by) for item in items)))
    if not found:
        older = desk.groups.header(button.group) is None
        return only_you(_OLDER.format("acknowledged") if older else "Nothing of this group fires any more.")
    first = [one for one in found if one.first]
    desk.deeds.show(button.group)
    earlier = next((one.by for one in found if not one.first), None)
    if not first and earlier:
        return only_you(f"Already acknowledged by {escape(earlier.by, 100)}, {when(earlier.at)}.")
    what = "" if len(first) == 1 else f" {len(first)} alerts"
    also = f" {len(found) - len(first)} were acknowledged before, by {escape(earlier.by, 100)}." if earlier else ""
    return only_you(f"✋ Acknowledged{what}.{also}")


def _silence(desk: Desk, asked: SlackAsk, button: Button, clock: Clock) -> Answer:
    header = desk.groups.header(button.group)
    if header is None:
        return only_you(_OLDER.format("silenced"))
    sets = _matchers(desk, button.group, header)
    if not sets:
        return only_you("Nothing of this group fires any more: nothing was silenced.")
    try:
        silence, saved = desk.deeds.silence(_wanted(desk, asked, button, sets), asked.id)
    except SilenceRefused as refused:
        return only_you(f"Nothing was silenced: {escape(str(refused), 500)}")
    if state(silence, clock.now()) == "expired":  # the press came again after it was undone
        return only_you(f"This silence ended {when(silence.ends_at)}.")
    made = saved != "other"
    if saved == "now":
        _log_silence(desk.report, silence)
    if made:
        desk.deeds.show(button.group)
    by = "" if made else f" by {escape(silence.created_by, 100)}"
    text = f"🔇 {'Silenced' if made else 'Already silenced'} until {when(silence.ends_at)}{by}: "
    text += f"{conditions(silence.matchers)}. What was sent stays; its resolve is still notified."
    return only_you(text, [with_end(text, silence, button.group)])


def _wanted(desk: Desk, asked: SlackAsk, button: Button, sets: tuple[tuple[Matcher, ...], ...]) -> Silence:
    assert button.span is not None
    now, settings = datetime.fromtimestamp(asked.at, UTC), slack_settings(desk.config)
    return Silence(
        id="",
        matchers=sets,
        starts_at=now,
        ends_at=end_of(button.span, now, settings.time_zone if settings else ""),
        created_by=f"{asked.name} (Slack)",
        comment=f"silenced {SPANS[button.span]} by a button in Slack",
        updated_at=now,
        annotations={GROUP: button.group, "slack_user": asked.user},
    )


def _log_silence(report: IntakeReport, silence: Silence) -> None:
    report.log(
        "silence_set",
        id=silence.id,
        by=silence.created_by,
        comment=silence.comment,
        matchers=[print_matcher(one) for together in silence.matchers for one in together],
        sets=[len(together) for together in silence.matchers],
        starts_at=rfc3339(silence.starts_at),
        ends_at=rfc3339(silence.ends_at),
        via="slack",
    )


def _matchers(desk: Desk, gid: str, header: GroupHeader) -> tuple[tuple[Matcher, ...], ...]:
    """Returns the group's labels; of a group that has none the labels of each alert, since no silence may match
    everything."""
    if labels := header.identity.group_labels:
        return (_equal(labels.items()),)
    firing = [one for one in desk.groups.members(gid) if one.status == "firing"]
    return tuple(_equal(one.alert.labels.items()) for one in firing[:MOST_SETS])


def _equal(labels: Iterable[tuple[str, str]]) -> tuple[Matcher, ...]:
    return tuple(Matcher(name=name, op="=", value=value) for name, value in sorted(labels))


def end_of(span: Span, now: datetime, time_zone: str) -> datetime:
    """Returns when a silence ends that begins now; tomorrow begins at MORNING in the time zone, UTC for ""."""
    if span != "tomorrow":
        return now + timedelta(hours=_HOURS[span])
    zone = zoneinfo.ZoneInfo(time_zone) if time_zone else UTC
    morning = now.astimezone(zone) + timedelta(days=1)
    return morning.replace(hour=MORNING, minute=0, second=0, microsecond=0).astimezone(UTC)


def _unsilence(desk: Desk, asked: SlackAsk, button: Button, clock: Clock) -> Answer:
    found = next((one for one in desk.stored() if one.id == button.silence), None)
    if found is None:
        return only_you("This silence no longer exists: it ended more than five days ago, or its store was lost.")
    if state(found, clock.now()) == "expired":
        return only_you(f"This silence was already over: it ended {when(found.ends_at)}.")
    try:
        desk.deeds.expire(found.id)
    except SilenceRefused:
        return only_you("This silence no longer exists.")
    desk.report.log("silence_expired", id=found.id, by=f"{asked.name} (Slack)", via="slack")
    if group := button.group or found.annotations.get(GROUP, ""):
        desk.deeds.show(group)
    return only_you(f"🔔 The silence of {conditions(found.matchers)} has ended: what fires is notified again.")


def _judge(desk: Desk, asked: SlackAsk, button: Button) -> Answer:
    judged, helpful = button.judged, button.deed == "helpful"
    assert judged is not None
    verdict = Judgement(
        judged=judged,
        helpful=helpful,
        by=f"{asked.name} (Slack)",
        at=datetime.fromtimestamp(asked.at, UTC),
        comment="by a button in Slack",
    )
    keep_verdict(desk.deeds.judge, desk.report, verdict, via="slack")
    if button.group:
        desk.deeds.show(button.group)
    word = "helpful" if helpful else "not helpful"
    return only_you(
        f"Thank you: kept as *{word}* (the anomaly that began {when(began(judged))}). A later answer replaces this one."
    )
