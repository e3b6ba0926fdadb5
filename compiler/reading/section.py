"""Reads a mapping of a file, key by key with the expected type; a value that does not fit is a finding.

An unknown key is an error, as in Alertmanager: a misspelt `continue` would decide who is notified. A key with nothing
behind it counts as absent. After a fault reading goes on with the default, so that one run names all faults.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from compiler.reading.duration import DurationError, parse_duration
from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.yamlfile import Value


@dataclass(frozen=True, slots=True)
class Section:
    """One mapping. Make it with `section_of`, which checks the keys."""

    value: Value
    findings: Findings

    @property
    def place(self) -> Place:
        """Returns the place where the mapping begins."""
        return self.value.place

    @property
    def items(self) -> Mapping[str, Value]:
        """Returns all keys that hold something."""
        data = self.value.data
        return {k: v for k, v in data.items() if v.data is not None} if isinstance(data, Mapping) else {}

    def get(self, key: str) -> Value | None:
        """Returns the raw value, None where it is absent."""
        return self.items.get(key)

    def has(self, key: str) -> bool:
        """Returns whether the key stands there with something behind it; an empty text counts as nothing."""
        value = self.get(key)
        return value is not None and value.data != ""

    def empty_list(self, key: str) -> bool:
        """Returns whether `[]` stands there; what is no list has a finding of its own."""
        value = self.get(key)
        return value is not None and value.data == ()

    def at(self, key: str) -> Place:
        """Returns the place of the key's value, else of the mapping (with the key's name)."""
        found = self.get(key)
        return found.place if found else _below(self.place, key)

    def wrong(self, value: Value, expected: str, mend: str) -> None:
        """The finding for a value of another type."""
        self.findings.error(value.place, "wrong-type", f"expected {expected}, got {value.kind}", mend)

    def require(self, key: str, mend: str) -> bool:
        """Returns whether the key is there; an error where not."""
        if self.has(key):
            return True
        self.findings.error(_below(self.place, key), "missing-key", f"{key!r} is missing", mend)
        return False

    def text(self, key: str, default: str = "") -> str:
        """Returns any scalar as it is written, which is how Alertmanager reads text."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value.data, tuple | Mapping):
            self.wrong(value, "text", "write one text")
            return default
        return value.text

    def string(self, key: str, default: str = "") -> str:
        """Returns text only: 012 or yes would be read as something else, so it has to be quoted."""
        value = self.get(key)
        if value is None:
            return default
        return string_of(value, self.findings) or default

    def strings(self, key: str) -> tuple[str, ...]:
        """Returns a list of texts, as `string`; an empty text is an error."""
        found = ((item, string_of(item, self.findings)) for item in self.list(key))
        return tuple(text for _, text in found if text)

    def flag(self, key: str, *, default: bool) -> bool:
        """Returns true or false."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value.data, bool):
            return value.data
        self.wrong(value, "true or false", "write true or false, without quotes")
        return default

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """Returns a number within both bounds."""
        value = self.get(key)
        return default if value is None else number_of(value, self.findings, low=low, high=high, default=default)

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        """Returns a whole number within both bounds."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value.data, bool) or not isinstance(value.data, int):
            self.wrong(value, "a whole number", f"write a whole number from {low:g} to {high:g}")
            return default
        return int(number_of(value, self.findings, low=low, high=high, default=default))

    def seconds(self, key: str) -> float | None:
        """Returns a duration in Prometheus's spelling, in seconds; None where it is absent or wrong."""
        if self.get(key) is None:
            return None
        try:
            return parse_duration(self.text(key))
        except DurationError as error:
            self.findings.error(self.at(key), "bad-duration", str(error), "write it as 30s, 5m, 1h30m or 1d")
            return None

    def list(self, key: str) -> tuple[Value, ...]:
        """Returns the items of a list; none where it is absent or something else."""
        value = self.get(key)
        if value is None:
            return ()
        if isinstance(value.data, tuple):
            return value.data
        mend = f"write [{value.text}]" if value.text else "put a '- ' before each item"
        self.wrong(value, "a list", mend)
        return ()

    def sections(self, key: str, known: Collection[str]) -> tuple[Section, ...]:
        """Returns a list of mappings."""
        made = (section_of(item, known, self.findings) for item in self.list(key))
        return tuple(item for item in made if item)

    def section(self, key: str, known: Collection[str]) -> Section | None:
        """Returns a mapping inside this one."""
        value = self.get(key)
        return section_of(value, known, self.findings) if value else None

    def mapping(self, key: str) -> Mapping[str, Value]:
        """Returns a mapping with keys of the operator's own."""
        value = self.get(key)
        if value is None:
            return {}
        if isinstance(value.data, Mapping):
            return value.data
        self.wrong(value, "a mapping", "write `key: value` lines")
        return {}


def keys(names: str) -> tuple[str, ...]:
    """Returns the names of keys, written as one text."""
    return tuple(names.split())


def section_of(value: Value, known: Collection[str], findings: Findings) -> Section | None:
    """Returns the mapping, after an error for each key that is not among `known`; None where it is no mapping."""
    if not isinstance(value.data, Mapping):
        mend = "write `key: value` lines"
        findings.error(value.place, "wrong-type", f"expected a mapping, got {value.kind}", mend)
        return None
    for name, item in value.data.items():
        if name not in known:
            place = item.key_place or item.place
            mend = did_you_mean(name, known, "remove it")
            findings.error(place, "unknown-key", f"{name!r} is not a key here", mend)
    return Section(value, findings)


def check_texts(values: Iterable[Value], findings: Findings) -> None:
    """An error for each that is no scalar: any of those is read as the text that stands in the file."""
    for value in values:
        if isinstance(value.data, tuple | Mapping):
            findings.error(value.place, "wrong-type", f"expected text, got {value.kind}", "write one text")


def string_of(value: Value, findings: Findings) -> str:
    """Returns a text that is not empty; "" after a finding."""
    if not isinstance(value.data, str):
        scalar = not isinstance(value.data, tuple | Mapping | None)
        mend = f'quote it: "{value.text}"' if scalar else "write one text"
        findings.error(value.place, "wrong-type", f"expected text, got {value.kind}", mend)
        return ""
    if not value.data.strip():
        findings.error(value.place, "empty-text", "is empty", "remove the key, or say what it is")
        return ""
    return value.data


def number_of(value: Value, findings: Findings, *, low: float, high: float, default: float, unit: str = "") -> float:
    """Returns a number within both bounds, else `default` after a finding, which names the `unit`."""
    mend = f"write a number from {low:g} to {high:g}" + (f", in {unit}" if unit else "")
    if isinstance(value.data, bool) or not isinstance(value.data, int | float):
        findings.error(value.place, "wrong-type", f"expected a number, got {value.kind}", mend)
        return default
    if not (math.isfinite(value.data) and low <= value.data <= high):
        message = f"{value.text} is out of range"
        findings.error(value.place, "out-of-range", message, mend)
        return default
    return value.data


def text_like(pattern: str, expected: str, example: str) -> Callable[[Value, Findings], str]:
    """Returns a check for texts of one shape: the text, or "" after a finding."""
    compiled = re.compile(pattern)

    def check(value: Value, findings: Findings) -> str:
        text = string_of(value, findings)
        if text and not compiled.fullmatch(text):
            findings.error(value.place, "bad-value", f"{text!r} is not {expected}", f"as in {example}")
            return ""
        return text

    return check


def _below(place: Place, key: str) -> Place:
    dotted = f"{place.key}.{key}" if place.key else key
    return Place(file=place.file, line=place.line, column=place.column, key=dotted)
