"""Names groups: the key by which an alert belongs to one, and the names under which it is stored and announced."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

from alertrelay.alert import Alert, Channel, Integration, Labels
from alertrelay.config.model import Route
from alertrelay.config.printed_matchers import go_quote

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def group_labels(route: Route, labels: Labels) -> dict[str, str]:
    """Returns the alert's labels named in group_by that it has; all of them for `'...'`."""
    if route.group_by is None:
        return dict(sorted(labels.items()))
    return {name: labels[name] for name in sorted(route.group_by) if name in labels}


def group_key(route: Route, labels: Labels) -> str:
    """Alertmanager's key: `{}/{severity="critical"}:{service="orders"}`."""
    shown = ", ".join(f"{k}={go_quote(v)}" for k, v in group_labels(route, labels).items())
    return f"{route.key}:{{{shown}}}"


def group_id(integration: Integration, route: Route, labels: Labels) -> str:
    """Returns the key of a group's items. It begins with the channel, so that a forwarder knows its own among an
    alert's homes; the same group at two integrations is two groups."""
    identity = [str(integration), route.id, sorted(group_labels(route, labels).items())]
    return f"{integration.channel}-{_digest(identity)[:32]}"


def storm_id(integration: Integration) -> str:
    """Returns the group id of an integration's digest."""
    return f"{integration.channel}-{_digest(['storm', str(integration)])[:32]}"


def unrouted_id(integration: Integration) -> str:
    """Returns the group id of what leads to nobody."""
    return f"{integration.channel}-{_digest(['unrouted', integration.channel])[:32]}"


def channel_of(gid: str) -> Channel:
    """Returns the channel that a group id was made for."""
    return gid.partition("-")[0]


def dedup_key(*parts: str) -> str:
    """Returns PagerDuty's key of an incident: environment, account, region, receiver and group key, so that dev cannot
    close prod's page on a shared routing key. 64 characters; the limit is 255."""
    return _digest(list(parts))


def key_of(state_key: str) -> str:
    """Returns the 8-byte hash under which an alert stands in items and ledgers, as 16 hex digits."""
    return _digest(state_key)[:16]


def resolve_key(state_key: str, order_key: str) -> str:
    """Returns the hash under which a resolve stands in a storm's digest, which announces it once."""
    return key_of(f"storm-resolve:{state_key}:{order_key}")


def order_of(alert: Alert, *, received: datetime, index: int) -> str:
    """Returns the order key, `k`: the source's clock where it has one, else when the message reached the topic plus its
    place in it, so that a redelivery has the same. 20 digits of microseconds, then 1 if resolved else 0: at an equal
    clock resolved wins."""
    at = alert.updated_at or received + timedelta(microseconds=index)
    micros = max(0, (at - _EPOCH) // timedelta(microseconds=1))
    return f"{micros:020d}{int(alert.status == 'resolved')}"


AHEAD = timedelta(minutes=10)
"""An order that lies further ahead of the clock is wrong: a source's clock is trusted for 5 minutes after receipt
(groups/bounded.py), and the clock of its reader may be some minutes behind."""


def order_ahead(now: datetime) -> str:
    """Return the largest `k` that can be right at `now`. One beyond it, of a source whose clock was wrong, loses to
    every update: else none would be newer, until that day comes."""
    return f"{(now + AHEAD - _EPOCH) // timedelta(microseconds=1):020d}1"


def clock_of(k: str) -> datetime:
    """Returns the clock inside `k`."""
    return _EPOCH + timedelta(microseconds=int(k[:20]))


def _digest(value: object) -> str:
    return hashlib.sha256(_COMPACT.encode(value).encode()).hexdigest()


_COMPACT = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
