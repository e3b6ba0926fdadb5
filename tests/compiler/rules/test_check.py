"""What `alertrelay check` finds in rules: PromQL, what stands on an alert, services left out, idle inhibitions."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from alertrelay.anomaly.scorer.publish import ANOMALY, LIMIT, SILENT

from cli.promtool import ask_promtool, summary
from compiler.examine import check_folder, examine
from compiler.producers import OF_SCORER
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from compiler.rules.check import check_rules, recorded_labels
from compiler.rules.examine import RuleText, rule_texts
from compiler.rules.files import read_rule_file
from compiler.rules.promql import PromQLError, label_names
from compiler.rules.promql import parse as parse_promql
from tests.example import CONFIG

GOOD = (
    "alert: A, for: 5m, labels: {{severity: warning}}, "
    "annotations: {{runbook_url: 'https://w.example.com/a.md'}}, expr: {expr}"
)


def _file(*rules: str) -> str:
    return "groups:\n  - name: g\n    rules:\n" + "".join(f"      - {{{rule}}}\n" for rule in rules)


def _found(text: str, pages: Sequence[str] = ("a.md",)) -> list[Finding]:
    findings = Findings()
    root = parse(text, findings, file="rules.yml")
    if root:
        rules = read_rule_file(root, findings)
        check_rules(rules, findings, base_url="https://w.example.com/", pages=pages)
    return list(findings.sorted())


def test_a_sound_rule_has_no_finding() -> None:
    assert _found(_file(GOOD.format(expr="'sum by (service) (rate(x[5m])) > 1'"))) == []


@pytest.mark.parametrize(
    ("expr", "message", "column", "mend"),
    [
        ("rate(x) > 1", "expected type matrix", 1, "x[5m]"),
        ("1 + raet(x[5m])", "unknown function with name 'raet'", 5, "did you mean 'rate'?"),
        ("round(x[5m])", "got matrix", 1, "take the range away"),
        ("x[5m]", "needs a series or a number, and this is a range", 1, "rate()"),
        ('"text"', "this is a text", 1, "write an expression"),
        ("sum(x", "unclosed left parenthesis", 1, "promtool"),
        ("1 and x", "set operator", 1, "vector(1)"),
        ("topk(x, y)", "expected type scalar", 1, "mend the expression"),
    ],
)
def test_a_wrong_expression_is_named_where_it_stands(expr: str, message: str, column: int, mend: str) -> None:
    text = _file(GOOD.format(expr=f"'{expr}'"))
    (one,) = _found(text)
    assert (one.severity, one.code, one.line) == ("error", "bad-promql", 4)
    assert one.column == text.split("\n")[3].index(expr) + column
    assert message in one.message
    assert mend in one.mend


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("alert: A, expr: x, for: 5m, labels: {severity: warning}", "no-runbook"),
        (GOOD.format(expr="x").replace("a.md", "b.md"), "no-runbook"),
        (GOOD.format(expr="x").replace("severity: warning", "severity: ugly"), "no-severity"),
        (GOOD.format(expr="x").replace("severity: warning", "team: a"), "no-severity"),
        (GOOD.format(expr="x").replace(" for: 5m,", ""), "no-for"),
        (GOOD.format(expr="x").replace("5m", "5 minutes"), "bad-duration"),
        (GOOD.format(expr="'mad_over_time(x[5m]) > 1'"), "experimental-promql"),
        (GOOD.format(expr="'limitk by (service) (3, x)'"), "experimental-promql"),
        (GOOD.format(expr="sum(x)"), "no-service"),
        (GOOD.format(expr="'service:errrors > 1'"), "never-recorded"),
        (GOOD.format(expr="x") + ", record: y", "bad-rule"),
        ("expr: x", "bad-rule"),
        ("record: a-b, expr: x", "bad-rule"),
        ("record: y", "missing-key"),
        (GOOD.format(expr="x") + ", forr: 5m", "unknown-key"),
    ],
)
def test_what_a_rule_lacks_is_found_with_its_line(rule: str, code: str) -> None:
    (one,) = _found(_file(rule.replace("{{", "{").replace("}}", "}")))
    assert (one.code, one.line) == (code, 4)


def test_a_rule_and_a_group_that_stand_twice_are_found() -> None:
    rule = GOOD.format(expr="x").replace("{{", "{").replace("}}", "}")
    assert [one.code for one in _found(_file(rule, rule))] == ["duplicate-rule"]
    twice = _file(rule) + _file(rule.replace("A,", "B,")).removeprefix("groups:\n")
    assert [one.code for one in _found(twice)] == ["duplicate-name"]


def test_labels_are_followed_through_recording_rules() -> None:
    findings = Findings()
    text = _file(
        "record: 'a:b', expr: 'sum by (service, le) (x)'",
        "record: 'a:c', expr: 'histogram_quantile(0.9, a:b)', labels: {slo: x}",
    )
    root = parse(text, findings, file="rules.yml")
    assert root
    recorded = recorded_labels([(r, parse_promql(r.expr.text)) for r in read_rule_file(root, findings)])
    assert [sorted(one.names) for one in recorded["a:c"]] == [["service", "slo"]]
    assert label_names(parse_promql("sum by (le) (a:c)"), recorded).names == frozenset()


@pytest.mark.parametrize(
    ("expr", "names", "closed"),
    [
        ("x", "", False),
        ("sum(x)", "", True),
        ("sum by (a, b) (x) > 1", "a b", True),
        ("sum without (a) (sum by (a, b) (x))", "b", True),
        ("x / on (a) y", "a", True),
        ("sum by (a) (x) * on (a) group_left (b) y", "a b", True),
        ("y * on (a) group_right (b) sum by (a) (x)", "a b", True),
        ("sum by (a) (x) or sum by (b) (x)", "a b", True),
        ("sum by (a) (x) unless y", "a", True),
        ("time() - sum by (a) (x)", "a", True),
        ("-(1 - 2) * sum by (a) (x)", "a", True),
        ("absent(up{a='1', b=~'2'})", "a", True),
        ("max_over_time(sum by (a) (x)[5m:1m])", "a", True),
        ("label_replace(sum by (a) (x), 'c', '$1', 'a', '(.*)')", "a c", True),
        ("topk(5, sum by (a) (x))", "a", True),
        ("vector(1)", "", True),
        ("1", "", True),
    ],
)
def test_the_labels_of_a_result_are_those_that_prometheus_would_leave(expr: str, names: str, closed: bool) -> None:
    found = label_names(parse_promql(expr), {})
    assert (" ".join(sorted(found.names)), found.closed) == (names, closed)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(CONFIG, tmp_path / "config")
    shutil.copytree(CONFIG.parent / "rules", tmp_path / "rules")
    shutil.copytree(CONFIG.parent / "runbooks", tmp_path / "runbooks")
    return tmp_path


def _codes(project: Path) -> list[tuple[str, str]]:
    found = check_folder(project / "config", environment="prod")
    return [(one.code, one.message) for one in found if one.severity != "info" and one.code != "placeholder"]


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_shipped_rules_cover_the_shipped_services_and_inhibitions(project: Path) -> None:
    assert _codes(project) == []


def test_a_service_that_the_rules_do_not_list_is_found(project: Path) -> None:
    _edit(project / "rules" / "parameters.yml", "service: checkout", "service: check-out")
    ((code, message),) = _codes(project)
    assert code == "service-not-listed"
    assert "checkout" in message


def test_a_service_that_no_critical_alert_can_be_about_is_found(project: Path) -> None:
    for path in (project / "rules" / "templates").glob("*.yml"):
        path.unlink()
    text = _file(
        "alert: A, for: 1m, labels: {severity: critical}, annotations: {runbook_url: 'https://x'}, "
        'expr: \'up{service=~"checkout|web",job!="x"} == 0\'',
        "alert: B, for: 1m, labels: {severity: critical, service: other}, annotations: {runbook_url: 'https://x'}, "
        "expr: 'up == 0'",
    )
    (project / "rules" / "templates" / "own.yml").write_text(text)
    found = [message for code, message in _codes(project) if code == "service-not-covered"]
    assert ["payments" in message for message in found] == [True]


def test_a_source_of_inhibition_that_nothing_raises_is_found(project: Path) -> None:
    _edit(project / "config" / "alertmanager.yml", 'alertname="MultipleServicesDown', 'alertname="ManyServicesDown')
    found = [one for one in _codes(project) if one[0] == "never-raised"]
    assert len(found) == 1
    assert found[0][1].startswith("nothing raises ManyServicesDown")
    shutil.rmtree(project / "rules")
    # Without the rules it may be raised by some of theirs.
    assert [one for one in _codes(project) if one[0] == "never-raised"] == []


def test_the_names_of_the_scorer_s_alerts_are_the_scorer_s() -> None:
    assert (ANOMALY, SILENT, LIMIT) == OF_SCORER


ROUTES = "route: {receiver: r}\nreceivers: [{name: r}]\n"


def _asked(tmp_path: Path, text: str) -> list[Finding]:
    (tmp_path / "am.yml").write_text(ROUTES)
    (tmp_path / "rules.yml").write_text(text)
    path = tmp_path / "rules.yml"
    ours = examine(alertmanager=tmp_path / "am.yml", delivery=None, rules=[path])
    return list(ask_promtool(rule_texts([path], None), ours))


@pytest.mark.needs_tool("promtool")
def test_promtool_s_word_is_a_warning_where_it_differs_and_silent_where_both_refuse(tmp_path: Path) -> None:
    rules = ["alert: Both, expr: 'rate(x)'", "alert: Newer, expr: 'mad_over_time(x[5m]) > 1'"]
    (one,) = _asked(tmp_path, _file(*rules))
    assert (one.severity, one.code, one.line) == ("warning", "promtool", 5)
    assert one.message.startswith("promtool 2.")
    assert "mad_over_time" in one.message
    (whole,) = _asked(tmp_path, _file("alert: A, expr: x").replace("name: g", "name: g\n    labels: {a: b}"))
    assert (whole.line, "field labels not found" in whole.message) == (3, True)


def test_promtool_may_be_missing_but_not_under_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    text = RuleText(file="rules.yml", text=_file("alert: A, expr: x"))
    assert ask_promtool([text], ()) == ()
    assert summary([text]).endswith("not by promtool, which is not installed")
    monkeypatch.setenv("CI", "true")
    (one,) = ask_promtool([text], ())
    assert (one.severity, one.code) == ("error", "no-promtool")
    assert ask_promtool([], ()) == ()


def test_what_was_read_is_counted_by_severity() -> None:
    alerts = [
        f"alert: {name}, expr: x, labels: {{severity: {severity}}}"
        for name, severity in (("A", "warning"), ("B", "critical"), ("C", "warning"))
    ]
    text = RuleText(file="rules.yml", text=_file(*alerts, "record: a:b, expr: x"))
    assert summary([text]).startswith("rules: 3 alerts (1 critical, 2 warning) and 1 recorded metric; read by")


def test_an_expression_is_parsed_once_and_errors_have_no_line_break() -> None:
    with pytest.raises(PromQLError) as raised:
        parse_promql("sum by (x (y)")
    assert "\n" not in str(raised.value)
