"""Prints values as Go's fmt does: Print, Println, and each verb of Printf."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from alertrelay.render.templates import numbers, quoting
from alertrelay.render.templates.budget import RenderBudget
from alertrelay.render.templates.gotime import Duration, GoTime, Month, Weekday, time_parts
from alertrelay.render.templates.numbers import Flags
from alertrelay.render.templates.values import KV, Pairs, Slice, go_bytes, kind_of, sorted_items, type_name

_STRINGERS = (KV, Pairs, GoTime, Duration, Month, Weekday)
_INTEGER_BASES = {"d": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}


def to_text(value: Any, budget: RenderBudget) -> str:
    """Returns a value as `{{ value }}` prints it."""
    if type(value) is str:
        return value
    return Printer(budget).verb(value, "v", Flags())


def sprint(values: Iterable[Any], budget: RenderBudget) -> str:
    """Returns the values as `print` does: with a space between two of which neither is a text."""
    printer, text, before = Printer(budget), "", True
    for number, value in enumerate(values):
        plain = kind_of(value) == "string" and value is not None
        if number and not plain and not before:
            text += " "
        text += printer.verb(value, "v", Flags())
        before = plain
        budget.make(len(text))
    return text


def sprintln(values: Iterable[Any], budget: RenderBudget) -> str:
    """Returns the values as `println` does: with a space between each two, and a line end."""
    printer = Printer(budget)
    return " ".join(printer.verb(value, "v", Flags()) for value in values) + "\n"


class Printer:
    """Prints one value after the other within a budget: a value may hold another one many times over."""

    def __init__(self, budget: RenderBudget) -> None:
        self._budget = budget

    def verb(self, value: Any, verb: str, flags: Flags, depth: int = 0) -> str:
        """Returns a value as one verb of Printf prints it."""
        self._budget.step()
        self._budget.make(flags.width or 0)
        text = self._text(value, verb, flags, depth)
        self._budget.make(len(text))
        return text

    def _text(self, value: Any, verb: str, flags: Flags, depth: int) -> str:
        if value is None:
            return flags.pad("<nil>") if verb == "v" else "%!" + verb + "(<nil>)"
        if verb == "T":
            return self._string(type_name(value), "s", flags)
        if isinstance(value, _STRINGERS) and verb in "vsxXq" and not flags.sharp_v:
            return self._string(str(value), "s" if verb == "v" else verb, flags)
        match kind_of(value):
            case "bool":
                word = "true" if value else "false"
                return flags.pad(word) if verb in "tv" else self._bad(value, verb)
            case "int" | "uint":
                return self._integer(value, verb, flags)
            case "float":
                if verb in "vbeEfFgGxX":
                    return numbers.floating(value, "g" if verb in "bxX" else verb, flags)
                return self._bad(value, verb)
            case "string":
                return self._string(value, verb, flags)
        return self._composite(value, verb, flags, depth)

    def _bad(self, value: Any, verb: str) -> str:
        return f"%!{verb}({type_name(value)}={self.verb(value, 'v', Flags())})"

    def _integer(self, value: int, verb: str, flags: Flags) -> str:
        whole = int(value)
        if verb == "v":
            if flags.sharp_v and kind_of(value) == "uint":
                return numbers.integer(whole, 16, "x", replace(flags, sharp=True, sharp_v=False))
            return numbers.integer(whole, 10, "d", flags)
        if verb in _INTEGER_BASES:
            return numbers.integer(whole, _INTEGER_BASES[verb], verb, flags)
        if verb in "cqU":
            char = chr(whole) if 0 <= whole < 0x110000 and not 0xD800 <= whole < 0xE000 else "\ufffd"
            if verb == "U":
                shown = f" '{char}'" if flags.sharp and quoting.printable(char) else ""
                return replace(flags, zero=False).pad(f"U+{whole:04X}{shown}")
            return flags.pad(char if verb == "c" else quoting.quote(char, "'", ascii_only=flags.plus))
        return self._bad(value, verb)

    def _string(self, text: str, verb: str, flags: Flags) -> str:
        if verb == "v" and flags.sharp_v:
            return flags.pad(quoting.quote(text))
        if verb in "vs":
            return flags.pad(text if flags.precision is None else text[: flags.precision])
        if verb in "xX":
            return flags.pad(_hex(go_bytes(text), verb, flags))
        if verb == "q":
            shown = text if flags.precision is None else text[: flags.precision]
            if flags.sharp and quoting.raw_quotable(shown):
                return flags.pad(f"`{shown}`")
            return flags.pad(quoting.quote(shown, ascii_only=flags.plus))
        return f"%!{verb}({type_name(text)}={text})"

    def _composite(self, value: Any, verb: str, flags: Flags, depth: int) -> str:
        if isinstance(value, GoTime):
            if flags.sharp_v:
                return f"time.Date({', '.join(time_parts(value))}, time.UTC)"
            value = Slice(time_parts(value))
        if depth > 50:
            return "..."
        if flags.sharp_v:
            return self._literal(value, flags, depth)
        if isinstance(value, dict):
            entries = (
                f"{self.verb(name, verb, flags, depth + 1)}:{self.verb(item, verb, flags, depth + 1)}"
                for name, item in sorted_items(value)
            )
            return f"map[{' '.join(entries)}]"
        if isinstance(value, list):
            return f"[{' '.join(self._inner(item, verb, flags, depth) for item in value)}]"
        fields = (
            (f"{name}:" if flags.plus_v else "") + self._inner(item, verb, flags, depth)
            for name, item in value.fields.items()
        )
        return "{" + " ".join(fields) + "}"

    def _inner(self, value: Any, verb: str, flags: Flags, depth: int) -> str:
        return self.verb(value, verb, flags, depth + 1)

    def _literal(self, value: Any, flags: Flags, depth: int) -> str:
        """Returns the value as Go would write it in source, `%#v`."""
        if isinstance(value, dict):
            pairs = ([self._inner(one, "v", flags, depth) for one in pair] for pair in sorted_items(value))
            inside = ", ".join(":".join(pair) for pair in pairs)
        elif isinstance(value, list):
            inside = ", ".join(self._inner(item, "v", flags, depth) for item in value)
        else:
            inside = ", ".join(f"{name}:{self._inner(item, 'v', flags, depth)}" for name, item in value.fields.items())
        return f"{type_name(value)}{{{inside}}}"


def _hex(raw: bytes, verb: str, flags: Flags) -> str:
    if flags.precision is not None:
        raw = raw[: flags.precision]
    prefix = "0x" if flags.sharp else ""
    joined = f" {prefix}".join(f"{byte:02x}" for byte in raw) if flags.space else raw.hex()
    text = prefix + joined if raw else ""
    return text.upper() if verb == "X" else text
