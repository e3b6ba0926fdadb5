"""Answers the slash command: what fires, what is silenced, and the route of one alert."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from alertrelay.alert import SEVERITY_RANK, Labels
from alertrelay.channels.slack.mrkdwn import escape, section
from alertrelay.config.escalation import Tier
from alertrelay.config.matchers import MatcherError, parse_matcher
from alertrelay.config.model import Config, Route
from alertrelay.config.printed_matchers import go_quote
from alertrelay.intake import view
from alertrelay.intake.reading import Reads
from alertrelay.intake.slack.answers import Answer, conditions, only_you, sections, when, with_end
from alertrelay.intake.slack.payload import SlackAsk
from alertrelay.policy.group_key import group_labels
from alertrelay.policy.route import match_routes
from alertrelay.policy.silence import Silence, state
from alertrelay.policy.time_interval import muted
from alertrelay.render import wording
from alertrelay.render.text import one_line
from alertrelay.render.when import span

MOST_ALERTS, MOST_SILENCES, MOST_ROUTES = 40, 12, 10
_PAIR = re.compile(r'([a-zA-Z_][\w.]*)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,{}"]+)')
_HELP = (
    "`/alerts` lists what fires and what is silenced; `/alerts silenced` the silences alone; `/alerts route NAME`, "
    '`/alerts route FINGERPRINT` or `/alerts route service="orders" severity="critical"` shows who is notified.'
)


def command(reading: Reads, asked: SlackAsk) -> Answer:
    """Returns the answer. Raises StoreFailure."""
    word, _, rest = asked.value.strip().partition(" ")
    match word.lower():
        case "" | "list":
            return _listing(reading)
        case "silenced" | "silences":
            return _only_silences(reading)
        case "route":
            return _route(reading, rest.strip())
    return only_you(_HELP)


def _listing(reading: Reads) -> Answer:
    now = reading.clock.now()
    stored = reading.silences()
    found = view.listed(reading.config, reading.alerts.firing(now), stored, now=now)
    found.sort(key=lambda one: (_quiet(one), -_rank(one), -one.item.alert.starts_at.timestamp()))
    quiet = sum(map(_quiet, found))
    head = f"*{len(found) - quiet} firing*, {quiet} silenced, inhibited or muted"
    ends = {one.id: one.ends_at for one in stored}
    lines = [_line(one, ends) for one in found[:MOST_ALERTS]]
    more = [f"_{wording.more(len(found) - MOST_ALERTS)}_"] if len(found) > MOST_ALERTS else []
    blocks = [section(head), *sections([*lines, *more]), *_silences(stored, now)]
    return only_you(head, blocks)


def _only_silences(reading: Reads) -> Answer:
    blocks = _silences(reading.silences(), reading.clock.now())
    return only_you("Silences", blocks) if blocks else only_you("Nothing is silenced.")


def _silences(stored: Sequence[Silence], now: datetime) -> list[dict[str, object]]:
    """Returns a block each silence that mutes now, or will, the first to end first, with a button that ends it."""
    found = sorted((one for one in stored if state(one, now) != "expired"), key=lambda one: one.ends_at)
    blocks = [with_end(_of_silence(one, now), one, "", words="End") for one in found[:MOST_SILENCES]]
    more = wording.more(len(found) - MOST_SILENCES)
    return [*blocks, *([section(f"_{more}_")] if more else [])]


def _of_silence(one: Silence, now: datetime) -> str:
    begins = f"from {when(one.starts_at)} " if state(one, now) == "pending" else ""
    why = f": {escape(one_line(one.comment), 200)}" if one.comment.strip() else ""
    by = f" by {escape(one_line(one.created_by), 80)}" if one.created_by.strip() else ""
    return f"🔇 {begins}until {when(one.ends_at)}{by}{why}\n{conditions(one.matchers, 600)}"


def _quiet(one: view.Listed) -> bool:
    return bool(one.silenced or one.inhibited or one.muted)


def _rank(one: view.Listed) -> int:
    return SEVERITY_RANK.get(one.item.alert.labels.get("severity", ""), 0)


def _line(one: view.Listed, ends: dict[str, datetime]) -> str:
    alert = one.item.alert
    of = f" ({escape(one_line(service), 60)})" if (service := alert.labels.get("service", "")) else ""
    shown = f"{wording.alert_icon(alert)} *{escape(one_line(alert.name), 90)}*{of}, since {when(alert.starts_at)}"
    return f"{shown}, {_why(one, ends)}" if _quiet(one) else shown


def _why(one: view.Listed, ends: dict[str, datetime]) -> str:
    if one.silenced:
        last = max((ends[name] for name in one.silenced if name in ends), default=None)
        return f"silenced until {when(last)}" if last else "silenced"
    return f"muted by the interval {escape(one.muted[0].interval, 60)}" if one.muted else "inhibited"


def _route(reading: Reads, text: str) -> Answer:
    if not text:
        return only_you(_HELP)
    now = reading.clock.now()
    named_labels = _labels(text)
    labels: Labels = named_labels or {}
    if named_labels is None:
        found = view.listed(reading.config, reading.alerts.firing(now), reading.silences(), now=now)
        named = [one for one in found if text in (one.item.alert.name, one.item.alert.fingerprint)]
        if not named:
            shown = escape(one_line(text), 100)
            return only_you(f"No alert of that name or fingerprint fires: {shown}. With labels instead: {_HELP}")
        labels = named[0].item.alert.labels
        ends = {one.id: one.ends_at for one in reading.silences()}
        notes = [_line(named[0], ends)]
        notes += [f"_and {len(named) - 1} more of that name_"] if len(named) > 1 else []
    else:
        pairs = ", ".join(f"{name}={go_quote(value)}" for name, value in labels.items())
        notes = [f"An alert with {escape('{' + pairs + '}', 1_500)}"]
    return only_you("Who is notified", sections([*notes, *_routes(reading.config, labels, now)]))


def _labels(text: str) -> dict[str, str] | None:
    """Returns the labels that a text names, None where it is a name. Slack may make its quotes round."""
    pairs = _PAIR.findall(text.replace("“", '"').replace("”", '"'))
    try:
        return {one.name: one.value for one in (parse_matcher(f"{name}={value}") for name, value in pairs)} or None
    except MatcherError:
        return None


def _routes(config: Config, labels: Labels, now: datetime) -> Iterator[str]:
    """Yields the nodes at which the alert arrives, with what is done there."""
    for route in match_routes(config.route, labels)[:MOST_ROUTES]:
        receiver = config.receiver(route.receiver)
        kinds = ", ".join(target.integration.channel for target in receiver.targets) if receiver else ""
        yield f"→ *{escape(route.receiver, 100)}* ({kinds or 'notifies nobody'}) by the route {escape(route.key, 500)}"
        yield f"    {_timing(route, labels)}"
        if why := muted(route, config.time_intervals, now):
            yield f"    muted now: the time interval {escape(why.interval, 100)}"
        for stage in config.fallbacks.get(route.receiver, ()):
            yield f"    where that fails: {escape(', '.join(stage), 300)}"
    if labels.get("severity") == "critical":
        yield from map(_tier, config.escalation)


def _tier(tier: Tier) -> str:
    hours = f", in {', '.join(tier.hours)}" if tier.hours else ""
    text = f"{', '.join(tier.receivers)}{hours}"
    return f"⇧ tier {tier.number}, where nobody acknowledges it for {span(tier.after)}: {escape(text, 300)}"


def _timing(route: Route, labels: Labels) -> str:
    group = ", ".join(group_labels(route, labels)) if route.group_by != () else ""
    by = f"grouped by {escape(group, 300)}" if group else "in one group"
    waits = [span(seconds) for seconds in (route.group_wait, route.group_interval, route.repeat_interval)]
    return f"{by}; waits {waits[0]}, then every {waits[1]}, repeats after {waits[2]}"
