"""Holds the planned faults and the requests. Shared by the listeners' threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast, get_args

TRICKLE_SECONDS = 0.02
"""Between two bytes of a trickle."""

FaultKind = Literal["status", "timeout", "refused", "reset", "trickle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail: a status (an SMTP code for e-mail), no answer (`timeout`), a closed port (`refused`), a
    connection reset after the request, or an answer of which a byte comes now and then (`trickle`).

    `body` replaces what the service would say with that status. `late` is for e-mail: after the mail's data instead of
    at its sender.
    """

    kind: FaultKind
    status: int = 503
    retry_after: str = ""
    body: str | None = None
    late: bool = False

    @classmethod
    def named(cls, name: str) -> Fault:
        """`503`, `429`, `timeout`, `refused`, `reset`, `trickle`. Raises ValueError."""
        if name.isdecimal() and 300 <= int(name) <= 599:
            return cls(kind="status", status=int(name))
        if name in get_args(FaultKind) and name != "status":
            return cls(kind=cast(FaultKind, name))
        raise ValueError(f"{name!r} is not a fault: expected 503 or another status, timeout, refused, reset or trickle")

    def __str__(self) -> str:
        return str(self.status) if self.kind == "status" else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One request, without secrets. `answered` is a status, or the fault's name. `tokens` say whose it was, as in
    `StandIns.fail`; they are secrets and stay out of its repr. `raw` is a mail as it came, b"" for other channels."""

    channel: str
    at: datetime
    path: str
    headers: Mapping[str, str]
    body: Any
    request_id: str
    answered: str
    tokens: frozenset[str] = field(repr=False)
    raw: bytes = field(default=b"", repr=False)
    method: str = "POST"

    @property
    def taken(self) -> bool:
        """Returns whether the peer took it."""
        return self.answered.isdecimal() and self.answered.startswith("2")


@dataclass(slots=True)
class _Planned:
    channel: str
    fault: Fault
    token: str
    left: int | None
    after: int


class Board:
    """`now` is an injected clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []
        self._requests: list[RecordedRequest] = []

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """In order of arrival."""
        with self._lock:
            return tuple(self._requests)

    def record(self, request: RecordedRequest) -> None:
        """Keeps it."""
        with self._lock:
            self._requests.append(request)

    def fail(self, channel: str, fault: Fault, *, token: str, times: int | None, after: int = 0) -> None:
        """See StandIns.fail. What was said last counts first."""
        with self._lock:
            self._planned.insert(0, _Planned(channel, fault, token, times, after))

    def heal(self) -> None:
        """Nothing fails any more."""
        with self._lock:
            self._planned.clear()

    def fault_for(self, channel: str, tokens: frozenset[str], *, late: bool = False) -> Fault | None:
        """The fault that strikes a request of these tokens now; counts it."""
        with self._lock:
            for planned in self._planned:
                if planned.channel != channel or planned.left == 0 or planned.fault.late != late:
                    continue
                if planned.token in tokens or not planned.token:
                    if planned.after:
                        planned.after -= 1
                        continue
                    if planned.left is not None:
                        planned.left -= 1
                    return planned.fault
        return None
