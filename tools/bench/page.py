"""Writes the table of docs/performance.md from the figures of `make bench`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra import synth

PAGE = synth.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- begin: make bench -->\n", "<!-- end: make bench -->\n"
ANCHOR = "notify-slack stand-in"
WHOLE = "1769"


def table(results: Mapping[str, Any]) -> str:
    """Return the figures as a table of Markdown: CPU to the message at its peer, its ratio to the stand-in of
    notify-slack in the same run, and wall time for each size of memory."""
    sizes, by_moto = list(results["memory"]), results["moto"]
    heads = [
        "function", "CPU to the message", f"of {ANCHOR}", "CPU of the whole first invocation", "CPU, warm",
        "peak memory", "requests to AWS", "AWS took for one", *(f"wall, {_size(size)}" for size in sizes),
        *(f"wall, {_size(size)}, AWS by moto" for size in by_moto),
    ]  # fmt: skip
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    whole = results["memory"][WHOLE]
    anchor = whole.get(ANCHOR, {}).get("cpu")
    for name, one in whole.items():
        lines.append(
            [
                name,
                f"{one['cpu']:.0f} ms",
                f"{one['cpu'] / anchor:.2f}" if anchor else "",
                f"{one['first']:.0f} ms",
                f"{one['warm']:.1f} ms",
                f"{one['rss']:.0f} MB",
                f"{one['requests']:.0f}",
                f"{one['served']:.1f} ms",
                *(f"{results['memory'][size][name]['wall']:.0f} ms" for size in sizes),
                *(f"{of_size[name]['wall']:.0f} ms" for of_size in by_moto.values()),
            ]
        )
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\nMedian of {results['rounds']} starts of each, in turn; {results['machine']}.\n"


def _size(size: str) -> str:
    return "a whole core" if size == WHOLE else f"{size} MB"


def write(results: Mapping[str, Any]) -> None:
    """Put the table into the page, between its marks."""
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


def replaced(text: str, results: Mapping[str, Any]) -> str:
    """Return the page's text with another table."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table(results)}{END}{rest.partition(END)[2]}"
