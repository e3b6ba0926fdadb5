"""Prints findings for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.reading.finding import Finding

_COLOURS = {"error": "31", "warning": "33", "info": "36"}


def report(findings: Sequence[Finding], *, colour: bool = False, counted: Sequence[Finding] | None = None) -> list[str]:
    """Return the lines for people: a finding, its mend below it, and last the counts (of `counted`, where given)."""
    places = [f"{f.file}:{f.line}:{f.column}:" if f.line else f"{f.file}:" for f in findings]
    wide = max(map(len, places), default=0)
    code_wide = max((len(f.code) for f in findings), default=0)
    lines = []
    for place, finding in zip(places, findings, strict=True):
        severity = f"{finding.severity:<7}"
        if colour:
            severity = f"\x1b[{_COLOURS[finding.severity]}m{severity}\x1b[0m"
        lines.append(f"{place:<{wide}} {severity} {finding.code:<{code_wide}} {_printable(finding.message)}")
        if finding.mend:
            lines.append(f"{'':<{wide + code_wide + 9}} -> {_printable(finding.mend)}")
    counts = {
        name: sum(f.severity == name for f in (findings if counted is None else counted))
        for name in ("error", "warning", "info")
    }
    summary = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())
    return [*lines, summary.replace("infos", "info")]


def refuse(errors: Sequence[Finding], *, unread: int = 1) -> int:
    """Prints the errors; returns `unread`, and 2 where a file could not be read."""
    print("\n".join(report(errors)), file=sys.stderr)
    return 2 if any(error.code == "unreadable" for error in errors) else unread


def _printable(text: str) -> str:
    """No control character of a file reaches the terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
