"""AWS for a command, in memory: a stack with outputs, and services that a test brings."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def outputs_client(*, environment: str = "prod", sqs: Any = None, **outputs: str) -> Callable[[str], Any]:
    """A client by the name of a service; the stack of the environment has these outputs."""
    stack = {
        "StackStatus": "UPDATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
    }
    formation = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [stack]})
    services = {"cloudformation": formation, "sqs": sqs}
    return lambda service: services[service]
