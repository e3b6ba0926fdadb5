"""An alert as `key: value` text: a custom template of Alertmanager for SNS, YAML of Managed Prometheus, a script's own.

Marks of a chat (`*Alert:*`, `•`, backticks) are no part of the text. The Subject may give the state: `[FIRING:1]`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from alertrelay.alert import Alert, Status, fingerprint
from alertrelay.sources import levels, sentence
from alertrelay.sources.amazonq import plain
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.states import is_camel, marked, names_alert, state_of
from alertrelay.sources.third_party import alert as alert_of
from alertrelay.sources.third_party import label_name
from alertrelay.values import text as texts

_LINE = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9 _./@-]{0,60}?)\s{0,3}[:=](?:\s{1,200}|$)(?P<value>.*)")
_BULLET = re.compile(r"^[ \t]{0,40}(?:[-•*+>▪‣]\s{1,9})?")
_URL = re.compile(r"https?://[^\s<>|)\"']{1,2000}")
# What distinguishes one alert from the next where no id is sent: namespace/pod, i-0123456789, host:9100.
_THING = re.compile(
    r"(?<![\w/:.-])(?:[a-z0-9][\w.-]{0,80}/[\w.-]{0,80}[0-9][\w.-]{0,80}|i-[0-9a-f]{8,17}|[\w.-]{2,80}:[0-9]{2,5})(?![\w/:])"
)
_TAIL = re.compile(r"(?P<name>.{1,200}?)\s{1,9}[-(\u2013]\s{0,9}(?P<word>[A-Za-z0-9]{1,20})\)?")
_STATE_TAIL = re.compile(r"\s{1,9}(?:is\s{1,9})?[A-Z]{2,20}\s{0,9}\*{0,9}$")  # Nagios: web1/HTTP is CRITICAL **
_MARKED = re.compile(r"[\[(]([^\[\]()\n]{1,80})[\])]")
_NAMES = ("alertname", "alert_name", "alert", "alert_type", "rule", "rulename", "monitor", "check", "problem_name")
_SUMMARIES = ("summary", "title", "description", "message", "reason", "info", "additional_info", "problem_name")
_IDS = (
    *("dedup_key", "dedupkey", "incident_key", "fingerprint", "alert_id", "group_key", "groupkey"),
    "original_problem_id",  # Zabbix
)
_STATES = ("status", "state", "trigger_status")
_NOTIFICATIONS = ("problem", "recovery", "acknowledgement")
"""Types of a notification of Nagios and Icinga that open, close or go on with a problem of a service or a host."""
_LABELS = (
    "service",
    "env",
    "environment",
    "cluster",
    "team",
    "namespace",
    "region",
    "instance",
    "host",
    "pod",
    "job",
    "account",
    "resource",
)
_SECTIONS = ("labels", "common_labels", "commonlabels", "details")
_KNOWN = frozenset((*_NAMES, *_SUMMARIES, *_IDS, *_LABELS, *_STATES, *_SECTIONS, "severity", "priority", "url", "link"))
_LINES_READ = 2_000
_ENTRIES_READ = 200


@dataclass(slots=True, kw_only=True)
class _Entry:
    """The pairs in the lines of one alert, by key in lower case. `labels` are those of a section."""

    said: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    listed: bool = False  # the labels are all that the sender has: they stood under `labels:`

    def first(self, names: tuple[str, ...]) -> str:
        return next((found for name in names if (found := self.said.get(name, ""))), "")


def detect(value: object) -> bool:
    """Text that is no JSON; whether it is an alert is seen with its Subject, by `parse`."""
    return isinstance(value, str) and bool(value.strip()) and not value.lstrip().startswith(("{", "[{"))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Return the alerts of a text, none where it has neither a state nor a severity with a text.

    Prose that happens to begin with a word for a state ("Resolved: we met them") is none: it names nothing that
    another message could be about.
    """
    body = texts.printable(value)
    subject = texts.one_line(arrival.envelope.subject) or texts.one_line(body)
    status, rest, certain, words = marked(subject)
    entries = list(_entries(body))
    named = [entry for entry in entries if _name(entry)[0]] or entries[:1] or [_Entry()]
    if not certain and not any(map(_describes, named)):
        status = None
    graded = any(map(levels.level, words)) and sentence.informative(rest)  # [P1] Payments are down
    if status is None and not graded and not any(map(_is_alert, named)):
        return ()
    group = _STATE_TAIL.sub("", rest.split(" (", 1)[0]).strip() if status and sentence.informative(rest) else ""
    if group or len(named) == 1:
        named = named[:1]
    alone = len(named) == 1
    title = rest if alone and (status or graded) else ""
    alerts = [_alert(entry, body, status, group, arrival, alone=alone, title=title) for entry in named[:_ENTRIES_READ]]
    cut = len(named) > _ENTRIES_READ or (not alone and body.count("\n") >= _LINES_READ)
    return tuple(_numbered(map(_cut_short, alerts) if cut else alerts))


def _numbered(alerts: Iterable[Alert]) -> Iterator[Alert]:
    """Number the alerts that have one name and one set of things, so that none replaces another."""
    seen: Counter[str] = Counter()
    for alert in alerts:
        seen[alert.state_key] += 1
        again = seen[alert.state_key]
        yield replace(alert, state_key=f"{alert.state_key}#{again}") if again > 1 else alert


def _cut_short(alert: Alert) -> Alert:
    note = f"this message is long: only its first {_LINES_READ:,} lines and {_ENTRIES_READ} alerts were read"
    return replace(alert, annotations={"truncated": note, **alert.annotations})


def _is_alert(entry: _Entry) -> bool:
    graded = levels.level(entry.first(("severity", "priority")))
    stated = _stated_by_key(entry)[0] or state_of(entry.first(_STATES))
    informative = any(sentence.informative(entry.said.get(name, "")) for name in (*_SUMMARIES, *_NAMES))
    return informative and bool(graded or (stated and _name(entry)[0]))


def _describes(entry: _Entry) -> bool:
    """Return whether an entry has what only an alert has: a severity, an id, labels, or a name with a thing."""
    thing = any(name in entry.said for name in _LABELS)
    known = levels.level(entry.first(("severity", "priority"))) or entry.first(_IDS)
    return bool(known or entry.labels or thing or is_camel(entry.first(_NAMES)))


def _alert(
    entry: _Entry, body: str, subject_status: Status | None, group: str, arrival: Arrival, *, alone: bool, title: str
) -> Alert:
    """`title` is what a Subject or a first line says besides a state or a severity."""
    name, tail = _name(entry)
    stated = state_of(entry.first(_STATES))
    status = _stated_by_key(entry)[0] or stated or subject_status
    key = _key(entry, name, group, body if alone else "\n".join(entry.said.values()))
    said = sentence.best([*(entry.said.get(each, "") for each in _SUMMARIES), group, title, _first_words(body)])
    over = status == "resolved" and not key  # of an alert the notification itself names the state
    labels = {**entry.labels, **{label: entry.said[label] for label in _LABELS if label in entry.said}}
    return alert_of(
        arrival,
        name=name or labels.get("alertname", "") or _name_of_group(group) or "CustomMessage",
        summary=f"Resolved: {said}" if over and "resolved" not in said.lower() else said,
        key=key if status else "",
        source="custom",
        status=status or "firing",
        severity=levels.level(entry.first(("severity",)) or labels.get("severity", "")) or levels.level(tail),
        guess=levels.higher(
            levels.level(entry.first(("priority", "level", "urgency", "state", "status"))),
            *map(levels.level, _MARKED.findall(arrival.envelope.subject[:1_000])),
        ),
        labels={name: value for name, value in labels.items() if name not in ("alertname", "severity")},
        notes={
            "description": body if alone else "\n".join(f"{key}: {each}" for key, each in entry.said.items()),
            "subject": arrival.envelope.subject,
            "runbook_url": entry.first(("runbook_url", "runbook")),
            "dashboard_url": entry.first(("dashboard_url", "dashboard")),
        },
        links=(
            *_URL.findall(entry.first(("url", "link", "source", "graph"))),
            *_URL.findall(body[: texts.READ_MAX] if alone else ""),
        ),
    )


def _stated_by_key(entry: _Entry) -> tuple[Status | None, str]:
    """Return the status of an entry whose key is itself a state, and what that is about.

    `*Resolved:* KubePodCrashLooping shop/checkout-0`. Prose after such a key is no alert's name.
    """
    kind = entry.said.get("notification_type", "").lower()
    if kind in _NOTIFICATIONS:
        return state_of(kind), entry.first(("service", "host"))
    for key in ("firing", "resolved", "problem", "recovered"):
        about = plain(entry.said.get(key, ""))
        if about and (names_alert(about) or _describes(entry)):
            return state_of(key), about
    return None, ""


def _name(entry: _Entry) -> tuple[str, str]:
    """Returns the alert's name, and the severity that stands behind it: `KubePodCrashLooping - critical`."""
    said = entry.labels.get("alertname", "") or entry.first(_NAMES)
    if not said:
        return _name_of_group(_stated_by_key(entry)[1]), ""
    tail = _TAIL.fullmatch(said[:300])
    given = entry.first(_NAMES)[:300]
    behind = _TAIL.fullmatch(given)
    word = behind["word"] if behind and levels.level(behind["word"]) else ""
    return (tail["name"] if tail and levels.level(tail["word"]) else said), word


def _name_of_group(group: str) -> str:
    """Alertmanager's own Subject begins with the alertname; any other is a title, and the whole of it is the name."""
    first = group.split(" ", 1)[0]
    return first if is_camel(first) else group


def _key(entry: _Entry, name: str, group: str, text: str) -> str:
    """Returns the sender's id, else the group in the Subject, else all its labels, else its name and what it is
    about."""
    sent = entry.first(_IDS)
    if sent:
        return f"text:{sent}"
    if group:
        return f"text:{_digest(group)}"
    if entry.listed and entry.labels:
        return f"text:{fingerprint(entry.labels)}"
    host = entry.said.get("host", "") if "notification_type" in entry.said else ""
    things = sorted({*_THING.findall(_URL.sub(" ", text[: texts.READ_MAX])), *filter(None, [host])})
    return f"text:{_digest(name, *things)}" if name else ""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _first_words(body: str) -> str:
    """Return the first informative line."""
    lines = (plain(line) for line in body[: texts.READ_MAX].splitlines())
    return next((line for line in lines if sentence.informative(_URL.sub(" ", line))), "")


def _entries(body: str) -> Iterator[_Entry]:
    """Yield one entry per alert: another begins where a name comes a second time."""
    entry = _Entry()
    section = asked = ""
    for raw in body.splitlines()[:_LINES_READ]:
        line = _BULLET.sub("", raw[: texts.LABEL_MAX].replace("*", "").replace("`", "").replace('"', "")).strip(" _#\t")
        match = _LINE.fullmatch(line)
        known = match and label_name(match["key"].lower()) in _KNOWN
        if asked and line and not known:
            entry.said[asked], asked = line, ""  # "Additional Info:", and the text on a line of its own
            continue
        if not match:
            section = section if line else ""
            continue
        key, value = label_name(match["key"].lower()), match["value"].strip()
        indented = raw[:1] in (" ", "\t")
        if not value:
            section = key if key in _SECTIONS else ""
            asked = key if key in _SUMMARIES and key not in entry.said else ""
            entry.listed = entry.listed or section in ("labels", "common_labels", "commonlabels")
        elif section and indented:
            entry.labels[label_name(match["key"])] = value
        else:
            section = asked = ""
            if key in _NAMES and key in entry.said:
                yield entry
                entry = _Entry()
            entry.said.setdefault(key, value)
    if entry.said or entry.labels:
        yield entry
