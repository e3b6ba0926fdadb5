"""The hops of one value: a walk over the code, in the order in which it is written; nothing is run.

The walk begins in a function as its first parameter. In a body a local is derived from the value where what it is
assigned, iterates over or is bound to mentions a derived name. Calls are visited in the order of the text, an outer
call before those in its arguments, every branch one after the other.

- A call counts where it hands a derived value to a function or method of the product: as an argument, or as the object
  whose method is called. Making an object of a class is no call: the value is put down there.
- A method is followed where one class alone has a method of that name, no class has a field of that name, and no type
  of the language has it. What is chosen as the program runs (a port's method) is not followed.
- A call of what a loop takes from a list that stands at the top of a module (the stages of a pipeline) counts as a call
  of every function that the list names, in its order.
- A function is walked once; a later call of it counts, and its body is not walked again.
- A stay is an unbroken run of such calls into one room of the package. A hop is a stay, the entry's included.
- A climb is a hop to a room on a higher floor of the package than the one left.
- A call of a local or a parameter that is handed a derived value and that no rule above follows is `lost`.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Container, Iterator, Sequence, Set
from dataclasses import dataclass, field

from tools.structure.imports import bindings
from tools.structure.product import Module, Product
from tools.structure.rooms import floors, graph, room

Function = ast.FunctionDef | ast.AsyncFunctionDef
_BUILTIN = {name for kind in (str, bytes, dict, list, set, frozenset, tuple) for name in dir(kind)}


class NoEntry(ValueError):
    """The entry of the walk is not in the product; the text names it."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """The rooms stayed in, in order, how many of the moves between them climb, and what could not be followed."""

    stays: Sequence[str]
    climbs: int
    lost: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Place:
    module: str
    name: str  # "function" or "Class.method"


@dataclass(kw_only=True)
class _Index:
    """The functions of the product, and what the names of each module stand for."""

    functions: dict[_Place, Function] = field(default_factory=dict)
    methods: dict[str, list[_Place]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    lists: dict[_Place, ast.expr] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    names: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)


def walk(product: Product, entry: str) -> Walk:
    """Walk from `entry`, the dotted name of a function. Raises NoEntry."""
    index = _index(product)
    module, _, name = entry.rpartition(".")
    start = _resolve(index, module, name, index.functions)
    if start is None:
        raise NoEntry(f"expected the dotted name of a function of the product, got {entry!r}")
    first = [a.arg for a in _parameters(index.functions[start])][:1]
    depth = len(product.package)
    floor = floors(graph(product, product.inside(product.package), depth=depth))
    stays: list[str] = []
    for place in _visits(index, start, frozenset(first), set()):
        here = room(product.modules[place.module], depth=depth)
        if stays[-1:] != [here]:
            stays.append(here)
    heights = [floor.get(name, 0) for name in stays]
    climbs = sum(after > before for before, after in itertools.pairwise(heights))
    return Walk(stays=stays, climbs=climbs, lost=sorted(set(index.lost)))


def _index(product: Product) -> _Index:
    index = _Index()
    for module in product.inside(product.package):
        names = index.names[module.name] = {}
        for found, inner, here in bindings(module, product.modules):
            names[here] = (found, inner)
        for node in module.tree.body:
            if isinstance(node, Function):
                index.functions[_Place(module.name, node.name)] = node
            elif isinstance(node, ast.ClassDef):
                _index_methods(index, module, node)
            for target, value in _bound(node):
                if isinstance(target, ast.Name):
                    index.lists[_Place(module.name, target.id)] = value
    return index


def _index_methods(index: _Index, module: Module, owner: ast.ClassDef) -> None:
    for node in owner.body:
        if isinstance(node, Function):
            place = _Place(module.name, f"{owner.name}.{node.name}")
            index.functions[place] = node
            index.methods.setdefault(node.name, []).append(place)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            index.fields.add(node.target.id)


def _resolve(index: _Index, module: str, name: str, known: Container[_Place]) -> _Place | None:
    """Follow a name through the modules that only hand it on, to where `known` has it."""
    for _ in range(len(index.names)):
        place = _Place(module, name)
        if place in known:
            return place
        if name not in index.names.get(module, {}):
            return None
        module, name = index.names[module][name]
    return None


def _callees(index: _Index, place: _Place, call: ast.Call) -> list[_Place]:
    """Return what a call may call, in order; nothing where it leaves the product or cannot be known."""
    module = place.module
    found = None
    match call.func:
        case ast.Name(id=name):
            found = _resolve(index, module, name, index.functions)
        case ast.Attribute(value=ast.Name(id=alias), attr=name) if index.names[module].get(alias, ("", "x"))[1] == "":
            found = _resolve(index, index.names[module][alias][0], name, index.functions)
        case ast.Attribute(attr=name) if name not in _BUILTIN | index.fields:
            owners = index.methods.get(name, [])
            found = owners[0] if len(owners) == 1 else None
    return [found] if found else _listed(index, place, call)


def _listed(index: _Index, place: _Place, call: ast.Call) -> list[_Place]:
    """Return the functions of the lists that a loop takes the called thing from."""
    bound = [pair for node in ast.walk(index.functions[place]) for pair in _bound(node)]
    waiting = [node.id for node in ast.walk(call.func) if isinstance(node, ast.Name)][:1]
    seen: set[str] = set()
    found: list[_Place] = []
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        at = _resolve(index, place.module, name, index.lists)
        if at:
            inner = [_resolve(index, at.module, n, index.functions) for n in _names(index.lists[at])]
            found += [function for function in inner if function]
        waiting += [n for target, value in bound if name in _names(target) for n in _names(value)]
    return found


def _visits(index: _Index, place: _Place, derived: Set[str], walked: set[_Place]) -> Iterator[_Place]:
    yield place
    if place in walked:
        return
    walked.add(place)
    function = index.functions[place]
    names = _derived(function, derived)
    for call in _calls(function.body):
        callees = _callees(index, place, call)
        for callee in callees:
            handed = _handed(index.functions[callee], call, names)
            if handed:
                yield from _visits(index, callee, handed, walked)
        if not callees and _is_lost(index, place, call, names):
            index.lost.append(f"{place.module}:{call.lineno} {ast.unparse(call.func)}")


def _is_lost(index: _Index, place: _Place, call: ast.Call, names: Set[str]) -> bool:
    """Returns whether a call of a local or a parameter is handed a derived value."""
    function = index.functions[place]
    if not isinstance(call.func, ast.Name):
        return False
    own = {a.arg for a in _parameters(function)} | {
        n for node in ast.walk(function) for target, _ in _bound(node) for n in _names(target)
    }
    return call.func.id in own and any(_mentions(v, names) for v in (*call.args, *(k.value for k in call.keywords)))


def _calls(body: Sequence[ast.AST]) -> Iterator[ast.Call]:
    """Yield the calls of some nodes in the order of the text, an outer call first."""
    for node in body:
        if isinstance(node, ast.Call):
            yield node
        yield from _calls(list(ast.iter_child_nodes(node)))


def _parameters(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _handed(function: Function, call: ast.Call, names: Set[str]) -> frozenset[str]:
    """Return the parameters of the callee that receive a derived value."""
    positional = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    values: list[ast.expr] = list(call.args)
    if positional[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute):
        values = [call.func.value, *values]
    rest = function.args.vararg.arg if function.args.vararg else ""
    found = {
        positional[at] if at < len(positional) else rest for at, value in enumerate(values) if _mentions(value, names)
    }
    found |= {k.arg or "" for k in call.keywords if _mentions(k.value, names)}
    return frozenset(found)


def _derived(function: Function, start: Set[str]) -> set[str]:
    names = set(start)
    grown = True
    while grown:
        before = len(names)
        for node in ast.walk(function):
            for target, value in _bound(node):
                if _mentions(value, names):
                    names.update(_names(target))
        grown = len(names) > before
    return names


def _bound(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            return [(target, value) for target in targets]
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return [(target, value)]
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            return [(target, value)]
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            return [(target, value)]
        case _:
            return []


def _names(node: ast.AST) -> list[str]:
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]


def _mentions(value: ast.AST, names: Set[str]) -> bool:
    return not names.isdisjoint(_names(value))
