"""Runs a command on the state table of a deployed environment, with the credentials of the user."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertrelay.ports import Clock
    from alertrelay.state import Store

    from cli.cloud import Client, DeployedStack
    from compiler.resources.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTable:
    """The table of a stack that was found, and what else a command asks of AWS."""

    environment: Environment
    deployed: DeployedStack
    client: Client
    store: Store
    clock: Clock


def on_table(command: str, args: argparse.Namespace, action: Callable[[OpenTable], int]) -> int:
    """Does the action on the table of `args.env`; its exit code. It is 2, with the reason on stderr, where the files in
    `args.config_dir` have errors, nothing is deployed, or AWS does not answer."""
    from alertrelay.aws.state.store import DynamoStore
    from alertrelay.runtime.container import SystemClock
    from alertrelay.state import StoreFailure

    from cli import cloud
    from compiler.load import load

    loaded = load(args.config_dir, args.env)
    if loaded.environment is None:
        for finding in loaded.errors:
            print(finding, file=sys.stderr)
        return 2
    client, clock = cloud.clients(loaded.environment.region), SystemClock()
    try:
        deployed = cloud.stack_of(args.env, client)
        if deployed is None:
            print(f"alertrelay {command}: there is no stack alertrelay-{args.env} here: deploy it", file=sys.stderr)
            return 2
        store = DynamoStore(lambda: client("dynamodb"), deployed.outputs["TableName"], clock)
        environment = loaded.environment
        return action(OpenTable(environment=environment, deployed=deployed, client=client, store=store, clock=clock))
    except (cloud.CloudUnreadable, StoreFailure) as error:
        print(f"alertrelay {command}: {error}", file=sys.stderr)
        return 2
