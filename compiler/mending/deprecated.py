"""Writes deprecated keys of an Alertmanager file in today's spelling: `match`, `match_re` and the older intervals.

A `match_re` keeps its anchors in the new spelling, because Alertmanager prints them into the keys of groups: with other
keys every open alert would be notified anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import yaml
from alertrelay.config.model import Matcher, Operator
from alertrelay.config.printed_matchers import print_matcher

from compiler.mending.source import Edit, Pair, child, entries, is_alias, rename

_OPERATORS: tuple[tuple[str, Operator], ...] = (("", "="), ("_re", "=~"))
_OLD: Mapping[str, tuple[str, Operator]] = {
    f"{side}match{end}": (f"{side}matchers", op) for side in ("", "source_", "target_") for end, op in _OPERATORS
}


def renew(text: str, root: yaml.Node) -> tuple[Edit, ...]:
    """Returns what writes each deprecated key anew; one that an anchor or a merge holds, or that stands beside its new
    spelling, stays."""
    edits: list[Edit] = []
    old, new = child(root, "mute_time_intervals"), child(root, "time_intervals")
    if old and not new:
        edits.append(rename(old, "time_intervals"))
    seen: set[int] = set()
    for entry in entries(root):
        if entry.name in _OLD and id(entry.mapping) not in seen:
            seen.add(id(entry.mapping))
            edits += _mapping(text, entry.mapping)
    return tuple(edits)


def _mapping(text: str, mapping: yaml.MappingNode) -> Iterator[Edit]:
    """Both old keys of each side, where they can become one list."""
    found = [Pair(key=key, value=value, mapping=mapping) for key, value in mapping.value if key.value in _OLD]
    names = {str(key.value) for key, _ in mapping.value if isinstance(key, yaml.ScalarNode)}
    for new in dict.fromkeys(_OLD[entry.name][0] for entry in found):
        both = [entry for entry in found if _OLD[entry.name][0] == new]
        if new in names or not all(_plain(text, entry) for entry in both):
            continue
        if len(both) == 1:
            yield rename(both[0], new)
            yield from _items(text, both[0])
        elif all(_is_flow(entry) for entry in both):
            yield rename(both[0], new)
            yield _flow(both[0].value, [item for entry in both for item in _texts(entry)])
            yield _line(text, both[1])
        elif _meet(text, both) and not any(_is_flow(entry) for entry in both):
            yield rename(both[0], new)
            yield _line(text, both[1], keep_value=True)
            for entry in both:
                yield from _items(text, entry)


def _plain(text: str, entry: Pair) -> bool:
    """Returns whether the value is a mapping of texts that stands here, without an anchor, an alias or a merge."""
    value = entry.value
    return (
        isinstance(value, yaml.MappingNode)
        and bool(value.value)
        and not is_alias(text, entry)
        and not text.startswith("&", value.start_mark.index)
        and all(
            isinstance(key, yaml.ScalarNode)
            and key.value != "<<"
            and isinstance(item, yaml.ScalarNode)
            and key.start_mark.index < item.start_mark.index <= value.end_mark.index
            and text[item.start_mark.index : item.start_mark.index + 1] not in "&|>"
            for key, item in value.value
        )
    )


def _meet(text: str, both: Sequence[Pair]) -> bool:
    """Returns whether nothing but comments lies between the two, and their entries have one indentation."""
    first, second = both
    between = text[first.value.value[-1][1].end_mark.index : second.key.start_mark.index]
    same = first.value.value[0][0].start_mark.column == second.value.value[0][0].start_mark.column
    bare = all(not line.strip() or line.strip().startswith("#") for line in between.splitlines()[1:])
    ordered = first.key.start_mark.index < second.key.start_mark.index
    return ordered and same and bare and _alone(text, second)


def _is_flow(entry: Pair) -> bool:
    return isinstance(entry.value, yaml.MappingNode) and bool(entry.value.flow_style)


def _alone(text: str, entry: Pair) -> bool:
    start = entry.key.start_mark.index
    return not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _texts(entry: Pair) -> Iterator[str]:
    op = _OLD[entry.name][1]
    for key, value in entry.value.value:
        written = "" if value.tag.endswith(":null") else str(value.value)
        text = f"^(?:{written})$" if op == "=~" else written
        yield print_matcher(Matcher(name=str(key.value), op=op, value=text))


def _items(text: str, entry: Pair) -> Iterator[Edit]:
    if _is_flow(entry):
        yield _flow(entry.value, list(_texts(entry)))
        return
    for (key, value), written in zip(entry.value.value, _texts(entry), strict=True):
        end = max(value.end_mark.index, key.end_mark.index)
        end = text.index(":", key.end_mark.index) + 1 if value.value == "" and end <= key.end_mark.index + 1 else end
        yield Edit(start=key.start_mark.index, end=end, text=f"- {_quoted(written)}")


def _flow(value: yaml.Node, items: Sequence[str]) -> Edit:
    listed = ", ".join(_quoted(item) for item in items)
    return Edit(start=value.start_mark.index, end=value.end_mark.index, text=f"[{listed}]")


def _quoted(text: str) -> str:
    """A scalar of YAML in single quotes, which stands in a list of either style."""
    return "'" + text.replace("'", "''") + "'"


def _line(text: str, entry: Pair, *, keep_value: bool = False) -> Edit:
    """Removes the lines of an entry, or with `keep_value` the one of its key."""
    start = entry.key.start_mark.index
    begin = text.rfind("\n", 0, start) + 1 if _alone(text, entry) else start
    last = entry.key.end_mark.index if keep_value else entry.value.end_mark.index
    end = text.find("\n", last)
    return Edit(start=begin, end=len(text) if end < 0 else end + 1, text="")
