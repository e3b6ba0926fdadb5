"""Measures cold starts (`make bench`), with the deployed layer in Lambda's emulator.

Each variant starts anew in turn, as often as there are rounds, and is given one alarm of its own: CPU and wall time are
those of the runtime's process from its start until its message is at the peer. The emulated AWS and the peers answer by
TLS, whose roots are certifi's and one of the bench. AWS takes 5 ms for each request, as DynamoDB does: its table is one
in memory here, held to moto's answers, since moto takes up to 20 ms of the function's cores. Every route's group_wait
is 0 s, so that each forwarder sends in the invocation that brings the alarm.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from infra import synth
from local.stack.day_input import template_of
from local.stack.functions import DeployedFunction
from local.stack.rie_container import Container, Kit, RieMissing, kit, layer_of
from tools.bench import page
from tools.bench.processes import can_share, cpu_ms, move, peak_mb, runtime_of, share
from tools.bench.world import World

ANCHORS = Path(__file__).parent / "anchors"
RESULTS = synth.ROOT / "docs" / "performance.json"
ANCHOR_NAMES = {"bare": "bare handler", "plain": "boto3 + requests", "notify_slack": "notify-slack stand-in"}
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
    peak of memory in MB; the requests to AWS until the first invocation was done, and what AWS took for one of them, in
    milliseconds."""

    cpu: float
    wall: float
    first: float
    warm: float
    rss: float
    requests: float
    served: float


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
        world.answer_by(world.table)
        found = {size: _rounds(world, variants, programs, size, arguments.rounds) for size in sizes}
        world.answer_by(None)
        by_moto = {size: _rounds(world, variants, programs, size, arguments.rounds) for size in arguments.moto}
    results = {
        "machine": f"{platform.machine()}, {platform.system()}, Python 3.13 in Lambda's emulator",
        "rounds": arguments.rounds,
        "memory": _plain(found),
        "moto": _plain(by_moto),
    }
    print(page.table(results), end="")
    if arguments.write:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        page.write(results)
    return 0


def _plain(found: Mapping[int, Mapping[str, StartFigures]]) -> dict[str, Any]:
    return {str(size): {name: asdict(figures) for name, figures in one.items()} for size, one in found.items()}


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
    parser.add_argument(
        "--moto", type=int, nargs="*", default=[], metavar="MB", help="also with AWS as slow as moto is (1769: a core)"
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
        world.aws.took.clear()
        meter.samples.clear()
        meter.emulator, meter.began = emulator, time.monotonic()
        _invoke(container, world.event())
        wall = (time.monotonic() - meter.began) * 1000
        pid = runtime_of(emulator)
        assert pid is not None
        first, took = cpu_ms(pid), list(world.aws.took)
        if world.aws.fault:
            raise world.aws.fault
        came = [one for one in world.arrived() if one.at not in before]
        if not came and variant.name != ANCHOR_NAMES["bare"]:
            raise RuntimeError(f"{variant.name} sent nothing: {container.logs[-2000:]}")
        cpu, until = max((meter.samples[one.at] for one in came), default=(first, wall))
        for _ in range(WARM):
            _invoke(container, world.event())
        warm = (cpu_ms(pid) - first) / WARM
        return StartFigures(
            cpu=cpu,
            wall=until,
            first=first,
            warm=warm,
            rss=peak_mb(pid),
            requests=len(took),
            served=1000 * statistics.mean(took or [0.0]),
        )


def _invoke(container: Container, event: Mapping[str, Any]) -> None:
    with redirect_stdout(StringIO()):
        container.invoke(event)


if __name__ == "__main__":
    sys.exit(main())
