"""A notification as plain text: the body of an e-mail and of an SNS message. Made to be read on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

from alertrelay.notification import Listing, Notification
from alertrelay.render import group_lines, notice, team_texts, wording
from alertrelay.render.facts import Fact, FactSheet
from alertrelay.render.text import cut, one_line, short

OTHERS = 30
FRAME = 3000
"""Characters that stand at most around a text of the team's own."""
LISTED = 1500
"""Lines of a digest's list: below 256 KB, which SNS takes."""


def subject(notification: Notification) -> str:
    """`[CRITICAL] RDSHighCPU orders (prod)`: after the prefix the same for firing and resolved. One line, not cut."""
    prefix = ", ".join(p for p in (wording.state_word(notification), notice.mark(notification)) if p)
    return f"[{prefix}] {wording.subject(notification)}"


def body(notification: Notification, found: FactSheet, *, listed: int = LISTED, zone: tzinfo = UTC) -> str:
    """Returns the whole message, at most about 30,000 characters; a digest names `listed` alerts besides, a line
    each."""
    parts = ["\n\n".join(f"!! {sentence}" for sentence in notice.sentences(notification, zone))]
    parts.append(cut(f"{wording.state(notification)} {found.what}", 1000))
    parts.append(cut(found.description, 4000))
    parts.append(_rows([found.timing, *found.measure, *found.impact]))
    parts.append("\n".join(f"{fact.name}: {fact.href or fact.text}" for fact in found.links))
    parts.append(_rows(found.where))
    parts.append(_rows(found.silence))
    parts += [_rows([fact]) for fact in found.long_texts]
    parts.append(others(notification))
    parts.append(listing(notification, most=listed))
    parts.append(footer(notification))
    return "\n\n".join(part for part in parts if part) + "\n"


def framed(notification: Notification, own: str, zone: tzinfo = UTC) -> str:
    """Returns a text of the team's own with our notices above and our footer below."""
    notices = "\n\n".join(f"!! {sentence}" for sentence in notice.sentences(notification, zone))
    parts = (notices, own, wording.more(notification.not_shown), footer(notification))
    return "\n\n".join(part for part in parts if part) + "\n"


def _rows(rows: Sequence[Fact]) -> str:
    return "\n".join(f"{fact.name}: {fact.text}" for fact in rows)


def others(notification: Notification) -> str:
    """Returns the rest of the group, a line each, and how many are not shown."""
    rest = notification.alerts[1:]
    if not rest and not notification.not_shown:
        return ""
    differs = group_lines.differing(notification)
    lines = ["Others of this group:"]
    for alert in rest[:OTHERS]:
        state = "RESOLVED" if wording.ended(alert) else wording.severity_of(alert).upper()
        lines.append(cut(f"- {state} {group_lines.line(notification, alert, differs)}", 300))
    hidden = wording.more(wording.total(notification) - 1 - len(rest[:OTHERS]))
    return "\n".join([*lines, *([hidden] if hidden else [])])


def listing(notification: Notification, *, most: int) -> str:
    """Returns all alerts of a digest, a line each, and how many each service has. What has resolved is named where the
    lines above leave some of it out."""
    found = notification.listing
    if found is None:
        return ""
    parts = []
    if found.firing:
        parts += [services(found), f"All {len(found.firing)} firing:", *_named(found.firing, most)]
    if resolved := all_resolved(notification, lines=OTHERS):
        over = [f"- RESOLVED {name}" for name in resolved]
        parts += [f"All {len(resolved)} resolved:", *_named(over, max(0, most - len(found.firing)))]
    return "\n".join(parts)


def _named(names: Sequence[str], most: int) -> list[str]:
    hidden = wording.more(len(names) - most)
    return [*(cut(one_line(name), 160) for name in names[:most]), *([hidden] if hidden else [])]


def all_resolved(notification: Notification, *, lines: int) -> tuple[str, ...]:
    """Returns the names of all that a digest resolves, none where `lines` for the alerts after the first show it."""
    found = notification.listing
    shown = min(lines, len(notification.alerts) - 1) + 1
    return found.resolved if found and wording.total(notification) > shown else ()


def services(found: Listing) -> str:
    """`Most: orders 120, billing 80`."""
    return "Most: " + ", ".join(f"{cut(one_line(name), 60)} {count}" for name, count in found.services)


def footer(notification: Notification) -> str:
    """Returns what of the group is silenced or inhibited, a template that failed, and the intended receiver, for a
    reader who wonders why the message arrived."""
    key = short(notification.group_key, 300)
    receiver = short(notification.integration.receiver, 100)
    failed = team_texts.failure_sentence(notification)
    where = f"alertrelay {one_line(notification.environment)}, receiver {receiver}, group {key}"
    return ". ".join(filter(None, (notice.withheld(notification), failed, where)))
