"""Shows what is not yet delivered, and sends dead letters again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.groups.undelivered import PendingGroup, pending_in, unsettled
from alertrelay.intake.ports import DeadLetters, IntakeReport, NoSuchQueue
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.state import Groups

MOST = 100
"""Dead letters that one request handles."""
MOST_GROUPS = 200
"""Groups that one request reads with their members, two requests each: those whose channel fails come first."""


def get_undelivered(reading: Reads, groups: Groups, letters: DeadLetters) -> dict[str, Any]:
    """Returns the groups that have something to send, those whose channel fails first, and how many dead letters each
    queue holds; `more` where further groups may have. Raises StoreFailure."""
    now = reading.clock.now()
    order = {"failing": 0, "recipients": 1, "waiting": 2}
    gids = unsettled(groups, reading.config.kinds(), now=now)
    found = sorted(
        pending_in(groups, gids[:MOST_GROUPS]),
        key=lambda one: (order[one.why], one.since or now, one.integration),
    )
    return {
        "asOf": rfc3339(now),
        "groups": [_group(one) for one in found],
        "more": len(gids) > MOST_GROUPS,
        "deadLetters": [
            {"queue": one.queue, "messages": one.messages, **({"fault": one.fault} if one.fault else {})}
            for one in letters.waiting()
        ],
    }


def post_redrive(reading: Reads, letters: DeadLetters, report: IntakeReport, request: ApiRequest) -> dict[str, Any]:
    """Sends the dead letters of a queue again, at most MOST of them; it is audited. What was delivered already is not
    notified again. Raises ApiError."""
    data = request.json()
    queue = data.get("queue") if isinstance(data, Mapping) else None
    if not isinstance(queue, str) or not queue:
        raise ApiError(422, {"code": 602, "message": 'expected {"queue": "NAME"}: GET /api/v1/undelivered has names'})
    try:
        handled, more = letters.redrive(queue, most=MOST)
    except NoSuchQueue as error:
        message = f"there is no dead-letter queue {queue[:80]!r}; there are: {error}"
        raise ApiError(404, {"code": 404, "message": message}) from None
    counted = {done: sum(1 for one in handled if one.done == done) for done in ("sent", "deleted", "left", "failed")}
    report.log("dead_letters_redriven", queue=queue, by=request.client, **counted)
    return {
        "asOf": rfc3339(reading.clock.now()),
        "queue": queue,
        "handled": [
            {"about": one.about, "sentAt": rfc3339(one.sent_at), "done": one.done, "why": one.why} for one in handled
        ],
        "more": more,
    }


def _group(one: PendingGroup) -> dict[str, Any]:
    return {
        "integration": one.integration,
        "group": dict(one.group),
        "why": one.why,
        "alerts": list(one.alerts),
        "since": _time(one.since),
        "nextTry": _time(one.next_try),
        "tries": one.tries,
        "fallbacks": list(one.fallbacks),
    }


def _time(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None
