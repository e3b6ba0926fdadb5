"""The world of a cold start: one environment, deployed on an emulated AWS and stand-ins behind TLS."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alertrelay.sources import unwrap

from infra import roots, synth
from infra.assets import CONFIG_FILE
from local.stack.day_input import region_of
from local.stack.deployed import Deployed, deploy
from local.stack.emulator import Emulator
from local.stack.functions import DeployedFunction
from local.stack.invocation import from_sns
from local.standins import RecordedRequest, StandIns
from local.standins.board import Board
from local.standins.http import HttpListener
from tools.bench.peer import Anything
from tools.bench.processes import cpu_ms, runtime_of
from tools.bench.quick_table import QuickTable
from tools.bench.tls import fronts, issue

EVENT = synth.ROOT / "events" / "rds-cpu-critical-alarm.json"
OTHERS = "others"
AWS_SECONDS = 0.005
"""A request within a region: DynamoDB promises single-digit milliseconds
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html)."""


class Meter:
    """Takes the CPU time of the process that is measured, each time that a peer notes when something came."""

    def __init__(self) -> None:
        self.emulator = 0
        self.began = 0.0
        self.samples: dict[datetime, tuple[float, float]] = {}

    def now(self) -> datetime:
        """Returns the time, which is the key of the sample."""
        at = datetime.now(UTC)
        if self.emulator and (pid := runtime_of(self.emulator)):
            self.samples[at] = (cpu_ms(pid), (time.monotonic() - self.began) * 1000)
        return at


class World:
    """The emulated AWS and the peers behind TLS, in which one environment is deployed. A context manager. `wait` and
    `interval` are the seconds of each group_wait and group_interval; no interval leaves that of the configuration."""

    def __init__(self, template: Path, *, wait: float = 0.0, interval: float = 0.0) -> None:
        self.template = template
        self.waits = {"group_wait": wait} | ({"group_interval": interval} if interval else {})
        self.meter = Meter()
        self.table = QuickTable()
        self._count = 0

    def __enter__(self) -> World:
        with ExitStack() as entering:
            folder = Path(entering.enter_context(tempfile.TemporaryDirectory()))
            self.root, certificate = issue(folder)
            self.folder = folder
            self.standins = entering.enter_context(StandIns(now=self.meter.now))
            self.emulator = entering.enter_context(Emulator(region=region_of(self.template), now=self.meter.now))
            self.deployed: Deployed = deploy(self.emulator, self.template)
            self.others = Board(self.meter.now)
            listener = HttpListener(Anything(), self.others)
            listener.start()
            entering.callback(listener.stop)
            plain = {host: url for host, url in self.standins.endpoints.items() if url.startswith("http")}
            plain[OTHERS] = f"http://127.0.0.1:{listener.port}"
            self.peers = entering.enter_context(fronts(plain, certificate))
            self.aws = entering.enter_context(fronts({"aws": self.emulator.url}, certificate))["aws"]
            self._entered = entering.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._entered.close()

    def answer_by(self, table: QuickTable | None) -> None:
        """Has AWS answer for its table from memory, each request in 5 ms, or by moto alone, as fast as that is."""
        self.aws.quick, self.aws.seconds = (table.answer, AWS_SECONDS) if table else (None, 0.0)

    def arrived(self) -> list[RecordedRequest]:
        """Returns all that came to the peers so far."""
        return [*self.standins.requests, *self.emulator.published, *self.others.requests]

    def event(self, *, resolved: bool = False) -> Mapping[str, Any]:
        """Returns an alarm that was not there before, or the resolve of the last one, as SNS hands it to a function."""
        self._count += not resolved
        envelope = unwrap(EVENT.read_bytes())[0]
        alarm = json.loads(envelope.text)
        alarm["AlarmName"] += f"-{self._count}"
        alarm["AlarmArn"] += f"-{self._count}"
        for word in ("alertname: RDSHighCPU", "service: orders"):  # a group of its own, whatever a route groups by
            alarm["AlarmDescription"] = alarm["AlarmDescription"].replace(word, f"{word}-{self._count}")
        now = datetime.now(UTC)
        alarm["StateChangeTime"] = now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        if resolved:
            alarm |= {"NewStateValue": "OK", "OldStateValue": "ALARM"}
        topic = next(arn for name, arn in self.deployed.topics.items() if name.endswith("-critical"))
        notification = {"TopicArn": topic, "Subject": envelope.subject, "Message": json.dumps(alarm)}
        message_id = f"bench-{self._count}{'-over' * resolved}"
        return from_sns(notification, subscription=f"{topic}:bench", sent_at=now, message_id=message_id)

    def forget(self) -> None:
        """Empties the table: nothing of an earlier start joins what comes, or counts for the limit of a storm."""
        self.table.clear()
        client, name = self.emulator.client("dynamodb"), self.deployed.table
        while keys := client.scan(TableName=name, ProjectionExpression="pk, sk", Limit=25)["Items"]:
            requests = [{"DeleteRequest": {"Key": key}} for key in keys]
            client.batch_write_item(RequestItems={name: requests})

    def environ(self) -> Mapping[str, str]:
        """Returns what sends a function's traffic here."""
        region = self.emulator.region
        endpoints = {**self.standins.endpoints, **{host: front.url for host, front in self.peers.items()}}
        other = endpoints.pop(OTHERS)
        return {
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.aws.url,
            "ALERTRELAY_ENDPOINTS": json.dumps(endpoints),
            "BENCH_PEER": f"{other}/services/T000/B000/bench",
            "SSL_CERT_FILE": str(self.folder / "roots.pem"),
        }

    def layer(self, built: Path) -> Path:
        """Returns a copy of a built layer that trusts the bench too: certifi's bundle, and one root more."""
        copy = self.folder / f"layer-{built.name}"
        if not copy.exists():
            shutil.copytree(built, copy)
            bundle, folder = (copy / "python" / part for part in (roots.BUNDLE, roots.FOLDER))
            bundle.write_text(bundle.read_text(encoding="utf-8") + self.root.read_text(encoding="utf-8"))
            if folder.exists():
                shutil.rmtree(folder)
                roots.write(bundle, folder)
            shutil.copy(bundle, self.folder / "roots.pem")
        return copy

    def code(self, function: DeployedFunction) -> Path:
        """Returns a copy of a function's folder, in whose configuration groups wait as long as the world says."""
        copy = self.folder / f"code-{function.name}"
        if not copy.exists():
            shutil.copytree(function.code, copy)
            file = copy / CONFIG_FILE
            config = json.loads(file.read_text(encoding="utf-8"))
            _set(config["route"], self.waits)
            file.write_text(json.dumps(config), encoding="utf-8")
        return copy


def _set(route: dict[str, Any], values: Mapping[str, float]) -> None:
    route.update(values)
    for child in route["routes"]:
        _set(child, values)
