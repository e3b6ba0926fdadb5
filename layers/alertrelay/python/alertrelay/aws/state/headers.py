"""Converts the header of a group, with its ledger, to DynamoDB's attributes and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from alertrelay.alert import Integration
from alertrelay.aws.state.items import SCHEMA, SPILLED, Attributes, as_json, as_time, micros, seconds, text, time_of
from alertrelay.nflog.chunks import kept
from alertrelay.nflog.group_state import (
    GroupChange,
    GroupHeader,
    GroupIdentity,
    GroupState,
    Progress,
    Schedule,
    Stored,
    shown,
)
from alertrelay.nflog.ledger import Ledger, Spill, integration_json, ledger_from_json, ledger_json


def due(item: Attributes) -> tuple[str, datetime]:
    """Returns a group of the index, with when it is due."""
    return item["pk"]["S"].removeprefix("H#"), as_time(item["next_due"])


def identity(group: GroupIdentity) -> dict[str, str]:
    """Returns what never changes of a group: whose it is, and its labels."""
    return as_json(
        {
            "integration": integration_json(group.integration),
            "route_id": group.route_id,
            "group_key": group.group_key,
            "group_labels": dict(group.group_labels),
        }
    )


def header(item: Attributes) -> GroupHeader:
    """Reads a group as its header's item alone shows it: a GroupState, save where its ledger stands in chunks."""
    group = json.loads(item["group"]["S"])
    # The mark holds for the record that set it alone: earlier versions leave it where it is.
    asleep = "asleep" in item and item["asleep"] == item.get("rec_at")
    found: dict[str, Any] = {
        "identity": GroupIdentity(**{**group, "integration": Integration(**group["integration"])}),
        "schedule": shown(
            Schedule(
                next_due=time_of(item, "next_due"),
                due=time_of(item, "due"),
                owner=item.get("owner", {"S": ""})["S"],
                lease_until=time_of(item, "lease_until"),
                closing="closing" in item,
                asleep=asleep,
                woken="woken" in item,
            )
        ),
        "progress": Progress(
            recorded_at=time_of(item, "rec_at"),
            notified_at=time_of(item, "told_at"),
            uncertain="maybe" in item,
            tries=int(item.get("tries", {"N": "0"})["N"]),
            failures=0 if asleep else int(item.get("failures", {"N": "0"})["N"]),
            failing_since=time_of(item, "failing_since"),
            intent=frozenset(item.get("intent", {"SS": []})["SS"]),
        ),
        "config_hash": item.get("cfg", {"S": ""})["S"],
    }
    ledger = _ledger(item)
    if "spill" in ledger:
        return GroupHeader(**found, stored=Stored(spill=Spill(**ledger["spill"])))
    return GroupState(**found, ledger=ledger_from_json(ledger), stored=Stored(backlog="leftover" in ledger))


def inline_ledger(item: Attributes) -> Ledger:
    """Returns the part of the ledger in the header itself."""
    return ledger_from_json(_ledger(item))


def ledger_attribute(ledger: Ledger, spill: Spill | None, *, backlog: bool) -> dict[str, str]:
    """Returns the ledger's attribute in the header: whole, or the summary of one in chunks."""
    if spill:
        return as_json({**ledger_json(kept(ledger)), "spill": {f.name: getattr(spill, f.name) for f in fields(Spill)}})
    return as_json({**ledger_json(ledger), **({"leftover": True} if backlog else {})})


def change_attributes(change: GroupChange, spill: Spill | None = None, *, backlog: bool = False) -> dict[str, Any]:
    """Returns what a record sets; a None is an attribute to remove. See `ledger_attribute`."""
    present = {"BOOL": True}
    progress = change.progress
    return {
        "v": {"N": str(SPILLED if spill else SCHEMA)},
        "ledger": ledger_attribute(change.ledger, spill, backlog=backlog),
        "rec_at": micros(progress.recorded_at) if progress.recorded_at else None,
        "cfg": text(change.config_hash),
        "told_at": micros(progress.notified_at) if progress.notified_at else None,
        "maybe": present if progress.uncertain else None,
        "failures": {"N": str(progress.failures)} if progress.failures else None,
        "failing_since": micros(progress.failing_since) if progress.failing_since else None,
        "tries": None,
        "intent": None,
        "asleep": None,
        "woken": None,
        **(
            {"closing": present}
            if change.closing
            else {
                "closing": None,
                "owner": None,
                "lease_until": None,
                "next_due": micros(change.next_due) if change.next_due else None,
                "due": micros(change.due) if change.due else None,
            }
        ),
    }


def sleeping_attributes(change: GroupChange, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a record sets of a group that is to sleep, by what it sets of one that is not. Earlier versions
    bring a group forward for a joiner only where its channel has failed: one that sleeps has, for them."""
    until = micros(change.asleep_until) if change.asleep_until else attributes["next_due"]
    asleep = attributes["rec_at"]
    return {**attributes, "next_due": until, "due": until, "asleep": asleep, "failures": {"N": "1"}}


def closed_attributes(attributes: Mapping[str, Any], expires: datetime) -> dict[str, Any]:
    """Returns what a record sets of a group that it closes at once, by what it sets of one that is closing."""
    removed = dict.fromkeys(("closing", "owner", "lease_until", "next_due", "due", "shard"))
    return {**attributes, **removed, "ttl": seconds(expires)}


def _ledger(item: Attributes) -> dict[str, Any]:
    ledger: dict[str, Any] = json.loads(item.get("ledger", {"S": "{}"})["S"])
    return ledger
