"""Finds inhibition rules that suppress each other's sources, that suppress nothing, and that suppress everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from alertrelay.config.model import InhibitRule, Matcher

from compiler.alertmanager.inhibition import PlacedRule
from compiler.alertmanager.label_sets import Undecided, example, example_beside
from compiler.alertmanager.semantics.routes import nobody

_LONGEST = 4
_MOST_RULES = 60


def check_inhibition(placed: Sequence[PlacedRule]) -> None:
    """Adds the findings on all rules."""
    working = []
    for item in placed:
        if suppresses_nothing(item.rule):
            message = (
                "suppresses nothing: no alert matches one side and has the equal labels of one that matches the other"
            )
            if _is_two_sided(item.rule):
                message = "suppresses nothing: what matches one side matches both, and such alerts spare each other"
            item.section.findings.warning(item.section.place, "inhibits-nothing", message, "mend the matchers")
        else:
            working.append(item)
        if not item.rule.equal:
            message = "has no 'equal': one source suppresses all targets, of every service and environment"
            mend = "name the labels that both have in common, as in [service, env]"
            item.section.findings.info(item.section.place, "inhibits-everywhere", message, mend)
    _check_circles(working)


def suppresses_nothing(rule: InhibitRule) -> bool:
    """Returns whether it is proved that the rule suppresses no alert at all."""
    if nobody(rule.source) or nobody(rule.target) or nobody(_on(rule.equal, (*rule.source, *rule.target))):
        return True
    return _is_two_sided(rule)


def _is_two_sided(rule: InhibitRule) -> bool:
    return nobody(rule.source, [rule.target]) and nobody(rule.target, [rule.source])


def _on(labels: Iterable[str], matchers: Iterable[Matcher]) -> tuple[Matcher, ...]:
    """Returns the matchers of some labels alone: those that source and target have in common."""
    names = set(labels)
    return tuple(one for one in matchers if one.name in names)


def _check_circles(placed: Sequence[PlacedRule]) -> None:
    if len(placed) > _MOST_RULES:
        return
    for circle in _circles(placed):
        if not _suppress_all([item.rule for item in circle]):
            continue
        first, *others = circle
        lines = " and ".join(str(item.section.place.line) for item in others)
        message = (
            f"suppresses the sources of the rule{'s' if len(others) > 1 else ''} in line {lines}, which "
            f"suppress{'' if len(others) > 1 else 'es'} its own: where all of them fire, nobody is notified of any"
        )
        mend = "let the graver alert suppress the lesser, and never the other way round"
        first.section.findings.warning(first.section.place, "circular-inhibition", message, mend)


def _circles(placed: Sequence[PlacedRule]) -> Iterator[tuple[PlacedRule, ...]]:
    """Every way round through two to four rules, each once: it begins at the rule that stands first in the file."""
    follows = {
        (one, other): not nobody((*placed[one].rule.target, *placed[other].rule.source))
        for one in range(len(placed))
        for other in range(len(placed))
        if one != other
    }
    waiting: list[tuple[int, ...]] = [(number,) for number in range(len(placed))]
    while waiting:
        way = waiting.pop(0)
        for following in range(way[0], len(placed)):
            if following == way[-1] or not follows[way[-1], following]:
                continue
            if following == way[0] and len(way) > 1:
                yield tuple(placed[number] for number in way)
            elif following not in way and len(way) < _LONGEST:
                waiting.append((*way, following))


def _suppress_all(rules: Sequence[InhibitRule]) -> bool:
    """Returns whether alerts are found, one between each rule and the next, that all suppress each other in a circle.

    Each matches the target side of one rule and the source side of the next, and is no source of the first or no target
    of the second: within one rule what matches both sides spares what does too.
    """
    shared = {name for rule in rules for name in rule.equal}
    sides = [(before, rule) for before, rule in zip([rules[-1], *rules], rules, strict=False)]
    every = [one for before, rule in sides for one in (*before.target, *rule.source)]
    try:
        if example(_on(shared, every)) is None:
            return False
        alerts = [example_beside((*before.target, *rule.source), [rule.target]) for before, rule in sides]
        if all(alert is not None for alert in alerts):
            return True
        alerts = [example_beside((*before.target, *rule.source), [before.source]) for before, rule in sides]
        return all(alert is not None for alert in alerts)
    except Undecided:
        return False
