"""Finds the silences that mute an alert, and creates, changes and expires them.

Rules: prometheus/alertmanager silence/silence.go (`Set`, `canUpdate`, `Expire`) and the checks of its API v2. Nothing
is sent when a silence starts or ends; it takes effect at the next flush. Times are aware datetimes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from alertrelay.alert import Labels, rfc3339
from alertrelay.config.matchers import MatcherError, check_regex
from alertrelay.config.model import Matcher
from alertrelay.policy.matchers import matches

State = Literal["pending", "active", "expired"]
Refusal = Literal[
    "malformed", "not_found", "no_matchers", "bad_matcher", "matches_everything", "bad_times", "too_large"
]

MAX_CHARACTERS = 64_000
"""Of all texts of one silence: all of them are read at every flush."""


class SilenceRefused(ValueError):
    """Raised for a silence that breaks the rule `name`; the text has the expected and the actual value, and the fix."""

    def __init__(self, name: Refusal, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Mutes the alerts that satisfy all matchers of any of its `matchers`, from `starts_at` until before `ends_at`.

    `id` is "" for one that is not stored yet.
    """

    id: str
    matchers: tuple[tuple[Matcher, ...], ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    updated_at: datetime
    annotations: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The silences to store, in this order, and the id that the wanted silence then has."""

    id: str
    write: tuple[Silence, ...]


def state(silence: Silence, now: datetime) -> State:
    """Returns the state by the clock alone. At `ends_at` it is over, so that one that is expired now mutes nothing from
    now on."""
    if now >= silence.ends_at:
        return "expired"
    return "pending" if now < silence.starts_at else "active"


def silenced_by(silences: Iterable[Silence], labels: Labels, now: datetime) -> tuple[Silence, ...]:
    """Returns the active silences that mute an alert with these labels, in the order given; none where nothing does."""
    return tuple(s for s in silences if state(s, now) == "active" and any(matches(m, labels) for m in s.matchers))


def begins_at(silences: Iterable[Silence], labels: Labels, now: datetime) -> datetime | None:
    """Returns when the first silence begins that will mute an alert with these labels, None where none will."""
    pending = (one for one in silences if state(one, now) == "pending")
    return min((one.starts_at for one in pending if any(matches(m, labels) for m in one.matchers)), default=None)


def create(wanted: Silence, *, now: datetime, new_id: str) -> Change:
    """Returns a new silence; a start in the past becomes now. Raises SilenceRefused."""
    check(wanted, now)
    made = dataclasses.replace(wanted, id=new_id, starts_at=max(wanted.starts_at, now), updated_at=now)
    return Change(id=new_id, write=(made,))


def update(wanted: Silence, stored: Silence | None, *, now: datetime, new_id: str) -> Change:
    """Returns the change that a silence with an id makes; `stored` is the one of that id, None where there is none.

    It is changed in place where that rewrites no history: same matchers, and the start of an active one kept to the
    second. Otherwise the stored one is expired and the wanted one gets `new_id`. Raises SilenceRefused.
    """
    check(wanted, now)
    if stored is None:
        message = f"there is no silence {wanted.id!r}: it may have been over for five days; add a new one without an id"
        raise SilenceRefused("not_found", message)
    if _fits(wanted, stored, now):
        return Change(id=stored.id, write=(dataclasses.replace(wanted, updated_at=now),))
    made = create(wanted, now=now, new_id=new_id)
    old = expire(stored, wanted.id, now=now)
    return Change(id=new_id, write=(old, *made.write) if old else made.write)


def expire(stored: Silence | None, id: str, *, now: datetime) -> Silence | None:  # noqa: A002 - the field's own name
    """Returns the silence as ended now; None where it is over already. Raises SilenceRefused where there is none of
    that id."""
    if stored is None:
        raise SilenceRefused("not_found", f"there is no silence {id!r}: `alertrelay silence query` lists them")
    match state(stored, now):
        case "expired":
            return None
        case "active":
            return dataclasses.replace(stored, ends_at=now, updated_at=now)
        case "pending":
            return dataclasses.replace(stored, starts_at=now, ends_at=now, updated_at=now)


def check(wanted: Silence, now: datetime) -> None:
    """Raises SilenceRefused where Alertmanager's API answers 400."""
    if not wanted.matchers or not all(wanted.matchers):
        raise SilenceRefused("no_matchers", 'a silence needs a matcher, as in alertname="RDSHighCPU"')
    for matcher in (one for together in wanted.matchers for one in together):
        _check_matcher(matcher)
    if any(all(_may_be_missing(one) for one in together) for together in wanted.matchers):
        message = 'these matchers hold for alerts without any of the labels; name a value, as in service="orders"'
        raise SilenceRefused("matches_everything", message)
    _check_times(wanted, now)
    _check_size(wanted)


def _check_times(wanted: Silence, now: datetime) -> None:
    end = rfc3339(wanted.ends_at)
    if wanted.ends_at == wanted.starts_at:
        raise SilenceRefused("bad_times", f"it starts and ends at {end}: name a longer duration, or a later end")
    if wanted.ends_at < now:
        raise SilenceRefused("bad_times", f"it would end at {end}, and it is {rfc3339(now)} now: name a later end")
    if wanted.ends_at < wanted.starts_at:
        message = f"it would end at {end}, before it starts at {rfc3339(wanted.starts_at)}: swap them"
        raise SilenceRefused("bad_times", message)


def _check_matcher(matcher: Matcher) -> None:
    if not matcher.name:
        raise SilenceRefused("bad_matcher", "a matcher has no label name, as in alertname")
    if matcher.op in ("=~", "!~"):
        try:
            check_regex(matcher.value)
        except MatcherError as error:
            raise SilenceRefused("bad_matcher", str(error)) from None


def _may_be_missing(matcher: Matcher) -> bool:
    """Returns whether it holds for an empty value. Negations are let through, as Alertmanager lets them."""
    return matcher.op in ("=", "=~") and matches([matcher], {})


def _check_size(wanted: Silence) -> None:
    texts = [wanted.created_by, wanted.comment]
    texts += [text for together in wanted.matchers for one in together for text in (one.name, one.value)]
    texts += [text for pair in wanted.annotations.items() for text in pair]
    size = sum(map(len, texts))
    if size > MAX_CHARACTERS:
        message = f"it has {size} characters, {MAX_CHARACTERS} are allowed: shorten the comment or the matchers"
        raise SilenceRefused("too_large", message)


def _fits(wanted: Silence, stored: Silence, now: datetime) -> bool:
    """Returns whether the stored silence can become the wanted one without a change of what it already did."""
    if wanted.matchers != stored.matchers:
        return False
    match state(stored, now):
        case "expired":
            return False
        case "active":
            return int(wanted.starts_at.timestamp()) == int(stored.starts_at.timestamp()) and wanted.ends_at >= now
        case "pending":
            return wanted.starts_at >= now
