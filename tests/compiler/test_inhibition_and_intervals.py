"""What `inhibit_rules`, `time_intervals` and the options of a trial compile to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertrelay.config.calendar import Ranges, TimeInterval
from alertrelay.config.model import InhibitRule, Matcher, Route

from compiler.load import try_out

if TYPE_CHECKING:
    from tests.compiler.conftest import Read

BASE = "route: {receiver: r}\nreceivers: [{name: r}]\n"


def test_both_spellings_of_a_rule_become_one_form(read_config: Read) -> None:
    parsed, findings = read_config(
        BASE
        + """
inhibit_rules:
  - name: down
    source_matchers: [alertname="Down", 'a=~"x|y"']
    target_matchers: ['severity=~"warning|info"']
    equal: [service, env, service]
  - source_match: {alertname: Down}
    source_match_re: {a: x|y}
    target_match_re: {severity: warning|info}
"""
    )
    assert parsed is not None
    assert [f for f in findings if f.severity == "error"] == []
    new, old = parsed.inhibit_rules
    down = Matcher(name="alertname", op="=", value="Down")
    assert new == InhibitRule(
        name="down",
        source=(Matcher(name="a", op="=~", value="x|y"), down),
        target=(Matcher(name="severity", op="=~", value="warning|info"),),
        equal=("service", "env"),
    )
    assert old == InhibitRule(
        source=(Matcher(name="a", op="=~", value="^(?:x|y)$"), down),
        target=(Matcher(name="severity", op="=~", value="^(?:warning|info)$"),),
        equal=(),
    )


def intervals(read_config: Read, fields: str) -> tuple[TimeInterval, ...]:
    parsed, findings = read_config(f"{BASE}time_intervals: [{{name: n, time_intervals: [{{{fields}}}]}}]\n")
    assert parsed is not None
    assert [f for f in findings if f.severity == "error"] == []
    return parsed.time_intervals["n"]


def test_all_fields_of_an_interval(read_config: Read) -> None:
    fields = (
        "times: [{start_time: '09:05', end_time: '24:00'}], weekdays: ['monday:friday', Sunday], "
        "days_of_month: ['1:5', '-3:-1', 31], months: [january, '3:5', 'November:12'], years: [2026, '2027:2030'], "
        "location: Europe/Berlin"
    )
    assert intervals(read_config, fields) == (
        TimeInterval(
            times=((545, 1440),),
            weekdays=((1, 5), (0, 0)),
            days_of_month=((1, 5), (-3, -1), (31, 31)),
            months=((1, 1), (3, 5), (11, 12)),
            years=((2026, 2026), (2027, 2030)),
            location="Europe/Berlin",
        ),
    )


def test_local_is_utc_here(read_config: Read) -> None:
    assert intervals(read_config, "location: Local") == (TimeInterval(),)


def test_an_entry_with_an_empty_list_never_holds_and_is_warned_of(read_config: Read) -> None:
    assert intervals(read_config, "months: [may], weekdays: []") == ()
    _, findings = read_config(f"{BASE}time_intervals: [{{name: n, time_intervals: [{{weekdays: []}}]}}]\n")
    assert [(f.severity, f.code, f.key) for f in findings if f.severity != "info"] == [
        ("warning", "never-holds", "time_intervals[0].time_intervals[0].weekdays")
    ]


def test_both_top_level_keys_hold_intervals(read_config: Read) -> None:
    parsed, _ = read_config(
        BASE
        + "mute_time_intervals: [{name: a, time_intervals: [{}]}]\ntime_intervals: [{name: b, time_intervals: []}]\n"
    )
    assert parsed is not None
    assert parsed.time_intervals == {"a": (TimeInterval(),), "b": ()}


def test_a_month_that_never_comes_is_refused_for_deployment_and_taken_in_a_trial() -> None:
    text = f"{BASE}time_intervals: [{{name: n, time_intervals: [{{months: ['13']}}]}}]\n"
    config = try_out(text).config
    ranges: Ranges = ((13, 13),)
    assert config is not None
    assert config.time_intervals["n"] == (TimeInterval(months=ranges),)


def test_resolve_timeout_has_its_default_and_may_be_0(read_config: Read) -> None:
    for text, seconds in (("", 300), ("global: {resolve_timeout: 1m}\n", 60), ("global: {resolve_timeout: 0s}\n", 0)):
        parsed, _ = read_config(text + BASE)
        assert parsed is not None
        assert parsed.resolve_timeout == seconds


GROUPED = """
route:
  receiver: r
  group_by: [a]
  routes:
    - group_by: []
      routes: [{matchers: [x=y]}, {group_by: ['...'], routes: [{group_by: []}]}]
    - group_by:
    - group_by: [b]
receivers: [{name: r}]
"""


def shape(route: Route) -> list[object]:
    return [route.group_by, *map(shape, route.routes)]


def test_an_empty_group_by_of_a_child_means_one_group_and_was_ignored_before_0_31() -> None:
    new, old = try_out(GROUPED).config, try_out(GROUPED, release="0.25").config
    assert new is not None
    assert old is not None
    assert shape(new.route) == [("a",), [(), [()], [None, [()]]], [("a",)], [("b",)]]
    assert shape(old.route) == [("a",), [("a",), [("a",)], [None, [None]]], [("a",)], [("b",)]]
    assert new.hash != old.hash


def test_a_route_knows_what_stands_on_itself() -> None:
    config = try_out(GROUPED).config
    assert config is not None
    assert [config.route.own, *(child.own for child in config.route.routes)] == [
        ("receiver", "group_by"),
        ("group_by",),
        (),
        ("group_by",),
    ]


def test_a_trial_takes_what_only_a_deployment_may_not_have_and_warns() -> None:
    text = BASE.replace("{name: r}", "{name: r, wechat_configs: [{api_secret: fake-secret}]}")
    loaded = try_out(text)
    assert loaded.config is not None
    assert [(f.severity, f.code) for f in loaded.findings] == [
        ("warning", "unsupported-receiver"),
        ("warning", "inline-secret"),
    ]


def test_a_trial_refuses_what_alertmanager_refuses() -> None:
    for text in ("route: {receiver: s}\nreceivers: [{name: r}]\n", "", "- a", BASE + "nix: 1\n"):
        loaded = try_out(text)
        assert loaded.config is None
        assert loaded.errors
