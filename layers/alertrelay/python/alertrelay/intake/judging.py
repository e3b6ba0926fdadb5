"""Takes what people say of an anomaly: helpful, or not. The anomaly-scorer's adaptive entries move by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertrelay.alert import JUDGED, rfc3339
from alertrelay.channels.slack.buttons import JudgedAnomaly, began, is_judged, judged_of
from alertrelay.intake.ports import IntakeReport, OpenAlerts
from alertrelay.intake.remark import remark_of, unfit
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.nflog.group_state import AlertItem
from alertrelay.policy.acknowledgement import BY_CHARACTERS, comment_of
from alertrelay.ports import Clock

_EXPECTED = (
    'expected {"fingerprint": "0123456789abcdef", "helpful": true, "comment": "…"}; `comment` and `by` may be left out'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person says of an anomaly. The last one counts."""

    judged: JudgedAnomaly
    helpful: bool
    by: str
    at: datetime
    comment: str = ""


Keep = Callable[[Judgement], None]
"""Keeps a verdict as `alertrelay feedback` keeps it. Raises state.StoreFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What taking verdicts needs. `alerts` are those that the relay holds, and those that resolved a short time ago;
    `show` as in Acknowledging."""

    alerts: OpenAlerts
    keep: Keep
    clock: Clock
    report: IntakeReport
    show: Callable[[Iterable[str]], None]


def keep_verdict(keep: Keep, report: IntakeReport, verdict: Judgement, *, via: str) -> None:
    """Keeps a verdict, and logs who said it which way. Raises state.StoreFailure."""
    keep(verdict)
    report.log(
        "judged",
        fingerprint=verdict.judged.fingerprint,
        alertname=JUDGED[1],
        state_key=verdict.judged.fingerprint,
        helpful=verdict.helpful,
        by=verdict.by,
        via=via,
    )


def post_feedback(parts: Judging, request: ApiRequest) -> dict[str, Any]:
    """Answers POST /api/v1/feedback. Raises ApiError, state.StoreFailure."""
    said = remark_of(request, expected=_EXPECTED)
    helpful = said.body.get("helpful")
    if not isinstance(helpful, bool):
        got = "helpful is missing" if helpful is None else f"helpful is {type(helpful).__name__}"
        raise unfit(_EXPECTED, got)
    item = _anomaly(parts, said.fingerprint)
    verdict = Judgement(
        judged=judged_of(item.alert),
        helpful=helpful,
        by=said.by[:BY_CHARACTERS],
        at=parts.clock.now(),
        comment=comment_of(said.comment),
    )
    keep_verdict(parts.keep, parts.report, verdict, via=said.via)
    parts.show(sorted(item.groups))
    judged = verdict.judged
    return {
        "fingerprint": judged.fingerprint,
        "startsAt": rfc3339(began(judged)),
        "helpful": helpful,
        "by": verdict.by,
        "comment": verdict.comment,
    }


def _anomaly(parts: Judging, fingerprint: str) -> AlertItem:
    found = [item for item in parts.alerts.firing(parts.clock.now()) if item.alert.fingerprint == fingerprint]
    if not found:
        message = (
            f"no alert that fires, or resolved within the last half hour, has the fingerprint {fingerprint!r}: "
            "`alertrelay feedback` knows those of the last 30 days"
        )
        raise ApiError(404, {"code": 404, "message": message})
    last = max(found, key=lambda item: item.order_key)
    if not is_judged(last.alert):
        raise unfit(
            _EXPECTED, f"{last.alert.name} is no anomaly: anomalies of the anomaly-scorer are judged, {JUDGED[1]}"
        )
    return last
