"""Draws the way of a label set through the route tree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from alertrelay.alert import Labels, rfc3339
from alertrelay.config.model import Config, Route
from alertrelay.config.printed_matchers import print_matcher
from alertrelay.intake.posted import fault_of_texts
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.policy.matchers import matches
from alertrelay.policy.route import match_routes


def post_route(reading: Reads, request: ApiRequest) -> dict[str, Any]:
    """Returns the tree with the way that these labels take; it changes nothing. Raises ApiError."""
    data = request.json()
    labels = data.get("labels") if isinstance(data, Mapping) else None
    if not isinstance(labels, Mapping) or (labels and fault_of_texts(labels)):
        fault = fault_of_texts(labels) if isinstance(labels, Mapping) else 'expected {"labels": {"service": "orders"}}'
        raise ApiError(422, {"code": 602, "message": f"labels in body: {fault}"})
    config = reading.config
    ends = match_routes(config.route, labels) if labels else []
    return {
        "asOf": rfc3339(reading.clock.now()),
        "receivers": [route.receiver for route in ends],
        "tree": _node(config, config.route, labels, {route.id for route in ends}, reached=bool(labels)),
    }


def _node(config: Config, route: Route, labels: Labels, ends: Collection[str], *, reached: bool) -> dict[str, Any]:
    """`reached`: the labels came as far as this node's parent, and no earlier sibling kept them."""
    taken = reached and matches(route.matchers, labels)
    receiver = config.receiver(route.receiver)
    children, free = [], taken
    for child in route.routes:
        node = _node(config, child, labels, ends, reached=free)
        free = free and not (node["taken"] and not child.continue_)
        children.append(node)
    return {
        "matchers": [print_matcher(one) for one in route.matchers],
        "receiver": route.receiver,
        "continue": route.continue_,
        "taken": taken,
        "ends": taken and route.id in ends,
        "groupBy": None if route.group_by is None else list(route.group_by),
        "groupWait": route.group_wait,
        "groupInterval": route.group_interval,
        "repeatInterval": route.repeat_interval,
        "mutedIn": list(route.mute_time_intervals),
        "activeIn": list(route.active_time_intervals),
        "integrations": [str(target.integration) for target in receiver.targets] if receiver else [],
        "routes": children,
    }
