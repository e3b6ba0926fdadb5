"""What a sound alertmanager.yml means: routes, intervals, inhibitions and rules that have no effect, and why."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alertrelay.config.calendar import TimeInterval
from alertrelay.policy.time_interval import active

from compiler.alertmanager.semantics.calendar import minutes
from compiler.examine import examine
from compiler.reading.finding import Finding

TODAY = date(2026, 11, 30)
RECEIVERS = "receivers: [{name: r}, {name: s}]\n"


def found(tmp_path: Path, text: str, *rules: str) -> list[Finding]:
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    files = []
    for number, rule in enumerate(rules):
        files.append(tmp_path / f"rules{number}.yml")
        files[-1].write_text(rule)
    return list(examine(alertmanager=path, delivery=None, today=TODAY, rules=files))


def codes(tmp_path: Path, text: str, *rules: str) -> list[str]:
    """The codes beside those that concern receivers without integrations."""
    return [one.code for one in found(tmp_path, text, *rules) if one.code not in ("tells-nobody", "unused-receiver")]


def tree(*routes: str, rest: str = "") -> str:
    lines = "".join(f"    - {{{route}}}\n" for route in routes)
    return f"{RECEIVERS}route:\n  receiver: r\n  routes:\n{lines}{rest}"


def muted(key: str, name: str, *intervals: str) -> str:
    entries = "".join(f"  - {{name: {one}}}\n" for one in intervals)
    return tree(f"{key}: [{name}], matchers: [a=b]", rest=f"time_intervals:\n{entries}")


ALL_DAY = "x, time_intervals: [{}]"
HALVES = "x, time_intervals: [{times: [{start_time: '00:00', end_time: '12:00'}]}, {times: [{start_time: '12:00', end_time: '24:00'}]}]"  # noqa: E501 - one interval
WORKDAYS = "%s, time_intervals: [{weekdays: ['monday:friday']}]"
PAST = "x, time_intervals: [{years: ['2020:2024']}]"
INHIBIT = "inhibit_rules:\n  - {source_matchers: [%s], target_matchers: [%s], equal: [%s]}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (tree('matchers: ["a=b"]', 'matchers: ["a=c"]'), []),
        (tree("matchers: [a=b, a=c]"), ["unreachable-route"]),
        (tree("matchers: [a=b], routes: [{matchers: [a=c]}]"), ["unreachable-route"]),
        (tree("matchers: ['a=~\"x.*\"'], routes: [{matchers: ['a=~\"y.*\"']}]"), ["unreachable-route"]),
        (tree("receiver: s", "matchers: [a=b]"), ["shadowed-route"]),
        (tree("matchers: ['a=~\".*\"']", "matchers: [a=b]"), ["shadowed-route"]),
        (tree("matchers: ['a=~\"b|c\"']", "matchers: [a=b, d=e]"), ["shadowed-route"]),
        (tree("matchers: ['a=~\"x.*\"']", "matchers: ['a=~\"xy+\"']"), ["shadowed-route"]),
        (tree("matchers: ['a!=\"b\"']", "matchers: [a=b]", "matchers: [c=d]"), ["shadowed-route"]),
        (tree("matchers: [a=b]", "matchers: [c=d], routes: [{matchers: [a=b]}]"), ["shadowed-route"]),
        (tree("matchers: ['a=~\"b|c\"'], continue: true", "matchers: [a=b]"), []),
        (tree("matchers: [a=b]", "matchers: ['a=~\"b|c\"']"), []),
        (tree("matchers: [a=b]", "matchers: [a=b], receiver: s"), ["colliding-routes"]),
        (tree("matchers: [a=b], continue: true", "matchers: [a=b]"), ["colliding-routes"]),
        (tree("matchers: [a=b], continue: true", "matchers: [a=b], receiver: s"), []),
        (tree("matchers: [a=b], continue: true"), ["useless-continue"]),
        (tree("matchers: [a=b], group_wait: 10m"), ["long-wait"]),
        (tree("matchers: [a=b], group_interval: 1h, repeat_interval: 5m"), ["short-repeat"]),
        (muted("mute_time_intervals", "x", ALL_DAY), ["always-muted"]),
        (muted("mute_time_intervals", "x", HALVES), ["always-muted"]),
        (muted("active_time_intervals", "x", PAST), ["always-muted", "never-holds"]),
        (muted("active_time_intervals", "x", "x, time_intervals: []"), ["always-muted", "never-holds"]),
        (muted("mute_time_intervals", "x", PAST), ["never-holds"]),
        (muted("mute_time_intervals", "x", "x, time_intervals: [{months: [february], days_of_month: [30]}]"),
         ["never-holds"]),
        (muted("mute_time_intervals", "x", "x, time_intervals: [{months: [february], days_of_month: [29]}]"), []),
        (muted("active_time_intervals", "x", "x, time_intervals: [{years: ['2090']}]"), []),
        (muted("mute_time_intervals", "x", "x, time_intervals: [{years: ['2026']}]"), []),
        (muted("active_time_intervals", "x], mute_time_intervals: [y",
               WORKDAYS % "x", WORKDAYS % "y"),
         ["always-muted"]),
        (muted("active_time_intervals", "x], mute_time_intervals: [y",
               WORKDAYS % "x", "y, time_intervals: [{weekdays: ['tuesday:saturday']}]"),
         []),
        (muted("mute_time_intervals", "x", PAST, "y, time_intervals: [{}]"), ["never-holds", "unused-interval"]),
        (tree("matchers: [a=b]", rest=INHIBIT % ("a=b", "a=c", "")), ["inhibits-everywhere"]),
        (tree("matchers: ['code=~[0-9]{3}']"), ["stripped-brace"]),
        (tree("matchers: ['{code=~\"[0-9]{3}\"}']"), []),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_found_and_nothing_else(text: str, expected: list[str], tmp_path: Path) -> None:
    assert sorted(codes(tmp_path, text)) == expected


def rules(*sides: tuple[str, str], equal: str = "x") -> str:
    lines = "".join(f"  - {{source_matchers: [{s}], target_matchers: [{t}], equal: [{equal}]}}\n" for s, t in sides)
    return f"{RECEIVERS}route: {{receiver: r}}\ninhibit_rules:\n{lines}"


C, W, N = "sev=c, 'x!=\"\"'", "sev=w, 'x!=\"\"'", "sev=i, 'x!=\"\"'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rules((C, W), (W, N), (C, N)), []),
        (rules((C, W), (W, C)), ["circular-inhibition"]),
        (rules((C, W), (W, N), (N, C)), ["circular-inhibition"]),
        (rules((C, W), ("sev=w, env=a", "sev=c, env=a"), equal="sev, env"), ["inhibits-nothing", "inhibits-nothing"]),
        (rules(("env=a, n=1", "env=a, n=2"), ("env=b, n=2", "env=b, n=1"), equal="env"), []),
        (rules((C, C)), ["inhibits-nothing"]),
        (rules((C, "sev=c")), []),
        (rules(("a=b, a=c", W)), ["inhibits-nothing"]),
        (rules(("'sev=~\"c|w\"', 'x!=\"\"'", "'sev=~\"c|w\"', 'x!=\"\"'")), ["inhibits-nothing"]),
    ],
)  # fmt: skip
def test_inhibitions_that_go_round_or_nowhere_are_found(text: str, expected: list[str], tmp_path: Path) -> None:
    assert codes(tmp_path, text) == expected


def test_a_circle_that_only_different_values_of_equal_could_close_is_none(tmp_path: Path) -> None:
    text = rules(("n=1, env=a, x=y", "n=2, env=b, x=y")) + INHIBIT[15:] % ("n=2, 'env!=\"\"'", "n=1", "env")
    assert codes(tmp_path, text) == []


RULES = """
groups:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, labels: {severity: critical}}
      - {alert: Slow, expr: latency > 1, labels: {severity: warning, team: '{{ $labels.team }}'}}
      - {alert: Lost, expr: lost > 1}
      - {record: r, expr: up}
"""


def test_routes_and_inhibitions_that_no_rule_reaches_are_found(tmp_path: Path) -> None:
    text = tree(
        "matchers: [severity=critical]",
        "matchers: [severity=warning], routes: [{matchers: [alertname=Gone]}, {matchers: [team=a]}]",
        "matchers: [alertname=Down, severity=info]",
        rest=INHIBIT % ("alertname=Down", "alertname=Missing", "service") + INHIBIT[15:] % ("a=b", "c=d", "service"),
    )
    text = text.replace("Gone", "Nowhere")
    wanted = ("no-rule-reaches", "ends-at-root")
    seen = [(one.code, one.line, one.message) for one in found(tmp_path, text, RULES) if one.code in wanted]
    assert seen == [
        ("no-rule-reaches", 6, 'no alert of the rules can reach {alertname="Nowhere"}'),
        ("no-rule-reaches", 7, 'no alert of the rules can reach {alertname="Down",severity="info"}'),
        ("no-rule-reaches", 9, 'no alert of the rules can be a target: {alertname="Missing"}'),
        ("ends-at-root", 7, "no route takes Lost: it ends at the root, with 'r'; it has no label severity"),
    ]


def test_the_operator_s_kind_of_rule_file_is_read_and_another_file_refused(tmp_path: Path) -> None:
    operator = "kind: PrometheusRule\nspec:" + RULES.replace("\n", "\n  ")
    text = tree("matchers: [alertname=Nothing]", "matchers: [alertname=Down]")
    assert codes(tmp_path, text, operator).count("no-rule-reaches") == 1
    assert "wrong-type" in codes(tmp_path, text, "a: b")


def test_a_receiver_that_nobody_names_is_found_and_a_fallback_is_none(tmp_path: Path) -> None:
    (tmp_path / "delivery.yml").write_text("fallbacks: {r: [[s]]}\n")
    hook = "webhook_configs: [{url_file: /s/a}]"
    text = f"receivers: [{{name: r, {hook}}}, {{name: s, {hook}}}, {{name: t}}]\nroute: {{receiver: r}}\n"
    (tmp_path / "alertmanager.yml").write_text(text)
    unused = [
        one.message
        for one in examine(alertmanager=tmp_path / "alertmanager.yml", delivery=tmp_path / "delivery.yml", today=TODAY)
        if one.code == "unused-receiver"
    ]
    assert unused == ["no route names the receiver 't', and no fallback does"]


def test_nothing_is_said_of_a_broken_tree(tmp_path: Path) -> None:
    text = tree("matchers: [a=b, a=c], receiver: unknown")
    assert codes(tmp_path, text) == ["unknown-receiver"]


def test_the_minutes_of_a_day_are_those_at_which_the_interval_holds() -> None:
    chance = random.Random(23)

    def ranges(low: int, high: int) -> tuple[tuple[int, int], ...]:
        first = [chance.randint(low, high) for _ in range(chance.randint(0, 2))]
        return tuple((one, chance.randint(one, high)) for one in first)

    for _ in range(300):
        entries = [
            TimeInterval(
                times=tuple((start, end + 1) for start, end in ranges(0, 1439)),
                weekdays=ranges(0, 6),
                days_of_month=tuple(chance.choice(((1, 15), (-3, -1), (31, 31), (20, 31))) for _ in ranges(1, 2)),
                months=ranges(1, 12),
                years=ranges(2026, 2028),
            )
            for _ in range(2)
        ]
        day = TODAY + timedelta(days=chance.randint(0, 700))
        spans = minutes(entries, day)
        for minute in {0, 1439, *(edge for span in spans for edge in span if edge < 1440), chance.randint(0, 1439)}:
            at = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=UTC)
            assert active(entries, at) == any(start <= minute < end for start, end in spans)


@pytest.mark.parametrize(
    ("receiver", "hosts"),
    [
        ("webhook_configs: [{url: 'http://localhost:5001/FAKE'}]", ["localhost"]),
        ("webhook_configs: [{url: 'http://10.0.0.5/FAKE'}, {url: 'http://[::1]:80/'}]", ["10.0.0.5", "::1"]),
        ("webhook_configs: [{url: 'http://prometheus-msteams:2000/FAKE'}]", ["prometheus-msteams"]),
        (
            "webhook_configs: [{url: 'http://hook.monitoring.svc.cluster.local/'}]",
            ["hook.monitoring.svc.cluster.local"],
        ),
        ("webhook_configs: [{url: 'https://hooks.example.com/x', http_config: {proxy_url: 'http://localhost'}}]", []),
        ("email_configs: [{to: a@example.com, from: b@example.com, smarthost: 'mail:25'}]", ["mail"]),
        ("email_configs: [{to: a@example.com, from: b@example.com, smarthost: 'smtp.example.com:25'}]", []),
        ("pagerduty_configs: [{routing_key_file: /s/k, links: [{href: 'http://localhost/x'}]}]", []),
    ],
)
def test_an_address_that_no_function_reaches_is_named_by_its_host(
    receiver: str, hosts: list[str], tmp_path: Path
) -> None:
    text = f"route: {{receiver: r}}\nreceivers: [{{name: r, {receiver}}}]\n"
    said = [one.message for one in found(tmp_path, text) if one.code == "unreachable-address"]
    assert [message.split("'")[1] for message in said] == hosts
    assert "FAKE" not in "".join(said)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("webhook_configs: [{url_file: /s/k, timeout: 1.5s}]", None),
        ("webhook_configs: [{url_file: /s/k, timeout: 1m30s}]", None),
        ("webhook_configs: [{url_file: /s/k, timeout: 1d12h}]", "bad-duration"),
        ("slack_configs: [{api_url_file: /s/k, app_token_file: /s/t, channel: c}]", "one-of"),
        ("labels: {team: a}", None),
        ("labels: {name: other}", "bad-label"),
    ],
)
def test_a_receiver_is_taken_and_refused_as_by_alertmanager_0_33(text: str, code: str | None, tmp_path: Path) -> None:
    whole = f"route: {{receiver: r, labels: {{tier: one}}}}\nreceivers: [{{name: r, {text}}}]\n"
    assert [one.code for one in found(tmp_path, whole) if one.severity == "error"] == ([code] if code else [])


def test_the_labels_of_a_route_are_accepted_and_a_parameter_of_the_api_is_not(tmp_path: Path) -> None:
    assert codes(tmp_path, tree("matchers: [a=b], labels: {tier: one}")) == ["not-obeyed"]
    assert codes(tmp_path, tree("matchers: [a=b], receiver_matchers: [a=b]")) == ["unknown-key"]
