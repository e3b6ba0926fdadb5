"""Moves secrets out of an Alertmanager file: `<key>_file` names each by a path, and the values are returned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from compiler.alertmanager.secret_urls import basic_auth
from compiler.mending.source import Edit, Pair, child, entries, is_alias, nodes, rename, replace_value
from compiler.reading.finding import Finding

MOVED = ("inline-secret", "inline-url")
"""Codes of findings whose value is moved, where their mend names the key to write instead."""
FOLDER = "/etc/alertmanager/secrets"
_INSTEAD = re.compile(r"write `(\w+): /etc/")
_RECEIVER = re.compile(r"receivers\[(\d+)\]\.(?:(\w+?)_configs)?")
_HIDDEN = re.compile(r"(?:password|secret|token|token_id|credentials|_key|_url|^url|^Authorization)$")
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedSecrets:
    """`values` are those that were moved, by the name of the key in the environment's secret. `masked` are the places
    of all values that may be secrets, also of those that stay, and `hidden` their texts: neither may be shown.
    `unknown` are the keys that nothing reads: what stands under a misspelt `password` is a secret too."""

    edits: tuple[Edit, ...]
    values: Mapping[str, str] = field(repr=False)
    masked: tuple[tuple[int, int], ...]
    hidden: tuple[str, ...] = field(repr=False)
    unknown: frozenset[str]


def move_secrets(text: str, root: yaml.Node, findings: Sequence[Finding]) -> MovedSecrets:
    """Returns what moves each secret that `findings` name as one in plain text."""
    wanted: dict[tuple[int, int], list[Finding]] = {}
    for one in findings:
        if one.code in MOVED:
            wanted.setdefault((one.line, one.column), []).append(one)
    names = _Names(root)
    edits: list[Edit] = []
    unknown = _unknown(root, findings)
    hidden = {text for _, text in may_be_secrets(root, unknown)}
    masked = {span for span, _ in may_be_secrets(root, unknown)}
    for entry in entries(root):
        mark = entry.value.start_mark
        here = [one for one in wanted.get((mark.line + 1, mark.column + 1), ()) if _key(one) == entry.name]
        if here and isinstance(entry.value, yaml.SequenceNode):
            listed = [item for item in entry.value.value if isinstance(item, yaml.ScalarNode)]
            masked |= {(item.start_mark.index, item.end_mark.index) for item in listed}
            hidden |= {str(item.value).strip() for item in listed}
            edits += _listed(text, entry, names, _hint(here[0], root))
            continue
        if not here or not isinstance(entry.value, yaml.ScalarNode):
            continue
        masked.add((mark.index, entry.value.end_mark.index))
        hidden.add(str(entry.value.value).strip())
        instead = _INSTEAD.search(here[0].mend)
        if instead is None:
            continue
        hint = _hint(here[0], root)
        if "basic_auth" in here[0].mend and (parted := _without_user(text, entry, names, hint)):
            edits += parted
            continue
        path = f"{FOLDER}/{names.of(str(entry.value.value).strip(), hint)}"
        edits.append(rename(entry, instead[1]))
        if not is_alias(text, entry):
            edits.append(replace_value(text, entry, path))
    return MovedSecrets(
        edits=tuple(edits), values=names.values, masked=tuple(masked), hidden=tuple(hidden), unknown=unknown
    )


def _listed(text: str, entry: Pair, names: _Names, hint: str) -> list[Edit]:
    """Returns what makes the `secrets` of a header its `files`; none where it has some, or where an anchor shares its
    list."""
    if child(entry.mapping, "files") or is_alias(text, entry):
        return []
    items = [Pair(key=entry.key, value=item, mapping=entry.mapping) for item in entry.value.value]
    if any(not isinstance(item.value, yaml.ScalarNode) or text[item.value.start_mark.index] in "&*" for item in items):
        return []
    paths = [f"{FOLDER}/{names.of(str(item.value.value).strip(), hint)}" for item in items]
    moved = [replace_value(text, item, path) for item, path in zip(items, paths, strict=True)]
    return [rename(entry, "files"), *moved]


def _without_user(text: str, entry: Pair, names: _Names, hint: str) -> list[Edit]:
    """Returns what takes user and password out of an address and writes them under `http_config.basic_auth`, which
    every release of Alertmanager reads; none where the entry has an `http_config`, or is not of one plain line."""
    found = basic_auth(str(entry.value.value))
    start, end = entry.value.start_mark, entry.value.end_mark
    shown = text[start.index : end.index]
    if found is None or child(entry.mapping, "http_config") or is_alias(text, entry) or start.line != end.line:
        return []
    user, password, pair = found
    if shown.count(pair) != 1 or shown.startswith("&"):
        return []
    name = names.of(password, re.sub("url$", "password", hint))
    written = json.dumps(user, ensure_ascii=False)
    if entry.mapping.flow_style:
        auth = f", http_config: {{basic_auth: {{username: {written}, password_file: {FOLDER}/{name}}}}}"
        inserted = Edit(start=end.index, end=end.index, text=auth)
    else:
        ends = "\r\n" if "\r\n" in text else "\n"
        indent = " " * entry.key.start_mark.column
        lines = ("http_config:", "  basic_auth:", f"    username: {written}", f"    password_file: {FOLDER}/{name}")
        at = text.find("\n", end.index) + 1 or len(text)
        before = "" if text[at - 1] == "\n" else ends
        inserted = Edit(start=at, end=at, text=before + "".join(f"{indent}{line}{ends}" for line in lines))
    return [Edit(start=start.index, end=end.index, text=shown.replace(pair, "")), inserted]


def may_be_secrets(root: yaml.Node, unknown: frozenset[str]) -> Iterator[tuple[tuple[int, int], str]]:
    """Returns place and text of each value that its key calls a password, a token, a key or an address, and of all
    that stands under an unknown key."""
    for entry in entries(root):
        if entry.name in unknown:
            scalars = [node for node in nodes(entry.value) if isinstance(node, yaml.ScalarNode)]
        elif isinstance(entry.value, yaml.ScalarNode) and _HIDDEN.search(entry.name):
            scalars = [entry.value]
        else:
            scalars = []
        for scalar in scalars:
            yield (scalar.start_mark.index, scalar.end_mark.index), str(scalar.value).strip()


def _unknown(root: yaml.Node, findings: Sequence[Finding]) -> frozenset[str]:
    places = {(one.line, one.column) for one in findings if one.code == "unknown-key"}
    marks = ((entry.name, entry.key.start_mark) for entry in entries(root))
    return frozenset(name for name, mark in marks if (mark.line + 1, mark.column + 1) in places)


def _key(finding: Finding) -> str:
    return finding.key.rpartition(".")[2]


def _hint(finding: Finding, root: yaml.Node) -> str:
    """Returns a name for people: the receiver, the channel and the key, or the header."""
    found = _RECEIVER.match(finding.key)
    key = finding.key.split(".")[-2] if finding.key.endswith(".secrets") else _key(finding)
    if found is None:
        return key
    receivers = child(root, "receivers")
    named = None
    if receivers and isinstance(receivers.value, yaml.SequenceNode) and int(found[1]) < len(receivers.value.value):
        named = child(receivers.value.value[int(found[1])], "name")
    receiver = str(named.value.value) if named and isinstance(named.value, yaml.ScalarNode) else f"receiver_{found[1]}"
    channel = found[2] or ""
    parts = [receiver, "" if channel in receiver.casefold() else channel, key]
    return "_".join(part for part in parts if part)


class _Names:
    """Names for the values: one for each, and none that a path of the file has already."""

    def __init__(self, root: yaml.Node) -> None:
        self._taken = set(_named(root))
        self._by_value: dict[str, str] = {}

    @property
    def values(self) -> Mapping[str, str]:
        """Returns the values by name."""
        return {name: value for value, name in self._by_value.items()}

    def of(self, value: str, hint: str) -> str:
        """Returns the name of a value."""
        if value not in self._by_value:
            base = _UNFIT.sub("_", hint).strip("_")[:60] or "secret"
            numbered = (base if number == 1 else f"{base}_{number}" for number in range(1, 10_000))
            name = next(name for name in numbered if name not in self._taken)
            self._taken.add(name)
            self._by_value[value] = name
        return self._by_value[value]


def _named(root: yaml.Node) -> Iterator[str]:
    for entry in entries(root):
        if entry.name.endswith("_file") and isinstance(entry.value, yaml.ScalarNode):
            yield str(entry.value.value).rpartition("/")[2]
