"""Finds the functions of a stack that was created, each by what leads to it: an alias, a schedule, a queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertrelay.channels import OWN_FORWARDERS, channel

from local.stack.emulator import Emulator

SCORER, SLO, AUDITOR = "lambdas.anomaly_scorer.handler", "lambdas.slo.handler", "lambdas.auditor.handler"
COMPANION = "lambdas.companion.handler"
ARRIVALS = "-arrivals"
"""What the name of a queue ends with by which a forwarder takes batches: `intake: batched`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedFunction:
    """A forwarder of the template, as its alias has it: `arn` is that of the alias.

    `inbox` is the queue that stands for its subscriptions: moto hands nothing to Lambda. `timers` is the queue of its
    event source; `failed` is where an event goes that failed to the last.
    """

    name: str
    arn: str
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: int
    code: Path
    inbox_url: str
    timers_url: str
    failed_url: str
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledFunction:
    """A function on a schedule, without a queue: the anomaly-scorer, the slo function, or the auditor."""

    name: str
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: int
    code: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedFunction(ScheduledFunction):
    """A function that a queue feeds with batches, each of what arrives within so many seconds: the companion."""

    queue_url: str
    window_seconds: int


def create_aliases(emulator: Emulator, wanted: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Publishes the version that each alias of the template points to. Returns the aliases by their function's name."""
    made, client = {}, emulator.client("lambda")
    for alias in wanted:
        name = client.publish_version(FunctionName=alias["FunctionName"])["FunctionName"]
        client.create_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=alias["FunctionVersion"])
        made[name] = alias["Name"]
    return made


def handled_by(handler: str, functions: Sequence[ScheduledFunction]) -> ScheduledFunction | None:
    """Returns the function with a handler, None where the stack has none."""
    return next((function for function in functions if function.handler == handler), None)


def without_alias(emulator: Emulator, code: Mapping[str, Path]) -> list[ScheduledFunction]:
    """Returns all functions as they are without an alias: the auditor and the companion have none."""
    found = {one["FunctionName"]: one for one in emulator.client("lambda").list_functions()["Functions"]}
    return [_scheduled(name, found[name], folder) for name, folder in code.items()]


def companion_of(
    emulator: Emulator, code: Mapping[str, Path], mappings: Sequence[Mapping[str, Any]], queues: Mapping[str, str]
) -> QueuedFunction | None:
    """Returns the companion with the queue that feeds it, None where the stack has none."""
    own = handled_by(COMPANION, without_alias(emulator, code))
    if own is None:
        return None
    (mapping,) = (one for one in mappings if function_of(one["FunctionName"]) == own.name)
    return QueuedFunction(
        name=own.name,
        handler=own.handler,
        environment=own.environment,
        timeout_seconds=own.timeout_seconds,
        code=own.code,
        queue_url=queues[mapping["EventSourceArn"].rpartition(":")[2]],
        window_seconds=mapping["MaximumBatchingWindowInSeconds"],
    )


def _scheduled(name: str, function: Mapping[str, Any], code: Path) -> ScheduledFunction:
    return ScheduledFunction(
        name=name,
        handler=function["Handler"],
        environment=function["Environment"]["Variables"],
        timeout_seconds=function["Timeout"],
        code=code,
    )


def functions_of(
    emulator: Emulator,
    left_out: Mapping[str, list[Mapping[str, Any]]],
    queues: Mapping[str, str],
    code: Mapping[str, Path],
    aliases: Mapping[str, str],
) -> tuple[tuple[DeployedFunction, ...], Sequence[ScheduledFunction]]:
    """The forwarders, and the functions without a queue: what an alias leads to. A function without one takes part in
    deploys alone."""
    client, sqs = emulator.client("lambda"), emulator.client("sqs")
    mappings = [m for m in left_out["Lambda::EventSourceMapping"] if not m["EventSourceArn"].endswith(ARRIVALS)]
    sources = {function_of(m["FunctionName"]): m for m in mappings}
    invokes = {(function_of(c["FunctionName"]), c["Qualifier"]): c for c in left_out["Lambda::EventInvokeConfig"]}
    made: list[DeployedFunction] = []
    scheduled: list[ScheduledFunction] = []
    for name, alias in aliases.items():
        function = client.get_function_configuration(FunctionName=name, Qualifier=alias)
        if name not in sources:
            scheduled.append(_scheduled(name, function, code[name]))
            continue
        inbox = sqs.create_queue(QueueName=f"{name}-inbox")["QueueUrl"]
        invoke = invokes[name, alias]
        made.append(
            DeployedFunction(
                name=name,
                arn=client.get_alias(FunctionName=name, Name=alias)["AliasArn"],
                handler=function["Handler"],
                environment=function["Environment"]["Variables"],
                timeout_seconds=function["Timeout"],
                code=code[name],
                inbox_url=inbox,
                timers_url=queues[sources[name]["EventSourceArn"].rpartition(":")[2]],
                failed_url=queues[invoke["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]],
                retries=int(invoke["MaximumRetryAttempts"]),
            )
        )
    # The page first: what runs side by side in AWS runs one after the other here.
    pagers = tuple(f"{kind}-forwarder" for kind in OWN_FORWARDERS if channel(kind).pages)
    return tuple(sorted(made, key=lambda f: not f.name.endswith(pagers))), scheduled


def function_of(name: str) -> str:
    """Return a function's name, of its name or its ARN, either with or without a qualifier."""
    parts = name.split(":")
    return parts[6] if name.startswith("arn:") else parts[0]
