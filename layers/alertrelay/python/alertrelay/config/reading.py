"""Reads frozen dataclasses back from plain JSON, by their annotations."""

from __future__ import annotations

import collections.abc
import dataclasses
import sys
import types
import typing
from collections.abc import Callable
from typing import Any

Reader = Callable[[Any], Any]
"""Makes a value of plain JSON."""


class Readers:
    """Readers by the annotated type, each made once: a type's annotations cost more to look up than to follow. Only the
    shapes that the configuration has: dataclasses, tuples, mappings, what may be None, and plain values.

    `special` reads the types whose shape depends on the value itself."""

    def __init__(self) -> None:
        self.special: dict[type, Reader] = {}
        self._made: dict[Any, Reader] = {}

    def reader(self, hint: Any) -> Reader:
        """Returns the reader of an annotated type."""
        if hint not in self._made:
            self._made[hint] = self._make(hint)
        return self._made[hint]

    def _make(self, hint: Any) -> Reader:
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if hint in self.special:
            return self.special[hint]
        if dataclasses.is_dataclass(hint):
            readers: list[tuple[str, Reader]] = []
            self._made[hint] = lambda value: typing.cast(Any, hint)(
                **{name: read(value[name]) for name, read in readers}
            )
            for one in dataclasses.fields(hint):  # known by then: a route holds routes
                readers.append((one.name, self._annotated(hint, str(one.type))))
            return self._made[hint]
        if origin is tuple:
            read_item = self.reader(args[0])
            if read_item is _plain:
                return tuple
            return lambda value: tuple(map(read_item, value))
        if origin is types.UnionType:
            read_given = self.reader(next(a for a in args if a is not type(None)))
            return lambda value: None if value is None else read_given(value)
        if origin is collections.abc.Mapping:
            read_value = self.reader(args[1])
            return lambda value: {name: read_value(one) for name, one in value.items()}
        return _plain

    def _annotated(self, owner: Any, annotation: str) -> Reader:
        """Returns the reader of a field. typing.get_type_hints takes ten times as long to say the same."""
        if annotation in _PLAIN:
            return _plain
        scope = vars(sys.modules[owner.__module__])
        return self.reader(eval(annotation, scope))  # noqa: S307 - of our own source


_PLAIN = frozenset({"str", "bool", "int", "float", "str | None"})


def _plain(value: Any) -> Any:
    """Returns what is in JSON as it is here."""
    return value
