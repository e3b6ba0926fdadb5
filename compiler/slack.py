"""`slack:` of delivery.yml: buttons, who may silence, the time zone of tomorrow, and who is mentioned."""

from __future__ import annotations

import dataclasses
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass

from alertrelay.channels.slack import Mention, SlackSettings
from alertrelay.config.matchers import MatcherError, parse_matchers
from alertrelay.config.model import Matcher, Receiver, Target

from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.section import Section, section_of, string_of
from compiler.reading.yamlfile import Value
from compiler.reading.zone import known_zone

KEYS = ("buttons", "may_silence", "time_zone", "mentions")
_MENTION = ("match", "who")
_EVERYBODY = ("@here", "@channel", "@everyone")
_ID = re.compile(r"[UWS][A-Z0-9]{2,20}")
_IDS = "ids as Slack shows them (profile, Copy member ID): U… or W… of a person, S… of a user group"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSection:
    """The values of the section. `place` is where it stands; `without_buttons` is `buttons: false`, as it stands."""

    place: Place
    buttons: bool = False
    without_buttons: bool = False
    may_silence: tuple[str, ...] = ()
    time_zone: str = ""
    mentions: tuple[Mention, ...] = ()


def read_slack_section(section: Section, time_zone: str) -> SlackSection | None:
    """Reads it; None where there is none. `time_zone` holds where the section names none."""
    inner = section.section("slack", KEYS)
    if inner is None:
        return None
    return SlackSection(
        place=inner.place,
        buttons=inner.flag("buttons", default=False),
        without_buttons=inner.has("buttons") and not inner.flag("buttons", default=False),
        may_silence=_silencers(inner),
        time_zone=read_time_zone(inner) or time_zone,
        mentions=tuple(filter(None, (_mention(item, inner.findings) for item in inner.list("mentions")))),
    )


def _silencers(inner: Section) -> tuple[str, ...]:
    if inner.empty_list("may_silence"):
        message = "nobody stands here, so that everybody in the workspace may silence"
        mend = f"name who may, {_IDS}; or remove the key"
        inner.findings.warning(inner.at("may_silence"), "empty-list", message, mend)
    return tuple(filter(None, (_id(item, inner.findings) for item in inner.list("may_silence"))))


def read_time_zone(inner: Section) -> str:
    """Reads the key time_zone; "" for UTC."""
    name = inner.string("time_zone", "")
    if name and not known_zone(name):
        message = f"{name!r} is not a time zone of the tz database"
        mend = did_you_mean(name, zoneinfo.available_timezones(), "as in Europe/Berlin")
        inner.findings.error(inner.at("time_zone"), "bad-value", message, mend)
        return ""
    return name


def _id(value: Value, findings: Findings) -> str:
    text = string_of(value, findings)
    if text and not _ID.fullmatch(text):
        findings.error(value.place, "bad-value", f"{text!r} is not an id of Slack", _IDS)
        return ""
    return text


def _mention(value: Value, findings: Findings) -> Mention | None:
    entry = section_of(value, _MENTION, findings)
    if entry is None:
        return None
    if not entry.require("who", 'add `who: ["@here"]`'):
        return None
    who = tuple(filter(None, (slack_contact(item, findings) for item in entry.list("who"))))
    if entry.empty_list("who"):
        findings.error(entry.at("who"), "empty-list", "nobody is mentioned", 'name somebody, as in `who: ["@here"]`')
    matchers = tuple(matcher for item in entry.list("match") for matcher in _matchers(item, findings))
    return Mention(matchers=matchers, who=who)


def slack_contact(value: Value, findings: Findings) -> str:
    """Reads who is mentioned; "" with a finding where it is nobody whom Slack can mention."""
    text = string_of(value, findings)
    if text in _EVERYBODY:
        return text
    if text and not _ID.fullmatch(text):
        mend = f"@here, @channel or @everyone, or {_IDS}"
        findings.error(value.place, "bad-value", f"{text!r} is nobody whom Slack can mention", mend)
        return ""
    return text


def _matchers(value: Value, findings: Findings) -> tuple[Matcher, ...]:
    text = string_of(value, findings)
    try:
        return parse_matchers(text).matchers if text else ()
    except MatcherError as error:
        findings.error(value.place, "bad-matcher", str(error), 'as in severity="critical" or team=~"pay.*"')
        return ()


def with_slack(receivers: Iterable[Receiver], found: SlackSection | None) -> tuple[Receiver, ...]:
    """Returns the receivers with the section in the settings of their Slack integrations."""
    if found is None:
        return tuple(receivers)
    return tuple(
        dataclasses.replace(one, targets=tuple(_settled(target, found) for target in one.targets)) for one in receivers
    )


def _settled(target: Target, found: SlackSection) -> Target:
    settings = target.settings
    if not isinstance(settings, SlackSettings):
        return target
    settings = dataclasses.replace(
        settings,
        buttons=found.buttons and settings.mode == "bot",
        silencers=found.may_silence,
        time_zone=found.time_zone,
        mentions=found.mentions,
    )
    return dataclasses.replace(target, settings=settings)


def check_slack(found: SlackSection | None, receivers: Iterable[Receiver], findings: Findings) -> None:
    """Warns of buttons that no message would have."""
    if found and found.buttons and not has_bot(receivers):
        message = "no receiver posts to Slack by a bot token, and only its messages can have buttons"
        mend = (
            "give a slack_configs `api_url: https://slack.com/api/chat.postMessage` and a bot token, or remove buttons"
        )
        findings.warning(dataclasses.replace(found.place, key="slack.buttons"), "not-obeyed", message, mend)


def has_bot(receivers: Iterable[Receiver]) -> bool:
    """Returns whether a receiver posts to Slack by a bot token."""
    settings = (target.settings for receiver in receivers for target in receiver.targets)
    return any(isinstance(one, SlackSettings) and one.mode == "bot" for one in settings)
