"""Writes the sentences of an alarm's description: the fault, and the reason for its number."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.catalogue.facts import GIB, ResourceFacts
from compiler.catalogue.rule import Level, Rule
from compiler.catalogue.table import Parent

_BEYOND = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below"}
_UNITS = {"percent": " %", "seconds": " s", "milliseconds": " ms", "microseconds": " µs", "count": ""}
_NAMED = 6


def sentence(
    rule: Rule, level: Level, called: str, number: float, threshold: float, facts: ResourceFacts, *, own: bool
) -> str:
    """Writes the fault, the number and the duration; then the source of the number.

    `number` is in the unit of the rule's key, `threshold` in the metric's. `own`: the environment chose it.
    """
    plain = f"{rule.what} of {called} is {_BEYOND[rule.operator]} {amount(threshold, rule.unit)}"
    said = rule.says.format(called=called) if rule.says else plain
    what = f"{said[0].upper()}{said[1:]} {lasting(rule, level)}."
    return f"{what} {_own(rule, number, facts) if own else _why(level, number, facts)}"


def band_sentence(rule: Rule, level: Level, called: str) -> str:
    """Writes the sentence of an alarm on CloudWatch's learnt band."""
    side = "outside" if rule.both_sides else "above"
    return (
        f"{rule.what} of {called} is {side} its expected band {lasting(rule, level)}. CloudWatch learns the band "
        "from two weeks (2 standard deviations): here a baseline says more than a number."
    )


def parent_sentence(parent: Parent, service: str, parts: Sequence[tuple[str, str]]) -> str:
    """Writes the sentence of a parent, over the alarms of one service."""
    named = list(dict.fromkeys(f"{alertname} of {resource}" for alertname, resource in parts))
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return (
        f"{parent.what} of {service} is down, or is about to be. "
        f"This fires with any of its critical parts: {', '.join(named[:_NAMED])}{more}."
    )


def amount(number: float, unit: str) -> str:
    """Returns a number as people read it: 80 %, 1.6 GiB, 0.02 s, 1,092."""
    if unit == "bytes":
        return _bytes(number)
    return f"{_digits(number)}{_UNITS[unit]}"


def lasting(rule: Rule, level: Level) -> str:
    """Returns `for 10 minutes` or `in 3 of the last 5 minutes`."""
    minutes = level.of * rule.period // 60
    if level.datapoints == level.of:
        return f"for {minutes} minute{'' if minutes == 1 else 's'}"
    return f"in {level.datapoints * rule.period // 60} of the last {minutes} minutes"


def _why(level: Level, number: float, facts: ResourceFacts) -> str:
    return level.why.format(
        percent=_digits(number),
        instance_class=facts.instance_class or "this capacity",
        memory=_bytes(facts.memory),
        storage=_bytes(facts.storage),
        local_storage=_bytes(facts.local_storage),
        storage_network=_bytes(facts.storage_network),
        vcpus=_digits(facts.vcpus),
        max_connections=_digits(facts.max_connections),
        max_connections_from=facts.max_connections_from,
        timeout=f"{_digits(facts.timeout / 1000)} s",
    )


def _own(rule: Rule, number: float, facts: ResourceFacts) -> str:
    said = amount(number, rule.key_unit)
    if not rule.share_of:
        return f"{said} is this environment's own number."
    whole = facts.number(rule.share_of)
    named = rule.share_of.replace("_", " ")
    return f"{said} of {amount(whole, rule.unit)} ({named}) is this environment's own number."


def _bytes(number: float) -> str:
    for unit, size in (("TiB", 1024 * GIB), ("GiB", GIB), ("MiB", 1024**2)):
        if number >= size:
            return f"{_digits(round(number / size, 2))} {unit}"
    return f"{_digits(number)} bytes"


def _digits(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:.4g}"
