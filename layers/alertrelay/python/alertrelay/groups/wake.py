"""The message that makes a group be looked at again."""

from __future__ import annotations

from datetime import datetime

from alertrelay.ports import Relay


def wake(relay: Relay, gid: str, *, at: datetime) -> None:
    """Sends it for `at`, if that is soon; beyond, the tick finds the group in the index. Raises TimersFailure."""
    delay = (at - relay.clock.now()).total_seconds()
    if delay <= relay.timers.horizon:
        relay.timers.send({"do": "flush", "gid": gid, "at": at.isoformat()}, delay_seconds=max(0.0, delay))
