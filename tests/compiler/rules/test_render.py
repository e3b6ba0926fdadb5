"""Templates of Prometheus rules are filled with a team's values, and each fault of them has its place and mend."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from cli.command import main
from compiler.reading.finding import Finding, Findings
from compiler.rules.examine import examine_rules
from compiler.rules.render import render
from tests.example import CONFIG

RULES = Path(__file__).parents[3] / "rules"
PARAMETERS = """\
services:
  - service: checkout
    labels: {cluster: "ma\\"in"}
    availability: 99.9
values:
  error_percent: 5
"""
TEMPLATE = """\
groups:
  - name: errors
    rules:
      - alert: HighErrorRate
        expr: errors > ${error_percent}
        annotations: {summary: "{{ $labels.service }} of ${error_percent} $value"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "parameters.yml").write_text(PARAMETERS)
    (tmp_path / "templates" / "errors.yml").write_text(TEMPLATE)
    return tmp_path


def _findings(folder: Path, parameters: str = PARAMETERS, template: str = TEMPLATE) -> list[Finding]:
    (folder / "parameters.yml").write_text(parameters)
    (folder / "templates" / "errors.yml").write_text(template)
    findings = Findings()
    render(folder, findings)
    return list(findings.sorted())


def _texts(folder: Path) -> Mapping[str, str]:
    found = render(folder, Findings())
    assert found is not None
    return found.texts


def test_only_a_parameter_changes_and_every_line_stays_where_it_is(folder: Path) -> None:
    assert _texts(folder)["errors.yml"] == TEMPLATE.replace("${error_percent}", "5")


def test_listed_services_become_series_with_their_labels_and_objectives(folder: Path) -> None:
    (group,) = yaml.safe_load(_texts(folder)["services.yml"])["groups"]
    assert group["rules"] == [
        {"record": "service:expected", "expr": "vector(1)", "labels": {"service": "checkout", "cluster": 'ma"in'}},
        {
            "record": "service:slo_objective:ratio",
            "expr": "vector(0.999)",
            "labels": {"slo": "availability", "service": "checkout"},
        },
    ]


def test_without_a_service_the_file_is_empty_and_still_a_file_of_rules(folder: Path) -> None:
    (folder / "parameters.yml").write_text("values: {error_percent: 5}\n")
    assert yaml.safe_load(_texts(folder)["services.yml"]) == {"groups": []}


WRONG = {
    "missing-parameter": (
        "",
        TEMPLATE.replace("${error_percent} $", "${error_percnt} $"),
        "errors.yml",
        6,
        "did you mean",
    ),
    "unused": ("  factor: 2\n", TEMPLATE, "parameters.yml", 7, "remove it"),
    "duplicate-name": ("", TEMPLATE, "parameters.yml", 2, "remove one of the two"),
    "bad-value": ('  quote: "it\'s"\n', TEMPLATE, "parameters.yml", 7, "write it without"),
    "wrong-type": ("  many: [1]\n", TEMPLATE, "parameters.yml", 7, "write one value"),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_value_is_named_with_its_line_and_mend(code: str, folder: Path) -> None:
    more, template, file, line, mend = WRONG[code]
    parameters = PARAMETERS + more
    if code == "duplicate-name":
        parameters = parameters.replace("services:\n", "services:\n  - service: checkout\n")
        line = 3
    (found,) = [one for one in _findings(folder, parameters, template) if one.code == code]
    assert (Path(found.file).name, found.line) == (file, line)
    assert mend in found.mend


@pytest.mark.parametrize(
    ("spelt", "mend"), [("100", "99.9"), ("0.999", "write 99.9"), ("20", "50 to 99.999"), ("fast", "50 to 99.999")]
)
def test_a_wrong_objective_is_an_error(spelt: str, mend: str, folder: Path) -> None:
    (found,) = _findings(folder, PARAMETERS.replace("99.9", spelt))
    assert (found.severity, found.line) == ("error", 4)
    assert mend in found.mend


def test_a_missing_parameter_is_one_finding_and_what_reads_its_metric_is_sound(folder: Path) -> None:
    recorded = "      - {record: 'a:b', expr: 'errors > ${lost}'}\n      - {record: 'c:d', expr: 'a:b > 1'}\n"
    (folder / "templates" / "errors.yml").write_text(TEMPLATE + recorded)
    findings = Findings()
    examine_rules((), folder, findings)
    assert [one.code for one in findings.sorted() if one.severity == "error"] == ["missing-parameter"]
    assert "never-recorded" not in {one.code for one in findings.sorted()}


def test_the_rendered_files_are_what_the_templates_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "render", "--check", "--rules-dir", str(RULES)]) == 0, capsys.readouterr().out


def test_the_command_writes_compares_and_names_strays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--rules-dir", str(folder)]
    assert main(["rules", "render", *where, "--check"]) == 1
    assert "run `alertrelay rules render`" in capsys.readouterr().out
    assert main(["rules", "render", *where]) == 0
    assert main(["rules", "render", *where, "--check"]) == 0
    (folder / "rendered" / "old.yml").write_text("groups: []\n")
    assert main(["rules", "render", *where, "--check"]) == 1
    (folder / "parameters.yml").unlink()
    assert main(["rules", "render", *where]) == 2
    (folder / "parameters.yml").write_text("services: []\n")
    assert main(["rules", "render", *where]) == 1
    assert "missing-parameter" in capsys.readouterr().err


def test_a_folder_of_your_own_lists_the_services_of_your_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTRELAY_CONFIG_DIR")
    (tmp_path / "runbooks").mkdir()
    shutil.copytree(CONFIG, tmp_path / "config")
    assert main(["rules", "init"]) == 0
    assert "with 3 services of config/environments" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "runbooks" / "prometheus").glob("*.md")} >= {"errors.md", "down.md"}
    assert main(["rules", "render"]) == 0
    found = render(tmp_path / "rules", Findings())
    assert found
    assert [(one.name, one.labels["cluster"]) for one in found.parameters.services] == [
        ("checkout", "main"),
        ("payments", "main"),
        ("web", "main"),
    ]
    assert found.texts["requests.yml"] == (RULES / "rendered" / "requests.yml").read_text(encoding="utf-8")
    assert main(["rules", "init"]) == 2
    assert "exists already" in capsys.readouterr().err
