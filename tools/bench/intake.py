"""Measures the intake: 10,000 alerts in batches of 64, as Prometheus posts them, beside the real Alertmanager; and the
publishes of an hour in which each is posted every minute.

`make bench-intake`, or `python -m tools.bench.intake [--alerts N]`. The client is a process of its own, so that the CPU
is that of the server: HTTP on loopback, the intake's handler, and SQLite. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from alertrelay.alert import rfc3339
from alertrelay.channels.transport.connection import Network
from alertrelay.intake.accept import Acceptance, accept, end_expired
from alertrelay.intake.ports import IntakeReport
from alertrelay.memory.intake import MemoryPostedAlerts, MemoryTopics
from alertrelay.memory.ports import ManualClock
from alertrelay.runtime.container import SystemClock

from compiler.config_files import environments
from compiler.load import load
from local.serve.database import DataFile
from local.serve.http import IntakeServer
from local.serve.queues import TOPIC
from local.serve.relay import LocalRelay, Outside

BATCH = 64
TOKEN = "a-token-of-the-bench"
CPU_GOAL, P99_GOAL, SAVED_GOAL = 3.0, 1.0, 50
"""Milliseconds of CPU a posted alert; seconds a batch; publishes of an hour's 59 posts that are saved."""
PEER = "prometheus-alertmanager"


class Posted(NamedTuple):
    """The time of each batch in seconds, and the server's CPU in seconds."""

    seconds: Sequence[float]
    cpu: float

    def line(self, name: str, alerts: int) -> str:
        """Words the figures of one server."""
        ordered = sorted(self.seconds)
        half, most = (ordered[(len(ordered) - 1) * part // 100] * 1000 for part in (50, 99))
        each = self.cpu * 1000 / alerts
        return f"{name:<24} {each:6.2f} ms CPU an alert   {half:6.1f} ms p50 a batch   {most:6.1f} ms p99"


def batches(alerts: int) -> Iterator[list[dict[str, Any]]]:
    """Yields what a Prometheus posts: the labels of a rule over many targets, ending in four minutes."""
    ends = rfc3339(datetime.now(UTC) + timedelta(minutes=4))
    starts = rfc3339(datetime.now(UTC) - timedelta(minutes=1))
    found = [
        {
            "labels": {
                "alertname": "InstanceDown",
                "instance": f"10.0.{number // 256}.{number % 256}:9100",
                "job": "node",
                "severity": "warning",
                "team": "platform",
            },
            "annotations": {"summary": f"instance {number} is down", "runbook_url": "https://wiki.example.com/down"},
            "startsAt": starts,
            "endsAt": ends,
            "generatorURL": "http://prometheus.example.com:9090/graph?g0.expr=up%20%3D%3D%200",
        }
        for number in range(alerts)
    ]
    return (found[start : start + BATCH] for start in range(0, alerts, BATCH))


def post_all(port: int, alerts: int) -> list[float]:
    """Posts every batch on one connection; returns the seconds of each. The client's own process calls it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    took = []
    for batch in batches(alerts):
        body = json.dumps(batch)
        began = time.monotonic()
        connection.request("POST", "/api/v2/alerts", body, headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.monotonic() - began)
        if answer.status != 200:
            raise SystemExit(f"a batch was answered {answer.status}")
    return took


def _client(port: int, alerts: int) -> list[float]:
    command = [sys.executable, "-m", "tools.bench.intake", "--alerts", str(alerts), "--client", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


def ours(folder: Path, config: Path, alerts: int) -> tuple[Posted, int]:
    """Posts to the intake; returns the figures, and how many alerts its topics then hold."""
    loaded = load(config, next(iter(environments(config))))
    if loaded.config is None:
        raise SystemExit(f"{config}: the configuration has errors; alertrelay check shows them")
    with (folder / "log").open("w") as log, DataFile(folder) as data:
        out, sys.stdout = sys.stdout, log
        try:
            outside = Outside(secret={"intake_push_token": TOKEN}, network=Network())
            relay = LocalRelay(loaded.config, "", data, outside, clock=SystemClock(), say=log.write)
            with IntakeServer(relay.handle) as server:
                before = _own_cpu()
                took = _client(server.port, alerts)
                cpu = _own_cpu() - before
        finally:
            sys.stdout = out
        rows = data.execute("SELECT body FROM messages WHERE queue = ?", TOPIC)
        names = {entry["fingerprint"] for (body,) in rows for entry in json.loads(json.loads(body)["text"])["alerts"]}
    return Posted(took, cpu), len(names)


def theirs(folder: Path, alerts: int) -> Posted | None:
    """Posts to the real Alertmanager; None where it is not installed."""
    (folder / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    port = 19093
    command = [PEER, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    try:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return None
    with process:
        try:
            _wait(port)
            before = _cpu_of(process.pid)
            took = _client(port, alerts)
            return Posted(took, _cpu_of(process.pid) - before)
        finally:
            process.kill()


def an_hour(alerts: int) -> float:
    """Returns how many of the 59 further posts of an alert are not published, on average."""
    clock, topics = ManualClock(datetime.now(UTC)), MemoryTopics()
    report = IntakeReport(log=lambda *_, **__: None, count=lambda *_: None)
    parts = Acceptance(
        posted=MemoryPostedAlerts(), topics=topics, clock=clock, report=report, resolve_timeout=timedelta(minutes=5)
    )
    for _ in range(60):
        ends = rfc3339(clock.now() + timedelta(minutes=4))
        accept(parts, [{**alert, "endsAt": ends} for batch in batches(alerts) for alert in batch])
        end_expired(parts)
        clock.sleep(60)
    published = sum(len(json.loads(message)["alerts"]) for _, message, _ in topics.published)
    return 60 - published / alerts


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/-/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{PEER} did not become ready")


def main() -> int:
    """Measures and prints; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--config-dir", type=Path, default=Path("config"))
    parser.add_argument("--client", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.client:
        print(json.dumps(post_all(args.client, args.alerts)))
        return 0
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        mine, held = ours(Path(first), args.config_dir, args.alerts)
        print(f"{args.alerts:,} alerts in batches of {BATCH}, posted once")
        print(mine.line("alertrelay's intake", args.alerts))
        if peer := theirs(Path(second), args.alerts):
            print(peer.line("Alertmanager", args.alerts))
    saved = an_hour(min(args.alerts, 500))
    print(f"lost {args.alerts - held}; of an hour's 59 further posts of an alert {saved:.0f} are not published")
    each, last = mine.cpu * 1000 / args.alerts, sorted(mine.seconds)[(len(mine.seconds) - 1) * 99 // 100]
    missed = [
        text
        for text, holds in (
            (f"{CPU_GOAL:.0f} ms of CPU an alert", each <= CPU_GOAL),
            (f"p99 of {P99_GOAL:.0f} s a batch", last <= P99_GOAL),
            (f"{SAVED_GOAL} of 59 publishes saved", saved >= SAVED_GOAL),
            ("no alert lost", held == args.alerts),
        )
        if not holds
    ]
    print(f"missed: {', '.join(missed)}" if missed else "every goal holds")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
