"""Builds what the console reads beside the intake: for the function, from its environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.alert import Labels
from alertrelay.aws.intake.dead_letters import SqsDeadLetters
from alertrelay.config.model import Config
from alertrelay.config.slo import SloConfig
from alertrelay.groups.dead_letters import DeadLetterQueue, forwarder_queues
from alertrelay.intake.console.parts import Console, ConsoleSite
from alertrelay.intake.ports import DeadLetters, DecisionLog
from alertrelay.intake.tokens import Doorkeeper
from alertrelay.state import Groups, Lookup

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleWorld:
    """What the console reads beside the intake's state. `home` has the labels account_id and region of
    the relay's own; `objectives` are the names of those whose budget is kept;
    `local`: on loopback, without TLS."""

    letters: DeadLetters
    log: DecisionLog
    home: Labels = field(default_factory=dict)
    objectives: Sequence[str] = ()
    local: bool = False


def console_of(config: Config, world: ConsoleWorld, doorkeeper: Doorkeeper, groups: Groups, lookup: Lookup) -> Console:
    """Returns what the console's handlers need."""
    return Console(
        site=ConsoleSite(environment=config.environment, home=world.home, local=world.local),
        doorkeeper=doorkeeper,
        groups=groups,
        lookup=lookup,
        letters=world.letters,
        log=world.log,
        objectives=world.objectives,
    )


def console_world(
    environ: Mapping[str, str], folder: Path, sqs: Callable[[], SQSClient], log: DecisionLog
) -> ConsoleWorld:
    """`environ` is what infra/console.py sets. Raises OSError and ValueError where the compiled objectives cannot be
    read."""
    base = environ["ALERTRELAY_REFUSED_URL"].rpartition("/")[0]
    functions: Sequence[str] = json.loads(environ.get("ALERTRELAY_FORWARDERS", "[]"))
    letters = SqsDeadLetters(
        client=sqs,
        queues={queue: f"{base}/{queue.name}" for queue in _queues(environ, functions)},
        timers={function: f"{base}/{function}-timers" for function in functions},
    )
    objectives: Sequence[str] = ()
    if compiled := environ.get("ALERTRELAY_SLO_CONFIG"):
        found = SloConfig.from_json(json.loads((folder / compiled).read_text(encoding="utf-8")))
        objectives = tuple(objective.id for objective in found.objectives)
    return ConsoleWorld(letters=letters, log=log, home=_home(environ), objectives=objectives)


def _queues(environ: Mapping[str, str], functions: Sequence[str]) -> Iterator[DeadLetterQueue]:
    """Yields the dead-letter queues: of each forwarder, and those that the environment names by their holder."""
    yield from forwarder_queues(functions)
    for name, holder in json.loads(environ.get("ALERTRELAY_DEAD_LETTERS", "{}")).items():
        yield DeadLetterQueue(name=name, holder=holder)


def _home(environ: Mapping[str, str]) -> Labels:
    """Returns the account and the region that the topics stand in."""
    (arn, *_) = json.loads(environ["ALERTRELAY_TOPICS"]).values()
    region, account = arn.split(":")[3:5]
    return {"account_id": account, "region": region}
