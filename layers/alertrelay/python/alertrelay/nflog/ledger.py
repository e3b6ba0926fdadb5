"""The ledger: what was notified of a group, where, and its form as JSON."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from alertrelay.alert import Integration
from alertrelay.nflog.behind import Behind, behind_from_json, behind_json
from alertrelay.nflog.flaps import Flap, flaps_from_json, flaps_json
from alertrelay.notification import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The notifications of a group; alerts stand by hash of state_key.

    `firing`: announced on the group's own channel, not resolved there. `unsure`: part of it where a crash or an
    ambiguous answer left open what people know. `fallback_firing`: announced by a fallback, not resolved there;
    what is in it and not in `firing` is still owed to the own channel. `fallback_unsure`: nothing of it is in
    `fallback_firing`; a fallback may have announced it, without an answer. It counts as not notified, and is resolved.
    `fallbacks`: integrations that announced as a fallback, or may have; `fallbacks_owed`: those of a succeeded stage
    that failed, and are retried alone; `<integration>#<recipient>` is one recipient of it.
    `behind`: recipients of the own channel who missed what is in `firing` and `events`, by short name. `refused`: those
    who refused for good what none of the others has taken yet.
    `events_at`: of `events`, those that a fallback announced, each as "key fallback".
    `acknowledged`: of what is open, the alerts that are shown with who is on them; `acknowledged_as` is a digest of
    what is shown.
    `storm`: handed to the integration's digest, which announces and resolves them.
    `digests`: of a storm's digest, how many messages it has been since nothing of it was open.
    `announced`: when each critical alert was announced first, in seconds, where there are tiers of an escalation.
    `receipts`: what each channel gave back for its first message, by str(Integration).
    `flaps`: the changes of restless alerts, where flap damping is on.
    """

    firing: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    fallback_firing: frozenset[str] = frozenset()
    fallback_unsure: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    events_at: frozenset[str] = frozenset()
    acknowledged: frozenset[str] = frozenset()
    storm: frozenset[str] = frozenset()
    fallbacks: frozenset[str] = frozenset()
    fallbacks_owed: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    behind: Mapping[str, Behind] = field(default_factory=dict)
    dedup_key: str = ""
    digests: int = 0
    acknowledged_as: str = ""
    announced: Mapping[str, int] = field(default_factory=dict)
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    flaps: Mapping[str, Flap] = field(default_factory=dict)

    @property
    def notified(self) -> frozenset[str]:
        """Returns what was certainly notified, or settled by that."""
        return (self.firing - self.unsure) | self.fallback_firing | self.events

    @property
    def open(self) -> bool:
        """Returns whether anything is announced, or may be, and not resolved."""
        return bool(self.firing or self.fallback_firing or self.fallback_unsure or self.behind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spill:
    """The place of a ledger that is too large for its header: `count` chunks under the id of the `flush` that wrote
    them. `digest` is that of what they hold."""

    flush: str
    count: int
    digest: str

    @property
    def chunks(self) -> tuple[str, ...]:
        """The names of the chunks, in order. A flush that records twice overwrites nothing that is pointed to."""
        return tuple(f"{self.flush}#{self.digest[:8]}#{number}" for number in range(self.count))


PACKED_FROM = 20
"""Alerts in a set above which their hashes are packed; fewer stay readable."""
ALERT_SETS = ("firing", "unsure", "fallback_firing", "fallback_unsure", "events", "acknowledged", "storm")
_NAME_SETS = ("fallbacks", "fallbacks_owed", "events_at", "refused")
_SETS = (*ALERT_SETS, *_NAME_SETS)


def events_at(keys: Iterable[str], names: Collection[str]) -> frozenset[str]:
    """Returns how a ledger notes that these fallbacks announced these events."""
    return frozenset(f"{key} {name}" for key in keys for name in names)


def merged(ledger: Ledger, more: Ledger) -> Ledger:
    """Returns the ledger of everything that either has as notified. What one of them knows is unsure in none."""
    sets = {name: getattr(ledger, name) | getattr(more, name) for name in _SETS}
    sets["unsure"] -= (ledger.firing - ledger.unsure) | (more.firing - more.unsure)
    sets["fallback_unsure"] -= sets["fallback_firing"]
    return Ledger(
        **sets,
        behind={**more.behind, **ledger.behind},
        dedup_key=ledger.dedup_key or more.dedup_key,
        digests=max(ledger.digests, more.digests),
        acknowledged_as=ledger.acknowledged_as or more.acknowledged_as,
        announced={**more.announced, **ledger.announced},
        receipts={**more.receipts, **ledger.receipts},
        flaps={**more.flaps, **ledger.flaps},
    )


def doubted(ledger: Ledger, *, sure: frozenset[str]) -> Ledger:
    """Returns the ledger of what may have been notified, certain only of `sure` and of events."""
    by_fallbacks = ledger.fallback_firing - sure
    return replace(
        ledger,
        unsure=ledger.unsure | (ledger.firing - sure),
        fallback_firing=ledger.fallback_firing - by_fallbacks,
        fallback_unsure=ledger.fallback_unsure | by_fallbacks,
    )


def ledger_json(ledger: Ledger) -> dict[str, Any]:
    """Returns plain JSON without what is empty; `ledger_from_json` reads it back."""
    data: dict[str, Any] = {name: _packed(getattr(ledger, name)) for name in ALERT_SETS if getattr(ledger, name)}
    data |= {name: sorted(getattr(ledger, name)) for name in _NAME_SETS if getattr(ledger, name)}
    if ledger.behind:
        data["behind"] = behind_json(ledger.behind)
    if ledger.dedup_key:
        data["dedup_key"] = ledger.dedup_key
    if ledger.digests:
        data["digests"] = ledger.digests
    if ledger.acknowledged_as:
        data["acknowledged_as"] = ledger.acknowledged_as
    if ledger.announced:
        data["announced"] = dict(ledger.announced)
    if ledger.flaps:
        data["flaps"] = flaps_json(ledger.flaps)
    if ledger.receipts:
        data["receipts"] = [
            {
                "integration": integration_json(receipt.integration),
                "key_name": receipt.key_name,
                "key_version": receipt.key_version,
                "ref": dict(receipt.ref),
            }
            for receipt in ledger.receipts.values()
        ]
    return data


def ledger_from_json(data: Mapping[str, Any]) -> Ledger:
    """Inverse of `ledger_json`."""
    receipts = [_receipt(item) for item in data.get("receipts", ())]
    return Ledger(
        **{name: _unpacked(data.get(name, ())) for name in _SETS},
        behind=behind_from_json(data.get("behind", {})),
        dedup_key=data.get("dedup_key", ""),
        digests=int(data.get("digests", 0)),
        acknowledged_as=data.get("acknowledged_as", ""),
        announced=data.get("announced", {}),
        receipts={str(receipt.integration): receipt for receipt in receipts},
        flaps=flaps_from_json(data.get("flaps", {})),
    )


def _packed(keys: frozenset[str]) -> list[str] | str:
    """Returns a larger set of hashes as base64 of their bytes: 11 characters each instead of 19."""
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


def _receipt(data: Mapping[str, Any]) -> Receipt:
    return Receipt(
        integration=Integration(**data["integration"]),
        key_name=data["key_name"],
        key_version=data["key_version"],
        ref=data["ref"],
    )
