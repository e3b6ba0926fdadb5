"""The real Alertmanager's own reader as the oracle (Debian's amtool 0.25, which knows the classic grammar only)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alertrelay.config.matchers import MatcherError, parse_classic
from alertrelay.config.printed_matchers import print_matchers, sort_matchers

from compiler.reading.finding import Finding
from local.standins import peer
from tests.example import CONFIG as SHIPPED

if TYPE_CHECKING:
    from tests.compiler.conftest import Read

pytestmark = pytest.mark.needs_tool("amtool")

MATCHERS = [
    'a="b"', "a=b", "a = b", "a=", "a", "=b", "a==b", "a=b=c", '{a="b"}', "{a=b", "a=b}", "{foo=}b}", "{{a=b}}", "a=b,",
    ",a=b", "a=b,,c=d", "a=b,c", 'a="b', 'a=b"', 'a="b"c"', 'a="b\\"c"', 'a="b\\\\"', 'a="\\n"', 'a="\\x41"', "a='b'",
    'a="x,y",b=z', "a=~b|c", "a=~(", "a=~(?=x)", "a=~(x)\\1", "a!=b", "a!~b", "a!b", "a:b=c", "a=b c", "a= b ",
    "a=~[[:alpha:]]", 'a="é"', "a-b=c", "", "{}", "1a=b", "a=\\", 'a="\\"', "__name__=x",
]  # fmt: skip


def _accepted(path: Path) -> bool:
    return subprocess.run(["amtool", "check-config", str(path)], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("text", MATCHERS)
def test_a_matcher_is_taken_refused_and_printed_alike(text: str, tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    route = {"receiver": "r", "routes": [{"matchers": [text]}]}
    path.write_text(json.dumps({"route": route, "receivers": [{"name": "r"}]}))
    try:
        ours = print_matchers(sort_matchers(parse_classic(text)))
    except MatcherError:
        ours = ""
    assert _accepted(path) == bool(ours)
    if ours:
        command = ["amtool", "config", "routes", "show", f"--config.file={path}"]
        shown = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        assert ours in shown or ours == "{}"


R = "receivers: [{name: r}]\n"
ROOT = "route: {receiver: r}\n"
SMTP = "global: {smtp_from: a@example.com, smtp_smarthost: 'h:25'}\n"


def _route(rest: str) -> str:
    return f"{R}route: {{receiver: r, {rest}}}\n"


def _child(rest: str) -> str:
    return _route(f"routes: [{{{rest}}}]")


def _interval(rest: str) -> str:
    return f"{R}{ROOT}time_intervals: [{{name: x, time_intervals: [{{{rest}}}]}}]\n"


def _receiver(rest: str) -> str:
    return f"receivers: [{{name: r, {rest}}}]\n{ROOT}"


VERDICTS = {
    "no route": R,
    "no receiver at the root": R + "route: {}\n",
    "an empty receiver at the root": R + "route: {receiver: ''}\n",
    "matchers at the root": _route("matchers: [a=b]"),
    "match at the root": _route("match: {a: b}"),
    "no matchers at the root": _route("matchers: []"),
    "continue at the root": _route("continue: true"),
    "mute interval at the root": _route("mute_time_intervals: [x]"),
    "unknown receiver": R + "route: {receiver: s}\n",
    "unknown receiver far down": _child("routes: [{receiver: s}]"),
    "unknown interval": _child("mute_time_intervals: [x]"),
    "two receivers of one name": "receivers: [{name: r}, {name: r}]\n" + ROOT,
    "receiver without name": "receivers: [{name: r}, {}]\n" + ROOT,
    "unknown key": _route("continues: true"),
    "unknown key at the top": R + ROOT + "routs: {}\n",
    "key twice": _route("receiver: r"),
    "group_by twice": _route("group_by: [a, a]"),
    "group_by all and more": _route("group_by: ['...', a]"),
    "group_by all": _route("group_by: ['...']"),
    "group_by nothing": _route("group_by: []"),
    "group_wait 0": _route("group_wait: 0s"),
    "group_interval 0": _route("group_interval: 0s"),
    "repeat_interval 0": _route("repeat_interval: 0s"),
    "bad duration": _route("group_wait: 1.5h"),
    "duration without unit": _route("group_wait: 30"),
    "long duration": _route("group_wait: 1w2d3h4m5s6ms"),
    "matchers as text": _child("matchers: a=b"),
    "bad match_re": _child("match_re: {a: '('}"),
    "numbers as label values": _child("match: {code: 500, up: true}"),
    "bad label name in match": _child("match: {'': b}"),
    "nothing as a label value": _child("match: {a: }"),
    "interval": R
    + "route: {receiver: r, routes: [{active_time_intervals: [x]}]}\n"
    + "time_intervals: [{name: x, time_intervals: [{weekdays: ['monday:friday'], months: [january, '3:5'],"
    + " times: [{start_time: '09:00', end_time: '17:00'}], days_of_month: ['-3:-1'], years: ['2026']}]}]\n",
    "interval without name": R + ROOT + "time_intervals: [{time_intervals: []}]\n",
    "interval names twice": R
    + ROOT
    + "time_intervals: [{name: x, time_intervals: []}]\nmute_time_intervals: [{name: x, time_intervals: []}]\n",
    "time over midnight": _interval("times: [{start_time: '22:00', end_time: '06:00'}]"),
    "minute 60": _interval("times: [{start_time: '09:60', end_time: '17:00'}]"),
    "until 24:00": _interval("times: [{start_time: '09:00', end_time: '24:00'}]"),
    "day 0": _interval("days_of_month: ['0']"),
    "day 32": _interval("days_of_month: ['32']"),
    "days 5:-1": _interval("days_of_month: ['5:-1']"),
    "days -1:5": _interval("days_of_month: ['-1:5']"),
    "days 20:-10, never right": _interval("days_of_month: ['20:-10']"),
    "days 18:-10, right in a short month": _interval("days_of_month: ['18:-10']"),
    "days -28:-1": _interval("days_of_month: ['-28:-1']"),
    "days 9:3": _interval("days_of_month: ['9:3']"),
    "weekday as number": _interval("weekdays: ['1']"),
    "weekdays turned round": _interval("weekdays: ['friday:monday']"),
    "weekday with a capital": _interval("weekdays: ['Monday']"),
    "month as number": _interval("months: ['12']"),
    "year as number": _interval("years: [2026]"),
    "no such place": _interval("location: 'Moon/Sea'"),
    "a place": _interval("location: 'Europe/Berlin'"),
    "inhibition, old and new": R
    + ROOT
    + "inhibit_rules: [{source_match: {a: b}, target_match_re: {a: c.*}, equal: [x]},"
    + " {source_matchers: [a=b], target_matchers: [a=c]}]\n",
    "inhibition with an unknown key": R + ROOT + "inhibit_rules: [{source: {a: b}}]\n",
    "inhibition with a bad matcher": R + ROOT + "inhibit_rules: [{source_matchers: ['a']}]\n",
    "pagerduty without key": _receiver("pagerduty_configs: [{}]"),
    "pagerduty by file": _receiver("pagerduty_configs: [{routing_key_file: /s/k}]"),
    "slack without address": _receiver("slack_configs: [{channel: c}]"),
    "slack by file": _receiver("slack_configs: [{api_url_file: /s/k, send_resolved: true}]"),
    "slack by both": _receiver("slack_configs: [{api_url: 'https://x.example/', api_url_file: /s/k}]"),
    "email without to": SMTP + _receiver("email_configs: [{}]"),
    "email without from": "global: {smtp_smarthost: 'h:25'}\n" + _receiver("email_configs: [{to: a@example.com}]"),
    "email without smarthost": "global: {smtp_from: a@example.com}\n"
    + _receiver("email_configs: [{to: a@example.com}]"),
    "smarthost without port": SMTP + _receiver("email_configs: [{to: a@example.com, smarthost: h}]"),
    "email": SMTP + _receiver("email_configs: [{to: 'a@example.com, B <b@example.com>'}]"),
    "sns without address": _receiver("sns_configs: [{}]"),
    "webhook without url": _receiver("webhook_configs: [{}]"),
    "webhook to no url": _receiver("webhook_configs: [{url: 'ftp://x.example'}]"),
    "unknown key of a receiver": _receiver("webhook_configs: [{url: 'https://x.example', chanel: c}]"),
    "configs that are no list": _receiver("webhook_configs: {url: 'https://x.example'}"),
}


def _errors(findings: tuple[Finding, ...]) -> list[str]:
    return [str(finding) for finding in findings if finding.severity == "error"]


@pytest.mark.parametrize("name", VERDICTS)
def test_a_file_is_taken_or_refused_alike(name: str, tmp_path: Path, read_config: Read) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(VERDICTS[name])
    _, findings = read_config(VERDICTS[name])
    assert bool(_errors(findings)) != _accepted(path), _errors(findings)


STRICTER = {
    "an inline key": ("inline-secret", _receiver("pagerduty_configs: [{routing_key: 0123456789abcdef}]")),
    "an inline webhook": ("inline-secret", _receiver("slack_configs: [{api_url: 'https://h.example/T/B/X'}]")),
    "a topic that is no ARN": ("bad-address", _receiver("sns_configs: [{topic_arn: alerts}]")),
    "a template in a topic": ("template", _receiver("sns_configs: [{topic_arn: '{{ .CommonLabels.t }}'}]")),
    "a template in a channel": ("template", _receiver("slack_configs: [{api_url_file: /s/k, channel: '{{ .x }}'}]")),
    "a receiver that is not served": (
        "unsupported-receiver",
        _receiver("wechat_configs: [{corp_id: a, api_secret: b}]"),
    ),
    "an old key of PagerDuty": ("inline-secret", _receiver("pagerduty_configs: [{service_key: 0123456789abcdef}]")),
    "a month that never comes": ("never-comes", _interval("months: ['13']")),
}


@pytest.mark.parametrize("name", STRICTER)
def test_what_amtool_takes_and_must_not_be_deployed_is_refused(name: str, tmp_path: Path, read_config: Read) -> None:
    code, text = STRICTER[name]
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    assert _accepted(path)
    assert code in [finding.code for finding in read_config(text)[1] if finding.severity == "error"]


@pytest.mark.parametrize("kind", ["opsgenie", "victorops", "webex"])
def test_an_integration_that_the_tool_knows_is_taken_by_both(kind: str, tmp_path: Path) -> None:
    """0.25 knows no file of a token of the others, or not the kind."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(_receiver(f"{kind}_configs: [{{{peer(kind).ways[kind]}}}]"))
    assert _accepted(path)


def test_the_shipped_file_is_taken(project: Path) -> None:
    assert _accepted(SHIPPED / "alertmanager.yml")
