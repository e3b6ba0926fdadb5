"""The product's Python files, found and parsed. Nothing is listed by name: what moves is found where it went."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NOT_PRODUCT = frozenset({"tests", "node_modules", "cdk.out", "__pycache__", "docs", "events"})
"""Folders that hold no product code; hidden ones are left out as well."""
PACKAGE_PARENT = "layers/*/python"
"""Where the layer's package stands: the one folder in here that has an `__init__.py`."""


ITSELF = ("tools", "structure")
"""This tool, which names what it looks for: left out where words are counted."""


class NoPackage(ValueError):
    """The tree has no package of a layer; the text says where it was looked for."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """One parsed file. `path` is relative to the root, in parts; `name` is the dotted name that an import uses."""

    path: tuple[str, ...]
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Returns the syntax tree."""
        return ast.parse(self.text, "/".join(self.path))

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        """Returns every node of it: most figures go through all of them, and finding them takes longer than they do."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def imports(self) -> Sequence[ast.Import | ast.ImportFrom]:
        """Returns the imports among them, at any place of the file."""
        return tuple(node for node in self.nodes if isinstance(node, ast.Import | ast.ImportFrom))

    @property
    def where(self) -> str:
        """Returns the path as text."""
        return "/".join(self.path)

    @property
    def lines(self) -> int:
        """Returns the number of lines."""
        return len(self.text.splitlines())


@dataclass(frozen=True, kw_only=True)
class Product:
    """Every module of the product by dotted name, and the folder of the layer's package in parts."""

    root: Path
    package: tuple[str, ...]
    modules: Mapping[str, Module]

    def inside(self, folder: Sequence[str]) -> list[Module]:
        """Returns the modules under a folder, given in parts."""
        return [m for m in self.modules.values() if m.path[: len(folder)] == tuple(folder)]

    @property
    def in_words(self) -> list[Module]:
        """Returns all modules but those of this tool."""
        return [m for m in self.modules.values() if m.path[: len(ITSELF)] != ITSELF]

    @property
    def in_folders(self) -> list[Module]:
        """Returns all modules but those that lie at the root beside the folders."""
        return [m for m in self.modules.values() if len(m.path) > 1]


def read(root: Path) -> Product:
    """Parse every product file under `root`. Raises NoPackage, SyntaxError."""
    package = _package(root)
    import_root = package[:-1]
    modules = {}
    for path in _files(root):
        parts = path.relative_to(root).parts
        name = dotted(parts[len(import_root) :] if parts[: len(import_root)] == import_root else parts)
        modules[name] = Module(path=parts, name=name, text=path.read_text(encoding="utf-8"))
    return Product(root=root, package=package, modules=modules)


def dotted(parts: Sequence[str]) -> str:
    """Return the import name of a path in parts: a/b.py is a.b, a/__init__.py is a."""
    bare = [*parts[:-1], parts[-1].removesuffix(".py")]
    return ".".join(bare[:-1] if bare[-1] == "__init__" and len(bare) > 1 else bare)


def _package(root: Path) -> tuple[str, ...]:
    found = sorted(p.parent for p in root.glob(f"{PACKAGE_PARENT}/*/__init__.py"))
    if len(found) != 1:
        raise NoPackage(f"expected one package in {root / PACKAGE_PARENT}, found {len(found)}")
    return found[0].relative_to(root).parts


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in NOT_PRODUCT:
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix == ".py":
            yield path
