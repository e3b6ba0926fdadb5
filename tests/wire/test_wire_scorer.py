"""The anomaly-scorer is replaced in the middle of an anomaly: what it announced is resolved, once, under its labels."""

from __future__ import annotations

import json
from typing import Any

from tests.wire.mid_incident import FOLDER
from tests.wire.scorer import resume

IDENTITY = ("fingerprint", "labels", "startsAt")


def test_todays_scorer_closes_the_recorded_anomaly_under_its_labels_and_once() -> None:
    recorded: dict[str, Any] = json.loads((FOLDER / "scorer" / "open.json").read_text(encoding="utf-8"))
    (announced,) = (alert for message in recorded["published"] for alert in message["alerts"])
    assert announced["status"] == "firing"
    (resolved,) = (alert for message in resume(recorded) for alert in message["alerts"])
    assert resolved["status"] == "resolved"
    assert {name: resolved[name] for name in IDENTITY} == {name: announced[name] for name in IDENTITY}
