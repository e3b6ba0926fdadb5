"""Reads a plan back that a person reviewed: each alarm whole, or a finding. A plan that was cut short is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from cli.adoption.alarm import ACTIONS, MOST_ACTIONS, PUTS
from cli.adoption.plan_file import ACCOUNT, END, MADE_AT, NAME, AdoptionPlan, PlanHead, PlannedAlarm
from cli.adoption.propose import Changed
from compiler.reading import yamlfile
from compiler.reading.finding import Finding, Findings, Place
from compiler.reading.section import Section, keys, section_of
from compiler.reading.yamlfile import Value

_ROOT = keys("plan version environment source made_at alarms end")
_ALARM = keys("name arn type read severity owner change")
_FIELDS = (*ACTIONS, "ActionConfiguration", "Tags")
_ARN = re.compile(r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:(\d{12}):alarm:(.+)", re.DOTALL)
_READ = re.compile(r"[0-9a-f]{16}")
_ANEW = "restore it, or make the plan anew"


def read_plan(path: Path) -> AdoptionPlan | tuple[Finding, ...]:
    """Returns a plan, or what is wrong with the file."""
    findings = Findings()
    section = _root(path, findings)
    if section is None:
        return findings.sorted()
    head = _head(section, findings)
    listed = section.sections("alarms", _ALARM) if head.source == ACCOUNT else ()
    alarms = [alarm for each in listed if (alarm := _planned(each, findings))]
    _check_together(alarms, section, findings)
    if findings.failed:
        return findings.sorted()
    return AdoptionPlan(head=head, alarms=alarms)


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


def _head(section: Section, findings: Findings) -> PlanHead:
    """Returns what stands above the alarms, after a finding for each key of the plan itself that is not whole."""
    if section.whole("version", 0, low=0, high=1_000) != 1:
        mend = "make the plan anew with this alertrelay"
        findings.error(section.at("version"), "other-version", f"version {section.text('version')} is not 1", mend)
    for name in ("environment", "source", "made_at"):
        section.require(name, _ANEW)
    made_at = section.text("made_at")
    if made_at and not _is_time(made_at):
        message = f"{made_at!r} is not a time in UTC: expected it as in 2026-11-30T13:42:18Z"
        findings.error(section.at("made_at"), "bad-value", message, _ANEW)
    if section.require("alarms", "write `alarms: []` where nothing shall be changed, or make the plan anew"):
        section.list("alarms")
    end = section.get("end")
    if end is None or end.data is not True:
        message = f"expected `{END}` as the last line: the plan was cut short, and nothing of it is applied"
        mend = f"copy the file anew, or make the plan anew; add `{END}` only where its last alarm is whole"
        findings.error(section.at("end"), "cut-short", message, mend)
    return PlanHead(environment=section.text("environment"), source=section.text("source"), made_at=made_at)


def _is_time(text: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.strptime(text, MADE_AT))  # noqa: DTZ007 - its Z is a part of the format
    return False


def _check_together(alarms: Iterable[PlannedAlarm], section: Section, findings: Findings) -> None:
    """An error for each alarm that stands twice, or is of another account than the first: a plan is of one. An undo may
    have an alarm as it was after each of two changes, of which at most one is found."""
    first: dict[tuple[str, str], PlannedAlarm] = {}
    account = ""
    for one in alarms:
        place = Place(file=section.place.file, line=one.line, column=1)
        if before := first.get((one.arn, one.read)):
            message = f"{one.name} stands here again, after line {before.line}"
            findings.error(place, "twice", message, "strike one of the two out")
        first.setdefault((one.arn, one.read), one)
        own = one.arn.split(":")[4]
        account = account or own
        if own != account:
            message = f"{one.name} is of the account {own}, the first alarm of {account}: a plan is of one account"
            findings.error(place, "other-account", message, _ANEW)


def _planned(section: Section, findings: Findings) -> PlannedAlarm | None:
    missing = [name for name in ("name", "arn", "type", "read") if not section.require(name, _ANEW)]
    if missing:
        return None
    sound = [_check_alarm(section, *one, findings) for one in _expected(section)]
    data = section.value.data
    if isinstance(data, Mapping) and "change" not in data:
        mend = "strike the whole alarm out, or make the plan anew"
        findings.error(section.place, "missing-key", "'change' is missing", mend)
        return None
    change = _change(section, findings)
    if not all(sound):
        return None
    return PlannedAlarm(
        name=section.text("name"),
        arn=section.text("arn"),
        kind=section.text("type"),
        read=section.text("read"),
        change=change,
        line=section.place.line,
    )


def _expected(section: Section) -> Iterable[tuple[str, bool, str]]:
    """Yields the keys of an alarm, each with whether it is sound and what was expected."""
    arn, name = _ARN.fullmatch(section.text("arn")), section.text("name")
    read = section.get("read")
    yield "type", section.text("type") in PUTS, f"is not a type of alarm: expected one of {', '.join(PUTS)}"
    yield "arn", arn is not None, "is not the ARN of an alarm: expected arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME"
    yield "arn", arn is None or arn[2] == name, f"is the ARN of another alarm than {name!r}"
    is_hash = read is not None and isinstance(read.data, str) and _READ.fullmatch(read.data) is not None
    yield "read", is_hash, "is not the hash of an alarm as it was read: expected 16 hexadecimal digits, quoted"


def _check_alarm(section: Section, name: str, sound: bool, expected: str, findings: Findings) -> bool:
    if not sound:
        findings.error(section.at(name), "bad-value", f"{section.text(name)!r} {expected}", _ANEW)
    return sound


def _change(section: Section, findings: Findings) -> dict[str, Changed]:
    change = {}
    for name, value in section.mapping("change").items():
        if name not in _FIELDS:
            mend = f"only {', '.join(_FIELDS)} are ever changed"
            findings.error(value.key_place or value.place, "unknown-key", f"{name!r} is not changed by a plan", mend)
            continue
        pair = section_of(value, ("from", "to"), findings)
        if pair and isinstance(pair.value.data, Mapping) and {"from", "to"} <= set(pair.value.data):
            before, after = pair.value.data["from"], pair.value.data["to"]
            for side in (before, after):
                _check(name, _data(side), side, findings)
            change[name] = Changed(before=_data(before), after=_data(after))
        elif pair:
            findings.error(
                value.place, "missing-key", f"{name}: expected `from` and `to`", "strike out the whole field"
            )
    return change


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
