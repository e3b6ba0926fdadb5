"""Knows where each key and value of a YAML file stands, and replaces them without touching anything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from compiler.reading.loader import TabLoader
from compiler.reading.yamlfile import Loader


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One `key: value` of a mapping. An alias shares its `value` with the entry that has the anchor."""

    key: yaml.ScalarNode
    value: yaml.Node
    mapping: yaml.MappingNode

    @property
    def name(self) -> str:
        """Returns the key."""
        return str(self.key.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replaces the characters from `start` to `end`, counted from 0, by `text`."""

    start: int
    end: int
    text: str


def compose(text: str) -> yaml.Node | None:
    """Returns the document's node tree, None for an empty one. Raises yaml.YAMLError.

    By PyYAML's loader, or libyaml's where only that takes the text, as one with a question mark within brackets.
    """
    try:
        return _tree(TabLoader(text))
    except yaml.YAMLError:
        if not yaml.__with_libyaml__:
            raise
        return _tree(yaml.CSafeLoader(text))


def _tree(loader: Loader) -> yaml.Node | None:
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Returns every value, and what stands in it, once, in the order of the file; an alias leads nowhere again."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)


def entries(root: yaml.Node) -> Iterator[Pair]:
    """Returns every entry of every mapping once, in the order of the file."""
    for node in nodes(root):
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    yield Pair(key=key, value=value, mapping=node)


def child(node: yaml.Node | None, name: str) -> Pair | None:
    """Returns the entry of a mapping by its key."""
    if not isinstance(node, yaml.MappingNode):
        return None
    found = (
        Pair(key=key, value=value, mapping=node)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode) and key.value == name
    )
    return next(found, None)


def is_alias(text: str, entry: Pair) -> bool:
    """Returns whether an alias stands behind the key, whose value stands elsewhere."""
    return text[entry.key.end_mark.index :].lstrip(" \t").removeprefix(":").lstrip(" \t\r\n").startswith("*")


def rename(entry: Pair, name: str) -> Edit:
    """Replaces a key."""
    return Edit(start=entry.key.start_mark.index, end=entry.key.end_mark.index, text=name)


def replace_value(text: str, entry: Pair, value: str) -> Edit:
    """Replaces a scalar, of one line or several; its anchor stays, and the line break behind it."""
    start, end = entry.value.start_mark.index, entry.value.end_mark.index
    whole = text[start:end]
    anchor = whole.split(maxsplit=1)[0] + " " if whole.startswith("&") else ""
    broken = whole[len(whole.rstrip()) :]
    return Edit(start=start, end=end, text=anchor + value + broken)


def applied(text: str, edits: Sequence[Edit]) -> str:
    """Returns the text with all edits, each of which stands once and meets no other."""
    parts, at = [], 0
    for edit in sorted(set_of(edits), key=lambda one: (one.start, one.end)):
        if edit.start < at:
            raise ValueError("two edits overlap")
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def set_of(edits: Sequence[Edit]) -> list[Edit]:
    """Returns the edits without twins."""
    return list(dict.fromkeys(edits))
