"""The items of a group: its members, its header, and the ledger of what people were told.

Keys and conditions follow the model-checked group protocol (docs/architecture.md, "State"). `k` orders the updates of
one alert as a sortable string: 20 digits of microseconds, then 1 if resolved else 0; larger is newer, and at an
equal clock resolved wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from alertrelay.alert import Alert, Integration, Labels, Receipt

MemberStatus = Literal["firing", "resolved", "moved", "event"]
"""`moved` marks a member that a configuration change took to another group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertItem:
    """The newest update of one alert, shared by all forwarders. `homes` are the groups that it was put in.

    Its labels and starts_at stay those of the firing: a resolve is routed and shown with what was stored then.
    """

    key: str  # hash of state_key
    k: str
    rank: int  # severity_rank, for two copies of one update
    alert: Alert
    homes: frozenset[str] = frozenset()
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One alert in one group. Small: what a flush decides by; long text stays in the AlertItem."""

    key: str
    k: str
    status: MemberStatus
    state_key: str
    name: str
    fingerprint: str
    severity: str
    starts_at: datetime
    at: datetime  # the writer's clock
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What people were told of a group; alerts stand by hash of state_key.

    `firing`: announced on the group's own channel, end not announced there. `unsure`: part of it where a crash or an
    ambiguous answer left open what people know. `fallback_firing`: announced by a fallback, end not announced there;
    what is in it and not in `firing` is still owed to the own channel. `fallbacks`: integrations that announced as
    a fallback; `fallbacks_owed`: those of a succeeded stage that failed, and are retried alone.
    `receipts`: what each channel gave back for its first message, by str(Integration).
    """

    firing: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    fallback_firing: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    fallbacks: frozenset[str] = frozenset()
    fallbacks_owed: frozenset[str] = frozenset()
    dedup_key: str = ""
    receipts: Mapping[str, Receipt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A group of one integration. `next_due` None = unarmed. `told_at` paces the next flush of a quiet group."""

    integration: Integration
    route_id: str
    group_key: str
    group_labels: Labels
    next_due: datetime | None = None
    owner: str = ""
    lease_until: datetime | None = None
    closing: bool = False
    maybe: bool = False  # an owner vanished, or an answer was ambiguous
    rec_at: datetime | None = None  # when the member query of the last record began
    told_at: datetime | None = None  # the last flush that sent something
    tries: int = 0  # leases without a record
    failures: int = 0  # sends that failed in a row
    failing_since: datetime | None = None
    config_hash: str = ""
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderChange:
    """What one record writes. With `closing` the lease is kept for the closing query, else it is given back and
    the group is due at `next_due`."""

    ledger: Ledger
    rec_at: datetime
    told_at: datetime | None
    next_due: datetime | None
    closing: bool
    maybe: bool
    failures: int
    failing_since: datetime | None
    config_hash: str


_SETS = ("firing", "unsure", "fallback_firing", "events", "fallbacks", "fallbacks_owed")


def merged(ledger: Ledger, more: Ledger) -> Ledger:
    """Everything that either says was told."""
    sets = {name: getattr(ledger, name) | getattr(more, name) for name in _SETS}
    return Ledger(**sets, dedup_key=ledger.dedup_key or more.dedup_key, receipts={**more.receipts, **ledger.receipts})


def ledger_json(ledger: Ledger) -> dict[str, Any]:
    """Plain JSON without what is empty; `ledger_from_json` reads it back."""
    data: dict[str, Any] = {name: sorted(getattr(ledger, name)) for name in _SETS if getattr(ledger, name)}
    if ledger.dedup_key:
        data["dedup_key"] = ledger.dedup_key
    if ledger.receipts:
        data["receipts"] = [_receipt_json(receipt) for receipt in ledger.receipts.values()]
    return data


def ledger_from_json(data: Mapping[str, Any]) -> Ledger:
    """Inverse of `ledger_json`."""
    receipts = [_receipt(item) for item in data.get("receipts", ())]
    return Ledger(
        **{name: frozenset(data.get(name, ())) for name in _SETS},
        dedup_key=data.get("dedup_key", ""),
        receipts={str(receipt.integration): receipt for receipt in receipts},
    )


def integration_json(integration: Integration) -> dict[str, Any]:
    """Plain JSON."""
    return {f.name: getattr(integration, f.name) for f in fields(integration)}


def _receipt_json(receipt: Receipt) -> dict[str, Any]:
    return {
        "integration": integration_json(receipt.integration),
        "key_name": receipt.key_name,
        "key_version": receipt.key_version,
        "ref": dict(receipt.ref),
    }


def _receipt(data: Mapping[str, Any]) -> Receipt:
    return Receipt(
        integration=Integration(**data["integration"]),
        key_name=data["key_name"],
        key_version=data["key_version"],
        ref=data["ref"],
    )
