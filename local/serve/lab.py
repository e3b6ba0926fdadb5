"""What only `alertrelay serve` offers the console: switches for faults of the stand-ins, and events to replay.

These routes are handed to the intake here. A deployed one has none of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.route import RouteFacts
from alertrelay.ports import Clock
from alertrelay.sources import Envelope, parse, unwrap

from local.standins import Fault, StandIns

EVENTS = Path(__file__).parents[2] / "events"
"""The recorded events of a checkout; a wheel has none."""
FAULTS = ("", "503", "429", "400", "timeout", "reset")
"""Of a service by HTTP; what a mail server answers has other numbers."""
MAIL_FAULTS = ("", "451", "554", "timeout", "reset")


@dataclass(slots=True)
class Lab:
    """`peers` are the stand-ins, None where the channels are real; `channels` are those that the configuration uses."""

    peers: StandIns | None
    channels: frozenset[str]
    take: Callable[[Envelope], None]
    clock: Clock
    _faults: dict[str, str] = field(default_factory=dict)
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def routes(self) -> tuple[RouteFacts, ...]:
        """Returns the routes for `alertrelay.intake.routes`."""
        return (
            RouteFacts("GET", "/local/faults", "admin", "List the stand-ins", lambda *_: self.faults()),
            RouteFacts("POST", "/local/faults", "admin", "Let a stand-in fail", lambda _, asked: self.fail(asked)),
            RouteFacts("GET", "/local/events", "admin", "List events to replay", lambda *_: self.events()),
            RouteFacts("POST", "/local/events", "admin", "Replay an event", lambda _, asked: self.replay(asked)),
        )

    def faults(self) -> dict[str, Any]:
        """Returns each stand-in with the fault that it has, "" for none, and those that it may have."""
        there = sorted(self.channels & set(self.peers.endpoints)) if self.peers else []
        return {
            "asOf": rfc3339(self.clock.now()),
            "faults": [
                {"channel": name, "fault": self._faults.get(name, ""), "choices": list(_choices(name))}
                for name in there
            ],
        }

    def fail(self, asked: ApiRequest) -> dict[str, Any]:
        """Lets a stand-in fail from now on, or work again. Raises ApiError."""
        channel, fault = _texts(asked, "channel", "fault")
        if channel not in [each["channel"] for each in self.faults()["faults"]] or self.peers is None:
            raise ApiError(404, {"code": 404, "message": f"there is no stand-in {channel[:60]!r}"})
        if fault not in _choices(channel):
            known = ", ".join(name for name in _choices(channel) if name)
            raise ApiError(422, {"code": 602, "message": f'fault in body: one of {known} was expected, or ""'})
        with self._changing:
            self._faults[channel] = fault
            self.peers.heal()
            for name, named in self._faults.items():
                if named:
                    self.peers.fail(name, Fault.named(named))
        return self.faults()

    def events(self) -> dict[str, Any]:
        """Returns the recorded events."""
        return {"asOf": rfc3339(self.clock.now()), "events": [_shown(name) for name in sorted(_recorded())]}

    def replay(self, asked: ApiRequest) -> dict[str, str]:
        """Hands a recorded event to the relay as its topic would, now. Raises ApiError."""
        (name,) = _texts(asked, "name")
        path = _recorded().get(name)
        if path is None:
            raise ApiError(404, {"code": 404, "message": f"there is no event {name[:60]!r}"})
        for envelope in unwrap(path.read_text(encoding="utf-8")):
            self.take(envelope)
        return {"published": name}


def _choices(channel: str) -> tuple[str, ...]:
    return MAIL_FAULTS if channel == "email" else FAULTS


def _recorded() -> dict[str, Path]:
    return {path.stem: path for path in EVENTS.glob("*.json")} if EVENTS.is_dir() else {}


def _shown(name: str) -> dict[str, str]:
    return {"name": name, "title": name.replace("-", " ").capitalize()}


def severity_of(envelope: Envelope, clock: Clock) -> str:
    """Returns the topic that an event goes to: that of its severity."""
    found = {alert.labels.get("severity", "") for alert in parse(envelope, received_at=clock.now()).alerts}
    return next((name for name in ("critical", "warning", "info") if name in found), "warning")


def _texts(asked: ApiRequest, *names: str) -> list[str]:
    data = asked.json()
    found = [data.get(name) if isinstance(data, Mapping) else None for name in names]
    if not all(isinstance(one, str) for one in found):
        expected = json.dumps(dict.fromkeys(names, "…"), ensure_ascii=False)
        raise ApiError(422, {"code": 602, "message": f"expected {expected}"})
    return [str(one) for one in found]
