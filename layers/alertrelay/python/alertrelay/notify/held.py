"""Finds what is open at a destination already: a fallback there is an annotation of it, not a second message or
incident."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from alertrelay.alert import Labels
from alertrelay.config.model import Config, Target
from alertrelay.notification import Receipt
from alertrelay.policy.group_key import group_id
from alertrelay.policy.route import match_routes
from alertrelay.state import Groups, StoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An open message or incident: `receipt` of the message, `dedup_key` of the incident."""

    receipt: Receipt | None
    dedup_key: str


def held_open(
    target: Target, about: Mapping[str, Labels], *, config: Config, groups: Groups, log: Callable[..., None]
) -> Held | None:
    """Returns what holds all these alerts open at the target's destination, by the ledger of a group of its own; None
    where there is no such group, or the table does not answer: then the target is notified."""
    held: Held | None = None
    headers = {}
    for key, labels in about.items():
        for other, gid in _siblings(target, labels, config):
            try:
                if gid not in headers:
                    headers[gid] = groups.header(gid)
            except StoreFailure as failure:
                log("store_failing", gid=gid, failure=str(failure))
                return None
            header = headers[gid]
            if header and header.ledger and key in header.ledger.firing - header.ledger.unsure:
                receipt = header.ledger.receipts.get(str(other.integration))
                held = Held(receipt=receipt, dedup_key=header.ledger.dedup_key)
                break
        else:
            return None
    return held


def _siblings(target: Target, labels: Labels, config: Config) -> Iterator[tuple[Target, str]]:
    """Yields the integrations of the same destination that an alert is routed to, each with its group."""
    for route in match_routes(config.route, labels):
        receiver = config.receiver(route.receiver)
        for other in receiver.targets if receiver else ():
            if other.settings == target.settings:
                yield other, group_id(other.integration, route, labels)
