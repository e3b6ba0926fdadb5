"""The real Alertmanager, played a scenario by the clock on the wall, with a server that takes down what it sends."""

from __future__ import annotations

import http.server
import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.differential.scenario import Scenario, Sent

PROGRAM = "prometheus-alertmanager"
_STARTS_WITHIN = 20.0
_PORTS = 5
_LEAD = 0.3


class _Sink(http.server.ThreadingHTTPServer):
    """Takes down each request with its time, and answers what it was told to for that receiver."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answers_after: float) -> None:
        self.answers_after = answers_after
        super().__init__(("127.0.0.1", 0), _Handler)
        self.everybody: Any = 200
        self.receivers: dict[str, Any] = {}
        self.taken: list[tuple[float, str, int, Mapping[str, Any]]] = []

    def answer(self, receiver: str) -> Any:
        return self.receivers.get(receiver, self.everybody)

    def set(self, change: Any) -> None:
        if isinstance(change, dict):
            self.receivers.update(change)
        else:
            self.everybody = change
            self.receivers.clear()

    def url_of(self, receiver: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{receiver}"

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Sink

    def do_POST(self) -> None:
        at = time.time()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        receiver = self.path.strip("/")
        code = self.server.answer(receiver)
        self.server.taken.append((at, receiver, code, body))
        time.sleep(self.server.answers_after)
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def played(scenario: Scenario, folder: Path) -> tuple[datetime, list[Sent]]:
    """When second 0 was, and what the webhooks were sent. The process has ended when this returns."""
    with _sink(scenario.answers_after) as sink, _process(scenario, folder, sink) as api:
        start = time.time() + _LEAD
        silences: dict[str, str] = {}
        for t, what in sorted(scenario.timeline, key=lambda entry: entry[0]):
            time.sleep(max(0.0, start + t - time.time()))
            _happens(what, api, folder, sink, start, silences)
        time.sleep(max(0.0, start + scenario.until - time.time()))
        taken = list(sink.taken)
    sent = [_sent(at - start, receiver, code, body) for at, receiver, code, body in taken]
    return datetime.fromtimestamp(start, UTC), [one for one in sent if one.t <= scenario.until]


@contextmanager
def _sink(answers_after: float) -> Iterator[_Sink]:
    sink = _Sink(answers_after)
    thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield sink
    finally:
        sink.shutdown()
        thread.join()
        sink.server_close()


@contextmanager
def _process(scenario: Scenario, folder: Path, sink: _Sink) -> Iterator[str]:
    (folder / "alertmanager.yml").write_text(scenario.config(sink.url_of))
    process, api = started(folder)
    with process:
        try:
            yield api
        finally:
            process.kill()


def started(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """The process once it is ready, and its address. Whoever else runs tests may take the port that was free."""
    for _ in range(_PORTS):
        api = f"http://127.0.0.1:{_free_port()}"
        command = [
            PROGRAM,
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={api.removeprefix('http://')}",
            "--cluster.listen-address=",
        ]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        if _is_ready(api, process):
            return process, api
        process.kill()
        process.wait()
        said = (folder / "log").read_text()
        if "address already in use" not in said:
            break
    raise AssertionError(f"{PROGRAM} did not become ready: {said}")


def _is_ready(api: str, process: subprocess.Popen[bytes]) -> bool:
    for _ in range(int(_STARTS_WITHIN / 0.05)):
        if process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(f"{api}/-/ready", timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _happens(what: Any, api: str, folder: Path, sink: _Sink, start: float, silences: dict[str, str]) -> None:
    if isinstance(what, list):
        _ask("POST", f"{api}/api/v2/alerts", [_with_times(alert, start) for alert in what], refused_is_fine=True)
    elif "sink" in what:
        sink.set(what["sink"])
    elif "reload" in what:
        port = f"127.0.0.1:{sink.server_address[1]}"
        (folder / "alertmanager.yml").write_text(what["reload"].replace("127.0.0.1:9", port))
        _ask("POST", f"{api}/-/reload", None)
    elif "expire" in what:
        _ask("DELETE", f"{api}/api/v2/silence/{silences[what['expire']]}", None)
    else:
        wanted = dict(what["silence"])
        name = wanted.pop("name")
        wanted["matchers"] = [{"isRegex": False, "isEqual": True, **matcher} for matcher in wanted["matchers"]]
        body = {"createdBy": "test", "comment": "", **_with_times(wanted, start)}
        known = {"id": silences[name]} if name in silences else {}
        silences[name] = _ask("POST", f"{api}/api/v2/silences", {**body, **known})["silenceID"]


def _with_times(data: Mapping[str, Any], start: float) -> dict[str, Any]:
    begin = datetime.fromtimestamp(start, UTC)
    times = {
        key: (begin + timedelta(seconds=data[key])).isoformat()
        for key in ("startsAt", "endsAt")
        if isinstance(data.get(key), int | float)
    }
    return {**data, **times}


def _ask(method: str, url: str, body: Any, *, refused_is_fine: bool = False) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 400 and refused_is_fine:
            return None
        raise AssertionError(f"{method} {url}: {error.code} {error.read().decode()}") from None
    return json.loads(text) if text and text != b"OK" else None


def _sent(t: float, receiver: str, code: int, body: Mapping[str, Any]) -> Sent:
    return Sent(
        t=t,
        group=body["groupKey"],
        receiver=receiver,
        status=body["status"],
        alerts=frozenset((json.dumps(a["labels"], sort_keys=True), a["status"]) for a in body["alerts"]),
        code=code,
    )
