"""Finds the nodes of the route tree at which an alert arrives."""

from __future__ import annotations

from alertrelay.alert import Labels
from alertrelay.config.model import Route
from alertrelay.policy.matchers import matches


def match_routes(route: Route, labels: Labels) -> list[Route]:
    """Finds matching nodes depth first, left to right, as Alertmanager: a parent with a matching child is never itself
    one, and after the first child that matched only `continue` goes on to its later siblings.

    The root matches everything, so the answer is empty only for a subtree.
    """
    if not matches(route.matchers, labels):
        return []
    found: list[Route] = []
    for child in route.routes:
        below = match_routes(child, labels)
        found += below
        if below and not child.continue_:
            break
    return found or [route]
