"""Converts alerts, members and the small items of the table to DynamoDB's attributes and back.

Times are whole microseconds since the epoch, save `ttl`, which DynamoDB wants in seconds. Every item carries the
version of its schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.alert import Acknowledgement, Alert, AnomalyVerdict, Channel
from alertrelay.nflog.group_state import (
    AlertBrief,
    AlertItem,
    Member,
)
from alertrelay.policy import acknowledgement, silence_json
from alertrelay.policy.group_key import channel_of
from alertrelay.policy.silence import Silence
from alertrelay.state import AnomalyNote, BudgetNote, Survey, Waking
from alertrelay.values.text import compact_json, fitted, stored_bytes

SCHEMA = 1
"""Of every item, save:"""
SPILLED = 2
"""A header whose ledger stands in chunks, and those: code that knows nothing of them must not take it for empty."""
ALERT_BYTES = 370_000
"""Of labels and annotations: an item of DynamoDB takes 400 KB (409,600 bytes), with the names of its attributes, the
separators of its JSON and the groups that the alert was put in."""
SHARDS = 16
DUE_INDEX = "due"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Attributes = Mapping[str, Any]


def micros(at: datetime) -> dict[str, str]:
    """Returns a time as a number attribute."""
    return {"N": str((at - _EPOCH) // timedelta(microseconds=1))}


def seconds(at: datetime) -> dict[str, str]:
    """Returns a time as DynamoDB's TTL wants it."""
    return {"N": str(int(at.timestamp()))}


def text(value: str) -> dict[str, str]:
    """Returns a string attribute."""
    return {"S": value}


def as_json(value: object) -> dict[str, str]:
    """Returns plain JSON as a string attribute: one attribute is written and read whole. Earlier versions escaped what
    is not ASCII, which reads the same."""
    return {"S": compact_json(value, sort_keys=True)}


def hashed(name: str) -> str:
    """Returns a key of any length, as 32 hex digits."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def shard(gid: str) -> str:
    """Returns the part of the index of due groups that holds a group: one of SHARDS of its channel."""
    return f"due#{channel_of(gid)}#{int(hashlib.sha256(gid.encode()).hexdigest(), 16) % SHARDS:02d}"


def shards_of(channel: Channel) -> str:
    """Returns how the names of all parts of a channel begin."""
    return f"due#{channel}#"


def alert_content(alert: Alert) -> dict[str, str]:
    """Returns the part that a later update of the alert replaces, without labels and starts_at, which a resolve keeps.
    Of annotations is cut, with a note, what exceeds an item's limit."""
    room = ALERT_BYTES - sum(stored_bytes(text) for pair in alert.labels.items() for text in pair)
    room -= sum(stored_bytes(name) for name in alert.annotations)
    return as_json(
        {
            "annotations": fitted(alert.annotations, room),
            "kind": alert.kind,
            "ends_at": alert.ends_at.isoformat() if alert.ends_at else None,
            "updated_at": alert.updated_at.isoformat() if alert.updated_at else None,
            "source": alert.source,
            "fingerprint": alert.fingerprint,
            "state_key": alert.state_key,
            "generator_url": alert.generator_url,
        }
    )


def alert_item(item: Attributes) -> AlertItem:
    """Returns an alert from its item."""
    content = json.loads(item["content"]["S"])
    times = {
        name: datetime.fromisoformat(content[name]) if content[name] else None for name in ("ends_at", "updated_at")
    }
    return AlertItem(
        key=item["pk"]["S"].removeprefix("A#"),
        order_key=item["k"]["S"],
        rank=int(item["rank"]["N"]),
        alert=Alert(
            labels=json.loads(item["labels"]["S"]),
            status=item["status"]["S"],
            starts_at=as_time(item["starts_at"]),
            **{**content, **times},
        ),
        groups=frozenset(item.get("homes", {"SS": []})["SS"]),
        expires=_expiry(item),
        opened_by=item.get("src", {"S": ""})["S"],
        resolved_by=item.get("by", {"S": ""})["S"],
        acknowledged=acknowledged(item),
    )


def acknowledged(item: Attributes) -> Acknowledgement | None:
    """Returns the acknowledgement in an alert's or a member's item."""
    return acknowledgement.from_json(json.loads(item["ack"]["S"])) if "ack" in item else None


def acknowledgement_attribute(found: Acknowledgement) -> dict[str, str]:
    """Returns an acknowledgement as one attribute; `acknowledged` reads it back."""
    return as_json(acknowledgement.to_json(found))


def member_attributes(gid: str, member: Member) -> dict[str, Any]:
    """Returns a member's item, at most about 1 KB."""
    item: dict[str, Any] = {
        "pk": text(f"M#{gid}"),
        "sk": text(member.key),
        "v": {"N": str(SCHEMA)},
        "k": text(member.order_key),
        "status": text(member.status),
        "state_key": text(member.alert.state_key),
        "fingerprint": text(member.alert.fingerprint),
        "labels": as_json(dict(member.alert.labels)),
        "starts_at": micros(member.alert.starts_at),
        "at": micros(member.at),
    }
    if member.alert.ends_at:
        item["ends_at"] = micros(member.alert.ends_at)
    if member.alert.late:
        item["late"] = {"BOOL": True}
    if member.alert.acknowledged:
        item["ack"] = acknowledgement_attribute(member.alert.acknowledged)
    return {**item, "ttl": seconds(member.expires)} if member.expires else item


def member(item: Attributes) -> Member:
    """Returns a member from its item."""
    return Member(
        key=item["sk"]["S"],
        order_key=item["k"]["S"],
        status=item["status"]["S"],
        at=as_time(item["at"]),
        expires=_expiry(item),
        alert=AlertBrief(
            state_key=item["state_key"]["S"],
            fingerprint=item["fingerprint"]["S"],
            labels=json.loads(item["labels"]["S"]),
            starts_at=as_time(item["starts_at"]),
            ends_at=time_of(item, "ends_at"),
            late=item.get("late", {}).get("BOOL", False),
            acknowledged=acknowledged(item),
        ),
    )


def source(key: str, *, two_sided: bool) -> str:
    """Returns an inhibiting alert as it stands in a set."""
    return f"{key}#{int(two_sided)}"


def sources(item: Attributes) -> tuple[tuple[str, str], dict[str, bool]]:
    """Returns the sources under one (rule, equal values), or in a part of it."""
    rule, equal = item["pk"]["S"].split("#")[1:3]
    pairs = (text.split("#") for text in item.get("sources", {"SS": []})["SS"])
    return (rule, equal), {key: two_sided == "1" for key, two_sided in pairs}


def silences(item: Attributes) -> tuple[tuple[Silence, ...], int]:
    """Returns all silences, and the version of the list."""
    found = json.loads(item["silences"]["S"])
    return tuple(silence_json.from_json(one, _EPOCH) for one in found), int(item["version"]["N"])


def silences_attribute(found: Sequence[Silence]) -> dict[str, str]:
    """Returns the list as one attribute; it is read and written whole."""
    return as_json([silence_json.to_json(one, one.updated_at) for one in found])


ANOMALY = "anomaly_"
"""What the name of an anomaly's attribute begins with."""


def anomalies_key(service: str) -> str:
    """Returns the key of a service's anomalies."""
    return f"N#{hashed(service)}"


def anomaly_notes(item: Attributes, now: datetime) -> tuple[AnomalyNote, ...]:
    """Returns the anomalies that are still on, the most unusual first. What cannot be read is left out: it is only a
    hint."""
    found = []
    for name, attribute in item.items():
        if not name.startswith(ANOMALY):
            continue
        try:
            note = json.loads(attribute["S"])
            if note["until"] > now.timestamp():
                said = {key: note[key] for key in ("text", "score", "since", "link")}
                found.append(AnomalyNote(**said))
        except (KeyError, ValueError, TypeError):
            continue
    return tuple(sorted(found, key=lambda one: (-one.score, one.text)))


def verdict_key(fingerprint: str) -> str:
    """Returns the key of what a person said last of an anomaly."""
    return f"V#{fingerprint}"


def verdict(item: Attributes) -> AnomalyVerdict | None:
    """Returns it; None where it cannot be read: it is only shown."""
    try:
        return AnomalyVerdict(**json.loads(item["verdict"]["S"]))
    except (KeyError, ValueError, TypeError):
        return None


def budget_key(objective: str) -> str:
    """Returns the key of an objective's error budget."""
    return f"B#{hashed(objective)}"


def budget_attribute(note: BudgetNote) -> dict[str, str]:
    """Returns the state of an error budget as one attribute; `budget` reads it back."""
    return as_json({**asdict(note), "rates": {str(window): rate for window, rate in note.rates.items()}})


def budget(item: Attributes) -> BudgetNote | None:
    """Returns the state of an error budget; None where it cannot be read: it is only shown."""
    try:
        found = json.loads(item["budget"]["S"])
        return BudgetNote(**{**found, "rates": {int(window): rate for window, rate in found["rates"].items()}})
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def as_time(attribute: Mapping[str, str]) -> datetime:
    """Reads a time of `micros`."""
    return _EPOCH + timedelta(microseconds=int(attribute["N"]))


def time_of(item: Attributes, name: str) -> datetime | None:
    """Reads a time of `micros`, None where the item has none of that name."""
    return as_time(item[name]) if name in item else None


def _expiry(item: Attributes) -> datetime | None:
    return datetime.fromtimestamp(int(item["ttl"]["N"]), UTC) if "ttl" in item else None


def survey_attributes(survey: Survey, *, version: int) -> dict[str, Any]:
    """Returns a survey of CloudWatch's alarms; `survey` reads it back."""
    tries, numbered = {"N": str(survey.tries)}, {"N": str(version)}
    return {"phase": text(survey.phase), "page": text(survey.token), "tries": tries, "version": numbered}


def survey(item: Attributes) -> tuple[Survey, int]:
    """Returns a survey and its version from its item."""
    found = Survey(phase=item["phase"]["S"], token=item["page"]["S"], tries=int(item["tries"]["N"]))
    return found, int(item["version"]["N"])


def waking_attributes(waking: Waking, *, version: int) -> dict[str, Any]:
    """Returns the mark of what groups that sleep are woken for; `waking` reads it back."""
    return {
        "build": text(waking.build),
        "since": micros(waking.since),
        "silences": {"N": str(waking.silences)},
        "changed": micros(waking.changed),
        "page": text(waking.token),
        "done": {"BOOL": waking.done},
        "version": {"N": str(version)},
    }


def waking(item: Attributes) -> tuple[Waking, int]:
    """Returns the mark and its version from its item."""
    found = Waking(
        build=item["build"]["S"],
        since=as_time(item["since"]),
        silences=int(item["silences"]["N"]),
        changed=as_time(item["changed"]),
        token=item["page"]["S"],
        done=item["done"]["BOOL"],
    )
    return found, int(item["version"]["N"])
