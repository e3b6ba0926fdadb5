"""`alertrelay drill`: a fire drill through a deployed environment, or through the whole stack on this machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli.config_dir import add_config_dir
from cli.duration import seconds

if TYPE_CHECKING:
    from cli.cloud import Client
    from cli.drills.ground import Ground
    from cli.drills.scenarios import Scenario

ALL = "all"
LOCAL_POLL_SECONDS = 10.0
"""By the local stack's own clock, which jumps."""
_DESCRIPTION = """\
Publish marked test alerts the way real ones come, and check in the relay's own table what became of them: who accepted
what, after how many seconds, and that everything is back to normal. Without SCENARIO there is a menu.

Every message says that it is a TEST. The alerts are of a service of their own; where one would join a group that holds
a real alert, the scenario is refused. With --local the whole stack runs on this machine, with stand-ins for the
channels and a clock that need not be waited for; without it a critical scenario really pages.
"""
_EPILOG = """\
examples:
  alertrelay drill --local                         # a menu, on this machine
  alertrelay drill all --local --json
  alertrelay drill warning --env dev
  alertrelay drill critical --env prod --yes       # pages

exit code: 0 every check held, 1 one did not, 2 usage, or AWS did not answer
"""


class DrillRefused(Exception):
    """Nothing was published. The text says why, and the mend."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "drill",
        help="send marked test alerts through the relay, and check what became of them",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help="one of the menu, or all")
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", help="an environment of the configuration (with --local: prod)")
    parser.add_argument("--local", action="store_true", help="on this machine, without an account")
    parser.add_argument("--wait", metavar="2m", type=seconds, help="the longest wait of each check")
    parser.add_argument("--yes", action="store_true", help="do not ask before a deployed environment notifies people")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Chooses, runs and reports; the exit code of the help."""
    from alertrelay.state import StoreFailure

    from cli.cloud import CloudUnreadable

    try:
        ask = input if sys.stdin.isatty() else None
        chosen = choose(args.scenario, ask)
        say: Callable[[str], None] = (lambda _: None) if args.json else print
        with _local(args, say) if args.local else _deployed(args, say) as grounds:
            if not args.local:
                confirm(args, chosen, grounds, ask)
            return drill(chosen, grounds, as_json=args.json)
    except (DrillRefused, CloudUnreadable, StoreFailure) as error:
        print(f"alertrelay drill: {error}", file=sys.stderr)
        return 2


def choose(name: str | None, ask: Callable[[str], str] | None) -> tuple[Scenario, ...]:
    """Return the scenarios of a name, or of the answer to a menu. Raises DrillRefused."""
    from cli.drills.scenarios import SCENARIOS, scenario

    numbered = {str(number): one.name for number, one in enumerate(SCENARIOS, start=1)}
    if name is None:
        menu = [f"{number:>3}  {one.name:<10} {one.about}" for number, one in enumerate(SCENARIOS, start=1)]
        menu.append(f"     {ALL:<10} every one of them")
        if ask is None:
            raise DrillRefused("\n".join(["SCENARIO was expected, one of:", *menu]))
        print("\n".join(menu))
        try:
            name = ask("scenario: ").strip()
        except EOFError:
            raise DrillRefused("no scenario was chosen") from None
    name = numbered.get(name, name)
    if name == ALL:
        return SCENARIOS
    if (found := scenario(name)) is None:
        raise DrillRefused(f"{name!r} is not a scenario; there are: {', '.join(one.name for one in SCENARIOS)}, {ALL}")
    return (found,)


Grounds = Callable[[], "Ground"]
"""Makes the ground of one scenario: each has an id of its own."""


@contextmanager
def _deployed(args: argparse.Namespace, say: Callable[[str], None]) -> Iterator[Grounds]:
    """A deployed environment. Raises DrillRefused, CloudUnreadable."""
    from alertrelay.aws.state.store import DynamoStore
    from alertrelay.runtime.container import SystemClock

    from cli import cloud
    from cli.drills.ground import Ground
    from compiler.load import load

    if not args.env:
        raise DrillRefused("--env NAME or --local was expected")
    loaded = load(args.config_dir, args.env)
    if loaded.config is None or loaded.environment is None:
        raise DrillRefused("\n".join(map(str, loaded.errors)))
    config, client, clock = loaded.config, cloud.clients(loaded.environment.region), SystemClock()
    deployed = cloud.stack_of(args.env, client)
    if deployed is None:
        raise DrillRefused(f"there is no stack alertrelay-{args.env} here: npx cdk deploy, or AWS_PROFILE")
    other = [name for name, value in cloud.config_hashes(deployed, client).items() if value != config.hash]
    if other:
        raise DrillRefused(f"{', '.join(other)} runs with another configuration than these files: deploy them first")
    store = DynamoStore(lambda: client("dynamodb"), deployed.outputs["TableName"], clock)
    yield lambda: Ground(
        config=config, client=client, clock=clock, store=store, topics=deployed.outputs, say=say, wait=args.wait
    )


@contextmanager
def _local(args: argparse.Namespace, say: Callable[[str], None]) -> Iterator[Grounds]:
    """The stack on this machine. Raises DrillRefused."""
    from local.stack.day import DayRun
    from local.stack.day_input import START, UsageError, template_of
    from local.stack.snapshot import deployed_once

    environment = args.env or "prod"
    try:
        template = template_of(environment, config=args.config_dir)
    except UsageError as error:
        raise DrillRefused(str(error)) from None
    with DayRun(template, environment, start=START, down={}, deployment=deployed_once) as day:
        yield lambda: local_ground(day, day.stack.emulator.client, say, wait=args.wait)


def local_ground(day: Any, client: Client, say: Callable[[str], None], *, wait: float | None = None) -> Ground:
    """The ground of a stack that runs here: its clock moves while the drill waits, and the stack lives on."""
    from alertrelay.aws.state.store import DynamoStore

    from cli.drills.ground import Ground
    from local.stack.living import LivingClock
    from local.standins import Fault

    stack, deployed = day.stack, day.stack.deployed
    clock = LivingClock(stack)

    def fail(place: str | None) -> None:
        stack.faults.down.clear()
        if place:
            stack.faults.down[place] = Fault.named("503")

    store = DynamoStore(lambda: client("dynamodb"), deployed.table, clock)
    return Ground(
        config=deployed.config,
        client=client,
        clock=clock,
        store=store,
        topics=deployed.outputs,
        say=say,
        fail=fail,
        wait=wait,
        poll=LOCAL_POLL_SECONDS,
    )


def confirm(
    args: argparse.Namespace, chosen: Sequence[Scenario], grounds: Grounds, ask: Callable[[str], str] | None
) -> None:
    """Says who is to be notified, and asks. Raises DrillRefused."""
    from cli.drills.ground import NotDrilled, names

    if args.yes:
        return
    for one in chosen:
        try:
            print(f"{one.name}: notifies {names(one.targets(grounds()))}", file=sys.stderr)
        except NotDrilled as refused:
            print(f"{one.name}: {refused}", file=sys.stderr)
    if ask is None:
        raise DrillRefused("there is no terminal to ask on: --yes was expected")
    if ask(f"Notify them in {args.env}? [y/N] ").strip().lower() not in ("y", "yes"):
        raise DrillRefused("nothing was sent")


def drill(chosen: Sequence[Scenario], grounds: Grounds, *, as_json: bool) -> int:
    """Runs each scenario and goes back to normal after it; 1 where a check did not hold, or all were refused."""
    from cli.drills.ground import dumped

    results = [_one(scenario, grounds()) for scenario in chosen]
    failed = [one for one in results if one["passed"] is False]
    held = [one for one in results if one["passed"]]
    if as_json:
        print(dumped({"scenarios": results}))
    else:
        print(f"\n{len(held)} passed, {len(failed)} failed, {len(results) - len(held) - len(failed)} not drilled")
    return int(bool(failed) or not held)


def _one(scenario: Scenario, ground: Ground) -> dict[str, Any]:
    from cli.drills.ground import Check, NotDrilled, as_json

    ground.say(f"{scenario.name}: {scenario.about}")
    checks: list[Check] = []
    result: dict[str, Any] = {"scenario": scenario.name, "drill": ground.id, "not_drilled": ""}
    try:
        checks += scenario.run(ground)
    except NotDrilled as refused:
        ground.say(f"    not drilled: {refused}")
        result["not_drilled"] = str(refused)
    finally:
        checks.append(ground.restore())
    passed = None if result["not_drilled"] else all(check.passed for check in checks)
    return {**result, "passed": passed, "checks": as_json(checks)}
