"""The timeline file: a JSON list of `[t, what]`, t in seconds from the start, or as a duration such as `1h30m`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from compiler.reading.duration import DurationError, parse_duration

Answer = int | str
"""What a receiver answers: a status, or `timeout` or `refused`."""
_WORDS = ("timeout", "refused")
_VALUES = {
    "silence": 'an object with a name, as in {"name": "maintenance", …},',
    "expire": "the name of a silence",
    "acknowledge": "the alertname of what is acknowledged",
    "reload": "the text of an alertmanager.yml",
}
_MOMENT = "expected seconds from the start, a duration as in 1h30m, or a time of RFC 3339 as in 2026-01-01T00:10:00Z"
_FORMS = 'a list of alerts, {"silence": …}, {"expire": …}, {"acknowledge": …}, {"sink": …} or {"reload": …}'


class TimelineError(ValueError):
    """The file is not a timeline. The text says where, what was expected and what stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Alerts arrive, in one request. Each is checked when it does."""

    alerts: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceSet:
    """A silence is created, or the one of that name is edited. `data` is Alertmanager's JSON, its times as here."""

    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceExpired:
    """The silence of that name is ended."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgedNow:
    """Somebody acknowledges the alerts of that name which fire."""

    alertname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkSet:
    """The answers of receivers from now on: of all, or of those named."""

    everybody: Answer | None = None
    receivers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """The configuration is replaced by this text."""

    text: str


What = Post | SilenceSet | SilenceExpired | AcknowledgedNow | SinkSet | Reload


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """The happenings of one moment. `place` names the entry to people."""

    at: datetime
    what: What
    place: str


def read_timeline(path: Path, start: datetime) -> list[TimelineEntry]:
    """The entries in order of time, those of one moment in the order of the file. Raises TimelineError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TimelineError(f"{path} cannot be read: {error.strerror or error}; name a timeline file") from None
    except (ValueError, RecursionError) as error:
        raise TimelineError(f"{path}: expected JSON, a list of [t, what]: {error}") from None
    if not isinstance(data, list):
        raise TimelineError(f"{path}: expected a list of [t, what], got {_name(data)}")
    return parse_timeline(data, start, file=str(path))


def parse_timeline(data: Sequence[Any], start: datetime, *, file: str = "timeline") -> list[TimelineEntry]:
    """The same from plain JSON."""
    entries = []
    for number, item in enumerate(data):
        place = f"{file}[{number}]"
        if not isinstance(item, list) or len(item) != 2:
            raise TimelineError(f"{place}: expected [t, what], got {_name(item)}")
        entries.append(TimelineEntry(at=_at(item[0], start, place), what=_what(item[1], place), place=place))
    return sorted(entries, key=lambda entry: entry.at)


def moment(value: Any, start: datetime) -> datetime | None:
    """Seconds or a duration from the start, or an absolute time; None where it is missing or Go's zero time.

    Raises ValueError.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _moment_of_text(value, start)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{_MOMENT}, got {value!r}")
    try:
        return start + timedelta(seconds=value)
    except OverflowError:
        raise ValueError(f"{value!r} seconds from the start is out of reach") from None


def _moment_of_text(value: str, start: datetime) -> datetime | None:
    if not value or value.startswith("0001-01-01T00:00:00"):
        return None
    try:
        return start + timedelta(seconds=parse_duration(value))
    except OverflowError:
        raise ValueError(f"{value!r} from the start is out of reach") from None
    except DurationError:
        pass
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{_MOMENT}, got {value!r}") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _at(value: Any, start: datetime, place: str) -> datetime:
    try:
        at = moment(value, start)
    except ValueError as error:
        raise TimelineError(f"{place}: {error}") from None
    if at is None or at < start:
        raise TimelineError(f"{place}: expected t from the start on, in seconds or as in 1h30m, got {value!r}")
    return at


def _what(data: Any, place: str) -> What:
    if isinstance(data, list):
        return Post(alerts=data)
    if not isinstance(data, Mapping):
        raise TimelineError(f"{place}: expected {_FORMS}, got {_name(data)}")
    match data:
        case {"silence": {"name": str(name)} as silence}:
            return SilenceSet(name=name, data={key: silence[key] for key in silence if key != "name"})
        case {"expire": str(name)}:
            return SilenceExpired(name=name)
        case {"acknowledge": str(name)}:
            return AcknowledgedNow(alertname=name)
        case {"sink": Mapping() as answers}:
            return SinkSet(receivers={str(name): _answer(answer, place) for name, answer in answers.items()})
        case {"sink": answer}:
            return SinkSet(everybody=_answer(answer, place), receivers={})
        case {"reload": str(text)}:
            return Reload(text=text)
        case _:
            raise TimelineError(f"{place}: {_not_understood(data)}")


def _not_understood(data: Mapping[str, Any]) -> str:
    for key, expected in _VALUES.items():
        if key in data:
            return f"expected {expected} as {key!r}, got {_name(data[key])}"
    return f"expected {_FORMS}, got the keys {', '.join(map(str, data)) or 'none'}"


def _answer(value: Any, place: str) -> Answer:
    if value in _WORDS or (isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599):
        return value  # type: ignore[no-any-return] # one of the two
    raise TimelineError(f"{place}: expected a status (100 to 599), timeout or refused, got {value!r}")


def _name(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return f"a list of {len(value)}"
        case _:
            return "an object"
