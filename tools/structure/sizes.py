"""Counts lines of files and functions, and the size of the layer's package.

A file is a product file with at least one line, at any depth below the root. A function runs from its `def` to its last
line, decorators left out, methods and inner functions included. A percentile is the smallest value that at least that
share of all does not exceed.
"""

from __future__ import annotations

import ast
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tools.structure.product import Product


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Lines, and the longest function as "file:line name"."""

    files: int
    file_median: float
    file_p95: int
    functions: int
    function_p95: int
    function_max: int
    longest: str


@dataclass(frozen=True, kw_only=True)
class Weight:
    """The source of the layer's package."""

    files: int
    lines: int
    bytes: int


def sizes(product: Product) -> Sizes:
    """Measure the files and functions of the product."""
    files = [m.lines for m in product.in_folders if m.lines]
    functions = [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{m.where}:{node.lineno} {node.name}")
        for m in product.in_folders
        for node in m.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    longest, where = max(functions, default=(0, ""))
    return Sizes(
        files=len(files),
        file_median=statistics.median(files) if files else 0,
        file_p95=percentile(files, 95),
        functions=len(functions),
        function_p95=percentile([lines for lines, _ in functions], 95),
        function_max=longest,
        longest=where,
    )


def percentile(values: Sequence[int], share: int) -> int:
    """Return the nearest-rank percentile, `share` in percent; 0 of nothing."""
    if not values:
        return 0
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def weight(product: Product) -> Weight:
    """Measure the source of the layer's package, its `.py` files alone."""
    inside = product.inside(product.package)
    return Weight(
        files=len(inside),
        lines=sum(m.lines for m in inside),
        bytes=sum(len(m.text.encode()) for m in inside),
    )
