"""Measures cold starts (`make bench`), with the deployed layer in Lambda's emulator.

Each variant starts anew in turn, as often as there are rounds, and is given one alarm of its own: CPU and wall time are
those of the runtime's process from its start until its message is at the peer. The emulated AWS and the peers answer by
TLS, whose roots are certifi's and one of the bench. Every route's group_wait is 0 s here, so that each forwarder sends
in the invocation that brings the alarm.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from alertrelay.sources import unwrap

from infra import roots, synth
from infra.assets import CONFIG_FILE
from local.stack.day_input import region_of, template_of
from local.stack.deployed import Deployed, deploy
from local.stack.emulator import Emulator
from local.stack.functions import DeployedFunction
from local.stack.invocation import from_sns
from local.stack.rie_container import Container, Kit, RieMissing, kit, layer_of
from local.standins import RecordedRequest, StandIns
from local.standins.board import Board
from local.standins.http import HttpListener
from tools.bench import page
from tools.bench.peer import Anything
from tools.bench.processes import can_share, cpu_ms, move, peak_mb, runtime_of, share
from tools.bench.tls import fronts, issue

EVENT = synth.ROOT / "events" / "rds-cpu-critical-alarm.json"
ANCHORS = Path(__file__).parent / "anchors"
RESULTS = synth.ROOT / "docs" / "performance.json"
ANCHOR_NAMES = {"bare": "bare handler", "plain": "boto3 + requests", "notify_slack": "notify-slack stand-in"}
OTHERS = "others"
WHOLE = 1769
WARM = 3
"""Further alarms that each variant is given once it has started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A function to start, with the layer it has."""

    name: str
    function: DeployedFunction
    layer: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFigures:
    """Of one start: to the message at its peer, in milliseconds; the whole first invocation and a warm one in CPU; the
    peak of memory in MB; and the requests to AWS until the first invocation was done."""

    cpu: float
    wall: float
    first: float
    warm: float
    rss: float
    requests: float


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


def main() -> int:
    """Prints a line a variant: medians. 2 where the emulator is missing."""
    arguments = _arguments()
    try:
        programs = kit()
        template = template_of("prod", arch=programs.arch)
    except RieMissing as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 2
    sizes = [WHOLE, *(arguments.memory if can_share() else [])]
    with World(template) as world:
        variants = _variants(world, layer_of(template), arguments.against, arguments.only)
        found = {size: _rounds(world, variants, programs, size, arguments.rounds) for size in sizes}
    results = {
        "machine": f"{platform.machine()}, {platform.system()}, Python 3.13 in Lambda's emulator",
        "rounds": arguments.rounds,
        "memory": {str(size): {name: asdict(figures) for name, figures in one.items()} for size, one in found.items()},
    }
    print(page.table(results), end="")
    if arguments.write:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        page.write(results)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="starts of each variant (9)")
    parser.add_argument(
        "--memory",
        type=int,
        nargs="*",
        default=[],
        metavar="MB",
        help="also with the share of a core that goes with it",
    )
    parser.add_argument("--against", type=Path, metavar="LAYER", help="a built layer to measure in turn with today's")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="variants whose name holds one of these")
    parser.add_argument("--write", action="store_true", help="docs/performance.json, and the table of its page")
    return parser.parse_args()


def _variants(world: World, built: Path, against: Path | None, only: Sequence[str]) -> list[Variant]:
    functions = world.deployed.functions
    layer = world.layer(built)
    variants = [
        Variant(name=title, function=replace(functions[0], handler=f"{name}.handler", code=ANCHORS), layer=layer)
        for name, title in ANCHOR_NAMES.items()
    ]
    for title, folder in (("", built), *((("before: ", against),) if against else ())):
        variants += [
            Variant(
                name=title + function.name.removeprefix("alertrelay-prod-"),
                function=replace(function, code=world.code(function)),
                layer=world.layer(folder),
            )
            for function in functions
        ]
    return [variant for variant in variants if not only or any(word in variant.name for word in only)]


def _rounds(
    world: World, variants: Sequence[Variant], programs: Kit, memory: int, rounds: int
) -> dict[str, StartFigures]:
    """Returns the medians of each variant."""
    found: dict[str, list[StartFigures]] = {variant.name: [] for variant in variants}
    for _ in range(rounds):
        for variant in variants:
            found[variant.name].append(_start(world, variant, programs, memory))
    return {name: _median(figures) for name, figures in found.items()}


def _median(figures: Sequence[StartFigures]) -> StartFigures:
    names = StartFigures.__slots__
    return StartFigures(**{name: round(statistics.median(getattr(one, name) for one in figures), 1) for name in names})


@contextmanager
def _container(world: World, variant: Variant, programs: Kit, memory: int) -> Iterator[tuple[Container, int]]:
    with ExitStack() as entered:
        container = Container(
            variant.function, variant.layer, programs, {**variant.function.environment, **world.environ()}
        )
        if memory != WHOLE:
            group = entered.enter_context(share(memory))
            entered.enter_context(container)
            assert group is not None
            move(container.pid, group)
        else:
            entered.enter_context(container)
        yield container, container.pid


def _start(world: World, variant: Variant, programs: Kit, memory: int) -> StartFigures:
    meter = world.meter
    with _container(world, variant, programs, memory) as (container, emulator):
        world.forget()
        before = {one.at for one in world.arrived()}
        requests = world.aws.requests
        meter.samples.clear()
        meter.emulator, meter.began = emulator, time.monotonic()
        _invoke(container, world.event())
        wall = (time.monotonic() - meter.began) * 1000
        pid = runtime_of(emulator)
        assert pid is not None
        first, requests = cpu_ms(pid), world.aws.requests - requests
        came = [one for one in world.arrived() if one.at not in before]
        if not came and variant.name != ANCHOR_NAMES["bare"]:
            raise RuntimeError(f"{variant.name} sent nothing: {container.logs[-2000:]}")
        cpu, until = max((meter.samples[one.at] for one in came), default=(first, wall))
        for _ in range(WARM):
            _invoke(container, world.event())
        warm = (cpu_ms(pid) - first) / WARM
        return StartFigures(cpu=cpu, wall=until, first=first, warm=warm, rss=peak_mb(pid), requests=requests)


def _invoke(container: Container, event: Mapping[str, Any]) -> None:
    with redirect_stdout(StringIO()):
        container.invoke(event)


if __name__ == "__main__":
    sys.exit(main())
