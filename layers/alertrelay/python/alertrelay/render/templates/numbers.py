"""Writes numbers as Go's fmt and strconv do."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The flags, width and precision of one verb."""

    plus: bool = False
    minus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int | None = None
    precision: int | None = None
    plus_v: bool = False
    sharp_v: bool = False

    def pad(self, text: str) -> str:
        """Returns the text in the verb's width, counted in characters."""
        if self.width is None:
            return text
        if self.minus:
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if self.zero else " ")

    @property
    def bare(self) -> Flags:
        """Returns no flags at all, as what is printed inside `%!` has."""
        return Flags()


def integer(value: int, base: int, verb: str, flags: Flags) -> str:
    """Returns a whole number in a base. `verb` decides the prefix and the case of the digits."""
    digits = _in_base(abs(value), base)
    if verb == "X":
        digits = digits.upper()
    if flags.precision is not None:
        if not flags.precision and not value:
            return " " * (flags.width or 0)
        digits = digits.rjust(flags.precision, "0")
    elif flags.zero and not flags.minus and flags.width is not None:
        signed = value < 0 or flags.plus or flags.space
        digits = digits.rjust(flags.width - signed, "0")
    text = _sign(value < 0, flags) + _prefix(digits, base, verb, flags) + digits
    return replace(flags, zero=False).pad(text)


def _in_base(value: int, base: int) -> str:
    return {2: f"{value:b}", 8: f"{value:o}", 10: str(value), 16: f"{value:x}"}[base]


def _prefix(digits: str, base: int, verb: str, flags: Flags) -> str:
    if verb == "O":
        return "0o"
    if not flags.sharp:
        return ""
    if base == 8 and digits.startswith("0"):
        return ""
    return {2: "0b", 8: "0", 16: "0X" if verb == "X" else "0x"}.get(base, "")


def _sign(negative: bool, flags: Flags) -> str:
    return "-" if negative else "+" if flags.plus else " " if flags.space else ""


def floating(value: float, verb: str, flags: Flags) -> str:
    """Returns a number with a fraction by one of e, E, f, F, g, G; `v` is g with as many digits as it takes."""
    precision = flags.precision if flags.precision is not None else None if verb in "vgG" else 6
    letter = {"v": "g", "F": "f"}.get(verb, verb)
    if not math.isfinite(value):
        text = "NaN" if math.isnan(value) else "Inf"
        negative = value < 0
        sign = _sign(negative, flags) or ("+" if not negative and text == "Inf" else "")
        return replace(flags, zero=False).pad(sign + text)
    negative = math.copysign(1.0, value) < 0
    text = _digits(abs(value), letter, precision)
    sign = _sign(negative, flags)
    if flags.zero and not flags.minus and flags.width is not None:
        return sign + text.rjust(flags.width - len(sign), "0")
    return flags.pad(sign + text)


def _digits(value: float, letter: str, precision: int | None) -> str:
    if precision is not None:
        return f"{value:.{precision}{letter}}"
    text = shortest(value)
    return text.upper() if letter == "G" else text


def shortest(value: float, *, largest: int = 6) -> str:
    """Returns the fewest digits that read back as the same number, with an exponent from `largest` on, as Go's `%v`
    does: 1e+06, 100000, 0.0001."""
    digits, exponent = _scientific(value)
    if exponent < -4 or exponent >= largest:
        return _with_exponent(digits, exponent)
    return positional(digits, exponent)


def _scientific(value: float) -> tuple[str, int]:
    """Returns the digits without a point, and the exponent of the first."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0", 0
    point = len(whole) if whole != "0" else -(len(fraction) - len(fraction.lstrip("0")))
    return digits.rstrip("0") or "0", int(exponent or 0) + point - 1


def _with_exponent(digits: str, exponent: int) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def positional(digits: str, exponent: int) -> str:
    """Returns digits with a point where the exponent says."""
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if exponent + 1 >= len(digits):
        return digits.ljust(exponent + 1, "0")
    return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
