"""Resolves a name of a file to its product module, by its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.structure.product import Module


def imported(module: Module, modules: Mapping[str, Module]) -> set[str]:
    """Return the product modules that a module imports, at any place of the file, also for the type checker alone."""
    return {found for found, _, _ in bindings(module, modules) if found in modules and found != module.name}


def bindings(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[str, str, str]]:
    """Yield (module, name in it, name here) for each import; the name in it is "" where a whole module is bound."""
    for node in module.imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, "", alias.asname or alias.name
        else:
            base = _base(module, node)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                here = alias.asname or alias.name
                yield (whole, "", here) if whole in modules else (base, alias.name, here)


def _base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    above = node.level - (module.path[-1] == "__init__.py")
    return ".".join([*parts[: len(parts) - above], *([node.module] if node.module else [])])
