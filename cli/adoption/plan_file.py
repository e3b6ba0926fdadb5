"""Writes a plan that a person reviews, and reads it back: docs/schemas/adopt-plan.schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from cli.adoption.alarm import ACTIONS, MOST_ACTIONS, PUTS
from cli.adoption.propose import Changed, Proposal
from compiler.reading import yamlfile
from compiler.reading.finding import Finding, Findings, Place
from compiler.reading.section import Section, keys, section_of
from compiler.reading.yamlfile import Value

NAME = "alertrelay-adopt"
_ROOT = keys("plan version environment source made_at alarms")
_ALARM = keys("name arn type read severity owner change")
_FIELDS = (*ACTIONS, "ActionConfiguration", "Tags")
ACCOUNT = "account"
"""The source of a plan that can be applied."""
_HEADER = """\
# What `alertrelay adopt --env {environment} --apply {file}` does, alarm by alarm, and nothing else.
# Strike out an alarm, or a line under its `change`, to leave that as it is; a list after `to:` may be edited.
# `read` is a hash of the alarm as it was read: one that somebody changed since is refused by name, the others go on.
# --apply writes {undo} first, a plan that takes everything back.
"""
_NOT_APPLIED = """\
# What adopting the alarms of {source} means. It is for reading: an alarm that a template makes has to be
# changed in the template. `change` has the lines.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAlarm:
    """One alarm of a plan."""

    name: str
    arn: str
    kind: str
    read: str
    change: Mapping[str, Changed]
    place: str = ""

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
    lines = [_head(head, file)]
    for number, one in enumerate((each for each in proposals if each.change), 1):
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
    return "\n".join([*lines, "", *_left(proposals)]) + "\n"


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


def read_plan(path: Path) -> AdoptionPlan | tuple[Finding, ...]:
    """Returns a plan, or what is wrong with the file."""
    findings = Findings()
    section = _root(path, findings)
    if section is None:
        return findings.sorted()
    if section.whole("version", 0, low=0, high=1_000) != 1:
        mend = "make the plan anew with this alertrelay"
        findings.error(section.at("version"), "other-version", f"version {section.text('version')} is not 1", mend)
    for name in ("environment", "source", "made_at"):
        section.require(name, "restore it, or make the plan anew")
    head = PlanHead(
        environment=section.text("environment"), source=section.text("source"), made_at=section.text("made_at")
    )
    listed = section.sections("alarms", _ALARM) if head.source == ACCOUNT else ()
    alarms = [_planned(each, findings) for each in listed]
    if findings.failed:
        return findings.sorted()
    return AdoptionPlan(head=head, alarms=[alarm for alarm in alarms if alarm])


def _root(path: Path, findings: Findings) -> Section | None:
    """Returns the mapping of a plan; None after a finding where the file is another one."""
    text = yamlfile.decoded(path, findings)
    if text is None:
        return None
    if NAME in text:
        root = yamlfile.parse(text, findings, file=str(path))
        section = section_of(root, _ROOT, findings) if root else None
        if section is None or section.text("plan") == NAME:
            return section
    # Also before it is parsed: a template has tags (!Ref), which would be faults of a plan.
    found = next((line.strip() for line in text.splitlines() if line.strip()), "an empty file")[:40]
    mend = "`alertrelay adopt --plan FILE` writes one; a template or a Terraform plan is for --from"
    message = f"expected `plan: {NAME}` at the top, got {found!r}"
    findings.error(Place(file=str(path), line=1, column=1), "foreign-plan", message, mend)
    return None


def _planned(section: Section, findings: Findings) -> PlannedAlarm | None:
    missing = [name for name in ("name", "arn", "type", "read") if not section.require(name, "as it was made")]
    if missing:
        return None
    if section.text("type") not in PUTS:
        message = f"{section.text('type')!r} is not a type of alarm: expected one of {', '.join(PUTS)}"
        findings.error(section.at("type"), "bad-value", message, "restore it, or make the plan anew")
        return None
    if len(section.text("arn").split(":")) < 7:
        findings.error(
            section.at("arn"), "bad-value", f"{section.text('arn')!r} is not the ARN of an alarm", "restore it"
        )
        return None
    change = {}
    for name, value in section.mapping("change").items():
        if name not in _FIELDS:
            mend = f"only {', '.join(_FIELDS)} are ever changed"
            findings.error(value.key_place or value.place, "unknown-key", f"{name!r} is not changed by a plan", mend)
            continue
        pair = section_of(value, ("from", "to"), findings)
        if pair and isinstance(pair.value.data, Mapping) and {"from", "to"} <= set(pair.value.data):
            before, after = (_data(pair.value.data[key]) for key in ("from", "to"))
            _check(name, after, pair.value.data["to"], findings)
            change[name] = Changed(before=before, after=after)
        elif pair:
            findings.error(
                value.place, "missing-key", f"{name}: expected `from` and `to`", "strike out the whole field"
            )
    return PlannedAlarm(
        name=section.text("name"),
        arn=section.text("arn"),
        kind=section.text("type"),
        read=section.text("read"),
        change=change,
        place=f"{section.place.file}:{section.place.line}",
    )


def _check(name: str, after: Any, value: Value, findings: Findings) -> None:
    if name in ACTIONS:
        sound = isinstance(after, list) and all(isinstance(one, str) and one.startswith("arn:") for one in after)
        expected = f"a list of at most {MOST_ACTIONS} ARNs"
        sound = sound and len(after) <= MOST_ACTIONS
    elif name == "Tags":
        sound = isinstance(after, dict) and all(isinstance(one, str) for one in after.values())
        expected = "a mapping of texts"
    else:
        sound, expected = after is None or isinstance(after, dict), "a mapping, or null"
    if not sound:
        findings.error(value.place, "wrong-type", f"{name}: expected {expected}", "write it as the plan had it")


def _data(value: Value) -> Any:
    """Returns plain JSON."""
    if isinstance(value.data, tuple):
        return [_data(one) for one in value.data]
    if isinstance(value.data, Mapping):
        return {key: _data(one) for key, one in value.data.items()}
    return value.data
