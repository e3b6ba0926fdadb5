"""What is left over from the example is named: every value of it, and nothing of somebody's own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from cli.command import main
from compiler.examine import check_folder
from compiler.load import load
from compiler.placeholders import RESOURCES, name_placeholders
from compiler.reading.finding import Finding, Findings, merged
from compiler.reading.yamlfile import parse
from tests.example import CONFIG


def _named(text: str) -> list[Finding]:
    findings = Findings()
    root = parse(text, findings, file="f.yml")
    assert root is not None
    name_placeholders(root, findings)
    return list(findings.sorted())


def test_every_resource_and_entry_of_the_example_is_known() -> None:
    found = set()
    for path in (*(CONFIG / "environments").glob("*.yml"), CONFIG / "anomaly.yml"):
        for kind, items in yaml.safe_load(path.read_text()).items():
            for item in items if isinstance(items, list) else ():
                seconds = [item[key] for key in ("engine", "cluster", "dead_letter_queue", "namespace") if key in item]
                if isinstance(item, dict) and seconds:
                    found.add((kind, item.get("id") or item["name"], seconds[0]))
    assert found - RESOURCES == {("watch", "checkout-latency", "AWS/ApplicationELB")}  # named by its load balancer
    assert found >= RESOURCES


@pytest.mark.parametrize("name", ["alertmanager.yml", "delivery.yml", "environments/prod.yml", "anomaly.yml"])
def test_every_address_of_the_example_is_named_where_it_stands(name: str) -> None:
    lines = (CONFIG / name).read_text().splitlines()
    meant = {
        number
        for number, line in enumerate(lines, start=1)
        for value in [line.split(" # ")[0].strip()]
        if not value.startswith("#") and ("example.com" in value or "50dc6c495c0c9188" in value or "+1555" in value)
    }
    assert meant <= {one.line for one in _named("\n".join(lines))}
    assert meant


def test_one_s_own_values_are_no_placeholders() -> None:
    own = """
    ops_email: [oncall@our.company, a@myexample.com, b@example.company]
    queues: [{id: orders, dead_letter_queue: orders-dlq}, {id: orders}]
    databases: [{id: orders-db, engine: mysql}]
    load_balancers: [{id: app/main/50dc6c495c0c9189}]
    publisher_accounts: ["210987654321"]
    """
    assert _named(own) == []


def test_no_secret_is_printed() -> None:
    text = "a: [{url: 'https://hooks.example.com/T0/SECRET'}, {auth_password: SECRET@example.com}]\n"
    (found,) = _named(text)
    assert "hooks.example.com" in found.message
    assert "SECRET" not in str(found)


def test_a_file_that_is_only_tried_out_may_have_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(shutil.copy(CONFIG / "alertmanager.yml", tmp_path))
    assert main(["check", "--strict", "--config", str(path)]) == 0
    assert "placeholder" not in capsys.readouterr().out


def test_they_are_warnings_and_errors_under_strict_unless_they_are_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {one.code for one in check_folder(CONFIG) if one.severity != "info"} == {"placeholder"}
    assert "placeholder" in {one.code for one in load(CONFIG, "dev").findings}
    assert main(["check"]) == 0
    assert main(["check", "--strict"]) == 1
    monkeypatch.setenv("ALERTRELAY_ALLOW_PLACEHOLDERS", "1")
    assert main(["check", "--strict"]) == 0
    assert capsys.readouterr().out.count("placeholder") > 0


def _finding(line: int, severity: str = "warning") -> Finding:
    return Finding(
        file="a.yml", line=line, column=1, key="", severity=severity, code="c", message="m", mend=""  # type: ignore[arg-type]
    )  # fmt: skip


def test_repeated_warnings_are_one_with_a_count_and_errors_stand_alone() -> None:
    assert merged([_finding(1), _finding(2, "error"), _finding(3), _finding(4, "error")]) == [
        replace(_finding(1), message="m (2 times: here, a.yml:3)"),
        _finding(2, "error"),
        _finding(4, "error"),
    ]
    (one,) = merged([_finding(number) for number in range(1, 9)])
    assert one.message == "m (8 times: here, a.yml:2, a.yml:3, a.yml:4, …)"


def _said(message: str, line: int, severity: str = "warning") -> Finding:
    return replace(_finding(line, severity), message=message)


def test_many_warnings_of_one_code_fold_into_one() -> None:
    several = [_said(f"m{number}", number) for number in range(1, 7)]
    (one,) = merged(several, fold=True)
    assert one.message == "m1; 6 findings of this kind, which `alertrelay check --strict` lists: a.yml 6"
    assert merged(several) == several
    assert merged(several[:5], fold=True) == several[:5]
    errors = [replace(finding, severity="error") for finding in several]
    assert merged(errors, fold=True) == errors


def test_the_example_is_one_placeholder_warning_with_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out.count(" placeholder ") == 1
    assert main(["check", "--strict"]) == 1
    assert capsys.readouterr().out.count(" placeholder ") > 20
