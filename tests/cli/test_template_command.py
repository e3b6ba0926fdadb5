from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.command import main
from tests.templates.amtool import DATA

RENDER = ["template", "render"]


def test_a_text_is_rendered_with_files_and_data(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "a.tmpl").write_text('{{ define "t" }}<{{ .Receiver }}>{{ end }}', encoding="utf-8")
    data = tmp_path / "d.json"
    data.write_text(json.dumps({"receiver": "ö&x", "status": "firing"}), encoding="utf-8")
    files = [f"--template.glob={tmp_path}/*.tmpl", f"--template.data={data}"]
    assert main([*RENDER, *files, '--template.text={{ template "t" . }}\n']) == 0
    assert capsysbinary.readouterr().out == "<ö&x>\n".encode()
    assert main([*RENDER, *files, "--template.type=html", "--template.text=<p>{{ .Receiver }}"]) == 0
    assert capsysbinary.readouterr().out == "<p>ö&amp;x".encode()


def test_without_data_there_is_an_alert_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RENDER, '--template.text={{ template "slack.default.title" . }}']) == 0
    assert capsys.readouterr().out == "[FIRING:1] ExampleAlert (orders critical)"


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["--template.text=a\n {{ nope }}"], 1, "the text, line 2, column 5: there is no function 'nope'"),
        (["--template.text={{ index .Alerts 3 }}"], 1, "line 1: an index is out of range: 3; alertrelay's own text"),
        (["--template.text=x", "--template.data=/nonexistent"], 2, "cannot be read"),
        (["--template.text=<a {{ .Status }}", "--template.type=html"], 1, "the text ends inside of a tag"),
    ],
)
def test_a_fault_has_its_place_and_an_exit_code(
    given: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*RENDER, *given]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("alertrelay template render: ")
    assert says in captured.err


@pytest.mark.parametrize(
    "shape", ["[]", "{", '{"alerts": 3}', '{"alerts": [{"startsAt": "x"}]}', '{"commonLabels": 1}']
)
def test_data_of_another_shape_is_a_fault_in_words(
    shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "d.json"
    data.write_text(shape, encoding="utf-8")
    assert main([*RENDER, "--template.text=x", f"--template.data={data}"]) == 2
    said = capsys.readouterr().err
    assert f"{data}: " in said
    assert "expected" in said
    assert not any(word in said for word in ("attribute", "iterable", "'int'", "object is", "NoneType"))


@pytest.mark.needs_tool("amtool")
def test_it_takes_amtool_s_own_arguments(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    given = [
        f"--template.data={DATA[0]}",
        "--template.glob=/nonexistent/*.tmpl",
        "--template.text={{ .Alerts | len }} ü",
    ]
    theirs = subprocess.run(["amtool", *RENDER, *given], capture_output=True, check=True, timeout=30).stdout
    assert main([*RENDER, *given]) == 0
    assert capsysbinary.readouterr().out == theirs
