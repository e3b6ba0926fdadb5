"""The words of the project: how docstrings open, and which of two words it uses for a notification.

Docstrings: those of public functions, methods, classes and modules; one that only refers (`See ports.Clock.`) is left
out. It opens with a verb where its first word, or that word as a base form (Returns, Return), stands in verbs.txt and
the next word does not show it to be a noun ("Records of", "Names that"). It opens with a free relative where the first
word is one of RELATIVES.

tell/told against notify: every occurrence as a word or as a part of a name (`tell_ops`, `TellOps`) in the files, in
strings and comments too. A name of wire_names.txt is not counted where it is a whole string literal or the keyword of a
call, `log("feedback", told_from=x)`: it is stored, queued or logged, and keeps its name.

Classes: a public name counts once for all of its definitions in the product.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from tools.structure.product import Module, Product

HERE = Path(__file__).parent
RELATIVES = frozenset(
    ("what", "whatever", "who", "whoever", "whom", "whose", "where", "wherever", "how", "whether", "which", "whichever")
) | {"when", "why"}
_NOUN_BEFORE = frozenset(("of", "that", "which", "in"))
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""A word, or a part of a name in snake or camel case."""
OLD, NEW = ("tell", "told"), ("notify",)


@dataclass(frozen=True, kw_only=True)
class Docstrings:
    """The number of docstrings, of those that open with a verb, and with a free relative."""

    all: int
    verbs: int
    relatives: int


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Occurrences, and the files that still use the old word, with how often."""

    old: int
    new: int
    where: Mapping[str, int]


def docstrings(product: Product) -> Docstrings:
    """Count how the public docstrings open."""
    verbs = listed(HERE / "verbs.txt")
    openings = [o for m in product.modules.values() for o in _openings(m)]
    return Docstrings(
        all=len(openings),
        verbs=sum(is_verb(first, second, verbs) for first, second in openings),
        relatives=sum(first.lower() in RELATIVES for first, _ in openings),
    )


def is_verb(first: str, second: str, verbs: Set[str]) -> bool:
    """Returns whether a docstring that begins with these two words opens with a verb, as an order or in the third
    person."""
    word = first.lower()
    forms = {word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}
    return not forms.isdisjoint(verbs) and second.lower() not in _NOUN_BEFORE


def listed(path: Path) -> frozenset[str]:
    """Read a list of one entry a line; a line that begins with # is a comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _openings(module: Module) -> Iterator[tuple[str, str]]:
    for node in module.nodes:
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not isinstance(node, ast.Module) and node.name.startswith("_"):
            continue
        words = re.findall(r"[^\s,.:;]+", ast.get_docstring(node) or "")
        if words and words[0] != "See":
            yield words[0], words[1] if len(words) > 1 else ""


def vocabulary(product: Product, wire_names: Set[str] | None = None) -> Vocabulary:
    """Count both words in the product, this tool left out."""
    kept = listed(HERE / "wire_names.txt") if wire_names is None else wire_names
    names = "|".join(map(re.escape, sorted(kept, key=len, reverse=True)))
    wire = re.compile(rf"""(["'])(?:{names})\1|(?<![\w.])(?:{names})=(?![=\s])""") if kept else None
    where: dict[str, int] = {}
    new = 0
    for module in product.in_words:
        text = wire.sub('""', module.text) if wire else module.text
        parts = Counter(part.lower() for part in _PART.findall(text))
        new += sum(parts[word] for word in NEW)
        if old := sum(parts[word] for word in OLD):
            where[module.where] = old
    return Vocabulary(old=sum(where.values()), new=new, where=where)


def repeated_classes(product: Product) -> dict[str, Sequence[str]]:
    """Return each public class name that is defined twice or more, with the files."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in product.modules.values():
        for node in module.nodes:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(module.where)
    return {name: files for name, files in sorted(found.items()) if len(files) > 1}
