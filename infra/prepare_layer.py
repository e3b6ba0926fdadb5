"""Compiles the code of the layer's dataclasses into the layer: run by the layer's own Python, on the built folder.

What alertrelay.runtime.prepared reads at a cold start. The packages that are not there or that are of another processor
are replaced by stand-ins: no dataclass depends on them.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import sys
from pathlib import Path
from types import CodeType
from typing import Any
from unittest.mock import MagicMock

ABSENT = ("re2", "botocore", "botocore.config", "botocore.exceptions", "botocore.session", "boto3")


def main(folder: str) -> None:
    """Write the file into the package of `folder`, which holds the layer's packages."""
    sys.path.insert(0, folder)
    sys.modules.update({name: MagicMock() for name in ABSENT})
    texts: list[str] = []

    def noted(text: str, *scopes: Any) -> None:
        texts.append(text)
        exec(text, *scopes)  # noqa: S102 - what dataclasses does

    # The layer's own, which takes nothing: the file is not there yet.
    prepared: Any = importlib.import_module("alertrelay.runtime.prepared")

    dataclasses.exec = noted  # type: ignore[attr-defined]
    _import_all()
    codes: dict[bytes, CodeType] = {prepared.digest(text): compile(text, "<string>", "exec") for text in texts}
    (Path(prepared.__file__).parent / prepared.FILE.name).write_bytes(prepared.packed(codes))


def _import_all() -> None:
    """What a forwarder may load: its runtime, every channel, and what they import when it is used."""
    importlib.import_module("alertrelay.runtime.forwarder")
    channels = importlib.import_module("alertrelay.channels")
    for module in pkgutil.walk_packages(channels.__path__, "alertrelay.channels."):
        importlib.import_module(module.name)
    sources = importlib.import_module("alertrelay.sources")
    for module in pkgutil.walk_packages(sources.__path__, "alertrelay.sources."):
        importlib.import_module(module.name)


if __name__ == "__main__":
    main(sys.argv[1])
