"""Models the Go values that a template meets: each knows its Go type, its kind, its fields and its methods.

A string is a Python str in which a byte that is not UTF-8 is a surrogate (`surrogateescape`), a nil is None.
Source: prometheus/alertmanager template/template.go (Data, Alert, KV, Pairs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from alertrelay.render.templates.gotime import Duration, GoTime


class Html(str):
    """HTML that is not escaped again: the result of safeHtml."""

    __slots__ = ()


class Url(str):
    """An address that is not filtered: the result of safeUrl."""

    __slots__ = ()


class Byte(int):
    """A uint8: what `index` takes out of a text."""


class Int64(int):
    """An int64, which Go's time returns."""


class AnyMap(dict[str, Any]):
    """A map[string]interface {}: the result of dict."""

    go_type = "map[string]interface {}"


class KV(dict[str, str]):
    """Labels or annotations."""

    go_type = "template.KV"

    def pairs(self) -> Pairs:
        """Returns name and value of each, `alertname` first and the others sorted."""
        names = sorted(self, key=lambda name: (name != "alertname", go_bytes(name)))
        return Pairs(NamePair(Name=name, Value=self[name]) for name in names)

    def __str__(self) -> str:
        return str(self.pairs())


class Slice(list[Any]):
    """A Go slice; the classes below it say of what."""

    go_type: ClassVar[str] = "[]interface {}"


class Strings(Slice):
    """A []string."""

    go_type = "[]string"


class AlertSlice(Slice):
    """A []Alert, as `.Alerts.Firing` returns it: it has no methods."""

    go_type = "[]template.Alert"


class AlertValues(Slice):
    """The alerts of a notification."""

    go_type = "template.Alerts"

    def of_status(self, status: str) -> AlertSlice:
        """Returns those that fire, or those that are resolved."""
        return AlertSlice(alert for alert in self if alert.fields["Status"] == status)


class Pairs(Slice):
    """Names and values."""

    go_type = "template.Pairs"

    def column(self, name: str) -> Strings:
        """Returns the names, or the values."""
        return Strings(pair.fields[name] for pair in self)

    def __str__(self) -> str:
        return ", ".join(f"{pair.fields['Name']}={pair.fields['Value']}" for pair in self)


class Struct:
    """A Go struct: named fields in order."""

    go_type: ClassVar[str] = "struct"
    __slots__ = ("fields",)

    def __init__(self, **fields: Any) -> None:
        self.fields: Mapping[str, Any] = fields


class NamePair(Struct):
    """A name and its value."""

    go_type = "template.Pair"
    __slots__ = ()


class AlertValue(Struct):
    """One alert."""

    go_type = "template.Alert"
    __slots__ = ()


class Data(Struct):
    """The dot of a notification's template."""

    go_type = "template.Data"
    __slots__ = ()


JSON_NAMES = {"GeneratorURL": "generatorURL", "ExternalURL": "externalURL", "NotificationReason": "notification_reason"}
"""Fields whose name in JSON is not just their own with a small first letter."""


def go_bytes(text: str) -> bytes:
    """Returns the bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def go_string(raw: bytes) -> str:
    """Returns the Go string of some bytes."""
    return raw.decode("utf-8", "surrogateescape")


_TYPES: tuple[tuple[type, str, str], ...] = (
    (bool, "bool", "bool"),
    (Html, "template.HTML", "string"),
    (Url, "template.URL", "string"),
    (str, "string", "string"),
    (Duration, "time.Duration", "int"),
    (Byte, "uint8", "uint"),
    (Int64, "int64", "int"),
    (int, "int", "int"),
    (float, "float64", "float"),
    (GoTime, "time.Time", "struct"),
)


def type_name(value: Any) -> str:
    """Returns a value's Go type, as `%T` prints it."""
    if value is None:
        return "<nil>"
    own = getattr(type(value), "go_type", "")
    return own or next(name for kind, name, _ in _TYPES if isinstance(value, kind))


def kind_of(value: Any) -> str:
    """Returns bool, string, int, uint, float, slice, map, struct or nil."""
    if value is None:
        return "nil"
    if isinstance(value, dict):
        return "map"
    if isinstance(value, list):
        return "slice"
    if isinstance(value, Struct):
        return "struct"
    return next(kind for python, _, kind in _TYPES if isinstance(value, python))


def truth(value: Any) -> bool:
    """Returns whether `if` takes the value for true: not zero and not empty. A struct, and so a time, always is."""
    if isinstance(value, Struct | GoTime):
        return True
    return bool(value)


def sorted_items(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Returns a map's entries in the order in which Go prints and ranges over them."""
    return sorted(value.items(), key=lambda item: go_bytes(item[0]))
