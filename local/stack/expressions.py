"""Reads DynamoDB's expressions and writes its items as moto does, in less of the CPU: a third of a replay's was here.

Each part stands for one of moto 5.2's and answers as it does (tests/local/test_expressions.py): an expression's tree is
walked with one look at a node's class, which moto compares with abstract classes, at each node again for all below it.
"""

from __future__ import annotations

import functools
import importlib
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})
"""DynamoDB's names of a value's type: a value has one of them
(docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html)."""
Process = Callable[[Any], Any]


@contextmanager
def quick_expressions() -> Iterator[None]:
    """Has moto's DynamoDB work like this inside it."""
    from moto.core.serialize import XFormedAttributePicker
    from moto.dynamodb.parsing import validators

    with (
        mock.patch.object(_nodes().DepthFirstTraverser, "traverse", _traverse),
        mock.patch.object(validators.ActionCountValidator, "traverse", _at_the_root),
        mock.patch.object(validators.OverlappingPathsValidator, "traverse", _at_the_root),
        mock.patch.object(validators, "deepcopy", _copied),
        mock.patch.object(XFormedAttributePicker, "__call__", _picking(XFormedAttributePicker.__call__)),
    ):
        yield


@functools.cache
def _nodes() -> Any:
    """The nodes of an expression's tree; the file hides its names from mypy."""
    return importlib.import_module("moto.dynamodb.parsing.ast_nodes")


def _at_the_root(self: Any, node: Any) -> Any:
    """Counts and compares the clauses of the whole expression alone: those of a part of it are among them."""
    return self.process(node)


def _copied(tree: Any) -> Any:
    """Returns a copy of an expression's tree, which consists of moto's nodes and texts."""
    return pickle.loads(pickle.dumps(tree))


def _traverse(self: Any, node: Any) -> Any:
    """Walks the tree from below, as moto does, with what processes a node found once a class."""
    return _walk(self, node, -1, self._processing_map(), {})


def _walk(
    walker: Any, node: Any, place: int, processors: Mapping[type, Process], of_class: dict[type, Process | None]
) -> Any:
    kind = type(node)
    if not issubclass(kind, _nodes().Node):
        return node
    if kind not in of_class:
        of_class[kind] = next((process for base, process in processors.items() if issubclass(kind, base)), None)
    parent = node.parent
    for number, child in enumerate(node.children or ()):
        walker.pre_processing_of_child(node, number)
        _walk(walker, child, number, processors, of_class)
    if process := of_class[kind]:
        node = process(node)
        node.parent = parent
        if parent:
            parent.children[place] = node
    return node


def _picking(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A value of DynamoDB has the one key that it has; moto looks for each of the others under seven names."""

    def pick(self: Any, context: Any) -> Any:
        value = context.obj
        if type(value) is dict and len(value) == 1 and context.key in TYPES and not self.response_transformers:
            (only,) = value
            if only in TYPES:
                return value.get(context.key)
        return original(self, context)

    return pick
