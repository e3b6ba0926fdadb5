"""Takes what the standard library would work out at each start from where the layer's build has kept it, compiled.

That is what `dataclasses` makes of each class, and regular expressions: together half of the time that a function needs
to load. Only where exactly the same was compiled at the build, by the same version of Python, what came of it is taken:
whatever else differs, it is compiled in the usual way.

A class with slots is kept whole (PreparedClass): its fields are worked out when somebody asks for them. Of any other
the code is kept, by the text that `dataclasses` writes.
"""

from __future__ import annotations

import _sre
import builtins
import dataclasses
import functools
import hashlib
import importlib.util
import inspect
import marshal
import re
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("prepared.bin")
"""What infra/prepare_layer.py writes. Absent outside of a layer."""
_MADE_BY = importlib.util.MAGIC_NUMBER + f"{_sre.MAGIC}\n".encode()
"""Begins a file: the versions of compiled code and of compiled expressions."""


class PreparedClass(NamedTuple):
    """What `dataclasses` made of a class: `arguments` are the decorator's, `annotations` the class's own, both of which
    must be the same. `code` gives `names`, methods, from what `scope` names: the "type" or the "default" of a field, or
    what is "given"."""

    arguments: tuple[bool, ...]
    annotations: dict[str, str]
    slots: tuple[str, ...]
    match_args: tuple[str, ...] | None
    names: tuple[str, ...]
    scope: dict[str, tuple[str, str]]
    code: CodeType


class PreparedCode(NamedTuple):
    """Code by the digest of its text, the arguments of `_sre.compile` by pattern and flags, and classes by module and
    name. Each is packed by itself, since few are used."""

    codes: dict[bytes, bytes]
    patterns: dict[tuple[str | bytes, int], bytes]
    classes: dict[str, bytes]


FROZEN, KW_ONLY = 5, 7
"""Where they stand among a decorator's arguments."""
_NOTHING = PreparedCode({}, {}, {})
_LOCK = threading.RLock()


def digest(text: str) -> bytes:
    """Return the name of a text."""
    return hashlib.sha256(text.encode()).digest()


def packed(
    codes: Mapping[bytes, CodeType],
    patterns: Mapping[tuple[str | bytes, int], tuple[Any, ...]],
    classes: Mapping[str, PreparedClass],
) -> bytes:
    """Return the content of FILE for this version of Python."""
    plain = {name: tuple(one) for name, one in classes.items()}
    kept = [{name: marshal.dumps(value) for name, value in each.items()} for each in (codes, patterns, plain)]
    return _MADE_BY + marshal.dumps(kept)


def unpacked(content: bytes) -> PreparedCode:
    """Return what a file holds; nothing where another version of Python wrote it, or it is damaged."""
    if content.startswith(_MADE_BY):
        try:
            return PreparedCode(*marshal.loads(content[len(_MADE_BY) :]))  # noqa: S302 - our own layer's
        except (EOFError, ValueError, TypeError):
            return _NOTHING
    return _NOTHING


def install(file: Path = FILE) -> None:
    """Make `dataclasses` and `re` take what is kept in a file. Does nothing where there is none."""
    try:
        kept = unpacked(file.read_bytes())
    except OSError:
        return
    usual = re._compiler.compile  # type: ignore[attr-defined]  # the stubs lack it

    def execute(text: Any, *scopes: Any) -> None:
        code = kept.codes.get(digest(text))
        builtins.exec(text if code is None else marshal.loads(code), *scopes)  # noqa: S102, S302 - as dataclasses does

    def compiled(pattern: Any, flags: int = 0) -> Any:
        found = kept.patterns.get((pattern, int(flags))) if isinstance(pattern, str | bytes) else None
        return usual(pattern, flags) if found is None else _sre.compile(pattern, *marshal.loads(found))  # noqa: S302

    if kept.classes:
        dataclasses._process_class = _processing(kept.classes)  # type: ignore[attr-defined]
    if kept.codes:
        dataclasses.exec = execute  # type: ignore[attr-defined]  # it is looked up there before the builtin
        re._compiler.compile = compiled  # type: ignore[attr-defined]


def _processing(classes: Mapping[str, bytes]) -> Callable[..., type]:
    """Returns what stands in for `dataclasses._process_class`."""
    usual = dataclasses._process_class  # type: ignore[attr-defined]

    def process(cls: type, *arguments: bool) -> type:
        found = classes.get(f"{cls.__module__}.{cls.__qualname__}")
        if found is not None:
            kept = PreparedClass(*marshal.loads(found))  # noqa: S302 - our own layer's
            if kept.arguments == arguments and kept.annotations == inspect.get_annotations(cls):
                return _made(cls, kept, functools.cache(lambda: usual(cls, *_fields_alone(arguments))))
        made: type = usual(cls, *arguments)
        return made

    return process


def _fields_alone(arguments: tuple[bool, ...]) -> tuple[bool, ...]:
    """Returns the decorator's arguments by which no method is made."""
    return tuple(given and place == KW_ONLY for place, given in enumerate(arguments))


class _Fields:
    """`__dataclass_fields__`, worked out when it is asked for, for subclasses too."""

    def __init__(self, process: Callable[[], type]) -> None:
        self._process = process

    def __get__(self, _instance: object, _owner: type) -> Any:
        with _LOCK:  # a class is processed once, whichever thread asks first
            return self._process().__dict__["__dataclass_fields__"]


def _made(cls: type, kept: PreparedClass, process: Callable[[], type]) -> type:
    """Returns the class that `dataclasses` would make of `cls`, of which `process` finds the fields later."""
    given = cls.__dict__
    scope = {name: _looked_up(cls, *what) for name, what in kept.scope.items()}
    space: dict[str, Any] = {}
    builtins.exec(kept.code, sys.modules[cls.__module__].__dict__, space)  # noqa: S102 - as dataclasses does
    left_out = {*kept.slots, "__dict__", "__weakref__"}
    content = {name: value for name, value in given.items() if name not in left_out}
    content["__dataclass_fields__"] = _Fields(process)
    content["__dataclass_params__"] = dataclasses._DataclassParams(*kept.arguments)  # type: ignore[attr-defined]
    content["__slots__"] = kept.slots
    content.setdefault("__replace__", dataclasses._replace)  # type: ignore[attr-defined]
    if kept.match_args is not None:
        content.setdefault("__match_args__", kept.match_args)
    for name, function in zip(kept.names, space["__create_fn__"](**scope), strict=True):
        function.__qualname__ = f"{cls.__qualname__}.{name}"
        content[name] = function
    if kept.arguments[FROZEN]:
        content.setdefault("__getstate__", dataclasses._dataclass_getstate)  # type: ignore[attr-defined]
        content.setdefault("__setstate__", dataclasses._dataclass_setstate)  # type: ignore[attr-defined]
    made = type(cls)(cls.__name__, cls.__bases__, content)
    made.__qualname__ = cls.__qualname__
    return made


def _looked_up(cls: type, kind: str, name: str) -> Any:
    """Returns what the code of a class's methods refers to."""
    if kind == "type":
        return cls.__annotations__[name]
    if kind == "default":
        value = cls.__dict__[name]
        if not isinstance(value, dataclasses.Field):
            return value
        return value.default_factory if value.default is dataclasses.MISSING else value.default
    return cls if name == "cls" else GIVEN[name]


GIVEN: Mapping[str, Any] = {
    "__dataclass_HAS_DEFAULT_FACTORY__": getattr(dataclasses, "_HAS_DEFAULT_FACTORY", None),
    "__dataclass_builtins_object__": object,
    "__dataclass___init___return_type__": None,
    "__dataclasses_recursive_repr": getattr(dataclasses, "recursive_repr", None),
    "FrozenInstanceError": dataclasses.FrozenInstanceError,
}
"""What the code that `dataclasses` writes refers to in every class."""


install()
