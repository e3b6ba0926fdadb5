"""Rooms, floors and arrows, by the imports that stand in the files.

- A room is a folder with code, or a module that lies beside folders. A package's `__init__.py` that lies beside rooms
  is the package's face and no room.
- An arrow is a pair of rooms of which one imports the other.
- The reduced arrows leave out each arrow that a longer way implies. Inside a circle of rooms every arrow is kept.
- A floor is one more than the highest floor below it; the number of floors is the longest chain of imports.
- An arrow up is an import between two files whose rooms lie in one circle, and that runs against the order of these
  rooms in which the fewest imports do so. It is counted in every folder, among the rooms that lie in it.
- The house is counted twice: `open_house` with the package's own rooms beside the top-level folders, `house` with the
  whole package (everything under layers/) as one room. A file at the root is a room of both.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from tools.structure.imports import imported
from tools.structure.product import Module, Product

Graph = Mapping[str, Set[str]]
LARGEST_CIRCLE = 7
"""Rooms; of a larger circle each import inside it counts as one up, since trying every order would take too long."""


@dataclass(frozen=True, kw_only=True)
class RoomCount:
    """The counts of a set of rooms. `arrows` are all, `reduced` those that no longer way implies."""

    rooms: Sequence[str]
    floors: int
    arrows: int
    reduced: int


def house(product: Product) -> RoomCount:
    """Count the top-level folders and the files beside them."""
    return counted(graph(product, product.modules.values(), depth=0))


def open_house(product: Product) -> RoomCount:
    """Count the same, with the rooms of the package in place of the folder that holds it."""
    outside = {m.name: room(m, depth=0) for m in product.modules.values()}
    inside = {m.name: room(m, depth=len(product.package)) for m in product.inside(product.package)}
    return counted(_graph(product, {**outside, **inside}))


def package(product: Product) -> RoomCount:
    """Count the rooms of the layer's package."""
    return counted(graph(product, product.inside(product.package), depth=len(product.package)))


def room(module: Module, *, depth: int) -> str:
    """Return the room of a module among those of the folder `depth` parts down; "" for a face."""
    path = module.path[: depth + 1]
    return "" if path[-1] == "__init__.py" else "/".join(path)


def graph(product: Product, modules: Iterable[Module], *, depth: int) -> Graph:
    """Return what each room imports, among the rooms that lie in one folder `depth` parts down."""
    return _graph(product, {m.name: room(m, depth=depth) for m in modules})


def _graph(product: Product, rooms: Mapping[str, str]) -> Graph:
    found: dict[str, set[str]] = {name: set() for name in rooms.values() if name}
    for name, here in rooms.items():
        for other in imported(product.modules[name], product.modules):
            there = rooms.get(other, "")
            if here and there and here != there:
                found[here].add(there)
    return found


def counted(rooms: Graph) -> RoomCount:
    """Count rooms, floors and arrows of a graph."""
    return RoomCount(
        rooms=sorted(rooms),
        floors=max(floors(rooms).values(), default=0),
        arrows=sum(map(len, rooms.values())),
        reduced=sum(map(len, reduced(rooms).values())),
    )


def floors(rooms: Graph) -> dict[str, int]:
    """Return the floor of each room, 1 for the ground; the rooms of a circle share one."""
    below = {name: reached(rooms, name) for name in rooms}
    circle = {name: {name, *(n for n in below[name] if name in below[n])} for name in rooms}
    found: dict[str, int] = {}
    for name in sorted(rooms, key=lambda n: len(below[n] - circle[n])):
        found[name] = 1 + max((found[n] for n in below[name] - circle[name]), default=0)
    return found


def reduced(rooms: Graph) -> Graph:
    """Return the graph without the arrows that a longer way implies."""
    below = {name: reached(rooms, name) for name in rooms}
    return {
        name: {
            there
            for there in rooms[name]
            if name in below[there]
            or not any(there in below[n] for n in rooms[name] if n != there and name not in below[n])
        }
        for name in rooms
    }


def reached(rooms: Graph, start: str) -> set[str]:
    """Return every room that a room imports, at any distance."""
    seen: set[str] = set()
    waiting = list(rooms[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(rooms[name])
    return seen


def arrows_up(product: Product) -> list[str]:
    """Return each import that runs up, as "file -> file", over the rooms of every folder."""
    folders = {m.path[:depth] for m in product.modules.values() for depth in range(len(m.path))}
    return [arrow for folder in sorted(folders) for arrow in _up_in(product, folder)]


def _up_in(product: Product, folder: Sequence[str]) -> list[str]:
    inside = product.inside(folder)
    rooms = graph(product, inside, depth=len(folder))
    at = {m.name: room(m, depth=len(folder)) for m in inside}
    below = {name: reached(rooms, name) for name in rooms}
    circles = {
        frozenset({name, *(n for n in below[name] if name in below[n])}) for name in rooms if name in below[name]
    }
    found: list[str] = []
    for circle in sorted(circles, key=sorted):
        pairs = [
            (m.name, other)
            for m in inside
            for other in sorted(imported(m, product.modules))
            if at[m.name] in circle and at.get(other) in circle and at[m.name] != at[other]
        ]
        up = _fewest(circle, [(at[a], at[b]) for a, b in pairs])
        found += [f"{product.modules[a].where} -> {product.modules[b].where}" for a, b in pairs if (at[a], at[b]) in up]
    return found


def _fewest(circle: Set[str], pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    if len(circle) > LARGEST_CIRCLE:
        return set(pairs)
    against = (_against(order, pairs) for order in itertools.permutations(sorted(circle)))
    _, _, fewest = min((len(up), len(set(up)), up) for up in against)
    return set(fewest)


def _against(order: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(a, b) for a, b in pairs if order.index(a) > order.index(b)]
