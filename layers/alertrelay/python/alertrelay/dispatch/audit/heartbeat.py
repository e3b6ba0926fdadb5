"""The heartbeat outwards: a dead man's switch elsewhere that is asked for only while the relay does its work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from alertrelay.ports import DeliveryFailure, Key, SecretMissing, Secrets
from alertrelay.state import Groups

PATIENCE = timedelta(minutes=5)
"""A tick finds what is due within a minute."""
Ping = Callable[[Key], int]
"""Posts to the address that a key holds, bounded in time; returns the status of the answer. Raises DeliveryFailure."""


def overdue(groups: Groups, channels: Sequence[str], *, now: datetime) -> int:
    """Counts the groups whose flush is overdue. Raises StoreFailure."""
    return sum(1 for _ in groups.due(tuple(channels), before=now - PATIENCE))


def beat(late: int, secrets: Secrets, key_name: str, ping: Ping) -> str:
    """Asks for the address of a key of the secret, unless groups are overdue; returns why the heartbeat was not sent,
    "" where it was. Never raises: an address that hangs or refuses is what the switch is to notice."""
    if late:
        return f"{late} groups are overdue"
    why = "the secret holds no such key"
    try:
        for key in secrets.versions(key_name):
            status = ping(key)
            if 200 <= status < 300:
                return ""
            why = f"the address answers {status}"
    except DeliveryFailure as failure:
        return failure.text
    except SecretMissing as missing:
        return str(missing)
    return why
