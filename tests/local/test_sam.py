"""sam takes the synthesised template as it is: functions, code, layer, environment, up to asking for Docker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from infra import synth
from local.stack.day_input import template_of

SAM = synth.BUILD / "sam-venv" / "bin"
EVENTS = synth.ROOT / "events"
READER = Path(__file__).with_name("sam_reads.py")
FORWARDERS = {f"alertrelay-dev-{name}-forwarder" for name in ("pagerduty", "slack", "email")}
SCORER = "alertrelay-dev-anomaly-scorer"
PRE_TRAFFIC = "alertrelay-dev-pre-traffic"
"""Runs in a deploy alone: nobody invokes it by hand."""

pytestmark = pytest.mark.skipif(
    not (SAM / "sam").exists() and os.environ.get("CI") != "true", reason="sam is not installed: make sam"
)


@pytest.fixture(scope="module")
def template() -> Path:
    return template_of("dev")


@pytest.fixture(scope="module")
def seen(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What sam makes of the template and of events/env.json."""
    home = tmp_path_factory.mktemp("home")
    done = run([str(SAM / "python"), str(READER), str(template), str(EVENTS / "env.json")], home)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(command: Sequence[str], home: Path) -> subprocess.CompletedProcess[str]:
    """With an empty home, no credentials, no telemetry, and no Docker even where there is one."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "SAM_CLI_TELEMETRY": "0",
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    return subprocess.run(command, env=environ, cwd=home, capture_output=True, text=True, timeout=900, check=False)


def test_sam_finds_every_function_with_its_code_and_its_layer(seen: dict[str, Any]) -> None:
    assert set(seen) == FORWARDERS | {SCORER, PRE_TRAFFIC}
    for name, function in seen.items():
        module = function["handler"].rpartition(".")[0].replace(".", "/")
        assert (Path(function["code"]) / f"{module}.py").is_file(), name
        assert (Path(function["code"]) / "alertrelay-config.json").is_file(), name
        (layer,) = function["layers"]
        assert (Path(layer) / "python" / "alertrelay" / "runtime" / "forwarder.py").is_file(), name
        assert (function["runtime"], function["architectures"]) == ("python3.13", ["arm64"])


def test_sam_gives_each_function_the_environment_of_the_env_file(seen: dict[str, Any]) -> None:
    wanted = json.loads((EVENTS / "env.json").read_text())
    for name in FORWARDERS | {SCORER}:
        environment = seen[name]["environment"]
        for key, value in {**wanted["Parameters"], **wanted[name]}.items():
            assert environment[key] == value, (name, key)


def test_sam_gives_each_function_the_file_that_it_is_configured_by(seen: dict[str, Any]) -> None:
    for name in FORWARDERS | {SCORER}:
        key = "ALERTRELAY_ANOMALY_CONFIG" if name == SCORER else "ALERTRELAY_CONFIG"
        assert (Path(seen[name]["code"]) / seen[name]["environment"][key]).is_file(), name


@pytest.mark.parametrize("event", ["rds-cpu-critical-alarm.json", "raw-text.json"])
def test_sam_goes_as_far_as_asking_for_docker(template: Path, tmp_path: Path, event: str) -> None:
    command = [str(SAM / "sam"), "local", "invoke", "alertrelay-dev-slack-forwarder", "-t", str(template)]
    done = run([*command, "-e", str(EVENTS / event), "--env-vars", str(EVENTS / "env.json")], tmp_path)
    assert done.returncode != 0
    assert "requires a container runtime" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_template_that_sam_cannot_read_fails_otherwise(template: Path, tmp_path: Path) -> None:
    broken = shutil.copy(template, tmp_path / "broken.template.json")
    Path(broken).write_text('{"Resources": []}')
    done = run([str(SAM / "sam"), "local", "invoke", "x", "-t", str(broken), "--no-event"], tmp_path)
    assert done.returncode != 0
    assert "requires a container runtime" not in done.stderr
