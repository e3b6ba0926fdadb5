"""Finds the files that name one channel, which are edited, or made, to add another.

A file names a channel where a string in it is the channel's kind or its key in Alertmanager's file (`slack`,
`slack_configs`), or where a name in it is the channel's settings class (`SlackSettings`, as an `isinstance` asks for).
Docstrings do not count. A file is the channel's own where a part of its path has the kind in it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.structure.product import Module, Product


@dataclass(frozen=True, kw_only=True)
class Naming:
    """The files that name a channel: its own, and the others, which a new channel would edit."""

    own: Sequence[str]
    others: Sequence[str]


def files_naming_channel(product: Product, kind: str) -> Naming:
    """Find the files that name the channel of a kind."""
    naming = [m for m in product.in_words if _names(m, kind)]
    own = [m.where for m in naming if any(kind in part for part in m.path)]
    return Naming(own=own, others=[m.where for m in naming if m.where not in own])


def _names(module: Module, kind: str) -> bool:
    literals, settings = (kind, f"{kind}_configs"), f"{kind}settings"
    return any(text in literals for text in strings(module)) or any(
        name.lower() == settings for name in _identifiers(module)
    )


def strings(module: Module) -> Iterator[str]:
    """Yield the string literals of a module, docstrings left out."""
    docstrings = {
        id(node.value) for node in module.nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def _identifiers(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
