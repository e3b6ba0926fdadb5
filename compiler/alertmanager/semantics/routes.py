"""Finds routes that no alert reaches, twins that get in each other's way, and settings without an effect.

Only what is proved is reported: where the work would be too much, or an expression is not understood, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alertrelay.config.model import Matcher, Route
from alertrelay.config.printed_matchers import print_matchers

from compiler.alertmanager.label_sets import Undecided, example, example_beside
from compiler.alertmanager.routing import PlacedRoute
from compiler.reading.duration import spell_duration
from compiler.reading.section import Section

_MOST_OTHERS = 2_000
"""Siblings of a route that are weighed: each of a level against all before it is quadratic."""
Lists = tuple[tuple[Matcher, ...], ...]


def check_routes(placed: Sequence[PlacedRoute]) -> None:
    """Adds the findings on a tree, by all its routes; the root is the first."""
    sections = {item.route.id: item.section for item in placed}
    root = next(item.route for item in placed if item.route.key == item.route.id == "{}")
    _check_children(root, (), (), sections)
    for item in placed:
        _check_wait(item.route, item.section)


def nobody(matchers: Sequence[Matcher], others: Sequence[Sequence[Matcher]] = ()) -> bool:
    """Returns whether it is proved that `matchers` take no alert which none of `others` takes."""
    try:
        return (example_beside(matchers, others) if others else example(matchers)) is None
    except Undecided:
        return False


def _check_children(parent: Route, way: tuple[Matcher, ...], taken: Lists, sections: Mapping[str, Section]) -> None:
    earlier: list[Route] = []
    twins: dict[tuple[str, str], Route] = {}
    for index, child in enumerate(parent.routes):
        section = sections[child.id]
        last = index == len(parent.routes) - 1
        own = (*way, *child.matchers)
        stopping = [one for one in earlier if not one.continue_]
        if not _is_unreachable(child, own, section, below=bool(way)):
            reached = not _is_taken(child, own, taken, stopping, section, sections)
            _check_twins(child, twins, section, sections)
            if reached:
                _check_children(child, own, (*taken, *(one.matchers for one in stopping)), sections)
        if last and child.continue_:
            message = "'continue' on the last of its routes has no effect: nothing comes after it"
            section.findings.info(section.at("continue"), "useless-continue", message, "remove it")
        earlier.append(child)
        if child.continue_:
            twins.setdefault((child.key, child.receiver), child)


def _is_unreachable(child: Route, own: tuple[Matcher, ...], section: Section, *, below: bool) -> bool:
    if not nobody(own):
        return False
    alone = nobody(child.matchers)
    why = "its matchers contradict each other" if alone or not below else "they contradict those of the routes above it"
    message = f"no alert can reach {print_matchers(child.matchers)}: {why}"
    section.findings.warning(section.place, "unreachable-route", message, "mend the matchers, or remove the route")
    return True


def _is_taken(
    child: Route,
    own: tuple[Matcher, ...],
    taken: Lists,
    stopping: Sequence[Route],
    section: Section,
    sections: Mapping[str, Section],
) -> bool:
    """Returns whether earlier routes without `continue` take all its alerts, after the finding."""
    others = [*taken, *(one.matchers for one in stopping)]
    if not others or len(others) > _MOST_OTHERS or not nobody(own, others):
        return False
    printed = print_matchers(child.matchers)
    mend = "put the narrower route first, or `continue: true` on the other"
    twin = next((one for one in stopping if one.matchers == child.matchers), None)
    if twin is not None:
        message = (
            f"has the matchers of the route in line {sections[twin.id].place.line}, {printed}, which has no 'continue'"
        )
        section.findings.warning(section.place, "colliding-routes", f"{message}: nobody is notified by this one", mend)
        return True
    one = next((one for one in stopping if nobody(own, [one.matchers])), None)
    who = f"the route in line {sections[one.id].place.line} takes" if one else "routes before it together take"
    message = f"{who} every alert of {printed}, without 'continue': nobody is notified by this one"
    section.findings.warning(section.place, "shadowed-route", message, mend)
    return True


def _check_twins(
    child: Route, earlier: Mapping[tuple[str, str], Route], section: Section, sections: Mapping[str, Section]
) -> None:
    """Two routes of one key and one receiver share a notification log in Alertmanager, so each can suppress what the
    other has to send. `earlier` are those with `continue`."""
    one = earlier.get((child.key, child.receiver))
    if one is not None:
        line = sections[one.id].place.line
        message = f"has the matchers and the receiver of the route in line {line}: both have one notification log"
        section.findings.warning(section.place, "colliding-routes", message, "remove one, or use another receiver")


def _check_wait(route: Route, section: Section) -> None:
    if route.group_wait > route.group_interval and (section.has("group_wait") or section.has("group_interval")):
        message = (
            f"group_wait {spell_duration(route.group_wait)} is longer than "
            f"group_interval {spell_duration(route.group_interval)}: the first message is the slowest"
        )
        section.findings.info(section.at("group_wait"), "long-wait", message, "the usual is 30s and 5m")
