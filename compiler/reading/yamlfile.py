"""Reads YAML with places: every value knows its line, its column and its dotted path.

Read by PyYAML's composer, so anchors, aliases and merge keys (`<<`) work as in Alertmanager's own loader. Bad YAML, a
key twice, a wrong encoding or an alias bomb is a finding, never an exception.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from compiler.reading.finding import Findings, Place
from compiler.reading.loader import TabLoader

MAX_DEPTH = 60
MAX_VALUES = 200_000
"""Bounds for aliases of aliases, far above any file that a person wrote."""

Scalar = str | int | float | bool | None
_NESTED = 10_000
"""Brackets of a file, and characters of a line, each of which may open a level (`- - -`)."""
Loader = yaml.SafeLoader | yaml.CSafeLoader
_READ_DIFFERENTLY = re.compile(r"\t|(?:^|[\s\[{,])!|\?(?:[\s,\[\]{}]|$)", re.MULTILINE)
"""Tabs within plain text, tags and question marks: libyaml takes some of them that PyYAML refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value. `data` is the plain scalar, a tuple of values, or a mapping by key.

    `text` is a scalar as it stands in the file (`05`, `yes`, `17:00`); "" for the others. `key_place` is where the key
    stands that holds it, None for the items of a list. `inside` is the line and column where a scalar's text begins,
    None where its lines are not those of the file.
    """

    data: Scalar | tuple[Value, ...] | Mapping[str, Value]
    text: str
    place: Place
    key_place: Place | None = None
    inside: tuple[int, int] | None = field(default=None, compare=False)

    def place_at(self, offset: int) -> Place:
        """Returns where a character of the text stands in the file; where that is not known, the whole value."""
        line = self.text.count("\n", 0, offset)
        if self.inside is None or (line and self.inside[0] == self.place.line):
            return self.place
        column = offset - (self.text.rfind("\n", 0, offset) + 1)
        return dataclasses.replace(self.place, line=self.inside[0] + line, column=self.inside[1] + column)

    @property
    def kind(self) -> str:
        """Returns its kind, in the words of an error message."""
        match self.data:
            case None:
                return "nothing"
            case bool():
                return "true or false"
            case int() | float():
                return "a number"
            case str():
                return "text"
            case tuple():
                return "a list"
            case _:
                return "a mapping"


class _Broken(Exception):
    """The document cannot be made into values. Stays in this file."""

    def __init__(self, place: Place, code: str, message: str, mend: str) -> None:
        super().__init__(message)
        self.finding = (place, code, message, mend)


def read(path: Path, findings: Findings, *, name: str = "") -> Value | None:
    """Returns the file's root value, or None where there is none to go on with; then a finding says why.

    `name` is how findings spell the file (default: the path as given). A file that cannot be opened has code
    `unreadable`.
    """
    file = name or str(path)
    text = decoded(path, findings, name=file)
    return None if text is None else parse(text, findings, file=file)


def decoded(path: Path, findings: Findings, *, name: str = "") -> str | None:
    """Returns the text of a file, or None where it cannot be read; then a finding says why."""
    file = name or str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        mend = "name an existing file that may be read"
        findings.error(Place(file=file), "unreadable", f"cannot be read: {error.strerror or error}", mend)
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = Place(file=file, line=line, column=error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1)
        findings.error(found, "encoding", "is not UTF-8 from this byte on", "save the file as UTF-8")
        return None


def parse(text: str, findings: Findings, *, file: str) -> Value | None:
    """Parses as `read` does, from text."""
    loader: Loader | None = None
    try:
        loader, node = _composed(text)
        if node is None:
            mend = "write something in it, or remove the file"
            findings.error(Place(file=file, line=1, column=1), "empty", "is empty", mend)
            return None
        return _Builder(file, loader, findings, text.split("\n")).build(node, "", depth=0)
    except yaml.MarkedYAMLError as error:
        findings.error(_mark(file, error.problem_mark or error.context_mark), "yaml", _problem(error), _mend(error))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        place = Place(file=file, line=line, column=error.position - (text.rfind("\n", 0, error.position) + 1) + 1)
        findings.error(place, "yaml", "holds a character that YAML does not allow", "remove the control character")
    except RecursionError:
        findings.error(Place(file=file, line=1, column=1), "yaml", "is nested too deeply", "flatten it")
    except _Broken as error:
        findings.error(*error.finding)
    finally:
        if loader is not None:
            loader.dispose()
    return None


def _composed(text: str) -> tuple[Loader, yaml.Node | None]:
    """Returns the root node and the loader that made it: libyaml's, which takes a tenth of the time, or PyYAML's own
    where the two differ, and for a text with a fault, which it has the words for. Raises yaml.YAMLError."""
    if yaml.__with_libyaml__ and not _READ_DIFFERENTLY.search(text) and _shallow(text):
        quick: Loader | None = None
        try:
            quick = yaml.CSafeLoader(text)
            return quick, quick.get_single_node()
        except (yaml.YAMLError, UnicodeError):
            if quick is not None:
                quick.dispose()
    loader = TabLoader(text)
    return loader, loader.get_single_node()


def _shallow(text: str) -> bool:
    """Returns whether no nesting can be deep: libyaml's loader recurses without a bound, and would end the process."""
    return text.count("[") + text.count("{") <= _NESTED and max(map(len, text.splitlines()), default=0) <= _NESTED


def _mark(file: str, mark: yaml.Mark | None) -> Place:
    return Place(file=file, line=mark.line + 1, column=mark.column + 1) if mark else Place(file=file, line=1, column=1)


def _mend(error: yaml.MarkedYAMLError) -> str:
    """Returns what most likely went wrong, by the words of PyYAML."""
    said = f"{error.context or ''} {error.problem or ''}"
    return next(
        (mend for words, mend in _MENDS if words in said), "look at the line above: indentation, quotes, colons"
    )


def _problem(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return "is not YAML: " + ", ".join(parts)


_MENDS = (
    ("\\t", "indent with spaces: YAML takes no tabs"),
    ("quoted scalar", "close the quote"),
    ("flow sequence", "close the bracket, with commas between the items"),
    ("flow mapping", "close the brace, with commas between the pairs"),
    ("<stream end>", "close what is open: a bracket, a brace or a quote"),
    ("undefined alias", "define the anchor (&name) above its alias (*name)"),
    ("mapping values are not allowed", "quote a value with a colon in it, or start a new line"),
    ("could not find expected ':'", "write `key: value`, with a space after the colon"),
    ("simple key", "write `key: value`, with a space after the colon"),
    ("cannot start any token", "quote the value"),
    ("block collection", "indent this line like its neighbours"),
    ("block mapping", "indent this line like its neighbours"),
    ("another document", "keep one document: remove the line ---"),
)
"""Words of PyYAML's messages, and the mend."""


class _Builder:
    """Makes values of nodes and counts them."""

    def __init__(self, file: str, loader: Loader, findings: Findings, lines: Sequence[str]) -> None:
        self.file = file
        self.lines = lines
        self.loader = loader
        self.findings = findings
        self.count = 0

    def build(self, node: yaml.Node, key: str, *, depth: int) -> Value:
        place = Place(file=self.file, line=node.start_mark.line + 1, column=node.start_mark.column + 1, key=key)
        self.count += 1
        if depth > MAX_DEPTH:
            raise _Broken(place, "yaml", "is nested too deeply", "an anchor that holds its own alias never ends")
        if self.count > MAX_VALUES:
            raise _Broken(
                place, "yaml", f"has more than {MAX_VALUES} values", "split it; or look for aliases of aliases"
            )
        if isinstance(node, yaml.ScalarNode):
            self._whole(node.value, place)
            data = self._scalar(node, place)
            return Value(
                data=data, text="" if data is None else node.value, place=place, inside=_inside(node, self.lines)
            )
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.build(item, f"{key}[{i}]", depth=depth + 1) for i, item in enumerate(node.value))
            return Value(data=items, text="", place=place)
        assert isinstance(node, yaml.MappingNode)
        return Value(data=self._mapping(node, key, depth), text="", place=place)

    def _whole(self, text: str, place: Place) -> None:
        """Refuses half a character: PyYAML takes the escape of a surrogate, Alertmanager's loader does not."""
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise _Broken(place, "yaml", "holds the escape of half a character", "write the character itself")

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Scalar:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        try:
            match kind:
                case "null":
                    return None
                case "bool":
                    return bool(self.loader.construct_yaml_bool(node))
                case "int":
                    return int(self.loader.construct_yaml_int(node))
                case "float":
                    return float(self.loader.construct_yaml_float(node))
                case "str" | "timestamp" | "value" | "merge":
                    return str(node.value)
        except (ValueError, KeyError, TypeError, IndexError):
            raise _Broken(
                place, "yaml", f"is tagged {kind}, and its text is no value of that kind", "remove the tag"
            ) from None
        raise _Broken(place, "yaml", f"has a tag that is not understood: {node.tag}", "remove the tag")

    def _mapping(self, node: yaml.MappingNode, key: str, depth: int) -> dict[str, Value]:
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                for name, value in self._merge(value_node, key, depth).items():
                    merged.setdefault(name, value)
                continue
            name = self._key(key_node, key)
            dotted = f"{key}.{name}" if key else name
            key_place = _named(_mark(self.file, key_node.start_mark), dotted)
            value = dataclasses.replace(self.build(value_node, dotted, depth=depth + 1), key_place=key_place)
            if name in own:
                message = f"{name!r} stands here twice, first in line {own[name].place.line}"
                self.findings.error(key_place, "duplicate-key", message, "remove one of the two")
            own[name] = value
        return {**merged, **own}

    def _merge(self, node: yaml.Node, key: str, depth: int) -> dict[str, Value]:
        """Merges the keys of `<<: *alias` or `<<: [*a, *b]`; in a list the earlier wins."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Value] = {}
        for part in parts:
            value = self.build(part, key, depth=depth + 1)
            if not isinstance(value.data, Mapping):
                raise _Broken(
                    value.place, "yaml", f"a merge key takes a mapping, this is {value.kind}", "name an alias"
                )
            for name, item in value.data.items():
                merged.setdefault(name, item)
        return merged

    def _key(self, node: yaml.Node, key: str) -> str:
        place = _named(_mark(self.file, node.start_mark), key)
        if isinstance(node, yaml.ScalarNode):
            self._whole(node.value, place)
            return str(node.value)
        raise _Broken(place, "yaml", "has a list or a mapping as a key", "quote the key if it is meant to be text")


def _inside(node: yaml.ScalarNode, lines: Sequence[str]) -> tuple[int, int] | None:
    """Returns the line and column, from 1, of the first character of a scalar's text."""
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if node.style == ">":
        return None
    if node.style != "|":
        return line, column + (1 if node.style else 0)
    first = next((one for one in lines[line:] if one.strip()), "")
    return line + 1, len(first) - len(first.lstrip(" ")) + 1


def _named(place: Place, key: str) -> Place:
    return Place(file=place.file, line=place.line, column=place.column, key=key)
