"""Golden files of forms that a scenario cannot reach in all their variants: each with every field set, and minimal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.wire import normalise, product
from tests.wire.scenarios import todays
from tests.wire.world import START, TABLE, World, deployed

LATER = START + timedelta(minutes=7, microseconds=123_457)
GID = "pagerduty-00112233445566778899aabbccddeeff"
OWNER = "0123456789abcdef0123456789abcdef"
KEY, OTHER = "00000000000000aa", "00000000000000bb"
MANY = frozenset(f"{number:016x}" for number in range(25))
"""More than 20 stand packed."""


def _alert(*, full: bool) -> Any:
    labels = {"alertname": "HighCPU", "severity": "critical", "service": "orders"} if full else {"alertname": "a"}
    return product.Alert(
        labels=labels,
        annotations={"summary": "für »orders« 🔥"} if full else {},
        status="resolved" if full else "firing",
        kind="alert",
        starts_at=START,
        ends_at=LATER if full else None,
        updated_at=LATER if full else None,
        source="cloudwatch" if full else "raw",
        fingerprint=product.fingerprint(labels),
        state_key="arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a",
        generator_url="https://example.com/alarm" if full else "",
    )


def _ledger(keys: frozenset[str] = frozenset({KEY, OTHER})) -> Any:
    pager = product.Integration(receiver="oncall", channel="pagerduty", index=0)
    slack = product.Integration(receiver="team", channel="slack", index=1)
    return product.Ledger(
        firing=keys,
        unsure=frozenset({KEY}),
        fallback_firing=keys,
        events=frozenset({OTHER}),
        storm=frozenset({KEY}),
        fallbacks=frozenset({str(slack)}),
        fallbacks_owed=frozenset({"mail/email/0", "mail/email/0#0a1b2c3d4e5f"}),
        refused=frozenset({"0a1b2c3d4e5f"}),
        behind={
            "5f4e3d2c1b0a": product.Behind(since=START, tries=2, firing=frozenset({KEY}), unsure=frozenset({OTHER})),
            "ffffffffffff": product.Behind(since=START, events=frozenset({OTHER}), repeats=True),
        },
        dedup_key="d" * 64,
        receipts={
            str(pager): product.Receipt(integration=pager, key_name="pagerduty_key", key_version="0a1b2c3d"),
            str(slack): product.Receipt(integration=slack, ref={"channel": "C1", "ts": "1700000000.000100"}),
        },
    )


def _change(*, full: bool, closing: bool = False) -> Any:
    return product.group_change(
        ledger=_ledger() if full else product.Ledger(),
        recorded_at=START,
        notified_at=LATER if full else None,
        due=LATER if full else None,
        next_due=LATER if full else None,
        closing=closing,
        uncertain=full,
        failures=3 if full else 0,
        failing_since=START if full else None,
        config_hash="c0ffee" if full else "",
    )


UNDELIVERED = product.UndeliveredMessage(
    gid="pagerduty-0", receiver="pager/pagerduty/0", failure="it is down", since=START, alerts=["HighCPU 00 firing"]
)

LATE = product.ReceiveMessage(envelope=product.Envelope(text="text"), late=True, settled=True)


def bodies() -> str:
    """Return what stands within queue bodies, and that it is read back as it was."""
    forms = {
        "change-full": product.change_json(_change(full=True)),
        "change-minimal": product.change_json(_change(full=False)),
        "ledger-full": product.ledger_json(_ledger()),
        "ledger-packed": product.ledger_json(_ledger(MANY)),
        "ledger-minimal": product.ledger_json(product.Ledger()),
        "envelope-full": _envelope(full=True).to_json(),
        "envelope-minimal": _envelope(full=False).to_json(),
        "receive": product.body_of(product.ReceiveMessage(envelope=_envelope(full=False))),
        "receive-rest": product.body_of(product.ReceiveMessage(envelope=_envelope(full=False), start=7)),
        "receive-late": product.body_of(LATE),
        "undelivered": product.body_of(UNDELIVERED),
    }
    assert product.message_of(forms["receive-late"]) == LATE
    assert product.message_of(forms["receive-rest"]) == product.ReceiveMessage(envelope=_envelope(full=False), start=7)
    assert product.message_of(forms["undelivered"]) == UNDELIVERED
    assert product.change_from_json(forms["change-full"]) == _change(full=True)
    assert product.change_from_json(forms["change-minimal"]) == _change(full=False)
    assert product.ledger_from_json(forms["ledger-packed"]) == _ledger(MANY)
    assert product.Envelope.from_json(forms["envelope-full"]) == _envelope(full=True)
    # As text: the order of keys is part of what is sent.
    return normalise.document({name: json.dumps(form, separators=(",", ":")) for name, form in forms.items()})


def _envelope(*, full: bool) -> Any:
    if not full:
        return product.Envelope(text="text")
    return product.Envelope(
        text="text",
        message_id="m-1",
        topic_arn="arn:aws:sns:eu-central-1:123456789012:critical",
        subject="ALARM",
        sent_at=START,
        attributes={"origin": "wire"},
        record_id="r-1",
    )


def items() -> str:
    """Return the items that the store writes, whole and minimal, at each step of a group's life."""
    with deployed(todays()) as world:
        at = product.store(world.dynamodb, TABLE, world.clock)
        tables: dict[str, Any] = {}

        def look(moment: str) -> None:
            tables[moment] = normalise.table(world.items())
            _empty(world)

        for full in (True, False):
            word = "full" if full else "minimal"
            at.put_alert(
                product.AlertItem(
                    key=KEY,
                    order_key=f"{7:020d}{int(full)}",
                    rank=4,
                    alert=_alert(full=full),
                    expires=LATER if full else None,
                ),
                groups=[GID, "slack-1"] if full else [],
            )
            at.put_member(GID, _member(full=full))
            look(f"alert and member, {word}")
            header = product.group_header(
                integration=product.Integration(receiver="oncall", channel="pagerduty", index=0),
                route_id="{}/0",
                group_key="{}:{}",
                group_labels={"service": "orders"} if full else {},
                config_hash="c" * 64,
            )
            at.arm(GID, header, due=START)
            tables[f"armed, {word}"] = normalise.table(world.items())
            leased = at.lease(GID, owner=OWNER, now=START, until=LATER) or None
            tables[f"leased, {word}"] = normalise.table(world.items())
            for closing in (True, False):
                change = product.with_hash(_change(full=full, closing=closing), "c" * 64)
                at.record(GID, owner=OWNER, change=change, before=leased)
                tables[f"recorded, {word}, closing {closing}"] = normalise.table(world.items())
            _empty(world)
        at.put_member(GID, _member(full=True))
        at.mark_moved(GID, _member(full=True), expires=LATER)
        look("moved")
        for number in range(102):
            at.note_source(product.InhibitKey("rule", "equal", number % 2 == 0), f"{number:016x}", fires=True)
        look("inhibitors, more than one item takes")
        return normalise.document({moment: _short(table) for moment, table in tables.items()})


def _member(*, full: bool) -> Any:
    return product.Member(
        key=KEY,
        order_key=f"{7:020d}{int(full)}",
        status="resolved" if full else "firing",
        alert=product.AlertBrief(
            state_key="arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a",
            fingerprint="0123456789abcdef",
            labels={"alertname": "HighCPU", "severity": "critical"} if full else {},
            starts_at=START,
            ends_at=LATER if full else None,
        ),
        at=LATER,
        expires=LATER if full else None,
    )


def _short(table: list[Any]) -> list[Any]:
    """Cut long sets."""
    return [{name: _cut(value) for name, value in item.items()} for item in table]


def _cut(value: Mapping[str, Any]) -> Any:
    found = value.get("SS", [])
    return {"SS": [*found[:2], f"{len(found)} in all"]} if len(found) > 10 else value


def _empty(world: World) -> None:
    for item in world.items():
        world.dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})
