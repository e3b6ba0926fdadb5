from __future__ import annotations

from typing import TYPE_CHECKING

from alertrelay.config.model import Matcher, Route

if TYPE_CHECKING:
    from tests.compiler.conftest import Read


def _route(read_config: Read, text: str) -> Route:
    parsed, findings = read_config(text)
    assert not [f for f in findings if f.severity == "error"], findings
    assert parsed is not None
    return parsed.route


def test_defaults_are_alertmanager_s(read_config: Read) -> None:
    route = _route(read_config, "route: {receiver: r}\nreceivers: [{name: r}]\n")
    assert (route.group_wait, route.group_interval, route.repeat_interval) == (30, 300, 14_400)
    assert (route.group_by, route.key, route.id, route.matchers) == ((), "{}", "{}", ())


def test_children_inherit_receiver_grouping_and_times_and_nothing_else(read_config: Read) -> None:
    text = """
route:
  receiver: r
  group_by: [service]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 1h
  routes:
    - matchers: [a="b"]
      continue: true
      mute_time_intervals: [night]
      active_time_intervals: [day]
      routes:
        - matchers: [c="d"]
          receiver: s
          group_by: []
        - group_by: ['...']
          group_wait: 0s
receivers: [{name: r}, {name: s}]
time_intervals: [{name: night, time_intervals: []}, {name: day, time_intervals: []}]
"""
    child = _route(read_config, text).routes[0]
    assert (child.receiver, child.group_by, child.group_wait, child.continue_) == ("r", ("service",), 10, True)
    assert (child.mute_time_intervals, child.active_time_intervals) == (("night",), ("day",))
    first, second = child.routes
    assert (first.receiver, first.group_by, first.group_interval, first.repeat_interval) == ("s", (), 60, 3600)
    assert (first.continue_, first.mute_time_intervals, first.active_time_intervals) == (False, (), ())
    assert (second.group_by, second.group_wait, second.matchers) == (None, 0, ())


def test_keys_nest_and_ids_add_the_child_s_index(read_config: Read) -> None:
    text = """
route:
  receiver: r
  routes:
    - matchers: [severity="critical"]
    - matchers: [severity="critical"]
      routes:
        - match: {team: x}
          match_re: {service: "a|b"}
          matchers: [cluster!="c"]
receivers: [{name: r}]
"""
    root = _route(read_config, text)
    first, second = root.routes
    assert first.key == second.key == '{}/{severity="critical"}'
    assert (first.id, second.id) == ('{}/{severity="critical"}/0', '{}/{severity="critical"}/1')
    leaf = second.routes[0]
    assert leaf.key == '{}/{severity="critical"}/{cluster!="c",service=~"^(?:a|b)$",team="x"}'
    assert leaf.id == '{}/{severity="critical"}/1/{cluster!="c",service=~"^(?:a|b)$",team="x"}/0'
    assert leaf.matchers == (
        Matcher(name="cluster", op="!=", value="c"),
        Matcher(name="service", op="=~", value="^(?:a|b)$"),
        Matcher(name="team", op="=", value="x"),
    )


def test_a_matcher_that_only_the_old_grammar_takes_is_a_warning(read_config: Read) -> None:
    _, findings = read_config("route: {receiver: r, routes: [{matchers: ['a=b=c']}]}\nreceivers: [{name: r}]\n")
    found = next(f for f in findings if f.code == "classic-matcher")
    assert (found.severity, found.key) == ("warning", "route.routes[0].matchers[0]")
    assert '{a="b=c"}' in found.message


def test_a_route_that_notifies_nobody_is_information(read_config: Read) -> None:
    text = """
route:
  receiver: r
  routes:
    - matchers: [severity="info"]
      receiver: nobody
receivers:
  - name: r
    sns_configs: [{phone_number: "+15555550100"}]
  - name: nobody
"""
    _, findings = read_config(text)
    found = [f for f in findings if f.code == "tells-nobody"]
    assert [(f.severity, f.line, f.key) for f in found] == [("info", 6, "route.routes[0].receiver")]


def test_what_is_known_and_has_no_effect_is_said_once_each(read_config: Read) -> None:
    text = """
route:
  receiver: r
  routes: [{matchers: [a=b], mute_time_intervals: [night]}]
receivers: [{name: r}]
time_intervals: [{name: night, time_intervals: []}]
inhibit_rules: [{source_matchers: [a=b], target_matchers: [a=c]}]
templates: [a.tmpl]
tracing: {}
"""
    _, findings = read_config(text)
    assert [(f.severity, f.code, f.key) for f in findings if f.code in ("not-obeyed", "own-rendering")] == [
        ("warning", "not-obeyed", "tracing"),
    ]


def test_repeating_faster_than_the_group_interval_is_a_warning(read_config: Read) -> None:
    _, findings = read_config("route: {receiver: r, repeat_interval: 1m}\nreceivers: [{name: r}]\n")
    assert [f.code for f in findings if f.severity == "warning"] == ["short-repeat"]


def test_a_parameter_of_the_api_that_looks_like_a_key_is_an_unknown_one(read_config: Read) -> None:
    text = "route: {receiver: r, routes: [{receiver_matchers: [a=b]}]}\nreceivers: [{name: r}]\n"
    assert [f.code for f in read_config(text)[1] if f.severity == "error"] == ["unknown-key"]


def test_all_faults_of_a_file_are_named_in_one_reading(read_config: Read) -> None:
    text = "route: {receiver: nobdy, group_wait: x, foo: 1, routes: [{matchers: [a]}]}\nreceivers: [{name: nobody}]\n"
    findings = read_config(text)[1]
    codes = {f.code for f in findings if f.severity == "error"}
    assert codes == {"unknown-receiver", "bad-duration", "unknown-key", "bad-matcher"}
    assert "did you mean 'nobody'?" in [f.mend for f in findings]
