"""Lets a library be imported without some of its modules, which are loaded when something of them is used.

Powertools' Logger imports a query language for `correlation_id_path`, and typing_extensions for a hint that `typing`
has: a twentieth of a cold start, and nothing here uses either.
"""

from __future__ import annotations

import importlib
import sys
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Postponed(ModuleType):
    """Gives what `typing` has of its names, and else loads the module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import itself asks for __path__
            raise AttributeError(f"{self.__name__} was postponed and has no {name}")
        if hasattr(typing, name):
            return getattr(typing, name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def postponed(*names: str) -> Iterator[None]:
    """Let what is imported inside find stand-ins of these modules, unless they are loaded already. Afterwards another
    import gets the module itself."""
    stand_ins = {name: _Postponed(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
