"""Which nodes of the route tree an alert ends at."""

from __future__ import annotations

from alertrelay.policy.route import match_routes

from tests.policy.trees import route

TREE = route(
    "default",
    routes=(
        route(
            "critical",
            "severity=critical",
            routes=(route("database", "category=database"), route("cache", "category=cache")),
        ),
        route("slo", "category=slo", continue_=True),
        route("platform", "plane=control", continue_=True, routes=(route("nobody", "team=none"),)),
        route("warning", "severity=warning"),
        route("never", "severity=warning"),
    ),
)


def receivers(**labels: str) -> list[str]:
    return [found.receiver for found in match_routes(TREE, labels)]


def test_what_no_child_takes_ends_at_the_root() -> None:
    assert receivers(severity="info") == ["default"]
    assert receivers() == ["default"]


def test_a_parent_with_a_matching_child_does_not_stand_for_itself() -> None:
    assert receivers(severity="critical", category="cache") == ["cache"]


def test_a_parent_without_a_matching_child_stands_for_itself() -> None:
    assert receivers(severity="critical", category="queue") == ["critical"]


def test_the_first_child_that_matches_ends_the_search_among_its_siblings() -> None:
    assert receivers(severity="warning") == ["warning"]
    assert receivers(severity="critical", category="slo") == ["critical"]


def test_continue_goes_on_to_later_siblings() -> None:
    assert receivers(severity="warning", category="slo") == ["slo", "warning"]
    assert receivers(severity="warning", category="slo", plane="control") == ["slo", "platform", "warning"]


def test_continue_at_the_last_match_does_not_bring_back_the_parent() -> None:
    assert receivers(severity="info", category="slo") == ["slo"]


def test_continue_holds_for_a_node_whose_child_matched() -> None:
    assert receivers(severity="warning", plane="control", team="none") == ["nobody", "warning"]


def test_continue_of_a_child_does_not_reach_the_siblings_of_its_parent() -> None:
    tree = route(
        "default",
        routes=(route("a", "x=1", routes=(route("b", "y=1", continue_=True),)), route("c", "x=1")),
    )
    assert [found.receiver for found in match_routes(tree, {"x": "1", "y": "1"})] == ["b"]


def test_a_subtree_whose_own_matchers_fail_is_not_entered() -> None:
    assert match_routes(route("a", "x=1", routes=(route("b"),)), {"x": "2"}) == []


def test_one_receiver_may_be_reached_twice() -> None:
    tree = route("default", routes=(route("a", "x=1", continue_=True), route("a", "x=1")))
    assert len(match_routes(tree, {"x": "1"})) == 2
