"""The verdict on a run, from what the peers received alone, and from what the sources had sent: never from our log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from tests.harness.peers import Received
from tests.harness.reading import Reading, State, read

PATIENCE = timedelta(minutes=40)
"""How long an alert fires until somebody must have been notified, whatever fails."""
WAIT = timedelta(minutes=5.5)
"""The longest that an alert waits for its group's flush."""
Mute = Literal["silenced", "inhibited"]
Account = Literal["delivered", "by fallback", "merged", Mute, "over before", "lost"]
"""`delivered` at its own destination; known `by fallback` alone; `merged`, of these two, into a message with others
that fire; `silenced` or `inhibited`, as its source knows; `over before` anybody had to know; `lost`."""
Receivers = Mapping[str, Sequence[str]]
"""The destination of each receiver, with those of its fallbacks."""


@dataclass(frozen=True, kw_only=True)
class Episode:
    """An alert that fired. `muted_until`: nobody needs to be notified before, for it is `muted` so. `event`: it never
    resolves. `asked`: its source can be asked whether it fires, after the table was lost."""

    token: str
    begins: datetime
    ends: datetime
    receivers: tuple[str, ...]
    muted_until: datetime | None = None
    muted: Mute | None = None
    event: bool = False
    asked: bool = False

    @property
    def owed_since(self) -> datetime:
        """From when on somebody is to be notified."""
        return max(self.begins, self.muted_until or self.begins)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Each list names what is wrong. `bound`: how many duplicates the faults excuse. `needless`: resolves of incidents
    that were not open, which PagerDuty drops without a sound; wrong only where nothing was in doubt (`certain`). A dead
    letter that is left pages by its queue's alarm: it is reported, and excuses nothing."""

    updates: int
    messages: int
    lost: Sequence[str]
    unresolved: Sequence[str]
    incidents_open: Sequence[str]
    duplicates: Sequence[str]
    needless: Sequence[str]
    certain: bool
    bound: int
    dead: Sequence[str] = ()
    leaks: Sequence[str] = ()
    accounts: Mapping[Account, int] = field(default_factory=dict)
    """What became of each alert that fired at each of its receivers."""

    @property
    def wrong(self) -> bool:
        """Whether the promise was broken."""
        found = bool(
            self.lost or self.unresolved or self.incidents_open or (self.certain and self.needless) or self.leaks
        )
        return found or len(self.duplicates) > self.bound

    def __str__(self) -> str:
        found = (
            f"{self.updates} updates, {self.messages} messages: lost {len(self.lost)}, never resolved "
            f"{len(self.unresolved)}, PagerDuty open {len(self.incidents_open)}, dead letters {len(self.dead)}, "
            f"duplicates {len(self.duplicates)} of at most {self.bound}, resolves of what was not open "
            f"{len(self.needless)}"
        )
        named = [*self.leaks, *self.lost, *self.unresolved, *self.incidents_open, *self.dead]
        if len(self.duplicates) > self.bound:
            named += self.duplicates
        if self.certain:
            named += self.needless
        return "\n  ".join([found, *named[:12]]) if self.wrong else found


@dataclass
class View:
    """What the readers of one destination take to be so. `history`: each alert's states with their times. `implied`:
    resolved by the end of their group, which did not name them; their own resolve is news still."""

    known: dict[str, dict[str, State]] = field(default_factory=lambda: defaultdict(dict))
    open_: set[str] = field(default_factory=set)
    implied: set[str] = field(default_factory=set)
    history: dict[str, list[tuple[datetime, str, State]]] = field(default_factory=lambda: defaultdict(list))
    heard: set[tuple[str, str]] = field(default_factory=set)
    """Alerts that fire, each with the receiver that could not be notified of it, "" where it came as the destination's
    own: that it concerns another receiver is news. Once that one answers again, or the alert is resolved, so is that it
    could not be notified once more."""
    together: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """When a message that named several alerts as firing brought news of each."""

    def take(self, message: Received, reading: Reading) -> bool:
        """Takes a message in; False where it conveys nothing that was not known."""
        known = self.known[reading.stream]
        states: dict[str, State] = dict(reading.states)
        if message.edit:
            # It notifies nobody: what it shows as firing for the first time is still to be announced.
            states = {t: state for t, state in states.items() if state == "resolved" or known.get(t) == "firing"}
        named = {token for token, state in states.items() if state == "resolved" and token in self.implied}
        if reading.over or reading.whole:
            gone: dict[str, State] = dict.fromkeys(known, "resolved")
            states = gone | states
        if reading.over:
            states |= dict.fromkeys(known, "resolved")
        changed = {token: state for token, state in states.items() if known.get(token, "resolved") != state}
        opens = message.channel == "pagerduty" and (reading.stream in self.open_) == reading.over
        (self.open_.discard if reading.over else self.open_.add)(reading.stream)
        self.implied -= named
        if reading.over:
            self.implied |= {token for token in changed if token not in reading.states}
        known |= states
        concerns = not message.edit and self._concerns(reading, states)
        several = sum(state == "firing" for state in states.values()) > 1
        for token, state in changed.items():
            self.history[token].append((message.at, reading.stream, state))
            if several and state == "firing":
                self.together[token].append(message.at)
        return self._resolve(message.at, reading.elsewhere) or bool(changed or opens or named or concerns)

    def _concerns(self, reading: Reading, states: Mapping[str, State]) -> bool:
        """Whether it is news of an alert which receiver it concerns."""
        firing = {token for token, state in states.items() if state == "firing"}
        over = firing if reading.note else set(states) - firing
        self.heard -= {pair for pair in self.heard if pair[0] in over}
        found = set[tuple[str, str]]() if reading.note else {(token, reading.failed) for token in firing}
        new = bool(found - self.heard)
        self.heard |= found
        return new

    def resolves_unknown(self, reading: Reading) -> bool:
        """Returns whether a message resolves an alert that its readers do not take to fire, in an open incident. The
        service merges it into that incident, and notifies nobody; see protocol.md on resolves of the unannounced."""
        known = self.known[reading.stream]
        resolved = [token for token, state in reading.states.items() if state == "resolved"]
        return reading.stream in self.open_ and any(known.get(token, "resolved") == "resolved" for token in resolved)

    def _resolve(self, at: datetime, tokens: Iterable[str]) -> bool:
        """Resolves alerts in whatever stream they fire; False where none does."""
        found = [(s, token) for s, known in self.known.items() for token in tokens if known.get(token) == "firing"]
        for stream, token in found:
            self.known[stream][token] = "resolved"
            self.history[token].append((at, stream, "resolved"))
        return bool(found)

    def firing(self, token: str, *, since: datetime, until: datetime) -> bool:
        """Whether its readers knew at some time in between that it fires."""
        open_: set[str] = set()
        for at, stream, state in self.history.get(token, ()):
            if at > until:
                break
            if at >= since and open_:
                return True
            (open_.add if state == "firing" else open_.discard)(stream)
        return bool(open_)

    def left(self) -> set[str]:
        """The alerts that its readers still take to fire."""
        return {token for known in self.known.values() for token, state in known.items() if state == "firing"}


def judge(
    inbox: Iterable[Received],
    episodes: Sequence[Episode],
    receivers: Receivers,
    *,
    updates: int,
    bound: int,
    healthy_since: datetime,
    forgotten: bool = False,
    certain: bool = False,
    patience: timedelta = PATIENCE,
    dead: Sequence[str] = (),
    leaks: Sequence[str] = (),
) -> Verdict:
    """Returns the verdict. Within `patience` somebody must know of an alert, at its own destination or a fallback's.
    From `healthy_since` on nothing fails: an alert that fires long after it is known at its own destination too.

    Where the table was lost then (`forgotten`), another one's resolve may close the incident of what fired before, and
    what waited for its group's flush is lost with the table, save for alerts whose source can be asked. `certain`:
    nothing left it open whether an incident is open."""
    views: dict[str, View] = defaultdict(View)
    duplicates, needless, messages = [], [], 0
    events = {one.token for one in episodes if one.event}
    for message in sorted(inbox, key=lambda one: one.at):
        messages += 1
        reading = read(message)
        # An edit notifies nobody, and PagerDuty drops the resolve of a key that is not open.
        # An event has nothing open that could be edited: a line says that another channel failed.
        line = "FAILED" in str(message.body) and bool(reading.states) and set(reading.states) <= events
        silent = reading.note or message.edit or line
        unopened = _is_pagerduty(message.destination) and (
            reading.over or views[message.destination].resolves_unknown(reading)
        )
        if views[message.destination].take(message, reading) or silent:
            continue
        if unopened:
            needless.append(f"not open at {message.destination} at {message.at:%H:%M:%S}: {reading.stream[:8]}")
        else:
            named = ", ".join(f"{token} {state}" for token, state in reading.states.items()) or "a resolve"
            duplicates.append(f"twice at {message.destination} at {message.at:%H:%M:%S}: {named}")
    lost = list(_lost(views, episodes, receivers, healthy_since, patience, forgotten=forgotten))
    return Verdict(
        updates=updates,
        messages=messages,
        lost=lost,
        leaks=leaks,
        accounts=_accounts(views, episodes, receivers) | {"lost": len(lost)},
        unresolved=[
            f"never resolved at {name}: {token}"
            for name, view in sorted(views.items())
            for token in sorted(view.left() - events)
        ],
        incidents_open=[
            f"open at PagerDuty: {key[:8]} at {name}"
            for name, view in sorted(views.items())
            for key in sorted(view.open_)
            if _is_pagerduty(name) and not set(view.known[key]) <= events
        ],
        duplicates=duplicates,
        needless=needless,
        certain=certain,
        bound=bound,
        dead=dead,
    )


def _accounts(views: Mapping[str, View], episodes: Iterable[Episode], receivers: Receivers) -> dict[Account, int]:
    """Counts what became of each alert at each of its receivers, by what its readers knew while it fired, or shortly
    after: an event never resolves, and a message may be on its way."""
    found: Counter[Account] = Counter()
    for one in episodes:
        until = one.ends + WAIT
        for receiver in one.receivers:
            own, *others = receivers[receiver]
            knew = (p for p in (own, *others) if views[p].firing(one.token, since=one.begins, until=until))
            if place := next(knew, None):
                found["delivered" if place == own else "by fallback"] += 1
                found["merged"] += any(one.begins <= at <= until for at in views[place].together[one.token])
            else:
                found[one.muted or "over before"] += 1
    return dict(found)


def _is_pagerduty(destination: str) -> bool:
    return destination.endswith("_key")


def _lost(
    views: Mapping[str, View],
    episodes: Iterable[Episode],
    receivers: Receivers,
    healthy_since: datetime,
    patience: timedelta,
    *,
    forgotten: bool,
) -> Iterable[str]:
    for one in episodes:
        since = one.owed_since
        unknown = forgotten and not one.asked
        waited = unknown and healthy_since - WAIT <= one.begins < healthy_since
        if one.ends - since < patience or waited:
            continue
        own_must = one.ends - max(since, healthy_since) >= PATIENCE and not one.event
        own_must = own_must and not (unknown and one.begins < healthy_since)
        for receiver in one.receivers:
            own, *others = receivers[receiver]
            known = any(views[place].firing(one.token, since=since, until=since + patience) for place in (own, *others))
            if own_must:
                known = known and views[own].firing(one.token, since=one.ends, until=one.ends)
            if not known:
                yield f"lost for {receiver}: {one.token}, {one.begins:%H:%M:%S} to {one.ends:%H:%M:%S}"
