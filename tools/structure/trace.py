"""The trace of one critical alarm through three forwarders: calls, depth, changes of file.

The alarm is a file of events/. The forwarders are those of the tests' own world (tests/**/world.py): a store, timers
and senders in memory, every channel without a wait, so that one alarm is parsed, grouped, flushed, rendered and handed
to a sender three times, once by each forwarder. It begins where a handler hands over an envelope: what a handler does
before, and what the clients of AWS do, is not in it.

- A call is a call of a function or method of the layer's package. Comprehensions, generator expressions and lambdas are
  no calls, and neither is what a dataclass generates.
- The memory twins (modules whose name begins with `memory`) are left out: they stand for AWS.
- The depth is the largest number of such calls that are open at once.
- A change of file is a call from a function of another file, or from outside the package.
- `texts` are the calls out of which `width` was called: it is measured once a text where it has as many calls.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tools.structure.product import Product

MEASURED = "width"
"""The function that once was called for every character."""
TWINS = "memory"


class NoWorld(ValueError):
    """The tests have no world to run the alarm in; the text says where it was looked for."""


@dataclass(kw_only=True)
class Trace:
    """The counts of a trace. `by_function` has "file:function" in the package, most calls first."""

    calls: int = 0
    depth: int = 0
    changes_of_file: int = 0
    texts: int = 0
    by_function: Mapping[str, int] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Returns the calls of the function that measures a text."""
        return sum(calls for name, calls in self.by_function.items() if name.endswith(f":{MEASURED}"))


def trace_of(product: Product, event: Path) -> Trace:
    """Run an event through three forwarders and count. Raises NoWorld, and what the code under trace raises."""
    folder = product.root.joinpath(*product.package).resolve()
    sys.path[:0] = [str(product.root.resolve()), str(folder.parent)]
    world = _world(product.root)
    envelopes = _unwrap(product)(json.loads(event.read_bytes()))
    return traced(lambda: world.publish(*envelopes), folder)


def traced(run: Callable[[], object], folder: Path) -> Trace:
    """Call `run` and count the calls of functions that stand under `folder`."""
    prefix, calls = f"{folder}/", Counter[str]()
    texts: set[int] = set()
    stack: list[str] = []
    serials: list[int] = []
    found = Trace()

    def profile(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        file = code.co_filename
        if event not in ("call", "return") or not _counts(file, code.co_name, prefix):
            return
        if event == "return":
            if stack:
                stack.pop()
                serials.pop()
            return
        found.calls += 1
        found.changes_of_file += stack[-1:] != [file]
        if code.co_name == MEASURED:
            texts.add(serials[-1] if serials else 0)
        stack.append(file)
        serials.append(found.calls)
        found.depth = max(found.depth, len(stack))
        calls[f"{file.removeprefix(prefix)}:{code.co_name}"] += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(before)
    found.texts = len(texts)
    found.by_function = dict(calls.most_common())
    return found


def _counts(file: str, name: str, prefix: str) -> bool:
    if not file.startswith(prefix) or name.startswith("<"):
        return False
    return not any(part.startswith(TWINS) for part in file.removeprefix(prefix).split("/"))


def _world(root: Path) -> Any:
    for path in sorted(root.glob("tests/**/world.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        world = getattr(importlib.import_module(name), "World", None)
        if world is not None and "envelopes" in inspect.signature(world.publish).parameters:
            return world()
    raise NoWorld(f"expected a class World in {root}/tests/**/world.py, found none")


def _unwrap(product: Product) -> Callable[[Any], Any]:
    """Return the package's own reader of what Lambda receives, wherever it stands."""
    for module in product.inside(product.package):
        if "\ndef unwrap(" in module.text:
            function: Callable[[Any], Any] = importlib.import_module(module.name).unwrap
            return function
    raise NoWorld("expected a function `unwrap` in the layer's package, found none")
