"""Writes the weekly audit as text for people: a mail, or the blocks of a Slack message."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alertrelay.dispatch.audit.weekly.change import number_text
from alertrelay.dispatch.audit.weekly.report import Noisy, WeeklyAudit
from alertrelay.dispatch.audit.weekly.tally import AlarmTally

LISTED = 15
"""Alarms in a message; `alertrelay audit` lists all."""
SECTION = 2_700
"""Characters of a section's text; Slack takes 3,000."""
ALL_BLOCKS = 11_500
"""Characters of all blocks as JSON: Slack takes 13,200."""
COLUMNS = ("fired", "by itself", "acknowledged", "silenced", "ignored", "not helpful")


def subject(found: WeeklyAudit) -> str:
    """Returns one line."""
    days = max(1, (found.until - found.since).days)
    fired = sum(one.fired for one in found.alarms)
    noisy = f", {len(found.noisy)} noisy" if found.noisy else ""
    what = f"{_counted(fired, 'alert')} of {_counted(len(found.alarms), 'alarm')}{noisy}" if fired else "no alert"
    return f"Alarms of {found.environment}, {_counted(days, 'day')} to {found.until:%Y-%m-%d}: {what}"


def _counted(count: int, one: str) -> str:
    return f"{count} {one}{'' if count == 1 else 's'}"


def plain(found: WeeklyAudit) -> str:
    """Returns the audit as text of a fixed width."""
    parts = [subject(found), *(f"{title}\n{body}" for title, body in sections(found))]
    return "\n\n".join(parts) + "\n"


def sections(found: WeeklyAudit) -> Iterator[tuple[str, str]]:
    """Yields each part by its title, the most useful first."""
    if found.noisy:
        rule = "more than half ignored" if found.by_people else "more than half resolved by themselves within 5 minutes"
        yield f"Noisy: {rule}", "\n".join(_noisy(one, by_people=found.by_people) for one in found.noisy[:LISTED])
    if found.diff:
        yield "The change that would have quietened them", found.diff.rstrip("\n")
    if found.alarms:
        yield "How often, and what became of it", "\n".join(_table(found.alarms))
    else:
        yield "How often", "No alert came. Do alarms still reach the topics? `alertrelay drill` shows it."
    if found.flappers:
        lines = (
            f"- {one.name}: fired again within 30 minutes {_counted(one.flapped, 'time')}" for one in found.flappers
        )
        yield "Flapping", "\n".join(lines)
    yield "Delivery", _delivery(found)
    if found.dead:
        yield "Runbooks that do not answer", "\n".join(f"- {url}: {why}" for url, why in found.dead.items())
    if found.unreviewed or found.unreviewed_resources:
        yield "Thresholds", "\n".join(_unreviewed(found))
    if not found.by_people and found.alarms:
        yield "Ignored", "Nobody acknowledged, silenced or judged anything, so what was ignored is not known."
    if found.doubts:
        yield "What this is made of", "\n".join(f"- {doubt}" for doubt in found.doubts)


def _noisy(one: Noisy, *, by_people: bool) -> str:
    tally, change = one.tally, one.change
    share = (tally.ignored, "ignored") if by_people else (tally.by_itself, "resolved by themselves")
    said = f"- {tally.name}: {share[0]} of {tally.notified} {share[1]}."
    if change:
        kept = f", all {change.kept} that people acted on among them" if change.kept else ""
        said += (
            f" Threshold {number_text(change.number)} instead of {number_text(change.instead_of)}: {change.alerts} "
            f"alerts instead of {change.instead_of_alerts} since {change.since:%Y-%m-%d}{kept}."
        )
    return f"{said} No change: {one.why_not}." if one.why_not and not change else said


def _table(alarms: Sequence[AlarmTally]) -> Iterator[str]:
    width = max(len(one.name) for one in alarms[:LISTED])
    yield "  ".join([*COLUMNS, "alarm"])
    for one in alarms[:LISTED]:
        counts = (one.fired, one.by_itself, one.acknowledged, one.silenced, one.ignored, one.not_helpful)
        cells = [str(count or "-").rjust(len(title)) for count, title in zip(counts, COLUMNS, strict=True)]
        was = f" (was {one.was})" if one.was else ""
        yield "  ".join([*cells, one.name.ljust(width) + was]).rstrip()
    if len(alarms) > LISTED:
        rest = alarms[LISTED:]
        yield f"and {len(rest)} more, which fired {sum(one.fired for one in rest)} times: `alertrelay audit` lists all"


def _delivery(found: WeeklyAudit) -> str:
    own = found.delivery
    if not own.sent:
        return "Nothing was sent."
    share = f"{own.fallbacks / own.sent:.1%}" if own.fallbacks else "none"
    took = ""
    if own.p50 is not None and own.p95 is not None:
        took = f" Half arrived within {own.p50:.0f} s of the source's clock, 95 % within {own.p95:.0f} s."
    dead = f" {own.dead_lettered} were dead-lettered." if own.dead_lettered else ""
    return f"{own.sent} messages, {share} by a fallback.{took}{dead}"


def _unreviewed(found: WeeklyAudit) -> Iterator[str]:
    if found.unreviewed == "never":
        yield "The file does not say when its thresholds were reviewed: write `reviewed: DATE` under `audit`."
    elif found.unreviewed:
        since = f"Last reviewed on {found.unreviewed}, more than a quarter ago"
        yield f"{since}: review them, and change `reviewed` under `audit`."
    if found.unreviewed_resources:
        yield "With thresholds of their own, not reviewed for a quarter (`reviewed: DATE` beside them):"
    rows = list(found.unreviewed_resources.items())
    yield from (f"- {one}: " + ("never" if since == "never" else f"last on {since}") for one, since in rows[:LISTED])
    if len(rows) > LISTED:
        yield f"and {len(rows) - LISTED} more: `alertrelay audit --json` lists all"


def slack(found: WeeklyAudit) -> Mapping[str, Any]:
    """Returns the body of chat.postMessage without a channel: a section each, in a fixed width where it is a table."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": subject(found)[:150]}}]
    left = ALL_BLOCKS
    for title, body in sections(found):
        block = _section(title, _escaped(body), most=min(SECTION, left // 2))
        blocks.append(block)
        left -= len(json.dumps(block, ensure_ascii=False))
    return {"text": subject(found), "blocks": blocks}


def _section(title: str, text: str, *, most: int) -> dict[str, Any]:
    fixed = title.startswith(("How often,", "The change"))
    if len(text) > most:
        text = text[:most].rpartition("\n")[0] + "\n… `alertrelay audit` prints all of it"
    shown = f"```{text}```" if fixed else text
    return {"type": "section", "text": {"type": "mrkdwn", "text": f"*{_escaped(title)}*\n{shown}"}}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
