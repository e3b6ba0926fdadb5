"""What the console needs beside the rest of the intake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alertrelay.alert import Labels
from alertrelay.intake.ports import DeadLetters, DecisionLog
from alertrelay.intake.tokens import Doorkeeper
from alertrelay.state import Groups, Lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSite:
    """Where the console is. `home` has the labels account_id and region of the relay's own; `local`: on loopback,
    without TLS."""

    environment: str
    home: Labels
    local: bool

    @property
    def cookie(self) -> str:
        """Returns the name of the session's cookie. RFC 6265bis, 4.1.3.2: a browser takes `__Host-` only over TLS, for
        this host alone and all of its paths, so that no neighbour's page can plant one."""
        return "alertrelay" if self.local else "__Host-alertrelay"

    def address(self, host: str) -> str:
        """Returns the page's address, at the host that a request names."""
        return f"{'http' if self.local else 'https'}://{host}/console" if host else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What the handlers of the console's own routes need. `objectives` are the names of those whose budget is kept."""

    site: ConsoleSite
    doorkeeper: Doorkeeper
    groups: Groups
    lookup: Lookup
    letters: DeadLetters
    log: DecisionLog
    objectives: Sequence[str] = ()
