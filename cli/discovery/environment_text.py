"""Adds entries to the text of an environment file; every line, comment and order that was there stays. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import yaml

from cli.discovery.item import LISTS, Item, Property
from compiler.alarms.check import check_environment
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import parse_environment

TOO_MANY = "too-many-alarms"
"""A finding about all entries together, which says nothing of the one where it stands."""


class NotEditable(Exception):
    """The text cannot be added to. The text of this says where, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentEntry:
    """An item as it is written. `comment` says why it can only stand as a comment; "" for one that holds."""

    item: Item
    comment: str


def entries(items: Iterable[Item]) -> tuple[EnvironmentEntry, ...]:
    """Return the items in the order of the file, each after the checks that the file itself has to pass."""
    ordered = sorted(items, key=lambda one: (LISTS.index(one.kind), one.key))
    usable = [one for one in ordered if not one.unusable]
    faults = _faults(usable, planned=False)
    # Alarms can be planned only of what was read without a fault.
    faults |= _faults([one for one in usable if one.key not in faults], planned=True)
    return tuple(EnvironmentEntry(item=one, comment=one.unusable or faults.get(one.key, "")) for one in ordered)


def _faults(items: Sequence[Item], *, planned: bool) -> dict[tuple[str, str, str], str]:
    """By key: what the reader of environment files finds wrong with an item, or with its alarms where `planned`."""
    places: dict[str, tuple[str, str, str]] = {}
    lines: list[str] = []
    for kind in LISTS:
        of_kind = [one for one in items if one.kind == kind]
        places |= {f"{kind}[{number}]": one.key for number, one in enumerate(of_kind)}
        lines += [f"{kind}:"] if of_kind else []
        lines += [line for one in of_kind for line in _lines(one, "  ")]
    findings = Findings()
    root = parse("\n".join(lines) + "\n", findings, file="found") if lines else None
    environment = parse_environment(root, "found", findings) if root else None
    if environment and planned:
        check_environment(environment, None, findings)
    found: dict[tuple[str, str, str], str] = {}
    for one in findings.sorted():
        place = one.key.partition(".")[0]
        if one.severity == "error" and one.code != TOO_MANY and place in places:
            found.setdefault(places[place], _said(one))
    return found


def _said(finding: Finding) -> str:
    return f"{finding.message}; {finding.mend}" if finding.mend else finding.message


def _lines(one: Item, indent: str) -> list[str]:
    properties: dict[str, Property] = dict(one.properties)
    lines = [f"{key}: {_scalar(value)}" for key, value in properties.items()]
    if one.labels:
        lines.append("labels: {" + ", ".join(f"{key}: {_scalar(value)}" for key, value in one.labels.items()) + "}")
    return [f"{indent}- {lines[0]}", *(f"{indent}  {line}" for line in lines[1:])]


def _scalar(value: Property) -> str:
    """Return YAML that is read as this very value: a name such as `on` or `012` stands in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_scalar(one) for one in value) + "]"
    if isinstance(value, int | float):
        return f"{value:g}"
    plain = value.isascii() and value.replace("-", "").replace("_", "").replace(".", "").replace("/", "").isalnum()
    if plain and value[0] not in "-." and yaml.safe_load(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def faults_of(text: str, name: str) -> tuple[str, ...]:
    """Return the errors that `alertrelay check` would have in the text as the file of an environment."""
    findings = Findings()
    root = parse(text, findings, file=f"{name}.yml")
    environment = parse_environment(root, name, findings) if root else None
    if environment and not findings.failed:
        check_environment(environment, None, findings)
    return tuple(str(one) for one in findings.sorted() if one.severity == "error")


def block(entry: EnvironmentEntry, indent: str) -> list[str]:
    """Return the lines of an entry; one that does not hold is a comment below its reason."""
    lines = _lines(entry.item, indent)
    if not entry.comment:
        return lines
    reason = " ".join(entry.comment.split())
    return [f"{indent}# not watched: {reason}", *(f"{indent}# {line.removeprefix(indent)}" for line in lines)]


def added(text: str, found: Sequence[EnvironmentEntry]) -> str:
    """Return the text with the entries at the ends of their lists. Raises NotEditable."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    top = _top_level(text)
    there = sorted((kind for kind in LISTS if kind in top), key=lambda kind: -top[kind][0].start_mark.line)
    for kind in there:
        own = [entry for entry in found if entry.item.kind == kind]
        if own:
            _into(lines, kind, *top[kind], own)
    for kind in LISTS:
        own = [entry for entry in found if entry.item.kind == kind]
        if own and kind not in top:
            head = f"{kind}:" if any(not entry.comment for entry in own) else f"# {kind}:"
            lines += ["", head, *(line for entry in own for line in block(entry, "  "))]
    return newline.join(lines) + newline


def _top_level(text: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise NotEditable(f"is not YAML: {getattr(error, 'problem', error)}") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise NotEditable("a mapping of `key: value` lines was expected")
    return {key.value: (key, value) for key, value in root.value}


def _into(lines: list[str], kind: str, key: yaml.Node, value: yaml.Node, own: Sequence[EnvironmentEntry]) -> None:
    """Put the entries behind the last line of a list that is there. Later lists go first, so places stay right."""
    if isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
        indent = " " * value.start_mark.column
        at = _last_line(value) + 1
        lines[at:at] = [line for entry in own for line in block(entry, indent)]
        return
    if isinstance(value, yaml.SequenceNode) and value.value:
        raise NotEditable(f"line {value.start_mark.line + 1}: {kind} is written as [...]; write a line for each entry")
    number = key.start_mark.line
    comment = lines[number].partition("#")
    if any(not entry.comment for entry in own):
        lines[number] = f"{kind}:" + (f" #{comment[2]}" if comment[1] else "")
    lines[number + 1 : number + 1] = [line for entry in own for line in block(entry, "  ")]


def _last_line(node: yaml.Node) -> int:
    """Return the last line that holds something of a node: the end of a block is where the next thing begins."""
    if isinstance(node, yaml.SequenceNode | yaml.MappingNode) and node.value and not node.flow_style:
        if isinstance(node, yaml.SequenceNode):
            return max(node.start_mark.line, _last_line(node.value[-1]))
        key, value = node.value[-1]
        return max(int(key.end_mark.line), _last_line(value))  # an alias stands where its anchor does
    start, end, column = int(node.start_mark.line), int(node.end_mark.line), int(node.end_mark.column)
    return end - 1 if column == 0 and end > start else end
