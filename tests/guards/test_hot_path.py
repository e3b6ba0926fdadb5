"""What a page waits for loads neither botocore nor requests: they take longer than all the rest of a cold start. Nor
does it load a kind of channel that has no receiver.

A forwarder runs in a process of its own, against the emulated AWS and the stand-ins, from its import until its message
is out; then the modules of that process are counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.assets import CONFIG_FILE
from infra.synth import ROOT
from local.stack.day_input import template_of
from local.stack.deployed import deploy
from local.stack.emulator import FAKE_ENVIRONMENT, Emulator
from local.stack.functions import DeployedFunction
from local.standins import StandIns

REGION = "eu-central-1"
HEAVY = ("boto3", "botocore.", "requests", "urllib3", "s3transfer", "certifi", "charset_normalizer")
"""Powertools imports `botocore` itself, an empty package, and jmespath."""
PROGRAM = """
import importlib, json, sys
asked = json.load(sys.stdin)
sys.path[:0] = asked["folders"]
module, _, name = asked["handler"].rpartition(".")
handler = getattr(importlib.import_module(module), name)
class Context:
    aws_request_id = "r"
    def get_remaining_time_in_millis(self):
        return 30000
handler(asked["event"], Context())
print(json.dumps(sorted(sys.modules)))
"""


class Stack:
    """One environment, deployed to the emulated AWS."""

    def __init__(self, emulator: Emulator, standins: StandIns, functions: tuple[DeployedFunction, ...], topic: str):
        self.emulator, self.standins, self.functions, self.topic = emulator, standins, functions, topic

    def modules_of(self, function: DeployedFunction, folder: Path) -> set[str]:
        """Returns the modules that a function has loaded once it has sent the alarm on."""
        file = folder / CONFIG_FILE
        file.write_text((function.code / CONFIG_FILE).read_text().replace('"group_wait": 30.0', '"group_wait": 0.0'))
        environ = {
            **FAKE_ENVIRONMENT,
            **function.environment,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.emulator.url,
            "ALERTRELAY_ENDPOINTS": json.dumps(self.standins.endpoints),
            "LAMBDA_TASK_ROOT": str(folder),
        }
        asked = {"folders": [str(ROOT)], "handler": function.handler, "event": self.event()}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], input=json.dumps(asked), env=environ, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return set(json.loads(done.stdout.splitlines()[-1]))

    def configured(self, function: DeployedFunction) -> set[str]:
        """Returns the kinds that a function's configuration has receivers of."""
        receivers = json.loads((function.code / CONFIG_FILE).read_text())["receivers"]
        return {target["integration"]["channel"] for receiver in receivers for target in receiver["targets"]}

    def event(self) -> Any:
        event = json.loads((ROOT / "events" / "rds-cpu-critical-alarm.json").read_text())
        event["Records"][0]["Sns"]["TopicArn"] = self.topic
        return event

    def sent(self) -> set[str]:
        return {one.channel for one in (*self.standins.requests, *self.emulator.published)}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    now = lambda: datetime.now(UTC)  # noqa: E731 - of both
    with StandIns(now=now) as standins, Emulator(region=REGION, now=now) as emulator:
        deployed = deploy(emulator, template_of("prod"))
        topic = next(arn for name, arn in deployed.topics.items() if name.endswith("-critical"))
        yield Stack(emulator, standins, deployed.functions, topic)


@pytest.mark.parametrize(
    ("name", "channels"),
    [("pagerduty", {"pagerduty"}), ("slack", {"slack"}), ("email", {"email", "sns"})],
)
def test_a_cold_forwarder_sends_without_botocore_and_requests(
    stack: Stack, tmp_path: Path, name: str, channels: set[str]
) -> None:
    function = next(function for function in stack.functions if f"-{name}-" in function.name)
    modules = stack.modules_of(function, tmp_path)
    assert channels <= stack.sent()
    assert sorted(module for module in modules if module.startswith(HEAVY)) == []
    assert "alertrelay.aws.direct" in modules
    kinds = {parts[2] for module in modules if len(parts := module.split(".")) > 2 and parts[1] == "channels"}
    assert kinds - {"transport"} <= stack.configured(function)


def test_the_guard_sees_a_module_that_is_loaded(stack: Stack, tmp_path: Path) -> None:
    function = stack.functions[0]
    behind_a_proxy = {**function.environment, "HTTPS_PROXY": "http://127.0.0.1:1"}
    other = type(function)(**{**{n: getattr(function, n) for n in function.__slots__}, "environment": behind_a_proxy})
    assert "botocore.session" in stack.modules_of(other, tmp_path)
