"""Compiles what the layer's modules have compiled at each start into the layer: run by the layer's own Python, on the
built folder.

What alertrelay.runtime.prepared reads at a cold start. The packages that are not there or that are of another processor
are replaced by stand-ins: no dataclass and no expression depends on them.
"""

from __future__ import annotations

import _sre
import dataclasses
import importlib
import pkgutil
import re
import sys
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

ABSENT = ("re2", "botocore", "botocore.config", "botocore.exceptions", "botocore.session", "boto3")


class Noted:
    """What was compiled: the texts of dataclasses, the classes with slots, as fields of PreparedClass, and the
    arguments of `_sre.compile` by pattern and flags."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.classes: dict[str, dict[str, Any]] = {}
        self.patterns: dict[tuple[str | bytes, int], tuple[Any, ...]] = {}
        self._compiler: Any = re._compiler  # type: ignore[attr-defined]  # the stubs lack it
        self._usual = self._compiler.compile
        self._asked: tuple[str | bytes, int] | None = None
        self._process: Any = dataclasses._process_class  # type: ignore[attr-defined]
        self._builder: Any = None

    def watch(self) -> None:
        """Notes from now on."""
        dataclasses.exec = self._execute  # type: ignore[attr-defined]
        self._compiler.compile = self._compile
        self._compiler._sre = self
        if builder := getattr(dataclasses, "_FuncBuilder", None):  # as of Python 3.13
            dataclasses._process_class = self._process_class  # type: ignore[attr-defined]
            adds = builder.add_fns_to_class

            def noting(one: Any, cls: type) -> None:
                self._builder = one
                adds(one, cls)

            builder.add_fns_to_class = noting

    def __getattr__(self, name: str) -> Any:
        """Stands in for `_sre`, but for its `compile`."""
        return getattr(_sre, name)

    def compile(self, pattern: Any, flags: int, code: list[int], *groups: Any) -> Any:
        """Makes an expression of what the compiler found."""
        if self._asked is not None:
            self.patterns[self._asked] = (int(flags), [int(word) for word in code], *groups)
        return _sre.compile(pattern, flags, code, *groups)

    def _compile(self, pattern: Any, flags: int = 0) -> Any:
        self._asked = (pattern, int(flags)) if isinstance(pattern, str | bytes) else None
        return self._usual(pattern, flags)

    def _process_class(self, cls: type, *arguments: bool) -> type:
        given = dict(cls.__dict__)
        made: type = self._process(cls, *arguments)
        builder, text = self._builder, self.texts[-1]
        if _can_be_kept(given, made, arguments, builder.names):
            self.texts.pop()
            self.classes[f"{cls.__module__}.{cls.__qualname__}"] = {
                "arguments": arguments,
                "annotations": given["__annotations__"],
                "slots": made.__dict__["__slots__"],
                "match_args": made.__dict__.get("__match_args__"),
                "names": tuple(builder.names),
                "scope": {name: _what(name) for name in builder.locals},
                "code": _compiled(text),
            }
        return made

    def _execute(self, text: str, *scopes: Any) -> None:
        self.texts.append(text)
        exec(text, *scopes)  # noqa: S102 - what dataclasses does


def _can_be_kept(given: Mapping[str, Any], made: type, arguments: Sequence[bool], names: Sequence[str]) -> bool:
    """Returns whether a class has slots and nothing that only `dataclasses` itself can work out: a base that is a
    dataclass, fields that are no attributes, methods of its own in place of those that were made."""
    slots, weakref = arguments[-2:]
    fields = dataclasses.fields(made)
    annotations = given.get("__annotations__", {})
    return (
        slots
        and not weakref
        and bool(given.get("__doc__"))
        and not any(dataclasses.is_dataclass(base) for base in made.__mro__[1:])
        and not hasattr(made, "__abstractmethods__")
        and all(isinstance(text, str) for text in annotations.values())
        and [field.name for field in fields] == list(annotations)
        and all(field.name in given or _is_required(field) for field in fields)
        and not set(names) & set(given)
    )


def _compiled(text: str) -> CodeType:
    """Returns the code that `dataclasses` has of a text: without the __future__ of this file."""
    return compile(text, "<string>", "exec", dont_inherit=True)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _what(name: str) -> tuple[str, str]:
    """Returns what a name in the text of a class's methods stands for: see PreparedClass."""
    for kind, before in (("type", "__dataclass_type_"), ("default", "__dataclass_dflt_")):
        if name.startswith(before):
            return kind, name.removeprefix(before).removesuffix("__")
    return "given", name


def main(folder: str) -> None:
    """Write the file into the package of `folder`, which holds the layer's packages."""
    sys.path.insert(0, folder)
    # The layer's own, which takes nothing: the file is not there yet.
    prepared: Any = importlib.import_module("alertrelay.runtime.prepared")
    noted = Noted()
    noted.watch()
    from unittest.mock import MagicMock

    sys.modules.update({name: MagicMock() for name in ABSENT})
    _import_all()
    # What is compiled where a class's fields are worked out later.
    dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False)(type("Empty", (), {"__doc__": "Empty."}))
    codes: dict[bytes, CodeType] = {prepared.digest(text): _compiled(text) for text in noted.texts}
    classes = {name: prepared.PreparedClass(**fields) for name, fields in noted.classes.items()}
    prepared.FILE.write_bytes(prepared.packed(codes, noted.patterns, classes))


def _import_all() -> None:
    """What a forwarder may load: its runtime, every channel, and what they import when it is used."""
    importlib.import_module("alertrelay.runtime.forwarder")
    for package in ("alertrelay.channels", "alertrelay.sources"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)


if __name__ == "__main__":
    main(sys.argv[1])
