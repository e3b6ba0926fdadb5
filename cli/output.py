"""Offers the forms in which lists are printed, as kubectl does: `-o json|table|yaml`."""

from __future__ import annotations

import argparse
import json
from typing import Any

FORMS = ("json", "table", "yaml")


def add_output(parser: argparse.ArgumentParser, *, default: str = "table") -> None:
    """Adds `-o`, and `--json` for scripts that know only this."""
    parser.add_argument(
        "-o", "--output", choices=FORMS, default=default, help=f"{', '.join(FORMS)} (default: {default})"
    )
    parser.add_argument("--json", dest="output", action="store_const", const="json", help="the same as -o json")


def dumped(value: Any, form: str) -> str:
    """Return a value as JSON or YAML, without a line end."""
    if form == "json":
        return json.dumps(value, indent=2)
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)
    return text.rstrip("\n")
