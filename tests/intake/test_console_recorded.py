"""The answers that tests of the console's page are given have the shapes of the API's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alertrelay.intake.ports import HandledLetter
from alertrelay.nflog.ledger import Ledger
from alertrelay.state import AnomalyNote, BudgetNote

from tests.intake.door import ADMIN, NOW, READ, Door
from tests.intake.test_api import fire
from tests.intake.test_console import record

RECORDED = json.loads((Path(__file__).parents[1] / "console" / "recorded.json").read_text(encoding="utf-8"))
MAPS = frozenset({"labels", "group", "burnRates", "bySeverity", "byService"})
"""Objects whose names are data."""


def shape(value: Any) -> Any:
    """The names and kinds of a JSON value; of a list those of its first item."""
    if isinstance(value, dict):
        return {name: "map" if name in MAPS else shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return "number" if type(value) in (int, float) else type(value).__name__


def test_recorded_answers_have_the_shapes_of_the_api(door: Door) -> None:
    fire(door, "Down", service="orders", severity="critical")
    (item,) = door.store.firing(NOW)
    ledger = Ledger(fallback_firing=frozenset({item.key}), fallbacks=frozenset({"chat/slack/0"}))
    record(door, ledger, failures=2)
    door.letters.letters.append(HandledLetter(about="Down firing", sent_at=NOW, done="sent", why="so"))
    door.store.anomalies["orders"] = [AnomalyNote(text="twice the usual", score=0.9, since="2026-11-20T03:00:00Z")]
    door.store.budgets["orders-availability"] = BudgetNote(
        at=NOW.timestamp(),
        percent=99.9,
        window=2_592_000,
        allowed=40.0,
        consumed=1.0,
        history=86_400,
        rates={3600: 1.5},
    )
    found = {path: door.ask("GET", path, token=READ).json for path in RECORDED if path != "/api/v1/redrive"}
    queue = found["/api/v1/undelivered"]["deadLetters"][0]["queue"]
    found["/api/v1/redrive"] = door.ask("POST", "/api/v1/redrive", {"queue": queue}, token=ADMIN).json
    assert shape(found) == shape(RECORDED)
