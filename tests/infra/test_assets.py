"""What is uploaded."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from alertrelay.channels import settings_of
from alertrelay.config.model import Config
from alertrelay.config.watch import AnomalyConfig

from compiler.load import load
from infra import assets
from infra.assets import (
    ANOMALY_FILE,
    CONFIG_FILE,
    SLO_FILE,
    BuildFailed,
    build_function,
    build_layer,
    lambda_interpreter,
    working_python,
)
from infra.synth import ROOT
from tests.example import CONFIG as SHIPPED
from tests.infra.template import Template

AARCH64 = 183  # e_machine of an ELF file
NEVER_COMPARED = 0b01  # flags of a .pyc (PEP 552): by hash, and the source is not looked at


def asset_of(assembly: Path, environment: str, resource: Any) -> Path:
    folder: Path = assembly / f"assembly-{environment}" / resource["Metadata"]["aws:asset:path"]
    return folder


@pytest.fixture
def config() -> Config:
    loaded = load(SHIPPED, "dev").config
    assert loaded is not None
    return loaded


@pytest.fixture
def layer(assembly: Path, prod: Template) -> Path:
    return asset_of(assembly, "prod", prod.only("AWS::Lambda::LayerVersion")) / "python"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_function_ships_its_handlers_and_the_compiled_configuration_alone(
    assembly: Path, relay: Template, environment: str
) -> None:
    for function in relay.of_type("AWS::Lambda::Function").values():
        folder = asset_of(assembly, environment, function)
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert files == {
            CONFIG_FILE,
            ANOMALY_FILE,
            *([SLO_FILE] if environment == "prod" else []),
            "lambdas/__init__.py",
            "lambdas/anomaly_scorer.py",
            "lambdas/auditor.py",
            "lambdas/companion.py",
            "lambdas/pagerduty_forwarder.py",
            "lambdas/pre_traffic.py",
            "lambdas/slack_forwarder.py",
            "lambdas/slo.py",
            "lambdas/email_forwarder.py",
            "lambdas/intake.py",
        }
        variables = function["Properties"]["Environment"]["Variables"]
        # What checks new versions, and what compares alarms, have no configuration of their own.
        if not {"ALERTRELAY_VERSIONS", "ALERTRELAY_AUDIT_ROLES"} & variables.keys():
            assert {variables.get(f"ALERTRELAY_{name}CONFIG") for name in ("", "ANOMALY_", "SLO_")} & files
        loaded = load(SHIPPED, environment)
        assert (
            Config.from_json(json.loads((folder / CONFIG_FILE).read_text()), settings_of=settings_of) == loaded.config
        )
        assert AnomalyConfig.from_json(json.loads((folder / ANOMALY_FILE).read_text())) == loaded.anomaly


def test_the_layer_holds_our_package_whole_and_no_tests_or_scripts(layer: Path) -> None:
    package = ROOT / "layers" / "alertrelay" / "python" / "alertrelay"
    ours = {path.relative_to(package) for path in package.rglob("*.py")}
    assert {path.relative_to(layer / "alertrelay") for path in (layer / "alertrelay").rglob("*.py")} == ours
    assert {"requests", "aws_lambda_powertools", "alertrelay"} <= {path.name for path in layer.iterdir()}
    assert not {"bin", "boto3", "botocore", ".lock"} & {path.name for path in layer.iterdir()}


def test_compiled_modules_of_the_layer_are_for_lambdas_processor(layer: Path) -> None:
    libraries = list(layer.rglob("*.so"))
    assert libraries
    for library in libraries:
        assert int.from_bytes(library.read_bytes()[18:20], "little") == AARCH64, library.name


@pytest.mark.skipif(
    working_python(assets.RUNTIME) is None, reason="no working Python 3.13: the layer ships without .pyc"
)
def test_every_module_of_ours_ships_a_pyc_that_is_never_compared_with_its_source(layer: Path) -> None:
    for source in (layer / "alertrelay").rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        assert int.from_bytes(compiled.read_bytes()[4:8], "little") == NEVER_COMPARED, source
        assert str(ROOT).encode() not in compiled.read_bytes()


def test_unchanged_inputs_are_not_built_again(config: Config, tmp_path: Path) -> None:
    first = build_function(config, None, build=tmp_path)
    (first.path / "mark").touch()
    again = build_function(config, None, build=tmp_path)
    assert again == first
    assert (again.path / "mark").exists()


def test_another_configuration_has_another_asset(config: Config, tmp_path: Path) -> None:
    other = Config.from_json({**config.to_json(), "last_resort": not config.last_resort}, settings_of=settings_of)
    assert build_function(config, None, build=tmp_path).hash != build_function(other, None, build=tmp_path).hash


def test_a_build_that_was_cut_short_is_not_taken_for_a_good_one(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(OSError, match="No space left"):
            build_function(config, None, build=tmp_path)
    assert (build_function(config, None, build=tmp_path).path / "lambdas" / "email_forwarder.py").is_file()


def test_without_a_python_to_compile_with_the_layer_ships_without_pyc_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(assets, "working_python", lambda _: None)
    monkeypatch.setattr(assets, "_install", lambda _requirements, target, _interpreter: target.mkdir())
    layer = build_layer(lambda_interpreter("arm64"), build=tmp_path)
    assert "no working Python 3.13 was found: the layer ships without .pyc" in capsys.readouterr().err
    assert (layer.path / "python" / "alertrelay" / "alert.py").is_file()
    assert not list(layer.path.rglob("*.pyc"))


def test_a_layer_whose_data_file_changed_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    monkeypatch.setattr(assets, "working_python", lambda _: None)
    monkeypatch.setattr(assets, "_install", lambda _requirements, target, _interpreter: target.mkdir())
    data = tmp_path / "layers" / "alertrelay" / "python" / "alertrelay" / "classes.tsv"
    data.parent.mkdir(parents=True)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "layer.txt").touch()
    built = []
    for content in ("old", "new"):
        data.write_text(content)
        layer = build_layer(lambda_interpreter("arm64"), build=tmp_path / ".build")
        built.append((layer.path / "python" / "alertrelay" / "classes.tsv").read_text())
    assert built == ["old", "new"]


def test_a_layer_that_cannot_be_installed_is_an_error_that_shows_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = program(tmp_path / "uv", "echo 'no such index' >&2; exit 2")
    monkeypatch.setattr("uv.find_uv_bin", lambda: str(uv))
    with pytest.raises(BuildFailed, match=r"(?s)uv pip install .*: exit 2\nno such index"):
        build_layer(lambda_interpreter("x86_64"), build=tmp_path / "build")


def test_a_python_shim_that_fails_is_passed_over_for_one_that_runs(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python3.99", "echo 'pyenv: python3.99: command not found' >&2; exit 127")
    good = program(tmp_path / "pyenv" / "versions" / "3.99.1" / "bin" / "python3.99", "echo 3.99")
    environ = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}/bin", "PYENV_ROOT": str(tmp_path / "pyenv")}
    assert working_python("3.99", environ) == good


def test_a_python_of_another_version_is_not_used(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python3.99", "echo 3.11")
    assert working_python("3.99", {"PATH": str(tmp_path / "bin"), "PYENV_ROOT": str(tmp_path / "none")}) is None
