"""Writes the table of alerts in docs/rules.md from rules/rendered.

python -m tools.rules_page [--check]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rules.md"
BEGIN, END = "<!-- alerts -->\n", "<!-- /alerts -->\n"


def alerts() -> Iterator[dict[str, Any]]:
    """Yields the alerting rules of the rendered files, by file and then as they stand there."""
    for path in sorted((ROOT / "rules" / "rendered").glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


def meanings(path: Path) -> dict[str, str]:
    """Returns when each alert of a runbook fires, by its name, from the table at the top of the page."""
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", path.read_text(encoding="utf-8"), re.MULTILINE))


def table() -> str:
    """Returns the rows: the name with its runbook, the severity, `for`, when it fires, and the impact on people."""
    rows = ["| Alert | Severity | For | Fires when | Impact |\n|---|---|---|---|---|\n"]
    for rule in alerts():
        notes = rule["annotations"]
        runbook = "runbooks/prometheus/" + notes["runbook_url"].rpartition("/")[2]
        fires = meanings(ROOT / runbook)[rule["alert"]]
        cells = [f"[{rule['alert']}](../{runbook})", rule["labels"]["severity"], rule["for"], fires, notes["impact"]]
        rows.append(f"| {' | '.join(cells)} |\n")
    return "".join(rows)


def page(text: str) -> str:
    """Returns the page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; 1 where --check finds a page that is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.rules_page", description="Writes the table of docs/rules.md")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where the page is not current")
    args = parser.parse_args(argv)
    old = PAGE.read_text("utf-8")
    new = page(old)
    if new == old:
        return 0
    if not args.check:
        PAGE.write_text(new, "utf-8")
    print(f"docs/rules.md: {'is not current' if args.check else 'written'}", file=sys.stderr)
    return int(args.check)


if __name__ == "__main__":
    sys.exit(main())
