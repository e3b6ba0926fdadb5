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
from types import CodeType
from typing import Any

ABSENT = ("re2", "botocore", "botocore.config", "botocore.exceptions", "botocore.session", "boto3")


class Noted:
    """What was compiled: the texts of dataclasses, and the arguments of `_sre.compile` by pattern and flags."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.patterns: dict[tuple[str | bytes, int], tuple[Any, ...]] = {}
        self._compiler: Any = re._compiler  # type: ignore[attr-defined]  # the stubs lack it
        self._usual = self._compiler.compile
        self._asked: tuple[str | bytes, int] | None = None

    def watch(self) -> None:
        """Notes from now on."""
        dataclasses.exec = self._execute  # type: ignore[attr-defined]
        self._compiler.compile = self._compile
        self._compiler._sre = self

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

    def _execute(self, text: str, *scopes: Any) -> None:
        self.texts.append(text)
        exec(text, *scopes)  # noqa: S102 - what dataclasses does


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
    codes: dict[bytes, CodeType] = {prepared.digest(text): compile(text, "<string>", "exec") for text in noted.texts}
    prepared.FILE.write_bytes(prepared.packed(codes, noted.patterns))


def _import_all() -> None:
    """What a forwarder may load: its runtime, every channel, and what they import when it is used."""
    importlib.import_module("alertrelay.runtime.forwarder")
    for package in ("alertrelay.channels", "alertrelay.sources"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)


if __name__ == "__main__":
    main(sys.argv[1])
