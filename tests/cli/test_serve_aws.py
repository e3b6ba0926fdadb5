"""`alertrelay serve-aws`: what stands behind a function under `sam local invoke`, at the ports of events/env.json."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alertrelay.runtime.container import SystemClock
from alertrelay.sources import parse, unwrap

from cli import serve_aws
from cli.command import main
from infra.stacks import FORWARDERS as DEPLOYED
from local.stack.deployed import Deployed
from local.stack.functions import DeployedFunction
from local.stack.invocation import load
from local.standins import StandIns

EVENTS = Path(__file__).resolve().parents[2] / "events"
ANY_PORT: Mapping[Any, int] = dict.fromkeys(serve_aws.fixed_ports(), 0)


class Context:
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Deployed, StandIns]]:
    with serve_aws.serving(aws_port=0, ports=ANY_PORT) as found:
        yield found


def test_the_committed_env_file_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve-aws", "--print-env"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((EVENTS / "env.json").read_text())


def test_the_env_file_sets_every_reference_and_only_declared_variables(
    served: tuple[Deployed, StandIns],
) -> None:
    env = serve_aws.env_vars()
    assert {f"alertrelay-dev-{name}" for name in DEPLOYED} < set(env)
    for function in served[0].functions:
        sets = {**env["Parameters"], **env[function.name]}
        assert sets.keys() <= function.environment.keys()
        same = {name for name in sets if sets[name] == function.environment[name]}
        assert {"ALERTRELAY_TABLE", "ALERTRELAY_ACCOUNT_ID", "ALERTRELAY_OPS_TOPIC_ARN"} <= same
        for name in ("ALERTRELAY_QUEUE_URL", "ALERTRELAY_DEAD_LETTER_URL"):
            assert sets[name].rpartition("/")[2] == function.environment[name].rpartition("/")[2]


def test_what_a_function_tells_arrives_at_the_stand_ins(served: tuple[Deployed, StandIns]) -> None:
    deployed, peers = served
    before = len(peers.requests)
    text = (EVENTS / "rds-cpu-critical-alarm.json").read_text().replace("orders-db", "another-db")
    text = text.replace("service: orders", "service: another")  # a group of its own is told at once: it is old
    for function in deployed.functions:
        _bound(function, peers)(json.loads(text), Context())
    arrived = peers.requests[before:]
    assert {request.channel for request in arrived} == {"pagerduty", "slack", "email"}
    assert all(request.taken for request in arrived)


def _one_of_each_source() -> list[Path]:
    """One file of each source; tests/dispatch/test_recorded_events.py plays them all."""
    recorded = sorted(path for path in EVENTS.glob("*.json") if path.name != "env.json")
    at = datetime(2026, 11, 20, tzinfo=UTC)
    found = {parse(unwrap(path.read_bytes())[0], received_at=at).source: path for path in reversed(recorded)}
    return sorted(found.values())


@pytest.mark.parametrize("event", _one_of_each_source(), ids=lambda path: path.stem)
def test_an_event_of_every_source_is_handled_by_every_function_with_them_behind_it(
    served: tuple[Deployed, StandIns], event: Path
) -> None:
    deployed, peers = served
    for function in deployed.functions:
        assert _bound(function, peers)(json.loads(event.read_text()), Context()) is None


def _bound(function: DeployedFunction, peers: StandIns) -> Any:
    """The function with the environment that sam would give it, in a region that is not the stack's."""
    port = urllib.parse.urlsplit(function.inbox_url).port or 0
    ports: dict[Any, int] = {c: listener.port for c, listener in peers._listeners.items()}
    env = serve_aws.env_vars("127.0.0.1", aws_port=port, ports=ports)
    environ = {
        **function.environment,
        **env["Parameters"],
        **env[function.name],
        "AWS_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": str(function.code),
    }
    endpoints = json.loads(environ["ALERTRELAY_ENDPOINTS"])
    return load(function.handler).bound(
        environ, clock=SystemClock(), endpoints=endpoints, haste=1.0, observe=lambda _: None
    )


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port}"), serve_aws.serving(aws_port=port, ports=ANY_PORT):
            pass


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_it_never_listens_on_all_addresses(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve-aws", "--bind", address]) == 2
    assert "one address" in capsys.readouterr().err


def test_it_serves_until_it_is_told_to_end_and_leaves_nothing() -> None:
    program = (
        "import sys; from cli import serve_aws as s; from cli.command import main; "
        "s.serving.__wrapped__.__kwdefaults__.update(aws_port=0, ports=dict.fromkeys(s.fixed_ports(), 0)); "
        "sys.exit(main(['serve-aws']))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("serving on 127.0.0.1")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=600) == 0
