from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alertrelay.channels import channel, settings_of
from alertrelay.config.model import Config

from compiler.alertmanager.file import parse_alertmanager
from compiler.delivery import NOTHING
from compiler.load import compile_config
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import read

SLACK = "slack_configs: [{{api_url_file: /s/k, channel: '#a', send_resolved: true, {}}}]"


def _read(folder: Path, receiver: str, more: str = "") -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """The texts of the first target, and what is found."""
    path = folder / "alertmanager.yml"
    path.write_text(f"route: {{receiver: r}}\n{more}receivers:\n- name: r\n  {receiver}\n", encoding="utf-8")
    findings = Findings()
    root = read(path, findings, name="")
    parsed = parse_alertmanager(root, findings) if root else None
    assert parsed is not None
    config = compile_config(parsed, NOTHING, "test")
    assert Config.from_json(config.to_json(), settings_of=settings_of) == config
    return dict(config.receivers[0].targets[0].texts), findings.sorted()


def _slack(folder: Path, keys: str, more: str = "") -> tuple[dict[str, Any], list[str]]:
    texts, findings = _read(folder, SLACK.format(keys), more)
    return texts, [
        f"{f.severity} {f.code} {Path(f.file).name}:{f.line}:{f.column} {f.message} -> {f.mend}" for f in findings
    ]


def test_what_the_team_sets_is_compiled_and_nothing_else(tmp_path: Path) -> None:
    texts, found = _slack(tmp_path, "title: 'Alert {{ .Status }}', pretext: plain")
    assert found == []
    assert texts["fields"].keys() == {"title", "pretext"}
    assert texts["fields"]["pretext"] == "plain"
    assert _slack(tmp_path, "title: ''")[0] == {}


def test_upstream_s_default_written_out_is_as_if_the_key_were_absent(tmp_path: Path) -> None:
    assert _slack(tmp_path, """title: '{{ template "slack.default.title" . }}'""") == ({}, [])
    assert _slack(tmp_path, """text: '{{template "slack.default.text" .}}'""") == ({}, [])


def test_a_default_that_a_file_defines_anew_is_the_team_s_own(tmp_path: Path) -> None:
    (tmp_path / "own.tmpl").write_text(
        '{{ define "slack.default.title" }}ours {{ .Status }}{{ end }}', encoding="utf-8"
    )
    texts, found = _slack(tmp_path, "username: x", "templates: ['*.tmpl']\n")
    assert found == []
    assert texts["fields"]["title"] == {"t": [["template", 1, "slack.default.title", [[], False, [[["dot"]]]]]]}
    assert texts["templates"].keys() == {"slack.default.title"}


@pytest.mark.parametrize(
    "pattern", ["/etc/alertmanager/templates/*.tmpl", "/etc/alertmanager/slack.tmpl", "templates/*.tmpl"]
)
def test_a_path_of_the_host_is_looked_for_beside_the_file(tmp_path: Path, pattern: str) -> None:
    place = tmp_path / ("slack.tmpl" if "slack" in pattern else "templates/slack.tmpl")
    place.parent.mkdir(exist_ok=True)
    place.write_text('{{ define "t" }}{{ .Status }}{{ end }}', encoding="utf-8")
    texts, found = _slack(tmp_path, """title: '{{ template "t" . }}'""", f"templates: ['{pattern}']\n")
    assert found == []
    assert texts["templates"]["t"] == [["action", 1, [[], False, [[["field", ["Status"]]]]]]]


def test_a_template_of_a_file_that_is_not_here_is_a_warning_and_ours_stands(tmp_path: Path) -> None:
    texts, found = _slack(tmp_path, """title: '{{ template "my.title" . }}'""", "templates: [/etc/am/*.tmpl]\n")
    assert texts == {}
    assert [line.split(" alertmanager")[0] for line in found] == ["warning no-template-file", "warning no-template"]
    assert "the template 'my.title' is not defined: alertrelay's own text stands in its place" in found[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ .Alrets }}", "template.Data has no field or method 'Alrets'"),
        ("{{ range .Alerts.Resolved }}{{ .Summary }}{{ end }}", "template.Alert has no field or method 'Summary'"),
        ("{{ (index .Alerts 2).Status }}", "out of range"),
    ],
)
def test_a_text_that_would_fail_is_a_warning_and_is_kept(tmp_path: Path, text: str, says: str) -> None:
    texts, found = _slack(tmp_path, f"title: '{text}'")
    assert "title" in texts["fields"]
    assert len(found) == 1
    assert found[0].startswith("warning template-fails alertmanager.yml:4:")
    assert says in found[0]


def test_a_text_of_what_an_alert_may_lack_is_no_finding(tmp_path: Path) -> None:
    text = "{{ .CommonLabels.nope }}{{ range .Alerts.Firing }}{{ .Annotations.nope }}{{ end }}"
    assert _slack(tmp_path, f"title: '{text}'")[1] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ .Status", "the action is not closed -> add `}}`"),
        ("ab {{ nope . }}", "there is no function 'nope' in Alertmanager -> docs/templates.md lists"),
        ("{{ toUper .Status }}", "there is no function 'toUper' in Alertmanager -> did you mean 'toUpper'?"),
        ("{{ if .Status }}x", "what is opened here is not closed -> add {{ end }}"),
        ("{{ end }}", "{{end}} closes nothing -> remove it"),
        ("{{ $x }}", "the variable $x is not defined -> declare it: {{ $x := … }}"),
        ("{{ .a.b | 3 }}", "a value stands behind `|`, where a function is needed"),
        ("{{ break }}", "break stands outside of a range"),
        ('{{ define "a" }}1{{ end }}{{ define "a" }}2{{ end }}', "the template 'a' is defined twice"),
        ("{{ (.Status }}", "a parenthesis is not closed -> add `)`"),
        ('{{ "a" "b" }}{{ "c }}', "the text in quotes is not closed"),
        ("{{ range $a, $b, $c := .Alerts }}{{ end }}", "too many variables are declared"),
        ("{{ else }}", "{{else}} closes nothing"),
        ("{{ 1.2x }}", "a number is not written as Go does"),
        ("{{ call .Status }}", "there is no function 'call' in Alertmanager -> no value of a notification is"),
        ("{{/* x }}", "the comment is not closed"),
        ("{{ if eq .Status `x` }}a{{ else if }}b{{ end }}", "if has no value"),
    ],
)  # fmt: skip
def test_a_fault_names_its_place_and_its_mend(tmp_path: Path, text: str, says: str) -> None:
    texts, found = _slack(tmp_path, f"title: {text!r}" if "'" not in text else f"title: '{text}'")
    assert texts == {}
    assert len(found) == 1
    assert found[0].startswith("error bad-template alertmanager.yml:4:")
    assert says in found[0]


def test_a_template_that_nothing_defines_is_a_warning_with_its_mend(tmp_path: Path) -> None:
    texts, (found,) = _slack(tmp_path, """title: '{{ template "slack.default.titel" . }}'""")
    assert texts == {}
    assert found.startswith("warning no-template alertmanager.yml:4:")
    assert found.endswith(
        "'slack.default.titel' is not defined: alertrelay's own text stands in its place -> "
        "did you mean 'slack.default.title'?"
    )


def test_a_fault_in_a_block_of_text_and_in_a_file_has_its_own_line_and_column(tmp_path: Path) -> None:
    block = (
        "slack_configs:\n  - api_url_file: /s/k\n    send_resolved: true\n    text: |\n      one\n      2 {{ nope }}\n"
    )
    _, found = _read(tmp_path, block)
    assert [(f.line, f.column) for f in found] == [(9, 12)]
    (tmp_path / "a.tmpl").write_text('{{ define "a" }}\n\n  {{ .X | nope }}{{ end }}', encoding="utf-8")
    _, found = _read(tmp_path, SLACK.format("title: x"), "templates: [a.tmpl]\n")
    assert [(Path(f.file).name, f.line, f.column, f.code) for f in found] == [("a.tmpl", 3, 11, "bad-template")]


def test_lists_and_mappings_are_compiled_entry_by_entry(tmp_path: Path) -> None:
    texts, found = _slack(tmp_path, "fields: [{title: T, value: '{{ .Status }}', short: true}]")
    assert found == []
    (entry,) = texts["fields"]["fields"]["l"]
    assert entry["m"]["title"] == "T"
    assert entry["m"]["short"] == {"v": True}
    assert entry["m"]["value"].keys() == {"t"}


def test_two_texts_that_define_one_name_otherwise_keep_their_own(tmp_path: Path) -> None:
    one, two = (f"""'{{{{ define "x" }}}}{n}{{{{ end }}}}{{{{ template "x" . }}}}'""" for n in (1, 2))
    texts, found = _slack(tmp_path, f"title: {one}, text: {two}")
    assert found == []
    assert sorted(tree[0][1] for tree in texts["templates"].values()) == ["1", "2"]


def test_every_templated_key_is_a_text_that_a_renderer_can_take() -> None:
    keys = [key for kind in ("slack",) for key in channel(kind).keys if key.use == "templated"]
    assert keys
    assert all(not key.field for key in keys)


TELEGRAM = "telegram_configs: [{{bot_token_file: /s/t, chat_id: -1, message: '<b>{{{{ .Status }}}}</b>'{}}}]"


@pytest.mark.parametrize(("mode", "escaped"), [("", True), (", parse_mode: ''", False), (", parse_mode: HTML", True)])
def test_a_text_is_escaped_as_html_where_another_key_says_so(tmp_path: Path, mode: str, escaped: bool) -> None:
    texts, found = _read(tmp_path, TELEGRAM.format(mode))
    assert found == ()
    assert ("_escape_html_text" in str(texts)) is escaped


def test_a_default_that_stands_in_a_mapping_is_as_if_the_key_were_absent(tmp_path: Path) -> None:
    jira = (
        "jira_configs: [{{api_url: 'https://j.example/rest/api/3', project: P, issue_type: Bug, http_config: "
        "{{basic_auth: {{username: u, password_file: /s/j}}}}, summary: {{template: '{}', enable_update: false}}}}]"
    )
    assert _read(tmp_path, jira.format('{{ template "jira.default.summary" . }}')) == ({}, ())
    texts, found = _read(tmp_path, jira.format("S {{ .Status }}"))
    assert found == ()
    assert texts["fields"]["summary"]["m"].keys() == {"template", "enable_update"}


def test_the_http_client_of_sns_may_be_named(tmp_path: Path) -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:t"
    assert _read(tmp_path, f"sns_configs: [{{topic_arn: '{topic}', use_aws_http_client: true}}]") == ({}, ())


def test_a_setting_is_compiled_where_a_template_stands_in_it(tmp_path: Path) -> None:
    keys = "severity: '{{ .CommonLabels.severity }}', group: g, client: '{{ template \"pagerduty.default.client\" . }}'"
    texts, found = _read(tmp_path, f"pagerduty_configs: [{{routing_key_file: /s/k, {keys}}}]")
    assert found == ()
    assert texts["fields"].keys() == {"severity"}
