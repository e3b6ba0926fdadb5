"""Writes the golden files anew, on purpose: `python -m tests.wire.record [NAME …]`, never from a test.

A golden file changes only where the wire changes: then a deployment in mid-incident meets both forms, and docs and code
have to read the older one too. recorded/ is never written anew: it is what commit RECORDED stored.
"""

from __future__ import annotations

import sys

from tests.wire.golden import GOLDEN, PRODUCERS


def main(names: list[str]) -> None:
    """Record the golden files of these names, or all."""
    for name in names or PRODUCERS:
        (GOLDEN / f"{name}.json").write_text(PRODUCERS[name](), encoding="utf-8")
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
