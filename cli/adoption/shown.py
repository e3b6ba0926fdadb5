"""Shows proposals: a table for people, or JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from alertrelay.values.text import how_many

from cli.adoption.propose import Proposal
from cli.table import aligned


def lines(proposals: Sequence[Proposal]) -> list[str]:
    """Returns the table, what is left alone by its reason, and the counts."""
    changed = [one for one in proposals if one.change]
    rows = [("ALARM", "KIND", "SEVERITY", "OWNER", "CHANGE")]
    rows += [
        (
            one.alarm.name,
            one.alarm.shown_kind,
            f"{one.severity.value} ({one.severity.by})",
            f"{one.owner.value} ({one.owner.by})" if one.owner else "no rule gives one",
            in_words(one),
        )
        for one in changed
    ]
    shown = aligned(rows) if changed else []
    return [*shown, *([""] if changed else []), *_left(proposals), _counts(proposals)]


def in_words(one: Proposal) -> str:
    """Returns a change in a few words."""
    added: dict[str, list[str]] = {}
    taken: dict[str, list[str]] = {}
    for name, state in _STATES.items():
        changed = one.change.get(name)
        for topic in changed.after if changed else ():
            if topic not in changed.before:  # type: ignore[union-attr] # it is not None in here
                added.setdefault(_short(topic), []).append(state)
        for topic in changed.before if changed else ():
            if topic not in changed.after:  # type: ignore[union-attr]
                taken.setdefault(_short(topic), []).append(state)
    words = [f"{' and '.join(states)} to {topic}" for topic, states in added.items()]
    words += [f"{' and '.join(states)} no longer to {topic}" for topic, states in taken.items()]
    if "Tags" in one.change:
        words += [f"tag {key}={value}" for key, value in one.change["Tags"].after.items()]
    if "ActionConfiguration" in one.change:
        words.append("tags in messages")
    return ", ".join([*words, *(f"note: {note}" for note in one.notes)])


_STATES = {"AlarmActions": "ALARM", "OKActions": "OK", "InsufficientDataActions": "INSUFFICIENT_DATA"}


def _short(action: str) -> str:
    return action.rpartition(":")[2]


_NAMED = 4


def _left(proposals: Sequence[Proposal]) -> list[str]:
    left = sorted((one.why, one.alarm.name) for one in proposals if not one.change)
    if not left:
        return []
    rows = []
    for why, group in groupby(left, key=lambda pair: pair[0]):
        names = [name for _, name in group]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        rows.append((f"  {len(names):>4}", f"{why}: {', '.join(names[:_NAMED])}{more}"))
    return ["Left alone:", *aligned(rows), ""]


def _counts(proposals: Sequence[Proposal]) -> str:
    changed = [one for one in proposals if one.change]
    by = Counter(one.severity.value for one in changed)
    severities = ", ".join(f"{by[name]} {name}" for name in ("critical", "error", "warning", "info") if by[name])
    adopted = sum(one.adopted for one in proposals)
    ownerless = sum(one.owner is None for one in changed)
    return (
        f"{how_many(len(proposals), 'alarm')}: {len(changed)} to change"
        + (f" ({severities})" if changed else "")
        + f", {adopted} adopted already, {len(proposals) - len(changed) - adopted} left alone"
        + (f"; {ownerless} of those to change have no owner" if ownerless else "")
    )


def as_json(one: Proposal) -> dict[str, Any]:
    """Returns a proposal as plain JSON."""
    return {
        "alarm": one.alarm.name,
        "arn": one.alarm.arn,
        "region": one.alarm.region,
        "kind": one.alarm.shown_kind,
        "place": one.alarm.place,
        "severity": one.severity.value,
        "severity_by": one.severity.by,
        "owner": one.owner.value if one.owner else "",
        "owner_by": one.owner.by if one.owner else "",
        "change": {name: {"from": each.before, "to": each.after} for name, each in one.change.items()},
        "why_left": one.why,
        "notes": list(one.notes),
    }
