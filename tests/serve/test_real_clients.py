"""Unmodified clients of Debian's packages against the intake: Prometheus 2.42, Alertmanager 0.25 and its amtool."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.probes import sources
from cli.serve import Served, serving
from tests.differential.alertmanager import started
from tests.serve.conftest import ask, chats, pages, until

PROMETHEUS = """\
global: {{scrape_interval: 250ms, scrape_timeout: 200ms, evaluation_interval: 250ms}}
rule_files: [rules.yml]
scrape_configs: [{{job_name: app, static_configs: [{{targets: ["127.0.0.1:{app}"]}}]}}]
alerting:
  alertmanagers:
    - authorization: {{credentials: {token}}}
      static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
RULES = """\
groups:
  - name: app
    rules:
      - alert: QueueFull
        expr: queue_length > 10
        labels: {severity: critical, service: orders}
        annotations: {summary: "the queue of {{ $labels.job }} is full"}
      - alert: QueueSlow
        expr: queue_length > 5
        labels: {severity: warning, service: orders}
"""


class App(http.server.BaseHTTPRequestHandler):
    """What Prometheus scrapes."""

    length = 50

    def do_GET(self) -> None:
        text = f"queue_length {type(self).length}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name for it
        """Nothing."""


@contextmanager
def app() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def prometheus(folder: Path, served: Served, app_port: int) -> Iterator[Path]:
    (folder / "prometheus.yml").write_text(PROMETHEUS.format(app=app_port, token=served.token, port=served.port))
    (folder / "rules.yml").write_text(RULES)
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--web.listen-address=127.0.0.1:0",
        "--rules.alert.resend-delay=1s",
    ]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield folder / "log"
        finally:
            process.kill()


@pytest.mark.needs_tool("prometheus")
def test_rules_of_prometheus_page_and_chat_and_resolve(served: Served, tmp_path: Path) -> None:
    App.length = 50
    with app() as app_port, prometheus(tmp_path, served, app_port) as log:
        until(lambda: pages(served) and chats(served))
        (port,) = set(re.findall(r"Listening on.*127\.0\.0\.1:(\d+)", log.read_text()))
        found = sources.prometheus(f"http://127.0.0.1:{port}", "", f"http://127.0.0.1:{served.port}/", {})
        assert found.endswith("which posts to the intake")
        action, summary = pages(served)[0]
        assert (action, "QueueFull" in summary) == ("trigger", True)
        assert "*WARNING* QueueSlow" in chats(served)[0]
        (listed,) = ask(served, "GET", "/api/v2/alerts?filter=alertname%3D%22QueueFull%22")
        assert listed["labels"] == {
            "alertname": "QueueFull", "instance": f"127.0.0.1:{app_port}", "job": "app", "service": "orders",
            "severity": "critical",
        }  # fmt: skip
        App.length = 0
        until(lambda: len(pages(served)) > 1 and len(chats(served)) > 1)
    assert [action for action, _ in pages(served)] == ["trigger", "resolve"]
    assert "resolved" in chats(served)[1].lower()


RELAYING = """\
route: {{receiver: relay, group_by: [alertname], group_wait: 0s, group_interval: 5s, repeat_interval: 4h}}
receivers:
  - name: relay
    webhook_configs:
      - url: {url}/api/v1/alertmanager
        http_config: {{authorization: {{credentials: {token}}}}}
"""


@contextmanager
def alertmanager(folder: Path, url: str, token: str) -> Iterator[str]:
    folder.mkdir()
    (folder / "alertmanager.yml").write_text(RELAYING.format(url=url, token=token))
    process, api = started(folder)
    with process:
        try:
            yield api
        finally:
            process.kill()


def post(api: str, *names: str) -> None:
    labels = " ".join(names)
    done = subprocess.run(
        ["amtool", f"--alertmanager.url={api}", "alert", "add", *labels.split()], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.needs_tool("prometheus-alertmanager")
def test_two_alertmanagers_of_a_pair_page_once_also_when_the_intake_was_down(folder: Path, tmp_path: Path) -> None:
    """Both post their webhook while nobody listens, and again until somebody does."""
    data = tmp_path / "data"
    data.mkdir()
    with serving(folder, None, data, None, port=0) as first:
        port, token = first.port, first.token
    url = f"http://127.0.0.1:{port}"
    with alertmanager(tmp_path / "one", url, token) as one, alertmanager(tmp_path / "two", url, token) as two:
        for api in (one, two):
            post(api, "alertname=DiskFull", "severity=critical", "instance=db-1")
        until(lambda: b"DiskFull" in _alerts(one) and b"DiskFull" in _alerts(two))
        with serving(folder, None, data, None, port=port) as served:
            until(lambda: pages(served))
            log = data / "alertrelay.log"
            until(lambda: sum('"message":"webhook"' in line for line in log.read_text().splitlines()) >= 2)
            assert [action for action, _ in pages(served)] == ["trigger"]
            assert len(ask(served, "GET", "/api/v2/alerts")) == 1


def _alerts(api: str) -> bytes:
    command = ["amtool", f"--alertmanager.url={api}", "alert", "query", "-o", "json"]
    return subprocess.run(command, capture_output=True, check=False).stdout


class Amtool:
    """Debian's amtool, with the token in its address."""

    def __init__(self, served: Served) -> None:
        self._address = f"http://me:{served.token}@127.0.0.1:{served.port}"

    def __call__(self, *words: str, given: str = "") -> str:
        command = ["amtool", f"--alertmanager.url={self._address}", *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def names(self, *words: str) -> list[str]:
        """The alertnames that a query finds."""
        return [one["labels"]["alertname"] for one in json.loads(self("alert", "query", "-o", "json", *words))]


@pytest.mark.needs_tool("amtool")
def test_amtools_whole_session(served: Served, folder: Path) -> None:
    amtool = Amtool(served)
    amtool("alert", "add", "TryIt", "service=orders", "severity=critical", "--annotation=summary=a try")
    amtool("alert", "add", "Other", "service=basket")
    until(lambda: sorted(amtool.names()) == ["Other", "TryIt"])
    assert amtool.names("service=orders") == ["TryIt"]
    assert amtool.names('alertname=~"O.*"', "service!=orders") == ["Other"]
    assert amtool.names("--receiver=page") == ["TryIt"]

    made = amtool("silence", "add", "alertname=TryIt", "--comment=a try", "--duration=1h").strip()
    assert amtool.names() == ["Other"]
    assert amtool.names("--silenced") == ["TryIt"]
    assert made in amtool("silence", "query", "alertname=TryIt")
    assert made in amtool("silence", "update", "--duration=2h", made)
    exported = amtool("silence", "query", "-o", "json")
    amtool("silence", "expire", made)
    assert made not in amtool("silence", "query")
    assert made in amtool("silence", "query", "--expired")
    until(lambda: sorted(amtool.names()) == ["Other", "TryIt"])
    assert amtool("silence", "import", given=exported).strip()
    assert amtool.names("--silenced") == ["TryIt"]

    assert amtool("config", "show").strip() == (folder / "alertmanager.yml").read_text().strip()
    assert amtool("config", "routes", "test", "severity=critical").strip() == "page"
    assert "disabled" in amtool("cluster", "show")
    assert [action for action, _ in pages(served)] == ["trigger"]
