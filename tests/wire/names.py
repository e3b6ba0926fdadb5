"""The golden file of names: of the environment, of reasons, outcomes, log events with their fields, and of metrics.

The names of log events and metrics are read from the source of the product, wherever it lies: every call of something
called `log`, `failed` or `measure` that is given a text. So those are here too that no scenario reaches.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.wire import normalise, product
from tests.wire.host import FORWARDERS, Clock
from tests.wire.scenarios import todays
from tests.wire.scorer import scorer_environ
from tests.wire.world import deployed

ROOT = Path(__file__).parents[2]
NOT_PRODUCT = frozenset({"tests", "node_modules", "build", "docs", "config", "events"})
ENVIRONMENT = re.compile(r"\b(?:ALERTRELAY|POWERTOOLS)_[A-Z_]+\b")
LOGGED = frozenset({"log", "failed"})


class Asked(dict[str, str]):
    """An environment that notes which names are asked for."""

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__(found)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary."""
        self.names.add(name)
        return super().get(name, default)


def all_names() -> str:
    """Return every name, as a golden file."""
    with deployed(todays()) as world:
        forwarders = {name: Asked(world.environ(name)) for name in FORWARDERS}
        for name, environ in forwarders.items():
            product.bind_forwarder(name, environ, clock=Clock(), endpoints={})
        scorer = Asked(scorer_environ(world, {}))
        product.bind_scorer(scorer, clock=Clock())
    read = {name: sorted(environ.names) for name, environ in {**forwarders, "anomaly-scorer": scorer}.items()}
    sources = [(path, path.read_text(encoding="utf-8")) for path in product_files()]
    calls = [call for path, text in sources for call in _calls(ast.parse(text, str(path)))]
    return normalise.document(
        {
            "environment read": read,
            "environment named": sorted({name for _, text in sources for name in ENVIRONMENT.findall(text)}),
            "reasons": list(product.REASONS),
            "outcomes": list(product.OUTCOME_NAMES),
            "outcome fields": product.outcome_fields(),
            "channels": list(product.CHANNEL_NAMES),
            "tick": json.dumps(product.TICK),
            "log events": _by_name(calls, LOGGED),
            "metrics": _by_name(calls, frozenset({"measure", "_metric"})),
        }
    )


def product_files() -> Iterator[Path]:
    """Yield the product's Python files: everything but tests, and folders that are built or hidden."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in NOT_PRODUCT and not f.startswith((".", "cdk.out")))
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def _calls(tree: ast.AST) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the function, the first text and the names of the others, of each call that begins with a text."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and call.args):
            continue
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        text = _text(call.args[0])
        if text:
            yield called, text, sorted(keyword.arg or "**" for keyword in call.keywords)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return ""


def _by_name(calls: list[tuple[str, str, list[str]]], functions: frozenset[str]) -> dict[str, list[str]]:
    """Return the field names by name; those of all calls of one name together."""
    found: dict[str, set[str]] = {}
    for called, text, fields in calls:
        if called in functions:
            found.setdefault(text, set()).update(fields)
    return {name: sorted(fields) for name, fields in sorted(found.items())}
