"""Writes into docs/schemas/environment.schema.json what every kind of resource has: the form of its list, the keys that
the loader knows for all, and the thresholds, bands and runbooks of the catalogue.

`python -m tools.schemas --write`; without the flag it only compares. The sentence of a kind and the keys of its own
(ids, engines) are written by hand, and tests/compiler/test_schemas.py holds them against the loader.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from compiler.catalogue.table import CATALOGUE
from compiler.resources import listing

SCHEMA = Path(__file__).parents[1] / "docs" / "schemas" / "environment.schema.json"
KINDS: Mapping[str, Sequence[str]] = {
    "databases": ("rds",),
    "clusters": ("aurora",),
    "caches": ("elasticache", "memcached", "elasticache-serverless"),
    "services": ("ecs",),
    "load_balancers": ("alb",),
    "queues": ("sqs",),
    "functions": ("lambda",),
}
"""The kinds of the catalogue behind each key of an environment's file."""
PAGE = "^[A-Za-z0-9][A-Za-z0-9_.-]*\\.md$"


def unread() -> list[str]:
    """Return the kinds of the catalogue that belong to no key of an environment's file."""
    return sorted(set(CATALOGUE) - {kind for kinds in KINDS.values() for kind in kinds})


def generated(text: str) -> str:
    """Return the schema with the parts of the catalogue as they are now. Raises LookupError where a kind of the
    catalogue belongs to no key."""
    if missing := unread():
        raise LookupError(f"tools/schemas.py: KINDS names no key of an environment's file for {', '.join(missing)}")
    schema: dict[str, Any] = json.loads(text)
    for key, kinds in KINDS.items():
        listed = schema["properties"][key]
        schema["properties"][key] = {
            "description": listed["description"],
            "type": ["array", "null"],
            "items": _item(listed["items"], kinds),
        }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _item(by_hand: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """Return the schema of one resource: its own keys and what else is said of them by hand, and what all have."""
    shared = {
        "labels": {"$ref": "#/$defs/labels"},
        "thresholds": _thresholds(kinds),
        "anomaly": _anomaly(kinds),
        "insufficient_data": {
            "description": "`firing`: its alarms fire when their metric stops.",
            "enum": ["firing", None],
        },
        "runbooks": _runbooks(kinds),
        "stack": {
            "description": "The further stack that its alarms go to.",
            "type": ["string", "null"],
            "pattern": f"^{listing.STACK[0]}$",
        },
    }
    own = {name: schema for name, schema in by_hand["properties"].items() if name not in shared}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id"],
        **by_hand,
        "properties": {**own, **shared},
    }


def _thresholds(kinds: Sequence[str]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for kind in kinds:
        for name, (low, high, unit) in listing.threshold_range(kind).items():
            earlier = known.get(name, {"minimum": low, "maximum": high})
            known[name] = {
                "description": f"{unit.capitalize()}.",
                "type": "number",
                "minimum": _number(min(low, earlier["minimum"])),
                "maximum": _number(max(high, earlier["maximum"])),
            }
    return {"type": ["object", "null"], "additionalProperties": False, "properties": known}


def _number(value: float) -> float:
    return int(value) if value == int(value) else value


def _anomaly(kinds: Sequence[str]) -> dict[str, Any]:
    words = sorted({word for kind in kinds for word in listing.anomaly_words(kind)})
    if not words:
        return {"description": "No alarm of this kind has a band.", "type": ["array", "null"], "maxItems": 0}
    description = "Measures that are compared with CloudWatch's learnt band instead of a number."
    return {"description": description, "type": ["array", "null"], "items": {"enum": words}}


def _runbooks(kinds: Sequence[str]) -> dict[str, Any]:
    names = dict.fromkeys(rule.alertname for kind in kinds for rule in CATALOGUE[kind])
    return {
        "description": "The resource's own pages below runbooks/, by alertname.",
        "type": ["object", "null"],
        "propertyNames": {"enum": list(names)},
        "additionalProperties": {"type": "string", "pattern": PAGE},
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0, or 1 where the file is not what it should be and is not to be written."""
    parser = argparse.ArgumentParser(prog="python -m tools.schemas", description="The catalogue's part of the schemas")
    parser.add_argument("--write", action="store_true", help="write the file")
    args = parser.parse_args(argv)
    text = SCHEMA.read_text(encoding="utf-8")
    if args.write:
        SCHEMA.write_text(generated(text), encoding="utf-8", newline="\n")
    elif generated(text) != text:
        print(f"{SCHEMA.name} lacks a change of the catalogue: python -m tools.schemas --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
