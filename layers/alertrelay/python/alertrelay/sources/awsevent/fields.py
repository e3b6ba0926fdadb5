"""Reading JSON whose keys are spelt in many ways: detail-type, detailType, DetailType, "Event Source"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice

from alertrelay.sources.envelope import decoded
from alertrelay.sources.reason import number
from alertrelay.values import text as texts
from alertrelay.values.times import instant

_NOISE = re.compile(r"[^a-z0-9]+")
_KEYS = 500
"""Keys of one object that are read, and entries of one list: what is beyond stands only in the text of the message."""
_INNER = 20
_SAID = 100
"""Entries of a list that are put into one line."""
_SHORT = 64
_EMPTY = ("", "-", "[: ]", "[]", "{}", "null", "None", "N/A", "n/a")


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object, read by names without regard to case, hyphens, underscores and spaces.

    A name may be a path: "service.eventLastSeen". Where a name is asked for with others, the first that says something
    counts. `given` is the object as it came.
    """

    given: Mapping[str, object]
    folded: Mapping[str, object]

    @classmethod
    def of(cls, value: object) -> Fields:
        """Returns the fields of an object, or of a text that is one; none of anything else."""
        given = texts.mapping(_object(value))
        return cls(given, {_fold(key): each for key, each in reversed(list(islice(given.items(), _KEYS)))})

    def __bool__(self) -> bool:
        return bool(self.given)

    def has(self, *names: str) -> bool:
        """Returns whether all of these keys are there, whatever they hold."""
        return all(_fold(name) in self.folded for name in names)

    def value(self, *names: str) -> object:
        """Returns the first value that is not null, as it came."""
        return next((found for name in names if (found := self._at(name)) is not None), None)

    def text(self, *names: str) -> str:
        """Returns the first value that is text, a number or a list of those, on one line or many; "" where there is
        none."""
        return next((said for name in names if (said := _said(self._at(name)))), "")

    def inner(self, *names: str) -> Fields:
        """Returns the first value that is an object."""
        return next((found for name in names if (found := Fields.of(self._at(name)))), Fields({}, {}))

    def each(self, *names: str) -> tuple[Fields, ...]:
        """Returns the objects of a list; an object that should have been a list of one is one."""
        return tuple(found for entry in self._entries(*names)[:_KEYS] if (found := Fields.of(entry)))

    def count(self, *names: str) -> int:
        """Return how many entries a list has, those among them that `each` does not read."""
        return 0 if self.value(*names) is None else len(self._entries(*names))

    def texts(self, *names: str) -> tuple[str, ...]:
        """Returns the texts of a list; a text that should have been a list of one is one."""
        return tuple(said for entry in self._entries(*names)[:_KEYS] if (said := _said(entry)))

    def _entries(self, *names: str) -> list[object]:
        value = _object(self.value(*names))
        return value if isinstance(value, list) else [value]

    def at(self, *names: str) -> datetime | None:
        """Returns the first value that is a time."""
        return next((found for name in names if (found := instant(self._at(name)))), None)

    def number(self, *names: str) -> float | None:
        """Returns the first value that is a finite number, or a text that is one."""
        return next((found for name in names if (found := number(self._at(name))) is not None), None)

    def ending(self, *endings: str) -> str:
        """Returns the first text whose key ends so, here or one object deeper: `canary-name`, `test-run-status`."""
        inner = [Fields.of(each) for each in islice(self.given.values(), _INNER) if isinstance(each, dict)]
        return next(
            (
                said
                for fields in (self, *inner)
                for ending in endings
                for key, value in fields.folded.items()
                if key.endswith(ending) and not key.startswith(("account", "event")) and (said := _said(value))
            ),
            "",
        )

    def every(self, *paths: str) -> tuple[str, ...]:
        """Return the texts at all of the paths, of every entry of the lists on the way, in the order of the paths."""
        return tuple(said for path in paths for said in islice(self._each_at(path), _SAID))

    def under(self, *endings: str) -> tuple[str, ...]:
        """Return the texts whose key ends so, at any depth down to three objects: scanResult.scanResultStatus."""
        return tuple(
            said
            for path, said in islice(_flat(self.given, "", 3), _KEYS)
            if _fold(path.rpartition(".")[2]).endswith(endings)
        )

    def lines(self, limit: int = 40) -> str:
        """Returns the content as `path: value` lines, for people."""
        shown = [f"{path}: {texts.cut(said, 500)}" for path, said in islice(_flat(self.given, "", 5), limit + 1)]
        more = ["(and more)"] if len(shown) > limit else []
        return "\n".join(shown[:limit] + more)

    def _each_at(self, path: str) -> Iterator[str]:
        head, _, rest = path.partition(".")
        found = _object(self.folded.get(_fold(head)))
        if not rest:
            yield from filter(None, [_said(found)])
            return
        for entry in (found if isinstance(found, list) else [found])[:_SAID]:
            yield from Fields.of(entry)._each_at(rest)

    def _at(self, path: str) -> object:
        found: object = self.folded.get(_fold(path)) if "." not in path else None
        if "." not in path:
            return found
        head, _, rest = path.partition(".")
        inner = _object(self.folded.get(_fold(head)))
        entries = inner if isinstance(inner, list) else [inner]
        return Fields.of(entries[0])._at(rest) if entries else None


def _object(value: object) -> object:
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        return decoded(value, strict=False)
    return value


def _fold(key: str) -> str:
    return _short_folded(key) if len(key) <= _SHORT else _NOISE.sub("", key.lower())


@lru_cache(maxsize=1024)
def _short_folded(key: str) -> str:
    """Short ones are the keys of AWS and our own, asked for again and again; a long one would only fill the memory."""
    return _NOISE.sub("", key.lower())


def _said(value: object) -> str:
    if isinstance(value, list):
        shown = value[:_SAID]
        return ", ".join(said for entry in shown if not isinstance(entry, list) and (said := _said(entry)))
    if isinstance(value, dict) or value is None:
        return ""
    said = texts.printable(value).strip()
    return "" if said in _EMPTY else said


def _flat(value: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth:
        for key, each in value.items():
            yield from _flat(each, f"{path}.{texts.printable(key)}" if path else texts.printable(key), depth - 1)
    elif isinstance(value, list) and depth and any(isinstance(each, dict) for each in value[:_KEYS]):
        for index, each in enumerate(value[:_KEYS]):
            yield from _flat(each, f"{path}[{index}]", depth - 1)
    elif said := (texts.as_json(value) if isinstance(value, dict) else _said(value)):
        yield path, said
