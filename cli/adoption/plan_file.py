"""Writes a plan that a person reviews: docs/schemas/adopt-plan.schema.json. `plan_reading` reads it back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from cli.adoption.propose import Changed, Proposal

NAME = "alertrelay-adopt"
ACCOUNT = "account"
"""The source of a plan that can be applied."""
MADE_AT = "%Y-%m-%dT%H:%M:%SZ"
END = "end: true"
"""The last line of a plan: without it the file was cut short, which YAML alone does not show."""
_HEADER = """\
# What `alertrelay adopt --env {environment} --apply {file}` does, alarm by alarm, and nothing else.
# Strike out an alarm, or a field under its `change`, to leave that as it is; a list after `to:` may be edited.
# `read` is a hash of the alarm as it was read: one that somebody changed since is refused by name, the others go on.
# --apply writes {undo} first, a plan that takes everything back.
"""
_NOT_APPLIED = """\
# What adopting the alarms of {source} means. It is for reading: an alarm that a template makes has to be
# changed in the template. `change` has the lines.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAlarm:
    """One alarm of a plan. `line` is where it stands in the file."""

    name: str
    arn: str
    kind: str
    read: str
    change: Mapping[str, Changed]
    line: int = 0

    @property
    def region(self) -> str:
        """Returns the region in its ARN."""
        return self.arn.split(":")[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """What stands above the alarms. `source` is `account`, or the file that the alarms were read from."""

    environment: str
    source: str
    made_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionPlan:
    """A plan as it was read, without the alarms of one that is not for an account."""

    head: PlanHead
    alarms: Sequence[PlannedAlarm]


def undo_of(plan: Path, head: PlanHead) -> Path:
    """Returns the file that takes a plan back: another one for each plan, however often it is applied."""
    made = "".join(char for char in head.made_at if char.isalnum())
    return plan.with_name(f"{plan.stem}.undo-{made}.yml")


def written(head: PlanHead, proposals: Sequence[Proposal], file: Path) -> str:
    """Returns the text of a plan, with what a reviewer has to know as comments."""
    changed = [each for each in proposals if each.change]
    lines = [_head(head, file) + ("" if changed else " []")]
    for number, one in enumerate(changed, 1):
        lines += ["", *(f"  # {_printable(line)}" for line in _said(number, one))]
        lines += _entry(
            {
                "name": one.alarm.name,
                "arn": one.alarm.arn,
                "type": one.alarm.kind,
                "read": one.fingerprint,
                "severity": one.severity.value,
                "owner": one.owner.value if one.owner else None,
            },
            one.change,
        )
    return "\n".join([*lines, "", *_left(proposals), END]) + "\n"


def is_remade(text: str, head: PlanHead, proposals: Sequence[Proposal], file: Path) -> bool:
    """Returns whether a plan in `file` is the one that would be written now, but for its time: nobody edited it."""
    made = re.search(r'^made_at: "(.*)"$', text, re.MULTILINE)
    return made is not None and text == written(replace(head, made_at=made[1]), proposals, file)


def undo_head(head: PlanHead, file: Path) -> str:
    """Returns how a plan that takes another one back begins."""
    return _head(head, file) + "\n"


def undo_entry(one: PlannedAlarm) -> str:
    """Returns an alarm of such a plan, which is added to the file before the alarm is written."""
    pairs = {"name": one.name, "arn": one.arn, "type": one.kind, "read": one.read}
    return "\n".join(_entry(pairs, one.change)) + "\n"


def _head(head: PlanHead, file: Path) -> str:
    text = (_HEADER if head.source == ACCOUNT else _NOT_APPLIED).format(
        environment=head.environment, file=file, undo=undo_of(file, head), source=head.source
    )
    pairs = {
        "plan": NAME,
        "version": 1,
        "environment": head.environment,
        "source": head.source,
        "made_at": head.made_at,
    }
    return text + "\n".join(f"{name}: {json.dumps(value)}" for name, value in pairs.items()) + "\nalarms:"


def _said(number: int, one: Proposal) -> Iterator[str]:
    at = f" at {one.alarm.place}" if one.alarm.place else ""
    yield f"{number}. {one.alarm.shown_kind} alarm {one.alarm.name}{at}"
    yield f"   severity {one.severity.value}: {one.severity.by}"
    yield f"   owner {one.owner.value}: {one.owner.by}" if one.owner else "   owner: no rule gives one"
    yield from (f"   note: {note}" for note in one.notes)


def _entry(pairs: Mapping[str, Any], change: Mapping[str, Changed]) -> Iterator[str]:
    """JSON values are YAML, on one line each: a diff of two plans shows what differs."""
    mark = "  - "
    for name, value in pairs.items():
        if value not in (None, ""):
            yield f"{mark}{name}: {_json(value)}"
            mark = "    "
    yield "    change:"
    for name, changed in change.items():
        yield f"      {name}:"
        yield f"        from: {_json(changed.before)}"
        yield f"        to: {_json(changed.after)}"


def _json(value: Any) -> str:
    return _printable(json.dumps(value, ensure_ascii=False))


def _printable(text: str) -> str:
    """Escapes what YAML may take for the end of a line: a tag may hold U+2028, and a comment must end where it ends."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _left(proposals: Sequence[Proposal]) -> Iterator[str]:
    left = sorted(((each.why, each.alarm.name) for each in proposals if not each.change), key=lambda pair: pair[0])
    if left:
        yield f"# Left alone: {len(left)}"
    for why, group in groupby(left, key=lambda pair: pair[0]):
        yield f"#   {_printable(why)}:"
        yield from (f"#     {_printable(name)}" for _, name in group)
