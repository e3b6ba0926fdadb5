"""Proposes, alarm by alarm, what adopting it would change, or says why it is left alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from alertrelay.alert import SEVERITY_RANK
from alertrelay.sources.metadata import read

from cli.adoption.alarm import ACTIONS, MOST_ACTIONS, ReadAlarm, fingerprint, lost_fields
from cli.adoption.rules import AdoptionRules, Ruling

FOR_PEOPLE = ("ops", "last-resort")
"""Topics of ours that no forwarder reads: infra/topics.py."""
TOPIC_OF = {"critical": "critical", "error": "warning", "warning": "warning", "info": "info"}
"""By severity: the topic. There is none for error, which the words of a name or a tag raise a warning to."""
TAGS_ON = {"AlarmTagsPropagation": {"Enabled": True}}
_STACK = "aws:cloudformation:stack-name"
_IN_RULE = re.compile(r"""(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*([^"'()\s]+)\s*\)|"([^"]+)"|'([^']+)'""")
_SCALES = "autoscaling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One field of an alarm, as it was read and as it becomes. None: the alarm does not have it."""

    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What adopting an alarm means. `change` is empty where it is left alone, and `why` says why. `topic` is the topic
    of ours that it notifies then, "" for none. `notes` are for the reviewer."""

    alarm: ReadAlarm
    severity: Ruling
    owner: Ruling | None
    change: Mapping[str, Changed] = field(default_factory=dict)
    why: str = ""
    topic: str = ""
    notes: Sequence[str] = ()
    adopted: bool = False

    @property
    def fingerprint(self) -> str:
        """Returns the hash of the alarm as it was read."""
        return fingerprint(self.alarm.fields, self.alarm.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionSetting:
    """What holds for all alarms. `topics` is how the ARNs of the environment's topics begin. `replaced`: topics whose
    actions are taken away. `also`: kinds of alarms that are adopted besides, `managed` and `silent`. `puts`: the
    parameters of the operations that write alarms, None where nothing is going to be written."""

    region: str
    topics: str
    rules: AdoptionRules
    replaced: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    puts: Mapping[str, Sequence[str]] | None = None


def propose(alarms: Iterable[ReadAlarm], setting: AdoptionSetting) -> list[Proposal]:
    """Returns a proposal for each alarm: the gravest first, then by name, which is how they are reviewed."""
    listed = list(alarms)
    parents = parents_of(listed)
    found = [_proposed(alarm, setting, parents.get((alarm.region, alarm.name), "")) for alarm in listed]
    return sorted(found, key=lambda one: (-SEVERITY_RANK[one.severity.value], one.alarm.name))


def parents_of(alarms: Iterable[ReadAlarm]) -> dict[tuple[str, str], str]:
    """Returns by region and name of an alarm the first composite alarm that it is a part of."""
    found: dict[tuple[str, str], str] = {}
    for alarm in alarms:
        for groups in _IN_RULE.findall(str(alarm.fields.get("AlarmRule") or "")):
            child = next(filter(None, groups)).rpartition(":alarm:")[2]
            found.setdefault((alarm.region, child), alarm.name)
    return found


def _proposed(alarm: ReadAlarm, setting: AdoptionSetting, parent: str) -> Proposal:
    severity, owner = setting.rules.severity(alarm), setting.rules.owner(alarm)
    made = partial(Proposal, alarm=alarm, severity=severity, owner=owner)
    own = our_topic(alarm, setting.topics)
    topic = own or setting.topics + TOPIC_OF[severity.value]
    if why := _why_left(alarm, setting, parent):
        return made(why=why, topic=own)
    change = _change(alarm, setting, topic, owner)
    if not change:
        return made(why="it has all of it", topic=topic, adopted=True)
    if why := _why_unchanged(alarm, change, setting):
        return made(why=why, topic=own)
    return made(change=change, topic=topic, notes=_notes(alarm, severity, owner, own, setting.topics))


def our_topic(alarm: ReadAlarm, topics: str) -> str:
    """Returns the first of our topics of alerts that an alarm notifies, "" for none."""
    ours = (action for action in alarm.actions("AlarmActions") if action.startswith(topics))
    return next((topic for topic in ours if topic.removeprefix(topics) not in FOR_PEOPLE), "")


def _why_left(alarm: ReadAlarm, setting: AdoptionSetting, parent: str) -> str:
    """Returns why an alarm is left alone, "" where it is not."""
    if leave := setting.rules.leave(alarm):
        return f"{leave.value} (leave {leave.by})" if leave.value else f"leave {leave.by}"
    if alarm.name.startswith("alertrelay-"):
        return "the relay's watch over itself"
    if alarm.region != setting.region:
        return (
            f"no topic of ours in {alarm.region}: an alarm notifies its own region alone; deploy an environment there"
        )
    return _unwritable(alarm, setting) or _why_silent(alarm, setting, parent)


def _why_unchanged(alarm: ReadAlarm, change: Mapping[str, Changed], setting: AdoptionSetting) -> str:
    """Returns why an alarm that something is missing of stays as it is, "" where it does not."""
    stack = alarm.tags.get(_STACK, "")
    if stack and "managed" not in setting.also:
        return f"the stack {stack} makes it and would undo this: change its template (--from), or --also managed"
    full = [state for state in ACTIONS if state in change and len(change[state].after) > MOST_ACTIONS]
    return f"{full[0]} has {MOST_ACTIONS} actions already: take one away with --replace" if full else ""


def _why_silent(alarm: ReadAlarm, setting: AdoptionSetting, parent: str) -> str:
    """Returns why an alarm that notifies nobody stays so."""
    services = {_service(action) for action in alarm.every_action}
    if alarm.fields.get("ActionsEnabled") is False:
        return "its actions are switched off"
    if services and services <= {_SCALES}:
        return "it only scales: its scaling actions stay as they are"
    if not services and parent:
        return f"it has no actions: a part of the composite alarm {parent}"
    if not services & {"sns", ""} and "silent" not in setting.also:
        does = f"its actions are for {', '.join(sorted(services))} alone" if services else "it has no actions"
        return f"it notifies nobody today: {does}; --also silent adopts it"
    return ""


def _unwritable(alarm: ReadAlarm, setting: AdoptionSetting) -> str:
    """Returns why this boto3 could not write an alarm back whole."""
    if setting.puts is None:
        return ""
    if alarm.kind not in setting.puts:
        return f"this boto3 cannot write a {alarm.kind}: install a newer one"
    lost = lost_fields(alarm.kind, alarm.fields, setting.puts)
    if alarm.kind == "MetricAlarm" and not any(alarm.fields.get(name) for name in _DEFINED_BY):
        return "its definition is of a kind that this boto3 does not know: install a newer one"
    if lost or "ActionConfiguration" not in setting.puts[alarm.kind]:
        return f"this boto3 would lose {', '.join(lost) or 'ActionConfiguration'} of it: install a newer one"
    return ""


_DEFINED_BY = ("MetricName", "Metrics", "EvaluationCriteria")


def _service(action: str) -> str:
    """Returns the service of an action's ARN, "" where a template does not have it."""
    parts = action.split(":")
    return parts[2] if parts[0] == "arn" and len(parts) > 5 else ""


def _change(alarm: ReadAlarm, setting: AdoptionSetting, topic: str, owner: Ruling | None) -> dict[str, Changed]:
    wanted = [state for state in ACTIONS if state != "InsufficientDataActions" or _fires_without_data(alarm)]
    change: dict[str, Changed] = {}
    for state in ACTIONS:
        had = list(alarm.actions(state))
        kept = [action for action in had if action not in setting.replaced]
        becomes = [*kept, topic] if state in wanted and topic not in kept else kept
        if becomes != had:
            change[state] = Changed(before=had, after=becomes)
    if not alarm.propagates:
        change["ActionConfiguration"] = Changed(before=alarm.fields.get("ActionConfiguration"), after=TAGS_ON)
    if owner and not _heard(alarm, "team"):
        change["Tags"] = Changed(before={}, after={"team": owner.value})
    return change


def _heard(alarm: ReadAlarm, label: str) -> str:
    """Returns what the relay reads of an alarm's tags and description, which win over its topic."""
    return read(alarm.description, alarm.tags).labels.get(label, "")


def _fires_without_data(alarm: ReadAlarm) -> bool:
    return read(alarm.description).insufficient_data_fires


def _notes(alarm: ReadAlarm, severity: Ruling, owner: Ruling | None, own: str, topics: str) -> list[str]:
    decided = {"severity": severity.value, "team": owner.value if owner else ""}
    notes = [
        f"the relay reads {label} {heard} all the same: its tag or its description says so"
        for label, value in decided.items()
        if (heard := _heard(alarm, label)) not in ("", value)
    ]
    if own and own != topics + TOPIC_OF[severity.value]:
        notes.append(f"it notifies {own.rpartition(':')[2]} already, which stays: {severity.by} would give another")
    kept = [service for action in alarm.every_action if (service := _service(action)) not in ("", "sns")]
    if kept:
        notes.append(f"its actions for {', '.join(dict.fromkeys(kept))} stay")
    if stack := alarm.tags.get(_STACK, ""):
        notes.append(f"the stack {stack} undoes this at its next deploy")
    if alarm.kind == "CompositeAlarm" and alarm.fields.get("ActionsSuppressor"):
        notes.append("its suppressor holds back our action too")
    return notes
