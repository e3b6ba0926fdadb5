"""Takes acknowledgements: who is on an alert that fires. The first one stands, and undoing it is a request of its own.

The alert is written first; then its copies in its groups, whose flush edits messages and acknowledges incidents
(notify/acknowledged.py). What fails in between is mended by the same request once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alertrelay.alert import Acknowledgement, Way
from alertrelay.intake.ports import Acknowledgements, IntakeReport, OpenAlerts
from alertrelay.intake.remark import remark_of
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.nflog.group_state import AlertItem
from alertrelay.policy.acknowledgement import BY_CHARACTERS, comment_of, fires, of_firing, shown, standing
from alertrelay.ports import Clock
from alertrelay.state import Groups, StoreFailure

TRIES = 3
_EXPECTED = 'expected {"fingerprint": "0123456789abcdef", "comment": "…"}; `comment` and `by` may be left out'


class NotFiring(Exception):
    """Raised where no alert that fires has the fingerprint; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledging:
    """What taking acknowledgements needs. `alerts` are those that the relay holds. `show` has the messages of groups
    show it at once, where that can be done; their next flush does it too. It never raises."""

    alerts: OpenAlerts
    acknowledgements: Acknowledgements
    groups: Groups
    clock: Clock
    report: IntakeReport
    show: Callable[[Iterable[str]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The alert with the acknowledgement that stands. `first`: it is the one that was asked for, and no earlier one."""

    item: AlertItem
    by: Acknowledgement
    first: bool


def acknowledge(parts: Acknowledging, fingerprint: str, *, by: str, via: Way, comment: str = "") -> Acknowledged:
    """Acknowledges the present firing of an alert. Raises NotFiring, state.StoreFailure."""
    for _ in range(TRIES):
        items = _firing(parts, fingerprint)
        taken = [acknowledge_item(parts, item, by=by, via=via, comment=comment) for item in items]
        found = [one for one in taken if one]
        if len(found) == len(items):
            show(parts, items)
            return found[0]
    raise StoreFailure("the alert changed while it was acknowledged: try again")


def acknowledge_item(
    parts: Acknowledging,
    item: AlertItem,
    *,
    by: str,
    via: Way,
    comment: str = "",
    incident: str = "",
    incident_id: str = "",
) -> Acknowledged | None:
    """Acknowledges an alert that was read; None where it fires no longer as it did then. Raises
    state.StoreFailure."""
    new = of_firing(
        item.alert,
        by=by,
        via=via,
        at=parts.clock.now(),
        comment=comment,
        incident=incident,
        incident_id=incident_id,
    )
    taken = _taken(parts, item, new)
    if taken:
        _note(parts, taken.item, taken.by)
    return taken


def withdraw(parts: Acknowledging, fingerprint: str, *, by: str) -> bool:
    """Undoes an acknowledgement; False where there is none. Raises NotFiring, state.StoreFailure."""
    items = _firing(parts, fingerprint)
    undone = [withdraw_item(parts, item, by=by, why="withdrawn") for item in items]
    show(parts, items)
    return any(undone)


def show(parts: Acknowledging, items: Iterable[AlertItem]) -> None:
    """Has messages about these alerts show who is on them."""
    parts.show(sorted({gid for item in items for gid in item.groups}))


def withdraw_item(parts: Acknowledging, item: AlertItem, *, by: str, why: str) -> bool:
    """Undoes the acknowledgement of an alert that was read; False where it has none, or another one by now. Raises
    state.StoreFailure."""
    if item.acknowledged is None:
        _note(parts, item, None)  # an earlier try may have died before it
        return False
    if not parts.acknowledgements.withdraw(item):
        return False
    _note(parts, item, None)
    alert = item.alert
    parts.report.log(
        "acknowledgement_ended",
        fingerprint=alert.fingerprint,
        alertname=alert.name,
        state_key=alert.state_key,
        by=by[:BY_CHARACTERS],
        why=why,
    )
    return True


def replace_acknowledgement(parts: Acknowledging, item: AlertItem, new: Acknowledgement) -> bool:
    """Writes more of the acknowledgement that an alert has, as it was read; False where it has another one by now.
    Raises state.StoreFailure."""
    new = replace(new, comment=comment_of(new.comment))
    found = parts.acknowledgements.acknowledge(item, new)
    if found is None or found.acknowledged != new:
        return False
    _note(parts, found, new)
    return True


def acknowledged_now(parts: Acknowledging) -> list[AlertItem]:
    """Returns the alerts that fire and are acknowledged, by fingerprint. Raises state.StoreFailure."""
    now = parts.clock.now()
    found = (item for item in parts.alerts.firing(now) if fires(item.alert, now))
    named = (item for item in found if standing(item.acknowledged, item.alert))
    return sorted(named, key=lambda item: item.alert.fingerprint)


def _firing(parts: Acknowledging, fingerprint: str) -> Sequence[AlertItem]:
    now = parts.clock.now()
    named = [item for item in parts.alerts.firing(now) if item.alert.fingerprint == fingerprint]
    firing = [item for item in named if fires(item.alert, now)]
    if firing:
        return firing
    if named:
        raise NotFiring(f"alert {fingerprint} has resolved: there is nothing to acknowledge")
    lists = "GET /api/v2/alerts lists those that fire; one that was posted a moment ago is known some seconds later"
    raise NotFiring(f"no alert that fires has the fingerprint {fingerprint!r}: {lists}")


def _taken(parts: Acknowledging, item: AlertItem, new: Acknowledgement) -> Acknowledged | None:
    alert = item.alert
    earlier = standing(item.acknowledged, alert)
    if earlier:
        return Acknowledged(item=item, by=earlier, first=False)
    found = parts.acknowledgements.acknowledge(item, new)
    if found is None or found.acknowledged is None:
        return None
    if found.acknowledged != new:
        return Acknowledged(item=found, by=found.acknowledged, first=False)
    parts.report.log(
        "acknowledged",
        fingerprint=alert.fingerprint,
        alertname=alert.name,
        state_key=alert.state_key,
        by=new.by,
        via=new.via,
        comment=new.comment,
        until="",
    )
    return Acknowledged(item=found, by=new, first=True)


def _note(parts: Acknowledging, item: AlertItem, by: Acknowledgement | None) -> None:
    """Writes it to the alert's groups, and makes each due in which it fires."""
    noted = [gid for gid in sorted(item.groups) if parts.acknowledgements.note(gid, item.key, by)]
    now = parts.clock.now()
    for gid, header in parts.groups.headers(noted).items():
        schedule = header.schedule
        if schedule.owner:
            parts.groups.note_joined(gid)
        elif schedule.armed and schedule.next_due and schedule.next_due > now:
            parts.groups.bring_forward(gid, due=now, seen=schedule.next_due)


def post_acknowledgement(parts: Acknowledging, request: ApiRequest) -> dict[str, Any]:
    """Answers POST /api/v1/acknowledgements. Raises ApiError, state.StoreFailure."""
    said = remark_of(request, expected=_EXPECTED)
    try:
        found = acknowledge(parts, said.fingerprint, by=said.by, via=said.via, comment=said.comment)
    except NotFiring as error:
        raise ApiError(404, {"code": 404, "message": str(error)}) from None
    return {**_listed(found.item, found.by), "first": found.first}


def get_acknowledgements(parts: Acknowledging) -> list[dict[str, Any]]:
    """Answers GET /api/v1/acknowledgements. Raises state.StoreFailure."""
    return [_listed(item, item.acknowledged) for item in acknowledged_now(parts)]


def delete_acknowledgement(parts: Acknowledging, request: ApiRequest, fingerprint: str) -> None:
    """Answers DELETE /api/v1/acknowledgements/FINGERPRINT. Raises ApiError, state.StoreFailure."""
    try:
        undone = withdraw(parts, fingerprint, by=request.client)
    except NotFiring as error:
        raise ApiError(404, {"code": 404, "message": str(error)}) from None
    if not undone:
        message = f"alert {fingerprint} is not acknowledged: GET /api/v1/acknowledgements lists those that are"
        raise ApiError(404, {"code": 404, "message": message})


def _listed(item: AlertItem, by: Acknowledgement | None) -> dict[str, Any]:
    alert = item.alert
    return {"fingerprint": alert.fingerprint, "alertname": alert.name, "acknowledged": shown(by)}
