"""The items of a group: its members, its header, and the ledger of what people were told.

Keys and conditions follow the model-checked group protocol (docs/architecture.md, "State"). `k` orders the updates of
one alert as a sortable string: 20 digits of microseconds, then 1 if resolved else 0; larger is newer, and at an
equal clock resolved wins.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from alertrelay.alert import Alert, Integration, Labels
from alertrelay.notification import Receipt

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
    """One alert in one group. Small: what a flush decides by; long text stays in the AlertItem.

    `ends_at` is set where the source said in advance when the alert ends (Alertmanager's API); labels are those that
    it was routed by, so that a flush can ask about silences and routes without a further read.
    """

    key: str
    k: str
    status: MemberStatus
    state_key: str
    fingerprint: str
    labels: Labels
    starts_at: datetime
    at: datetime  # the writer's clock
    ends_at: datetime | None = None
    expires: datetime | None = None

    @property
    def name(self) -> str:
        """The alertname."""
        return self.labels.get("alertname", "alert")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What people were told of a group; alerts stand by hash of state_key.

    `firing`: announced on the group's own channel, end not announced there. `unsure`: part of it where a crash or an
    ambiguous answer left open what people know. `fallback_firing`: announced by a fallback, end not announced there;
    what is in it and not in `firing` is still owed to the own channel. `fallbacks`: integrations that announced as
    a fallback; `fallbacks_owed`: those of a succeeded stage that failed, and are retried alone.
    `storm`: handed to the integration's digest, which announces and ends them.
    `receipts`: what each channel gave back for its first message, by str(Integration).
    """

    firing: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    fallback_firing: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    storm: frozenset[str] = frozenset()
    fallbacks: frozenset[str] = frozenset()
    fallbacks_owed: frozenset[str] = frozenset()
    dedup_key: str = ""
    receipts: Mapping[str, Receipt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spill:
    """Where a ledger stands that is too large for its header: `count` chunks under the id of the `flush` that wrote
    them. `digest` is that of what they hold."""

    flush: str
    count: int
    digest: str

    @property
    def chunks(self) -> tuple[str, ...]:
        """The names of the chunks, in order. A flush that records twice overwrites nothing that is pointed to."""
        return tuple(f"{self.flush}#{self.digest[:8]}#{number}" for number in range(self.count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A group of one integration as its header's item alone shows it, which is all that a join may read.

    `next_due` None = unarmed. `due` is the group's own tick, from which the next one is counted; a lease and a retry
    move `next_due` alone. `told_at`: the last flush that told something. `ledger` is None where it stands in chunks
    beside the item (`spill`), which only a flush reads.
    """

    integration: Integration
    route_id: str
    group_key: str
    group_labels: Labels
    next_due: datetime | None = None
    due: datetime | None = None
    owner: str = ""
    lease_until: datetime | None = None
    closing: bool = False
    maybe: bool = False  # an owner vanished, or an answer was ambiguous
    rec_at: datetime | None = None  # when the member query of the last record began
    told_at: datetime | None = None
    tries: int = 0  # leases without a record
    failures: int = 0  # sends that failed in a row
    failing_since: datetime | None = None
    config_hash: str = ""
    ledger: Ledger | None = None
    spill: Spill | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Standing):
    """A group with its whole ledger.

    `chunks`: the names of all chunks that were found beside the item, also of those that nothing points to. `leftover`:
    joins since the last record could not read the ledger, and left it to the flush to tell what is a repeat. `lost`: a
    chunk is missing, so that `ledger` holds no alerts although some were announced; then `maybe` is set.
    """

    ledger: Ledger = field(default_factory=Ledger)
    chunks: frozenset[str] = field(default=frozenset(), compare=False)
    leftover: bool = field(default=False, compare=False)
    lost: bool = False


def unknown(group: Standing) -> Header:
    """The header of a group of which nothing is known but who it is."""
    return Header(
        integration=group.integration,
        route_id=group.route_id,
        group_key=group.group_key,
        group_labels=group.group_labels,
        config_hash=group.config_hash,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderChange:
    """What one record writes. With `closing` the lease is kept for the closing query, else it is given back and
    the group is due at `next_due`."""

    ledger: Ledger
    rec_at: datetime
    told_at: datetime | None
    due: datetime | None
    next_due: datetime | None
    closing: bool
    maybe: bool
    failures: int
    failing_since: datetime | None
    config_hash: str


def change_json(change: HeaderChange) -> dict[str, Any]:
    """Plain JSON; `change_from_json` reads it back."""
    times = {name: at.isoformat() if (at := getattr(change, name)) else None for name in _CHANGE_TIMES}
    return {f.name: getattr(change, f.name) for f in fields(change)} | times | {"ledger": ledger_json(change.ledger)}


def change_from_json(data: Mapping[str, Any]) -> HeaderChange:
    """Inverse of `change_json`."""
    times = {name: datetime.fromisoformat(data[name]) if data[name] else None for name in _CHANGE_TIMES}
    return HeaderChange(**{**data, **times, "ledger": ledger_from_json(data["ledger"])})


PACKED_FROM = 20
"""Alerts in a set above which their hashes are packed; fewer stay readable."""
_CHANGE_TIMES = ("rec_at", "told_at", "due", "next_due", "failing_since")
ALERT_SETS = ("firing", "unsure", "fallback_firing", "events", "storm")
_NAME_SETS = ("fallbacks", "fallbacks_owed")
_SETS = (*ALERT_SETS, *_NAME_SETS)


def merged(ledger: Ledger, more: Ledger) -> Ledger:
    """Everything that either says was told."""
    sets = {name: getattr(ledger, name) | getattr(more, name) for name in _SETS}
    return Ledger(**sets, dedup_key=ledger.dedup_key or more.dedup_key, receipts={**more.receipts, **ledger.receipts})


def ledger_json(ledger: Ledger) -> dict[str, Any]:
    """Plain JSON without what is empty; `ledger_from_json` reads it back."""
    data: dict[str, Any] = {name: _packed(getattr(ledger, name)) for name in ALERT_SETS if getattr(ledger, name)}
    data |= {name: sorted(getattr(ledger, name)) for name in _NAME_SETS if getattr(ledger, name)}
    if ledger.dedup_key:
        data["dedup_key"] = ledger.dedup_key
    if ledger.receipts:
        data["receipts"] = [_receipt_json(receipt) for receipt in ledger.receipts.values()]
    return data


def ledger_from_json(data: Mapping[str, Any]) -> Ledger:
    """Inverse of `ledger_json`."""
    receipts = [_receipt(item) for item in data.get("receipts", ())]
    return Ledger(
        **{name: _unpacked(data.get(name, ())) for name in _SETS},
        dedup_key=data.get("dedup_key", ""),
        receipts={str(receipt.integration): receipt for receipt in receipts},
    )


def _packed(keys: frozenset[str]) -> list[str] | str:
    """A larger set of hashes as base64 of their bytes: 11 characters each instead of 19."""
    if len(keys) <= PACKED_FROM:
        return sorted(keys)
    return base64.b64encode(b"".join(bytes.fromhex(key) for key in sorted(keys))).decode()


def _unpacked(data: Sequence[str] | str) -> frozenset[str]:
    if not isinstance(data, str):
        return frozenset(data)
    found = base64.b64decode(data)
    return frozenset(found[start : start + 8].hex() for start in range(0, len(found), 8))


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
