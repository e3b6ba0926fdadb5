"""`alertrelay serve` as a client of the socket sees it: what it keeps, and what it refuses."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alertrelay.alert import rfc3339
from alertrelay.channels.email.sender import ses_request

from cli.command import main
from cli.serve import NOT_PLAYED, Served, _print_for_aws, serving
from cli.serve_aws import line_of
from cli.serve_input import Unfit, keys_of, make_folder, tokens_of
from local.serve.database import DataFile, UnreadableData
from local.serve.http import IntakeServer
from local.serve.queues import REFUSED
from local.standins import RecordedRequest
from local.standins.pagerduty.incidents import OpenedIncidents
from tests.channels.email.example import EMAIL
from tests.serve.conftest import ask, pages, until

CRITICAL = {"alertname": "Down", "severity": "critical"}


def raw(port: int, *parts: bytes, seconds: float = 10) -> bytes:
    """The beginning of what is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        for part in parts:
            connection.sendall(part)
        return connection.recv(65536)


def test_alerts_silences_and_the_token_survive_a_restart(folder: Path, tmp_path: Path) -> None:
    ends = rfc3339(datetime.now(UTC) + timedelta(hours=1))
    with serving(folder, None, tmp_path, None, port=0) as first:
        assert ask(first, "POST", "/api/v2/alerts", [{"labels": CRITICAL, "endsAt": ends}]) is None
        until(lambda: pages(first))
        matchers = [{"name": "alertname", "value": "Down", "isRegex": False}]
        silence = {"matchers": matchers, "startsAt": ends, "endsAt": "2199-01-01T00:00:00Z"}
        made = ask(first, "POST", "/api/v2/silences", {**silence, "createdBy": "me", "comment": "later"})["silenceID"]
    with serving(folder, None, tmp_path, None, port=0) as again:
        assert again.token == first.token
        assert [one["labels"]["alertname"] for one in ask(again, "GET", "/api/v2/alerts")] == ["Down"]
        assert ask(again, "GET", f"/api/v2/silence/{made}")["comment"] == "later"
        assert (
            ask(again, "POST", "/api/v2/alerts", [{"labels": CRITICAL, "endsAt": rfc3339(datetime.now(UTC))}]) is None
        )
        until(lambda: pages(again))
        assert [action for action, _ in pages(again)] == ["resolve"]


def test_a_second_process_does_not_get_the_same_data(tmp_path: Path) -> None:
    with (
        DataFile(tmp_path),
        pytest.raises(UnreadableData, match="another `alertrelay serve` has it"),
        DataFile(tmp_path),
    ):
        pass


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "alertrelay.sqlite3").write_text("no database at all, but long enough to be read as one" * 20)
    with (
        pytest.raises(UnreadableData, match=r"alertrelay\.sqlite3: .* move alertrelay\.sqlite3 away"),
        DataFile(tmp_path),
    ):
        pass


def test_the_wrong_token_is_401_and_says_nothing(served: Served) -> None:
    assert ask(served, "GET", "/api/v2/status", token="not-the-token-at-all") == 401
    answer = raw(served.port, b"GET /api/v2/status HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401")
    assert answer.endswith(b'{"message": "Unauthorized"}')


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /api/v2/../../../etc/passwd HTTP/1.1", b"404"),
        (b"GET /api/v2/%2e%2e/%2e%2e/etc/passwd HTTP/1.1", b"404"),
        (b"GET //etc/passwd HTTP/1.1", b"404"),
        (b"GET /api/v2/alerts/ HTTP/1.1", b"40"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1", b"414"),
        (b"BREW /api/v2/alerts HTTP/1.1", b"501"),
        (b"GET", b"400"),
    ],
)
def test_tricks_with_paths_lead_nowhere(served: Served, request_line: bytes, status: bytes) -> None:
    answer = raw(served.port, request_line + b"\r\nHost: x\r\n\r\n")
    assert status in answer.split(b"\r\n")[0]


def head(served: Served, *headers: str) -> bytes:
    lines = ["POST /api/v2/alerts HTTP/1.1", "Host: x", f"Authorization: Bearer {served.token}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def test_oversized_and_compressed_bodies_are_refused(served: Served) -> None:
    assert b" 413 " in raw(served.port, head(served, "Content-Length: 99999999999"))
    large = b"[" + b" " * (5 * 1024 * 1024) + b"]"
    assert b" 413 " in raw(served.port, head(served, f"Content-Length: {len(large)}"), large)
    body = gzip.compress(b"[]")
    headers = ["Content-Type: application/json", "Content-Encoding: gzip", f"Content-Length: {len(body)}"]
    assert b" 415 " in raw(served.port, head(served, *headers), body)
    assert b" 411 " in raw(served.port, head(served, "Transfer-Encoding: chunked"), b"2\r\n[]\r\n0\r\n\r\n")


def test_a_slow_client_is_cut_off_and_others_are_answered() -> None:
    with IntakeServer(lambda _: {"statusCode": 200, "body": "OK"}, body_seconds=0.3) as server:
        slow = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        with slow:
            slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslo")
            assert b"200 OK" in raw(server.port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").replace(b" 200 ", b" 200 OK")
            assert slow.recv(100) == b""


def test_bad_options_name_the_mend(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "number.json").write_text('{"pagerduty_key": 7}')
    (tmp_path / "cut.json").write_text('{"pagerduty_key"')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words, said in (
            (["--port", port], f"port {port} is taken"),
            (["--env", "her"], "there is no environment 'her' (did you mean 'here'?)"),
            (["--secrets", f"{tmp_path}/list.json"], "an object of texts in JSON was expected, got an array"),
            (["--secrets", f"{tmp_path}/number.json"], "a text was expected under pagerduty_key, got a number"),
            (["--secrets", f"{tmp_path}/cut.json"], "line 1, column 17"),
            (["--secrets", f"{tmp_path}/nosuch.json"], "nosuch.json: cannot be read (No such file or directory); wr"),
            (["--data", f"{tmp_path}/list.json"], "list.json: a folder was expected, and a file is there"),
            (["--data", f"{tmp_path}/list.json/under"], "under: a folder was expected, and a file is there"),
        ):
            assert main(["serve", "--config-dir", str(folder), *words]) == 2
            assert said in capsys.readouterr().err


@pytest.mark.parametrize("given", ["99999", "65536", "abc", "-1", "9" * 5000])
def test_a_port_is_a_number_of_tcp(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"--port={given}"])
    assert ended.value.code == 2
    assert f"a number from 0 to 65535 was expected, got {given}" in capsys.readouterr().err


def test_keys_that_are_missing_or_misspelt_are_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, keys = shutil.copytree(folder, tmp_path / "config"), tmp_path / "keys.json"
    (folder / "delivery.yml").write_text(
        "fallbacks: {page: [[chat]]}\nautomation: [{document: Restart, match: ['a=\"b\"']}]\n"
    )
    keys.write_text(
        '{"pagerduty_kye": "k", "intake_admin_token": "a-token-of-a-test", "pagerduty_webhook_secret": "s"}'
    )
    with serving(folder, None, tmp_path, keys, port=0):
        warned = capsys.readouterr().err
    assert "keys.json lacks pagerduty_key, slack_webhook: nothing can be sent" in warned
    assert "has 'pagerduty_kye', which no channel of the configuration reads: did you mean 'pagerduty_key'?" in warned
    assert "intake_admin_token" not in warned
    assert f"warning: {NOT_PLAYED}" in warned
    assert "webhook_secret" not in warned


@pytest.mark.parametrize("read", [tokens_of, keys_of])
@pytest.mark.parametrize("token", ["short-LEAKX", "", "a-token-of-16-or-more short-LEAKX"])
def test_a_token_that_the_intake_would_take_for_none_is_refused_at_the_start(
    read: Callable[[Path], object], token: str, tmp_path: Path
) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps({"intake_admin_token": token}))
    with pytest.raises(Unfit, match=r"tokens\.json: intake_admin_token .* 16 characters or more were expected") as said:
        read(file)
    assert "LEAKX" not in str(said.value)


def test_a_file_without_the_token_that_is_printed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text("{}")
    with pytest.raises(Unfit, match=r"tokens\.json: the key intake_admin_token was expected; delete it"):
        tokens_of(file)


def test_alerts_are_for_the_eyes_of_the_owner_alone(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    make_folder(data)
    (data / "alertrelay.log").touch(mode=0o644)
    with serving(folder, None, data, None, port=0):
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in data.iterdir()}
    assert oct(data.stat().st_mode & 0o777) == "0o700"
    assert modes.keys() >= {"alertrelay.sqlite3", "alertrelay.log", "tokens.json"}
    assert set(modes.values()) == {"0o600"}


def test_a_body_that_is_no_alert_is_kept(folder: Path, tmp_path: Path) -> None:
    with serving(folder, None, tmp_path, None, port=0) as served:
        assert ask(served, "POST", "/api/v1/alertmanager", {"text": "no alert"}) == 400
        assert ask(served, "GET", "/health")["healthy"]
    with DataFile(tmp_path) as database:
        kept = database.take(REFUSED, now=datetime.now(UTC))
    assert kept
    assert json.loads(kept.body)["body"] == '{"text": "no alert"}'


def recorded(channel: str, body: object, path: str = "/", method: str = "POST") -> RecordedRequest:
    at = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
    return RecordedRequest(
        channel=channel,
        at=at,
        path=path,
        headers={},
        body=body,
        request_id="r",
        answered="200",
        tokens=frozenset(),
        method=method,
    )


def test_a_line_names_the_incident_that_is_resolved_and_says_edit() -> None:
    incidents: dict[str, str] = {}
    trigger = {"event_action": "trigger", "dedup_key": "k", "payload": {"summary": "Down on orders"}}
    line_of(recorded("pagerduty", trigger), incidents)
    resolve = recorded("pagerduty", {"event_action": "resolve", "dedup_key": "k"})
    assert line_of(resolve, incidents) == "03:04:05 pagerduty 200  resolve: Down on orders"
    earlier = recorded("pagerduty", {"event_action": "resolve", "dedup_key": "of before a restart"})
    assert line_of(earlier, incidents).endswith("resolve: (an incident of before this start)")
    assert "those of before this start are not known here" in OpenedIncidents().listed()
    for path, method, said in (
        ("/api/chat.postMessage", "POST", "Down"),
        ("/api/chat.update", "POST", "edit: Down"),
        ("/v1/messages/1", "PUT", "edit: Down"),
    ):
        line = line_of(recorded("slack", {"text": "Down"}, path, method), incidents)
        assert line == f"03:04:05 slack     200  {said}"


def test_what_would_go_to_aws_has_its_subject_and_time() -> None:
    said = list[str]()
    mail = ses_request({"subject": "Down on orders", "text": "t"}, EMAIL, notification_id="n-1")
    assert _print_for_aws(said.append, "email", mail) == "local"
    _print_for_aws(said.append, "sns", {"Message": "Down on orders\nmore"})
    assert [line[9:] for line in said] == ["email     -    Down on orders", "sns       -    Down on orders"]
