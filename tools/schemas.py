"""Writes into docs/schemas/environment.schema.json what every kind of resource has: the keys that its reader knows,
with their bounds and sentences (compiler/resources/lists.py), and the thresholds, bands and runbooks of the
catalogue.

`python -m tools.schemas --write`; without the flag it only compares. By hand stand the rules between keys of one entry
(`class` or `max_capacity`); tests/compiler/test_schemas.py holds them against the reader.
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
from compiler.resources.keys import ResourceList
from compiler.resources.lists import LISTS

SCHEMA = Path(__file__).parents[1] / "docs" / "schemas" / "environment.schema.json"
RULES = ("oneOf", "if", "then", "else", "dependentRequired")
"""What the schema says by hand: which keys of an entry go together."""
PAGE = "^[A-Za-z0-9][A-Za-z0-9_.-]*\\.md$"


def unread() -> list[str]:
    """Return the kinds of the catalogue that belong to no key of an environment's file."""
    return sorted(set(CATALOGUE) - {kind for listed in LISTS for kind in listed.kinds})


def generated(text: str) -> str:
    """Return the schema with the parts of the catalogue as they are now. Raises LookupError where a kind of the
    catalogue belongs to no key."""
    if missing := unread():
        raise LookupError(f"compiler/resources/lists.py: LISTS has no list for {', '.join(missing)}")
    schema: dict[str, Any] = json.loads(text)
    for listed in LISTS:
        by_hand = schema["properties"].get(listed.key, {}).get("items", {})
        rules = {name: rule for name, rule in by_hand.items() if name in RULES}
        schema["properties"][listed.key] = {
            "description": listed.about,
            "type": ["array", "null"],
            "items": _item(rules, listed),
        }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _item(rules: Mapping[str, Any], listed: ResourceList) -> dict[str, Any]:
    """Return the schema of one resource: its own keys, what all have, and the rules between keys."""
    kinds = listed.kinds
    shared = {
        "labels": {"$ref": "#/$defs/labels"},
        "thresholds": _thresholds(kinds),
        "reviewed": {
            "description": "When these thresholds were last reviewed, as 2026-11-30; `audit.reviewed` unless said.",
            "type": ["string", "null"],
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        },
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
    own = {key.name: {"description": key.about, **key.schema} for key in listed.own}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [key.name for key in listed.own if key.needed],
        "properties": {**own, **shared},
        **rules,
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
        print(
            f"{SCHEMA.name} lacks a change of the reader or the catalogue: python -m tools.schemas --write",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
