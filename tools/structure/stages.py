"""Counts the objects handed to the stages of the pipeline: none of more than six fields to more than one of them.

The stages are the functions that the lists at the top of a `pipeline.py` name, in the folder of the package that the
entry of the notification stands in. A parameter counts by each dataclass that its annotation names.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tools.structure.imports import bindings
from tools.structure.product import Module, Product

MOST_FIELDS = 6


def stage_functions(product: Product, folder: str) -> dict[str, ast.FunctionDef]:
    """Return the stages by name, from every `pipeline.py` under a room of the package."""
    found: dict[str, ast.FunctionDef] = {}
    for module in product.inside((*product.package, folder)):
        if module.path[-1] == "pipeline.py":
            for name in _listed(module):
                function = _function(product, module, name)
                if function:
                    found[name] = function
    return found


def wide_objects(product: Product, folder: str) -> dict[str, Sequence[str]]:
    """Return each dataclass of more than six fields that more than one stage takes, with these stages."""
    fields = _fields(product)
    found: dict[str, list[str]] = defaultdict(list)
    for name, function in stage_functions(product, folder).items():
        arguments = function.args
        annotations = [a.annotation for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        classes = {c for a in annotations if a for c in _named(a)}
        for owner in sorted(classes):
            if fields.get(owner, 0) > MOST_FIELDS:
                found[owner].append(name)
    return {owner: stages for owner, stages in found.items() if len(stages) > 1}


def _listed(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Tuple | ast.List | ast.Dict | ast.Call):
            yield from (n.id for n in ast.walk(value) if isinstance(n, ast.Name))


def _function(product: Product, module: Module, name: str) -> ast.FunctionDef | None:
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    for found, inner, here in bindings(module, product.modules):
        if here == name and inner and found in product.modules:
            return _function(product, product.modules[found], inner)
    return None


def _named(annotation: ast.expr) -> Iterator[str]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _fields(product: Product) -> dict[str, int]:
    """Return how many fields each dataclass of the package has, inherited ones left out."""
    return {
        node.name: sum(isinstance(inner, ast.AnnAssign) for inner in node.body)
        for module in product.inside(product.package)
        for node in module.nodes
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(d) for d in node.decorator_list)
    }
