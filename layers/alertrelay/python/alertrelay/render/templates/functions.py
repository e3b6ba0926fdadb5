"""The functions of a template: Go's own, and Alertmanager's of 0.25 to 0.35.

Sources: text/template funcs.go; prometheus/alertmanager template/template.go (DefaultFuncs).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alertrelay.render.templates import comparing, durations, gojson, regexes, text_functions
from alertrelay.render.templates.budget import RenderBudget, TemplateFailure
from alertrelay.render.templates.gotime import Duration, GoTime
from alertrelay.render.templates.printf import sprintf
from alertrelay.render.templates.printing import sprint, sprintln
from alertrelay.render.templates.values import (
    AnyMap,
    Byte,
    Html,
    Slice,
    Strings,
    Url,
    go_bytes,
    go_string,
    kind_of,
    truth,
    type_name,
)


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a function may use beside its arguments."""

    budget: RenderBudget
    now: datetime


@dataclass(frozen=True, slots=True)
class TemplateFunction:
    """A function: the Go types of its parameters (`any` takes everything, a last `...` repeats), and what it does."""

    parameters: tuple[str, ...]
    run: Callable[..., Any]
    variadic: bool = False

    @property
    def least(self) -> int:
        """Returns the number of arguments that it needs."""
        return len(self.parameters) - self.variadic

    def parameter(self, index: int) -> str:
        """Returns the type of one argument."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        """Returns whether it takes so many arguments."""
        return count >= self.least if self.variadic else count == self.least


def _length(_: CallContext, value: Any) -> int:
    match kind_of(value):
        case "string":
            return len(go_bytes(value))
        case "slice" | "map":
            return len(value)
    raise TemplateFailure(f"len of {'nil' if value is None else type_name(value)}")


def _index(_: CallContext, value: Any, *indexes: Any) -> Any:
    for index in indexes:
        value = _at(value, index)
    return value


def _at(value: Any, index: Any) -> Any:
    match kind_of(value):
        case "map":
            if kind_of(index) != "string":
                raise TemplateFailure(f"index of {type_name(value)}: the key is {type_name(index)}, not string")
            return value.get(index, None if isinstance(value, AnyMap) else "")
        case "slice":
            return value[_within(index, len(value) - 1)]
        case "string":
            raw = go_bytes(value)
            return Byte(raw[_within(index, len(raw) - 1)])
    raise TemplateFailure(f"index of {'untyped nil' if value is None else type_name(value)}")


def _within(index: Any, last: int) -> int:
    if kind_of(index) not in ("int", "uint"):
        raise TemplateFailure(f"an index is {type_name(index)}, not a whole number")
    if not 0 <= index <= last:
        raise TemplateFailure(f"an index is out of range: {int(index)}")
    return int(index)


def _slice(_: CallContext, value: Any, *indexes: Any) -> Any:
    kind = kind_of(value)
    if kind not in ("string", "slice"):
        raise TemplateFailure(f"slice of {'untyped nil' if value is None else type_name(value)}")
    if len(indexes) > (2 if kind == "string" else 3):
        raise TemplateFailure(f"slice has too many indexes: {len(indexes)}")
    whole = go_bytes(value) if kind == "string" else value
    bounds = [_within(index, len(whole)) for index in indexes]
    if bounds != sorted(bounds):
        raise TemplateFailure("slice has indexes that go backwards")
    part = whole[bounds[0] if bounds else 0 : bounds[1] if len(bounds) > 1 else len(whole)]
    return go_string(part) if isinstance(part, bytes) else type(value)(part)


def _print(environment: CallContext, *values: Any) -> str:
    return sprint(values, environment.budget)


def _escaping(change: Callable[[str], str]) -> TemplateFunction:
    """Returns a function that prints its arguments and escapes what comes out."""

    def run(environment: CallContext, *values: Any) -> str:
        text = change(sprint(values, environment.budget))
        environment.budget.make(len(text))
        return text

    return TemplateFunction(("any",), run, variadic=True)


def _changing(change: Callable[[str], Any]) -> TemplateFunction:
    """Returns a function of one text."""

    def run(environment: CallContext, text: str) -> Any:
        environment.budget.make(len(text))
        return change(text)

    return TemplateFunction(("string",), run)


def _join(environment: CallContext, separator: str, texts: Sequence[str]) -> str:
    environment.budget.step(len(texts))
    environment.budget.make(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _in_zone(_: CallContext, name: str, time: GoTime) -> GoTime:
    try:
        return time.within(ZoneInfo(name or "UTC"))
    except (KeyError, ValueError, OSError):
        raise TemplateFailure(f"tz: {name[:60]!r} is not a time zone") from None


def _since(environment: CallContext, time: GoTime) -> Duration:
    return Duration(max(-(2**63), min(2**63 - 1, GoTime(environment.now).unix_nanos - time.unix_nanos)))


def _dict(environment: CallContext, *items: Any) -> AnyMap:
    environment.budget.make(len(items))
    if len(items) % 2:
        raise TemplateFailure("dict needs a value for each key")
    if any(type(key) is not str for key in items[::2]):
        raise TemplateFailure("dict has a key that is not a text")
    return AnyMap(zip(items[::2], items[1::2], strict=True))


def _append(environment: CallContext, to: Any, *items: Any) -> Slice:
    if kind_of(to) != "slice":
        raise TemplateFailure(f"append to {type_name(to)}, which is not a list")
    environment.budget.make(len(to) + len(items))
    return Slice([*to, *items])


def _list(environment: CallContext, *items: Any) -> Slice:
    environment.budget.make(len(items))
    return Slice(items)


def _short_of_arguments(_: CallContext, first: Any, *_others: Any) -> Any:
    """Stands for `and` and `or`, which the evaluator runs itself: they leave arguments unevaluated."""
    return first


_ANY = ("any", "any")
FUNCTIONS: Mapping[str, TemplateFunction] = {
    # Go's
    "and": TemplateFunction(_ANY, _short_of_arguments, variadic=True),
    "or": TemplateFunction(_ANY, _short_of_arguments, variadic=True),
    "not": TemplateFunction(("any",), lambda _e, value: not truth(value)),
    "len": TemplateFunction(("any",), _length),
    "index": TemplateFunction(_ANY, _index, variadic=True),
    "slice": TemplateFunction(_ANY, _slice, variadic=True),
    "print": TemplateFunction(("any",), _print, variadic=True),
    "println": TemplateFunction(("any",), lambda e, *values: sprintln(values, e.budget), variadic=True),
    "printf": TemplateFunction(
        ("string", "any"), lambda e, form, *values: sprintf(form, values, e.budget), variadic=True
    ),
    "html": _escaping(text_functions.html),
    "js": _escaping(text_functions.javascript),
    "urlquery": _escaping(text_functions.url_query),
    "eq": TemplateFunction(_ANY, lambda _e, first, *rest: comparing.equal(first, rest), variadic=True),
    "ne": TemplateFunction(_ANY, lambda _e, first, other: not comparing.equal(first, (other,))),
    "lt": TemplateFunction(_ANY, lambda _e, first, other: comparing.less(first, other)),
    "le": TemplateFunction(_ANY, lambda _e, first, other: not comparing.less(other, first)),
    "gt": TemplateFunction(_ANY, lambda _e, first, other: comparing.less(other, first)),
    "ge": TemplateFunction(_ANY, lambda _e, first, other: not comparing.less(first, other)),
    # Alertmanager's
    "toUpper": _changing(text_functions.upper),
    "toLower": _changing(text_functions.lower),
    "title": _changing(text_functions.title),
    "trimSpace": _changing(text_functions.trim_space),
    "urlUnescape": _changing(text_functions.url_unescape),
    "safeHtml": _changing(Html),
    "safeUrl": _changing(Url),
    "join": TemplateFunction(("string", "[]string"), _join),
    "match": TemplateFunction(("string", "string"), lambda _e, pattern, text: regexes.found_in(pattern, text)),
    "reReplaceAll": TemplateFunction(
        ("string", "string", "string"),
        lambda e, pattern, replacement, text: regexes.replaced(pattern, replacement, text, e.budget),
    ),
    "stringSlice": TemplateFunction(("string",), lambda _e, *texts: Strings(texts), variadic=True),
    "date": TemplateFunction(("string", "time.Time"), lambda _e, layout, time: time.format(layout)),
    "tz": TemplateFunction(("string", "time.Time"), _in_zone),
    "since": TemplateFunction(("time.Time",), _since),
    "humanizeDuration": TemplateFunction(("any",), lambda _e, value: durations.humanize(value)),
    "toJson": TemplateFunction(("any",), lambda e, value: gojson.to_json(value, e.budget)),
    "dict": TemplateFunction(("any",), _dict, variadic=True),
    "list": TemplateFunction(("any",), _list, variadic=True),
    "append": TemplateFunction(_ANY, _append, variadic=True),
}
"""All functions by name, `call` apart: no value of a notification is a function."""
