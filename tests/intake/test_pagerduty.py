"""PagerDuty's webhook: an acknowledgement there is one here, a note stands behind it, and nothing goes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.alert import rfc3339
from alertrelay.config.model import Config
from alertrelay.intake.incidents import KEY, signature_of
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Receipt

from tests.aws.state import change
from tests.intake.door import READ, Answer, Door
from tests.intake.test_acknowledging import post
from tests.intake.test_api import fire

SECRET = "the-secret-of-a-subscription"
INCIDENT = "d3640fbd41094207a1c11e58e46b1662"
ANA = {"type": "user_reference", "id": "PLH1HKV", "summary": "Ana"}


@pytest.fixture
def paged(door: Door, config: Config) -> Door:
    """Two alerts of one group that PagerDuty holds open as INCIDENT, and one that it does not."""
    door.secret[KEY] = f"another-secret {SECRET}"
    fire(door, "Down", "Slow", "Other", service="orders", severity="critical")
    items = door.store.firing(door.clock.now())
    gid = next(gid for gid in sorted(items[0].groups) if gid.startswith("pagerduty-"))
    target = next(t for r in config.receivers for t in r.targets if t.integration.channel == "pagerduty")
    header = GroupHeader(
        identity=GroupIdentity(integration=target.integration, route_id="{}/0", group_key="k", group_labels={})
    )
    door.store.arm(gid, header, due=door.clock.now())
    door.store.lease(gid, owner="me", now=door.clock.now(), until=door.clock.now() + timedelta(seconds=5))
    keys = frozenset(item.key for item in items if item.alert.name != "Other")
    told = replace(change(Ledger(firing=keys, dedup_key=INCIDENT)), next_due=door.clock.now() + timedelta(minutes=5))
    door.store.record(gid, owner="me", change=told)
    return door


def hook(
    door: Door,
    kind: str,
    *,
    key: str = INCIDENT,
    seconds: float = 0,
    secret: str = SECRET,
    data: Mapping[str, Any] | None = None,
    agent: Mapping[str, str] | None = ANA,
    tampered: bool = False,
) -> Answer:
    at = rfc3339(door.clock.now() + timedelta(seconds=seconds))
    incident = {"id": "PGR0VU2", "type": "incident", "status": "acknowledged", "incident_key": key}
    event = {"id": "5ac6", "event_type": kind, "resource_type": "incident", "occurred_at": at, "agent": agent}
    body = json.dumps({"event": {**event, "client": {"name": "PagerDuty"}, "data": data or incident}})
    signatures = f"v1=00, {signature_of(secret.encode(), body.encode())}"
    body = body.replace("PGR0VU2", "PGR0VU3") if tampered else body
    return door.ask("POST", "/pagerduty/webhook", body, token="", headers={"x-pagerduty-signature": signatures})


def note(text: str, incident: str = "PGR0VU2") -> dict[str, Any]:
    return {"id": "P2LA", "type": "incident_note", "content": text, "incident": {"id": incident}}


def who(door: Door) -> dict[str, tuple[str, str, str]]:
    listed = door.ask("GET", "/api/v1/acknowledgements", token=READ).json
    return {
        one["alertname"]: (one["acknowledged"]["by"], one["acknowledged"]["via"], one["acknowledged"]["comment"])
        for one in listed
    }


def test_an_acknowledged_incident_acknowledges_its_alerts_once(paged: Door) -> None:
    assert hook(paged, "incident.acknowledged").json == {"alerts": 2}
    assert who(paged) == {"Down": ("Ana", "pagerduty", ""), "Slow": ("Ana", "pagerduty", "")}
    assert hook(paged, "incident.acknowledged", agent=None).json == {"alerts": 0}  # it comes twice
    acknowledged = {item.acknowledged for item in paged.store.firing(paged.clock.now()) if item.acknowledged}
    assert {one.incident for one in acknowledged} == {INCIDENT}  # by which it is not sent back
    assert hook(paged, "incident.unacknowledged").json == {"alerts": 2}  # its time ran out
    assert who(paged) == {}


def test_a_note_stands_behind_whoever_was_first(paged: Door) -> None:
    item = next(item for item in paged.store.firing(paged.clock.now()) if item.alert.name == "Down")
    post(paged, item.alert.fingerprint, "bo", comment="on it")
    assert hook(paged, "incident.acknowledged").json == {"alerts": 1}
    said = hook(paged, "incident.annotated", data=note("the disk\nis full"))
    assert said.json == {"alerts": 2}
    assert hook(paged, "incident.annotated", data=note("the disk\nis full")).json == {"alerts": 0}
    assert who(paged) == {
        "Down": ("bo", "api", "on it\nAna: the disk is full"),
        "Slow": ("Ana", "pagerduty", "Ana: the disk is full"),
    }
    # What bo acknowledged is not ended by PagerDuty.
    assert hook(paged, "incident.unacknowledged").json == {"alerts": 1}
    assert list(who(paged)) == ["Down"]
    assert hook(paged, "incident.annotated", data=note("x", "PANOTHER")).json == {"alerts": 0}


@pytest.mark.parametrize(
    ("given", "status"),
    [({"tampered": True}, 401), ({"secret": "a-secret-of-somebody"}, 401), ({"seconds": -3 * 24 * 3600}, 200)],
)
def test_a_forged_or_stale_event_changes_nothing(paged: Door, given: dict[str, Any], status: int) -> None:
    assert hook(paged, "incident.acknowledged", **given).status == status
    assert who(paged) == {}


def test_an_event_from_before_the_firing_is_not_about_it(paged: Door) -> None:
    assert hook(paged, "incident.acknowledged", seconds=-600).json == {"alerts": 0}
    assert hook(paged, "incident.resolved").json == {"alerts": 0}
    assert hook(paged, "incident.acknowledged", key="unknown").json == {"alerts": 0}
    assert who(paged) == {}


def test_a_page_that_stood_in_for_another_channel_is_found_by_its_own_key(paged: Door) -> None:
    gid = next(gid for gid, header in paged.store._headers.items() if header.ledger.firing)
    header = paged.store._headers[gid]
    receipt = Receipt(integration=header.identity.integration, ref={"dedup_key": "f" * 64})
    ledger = Ledger(fallback_firing=header.ledger.firing, receipts={"oncall": receipt})
    paged.store._headers[gid] = replace(header, ledger=ledger)
    assert hook(paged, "incident.acknowledged", key="f" * 64).json == {"alerts": 2}


def test_bodies_of_other_shapes_and_a_missing_secret_are_refused(paged: Door) -> None:
    for body in ("[]", "{", '{"event": {"data": 5}}', "null"):
        headers = {"x-pagerduty-signature": signature_of(SECRET.encode(), body.encode())}
        answer = paged.ask("POST", "/pagerduty/webhook", body, token="", headers=headers)
        assert answer.status == 400
        assert "expected PagerDuty's V3 webhook" in answer.json["message"]
    del paged.secret[KEY]
    paged.clock.sleep(600)
    assert hook(paged, "incident.acknowledged").status == 401
