"""The check of new versions, with Lambda and CodeDeploy as stand-ins on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from alertrelay.runtime.pre_traffic import check_versions
from alertrelay.runtime.self_test import PASSED, SELF_TEST

EVENT = {"DeploymentId": "d-ABCDEF123", "LifecycleEventHookExecutionId": "execution-1"}
PREFIX = "arn:aws:lambda:eu-west-1:111122223333:function:alertrelay-prod"
GOOD, RAISING, SILENT = f"{PREFIX}-slack-forwarder:7", f"{PREFIX}-email-forwarder:3", f"{PREFIX}-pagerduty-forwarder:5"
ANSWERS: Mapping[str, tuple[dict[str, str], Any]] = {
    GOOD: ({}, {"self_test": PASSED, "rendered": 2}),
    RAISING: (
        {"X-Amz-Function-Error": "Unhandled"},
        {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'SECRET'"},
    ),
    SILENT: ({}, None),
}


@dataclass
class Aws:
    """What was invoked, with which event, and what CodeDeploy was answered."""

    invoked: dict[str, Any] = field(default_factory=dict)
    reported: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    seen = Aws()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers: dict[str, str] = {}
            answer: Any = {}
            if "CodeDeploy" in self.headers.get("X-Amz-Target", ""):
                seen.reported.append(body)
            else:
                version = unquote(self.path.split("/")[3])
                seen.invoked[version] = body
                headers, answer = ANSWERS[version]
            content = json.dumps(answer).encode()
            self.send_response(200)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    for name, value in {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()


def _check(monkeypatch: pytest.MonkeyPatch, *versions: str) -> None:
    monkeypatch.setenv("ALERTRELAY_VERSIONS", json.dumps(versions))
    check_versions(EVENT, SimpleNamespace(aws_request_id="r"))


def test_versions_that_pass_get_traffic(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(monkeypatch, GOOD)
    assert aws.invoked == {GOOD: SELF_TEST}
    assert aws.reported == [
        {
            "deploymentId": EVENT["DeploymentId"],
            "lifecycleEventHookExecutionId": EVENT["LifecycleEventHookExecutionId"],
            "status": "Succeeded",
        }
    ]


@pytest.mark.parametrize("bad", [RAISING, SILENT])
def test_one_version_that_fails_holds_all_back(aws: Aws, monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    _check(monkeypatch, bad, GOOD)
    assert set(aws.invoked) == {bad, GOOD}
    assert [report["status"] for report in aws.reported] == ["Failed"]


def test_no_version_at_all_is_no_success(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(monkeypatch)
    assert [report["status"] for report in aws.reported] == ["Failed"]


def test_what_a_version_raised_is_logged_by_its_type_alone(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _check(monkeypatch, RAISING)
    logged = capsys.readouterr().out
    assert "Runtime.ImportModuleError" in logged
    assert "SECRET" not in logged


def test_an_event_without_a_deployment_fails_loudly(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTRELAY_VERSIONS", json.dumps([GOOD]))
    with pytest.raises(KeyError):
        check_versions({}, SimpleNamespace(aws_request_id="r"))
    assert aws.reported == []
