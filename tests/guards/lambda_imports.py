"""Imports what Lambda would, with nothing but the given folders and the standard library to find it in.

A program for `python -I -S`, which starts without site-packages, without PYTHONPATH and without the project's own
path entries. Reads JSON from stdin: `folders` in the order of sys.path, `handlers`, further `modules`. Writes JSON to
stdout: `failures`, a text by name, and `strangers`, each module that was loaded from elsewhere.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

PACKAGE = "alertrelay"
OURS = (PACKAGE, "lambdas")


def load_handler(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    handler = getattr(importlib.import_module(module), attribute)
    if not callable(handler):
        raise TypeError(f"{name} is a {type(handler).__name__}, a function was expected")


def describe(failure: BaseException, folders: list[str]) -> str:
    """Return the failure, behind the innermost line of ours that it was raised from."""
    place, trace = "", failure.__traceback__
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        for folder in folders:
            if any(file.is_relative_to(Path(folder, name)) for name in OURS):
                place = f"{file.relative_to(folder).as_posix()}:{trace.tb_lineno}: "
        trace = trace.tb_next
    return f"{place}{type(failure).__name__}: {failure}"


def modules_of_the_package() -> Iterator[str]:
    package = importlib.import_module(PACKAGE)
    for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.", onerror=lambda _: None):
        yield found.name


def groups(module: ModuleType) -> list[str]:
    """Return the file of a module, or the folders of a namespace package, or nothing for what is built in."""
    file = getattr(module, "__file__", None)
    return [file] if file else [str(folder) for folder in getattr(module, "__path__", [])]


def is_within(file: str, folders: list[str], standard: list[str]) -> bool:
    """Judge a file by its place. Installed packages may lie below the standard library, and are no part of it."""
    path = os.path.realpath(file)
    if any(path.startswith(folder + os.sep) for folder in folders):
        return True
    installed = {"site-packages", "dist-packages"} & set(Path(path).parts)
    return not installed and any(path.startswith(folder + os.sep) for folder in standard)


def main() -> None:
    given = json.load(sys.stdin)
    standard = [os.path.realpath(folder) for folder in sys.path]
    folders = [os.path.realpath(folder) for folder in given["folders"]]
    sys.path[:] = [*folders, *standard]  # the order of Lambda: what is ours may hide a module of the standard library
    sys.dont_write_bytecode = True
    failures: dict[str, str] = {}

    def attempt(name: str, load: Callable[[str], object]) -> None:
        try:
            load(name)
        except (Exception, SystemExit) as failure:  # noqa: BLE001 - whatever an import raises ends the function
            failures[name] = describe(failure, folders)

    for handler in given["handlers"]:
        attempt(handler, load_handler)
    for module in [*modules_of_the_package(), *given["modules"]]:
        attempt(module, importlib.import_module)
    own = os.path.realpath(__file__)
    strangers = {
        name: file
        for name, module in sorted(sys.modules.items())
        for file in groups(module)
        if os.path.realpath(file) != own and not is_within(file, folders, standard)
    }
    json.dump({"failures": failures, "strangers": strangers}, sys.stdout)


if __name__ == "__main__":
    main()
