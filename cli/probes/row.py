"""The result of one try, and the failures of one, in words that hold no secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "not reached", "not authorised", "refused", "not tried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """The result of one try. `what` names the service, `who` its users in the configuration, `text` what it
    answered."""

    what: str
    who: str
    outcome: Outcome
    text: str
    mend: str = ""


class NotTaken(Exception):
    """A service that was not reached, refused a key, or refused what was asked. The text holds no secret."""

    def __init__(self, outcome: Outcome, text: str, mend: str) -> None:
        super().__init__(text)
        self.outcome, self.text, self.mend = outcome, text, mend


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTry:
    """One try: `run` returns what the service answered, in words, or raises NotTaken. `same` names the try: two users
    of one key at one service are one try."""

    what: str
    who: str
    same: tuple[object, ...]
    run: Callable[[], str]
