"""Starts runs of SSM Automation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol


class Run(Protocol):
    """A run to start: see dispatch/companion/automate.py."""

    @property
    def document(self) -> str:
        """The document's name."""

    @property
    def parameters(self) -> Mapping[str, Sequence[str]]:
        """Values by the document's parameters."""

    @property
    def token(self) -> str:
        """A UUID; SSM starts one run for it."""


def starter(client: Callable[[], Any]) -> Callable[[Run], str]:
    """Returns a function that starts a run, and returns its execution's id. It raises what botocore raises.

    Source: SSM API reference, StartAutomationExecution: `ClientToken` is a UUID, and makes the request idempotent;
    `Parameters` has at least one, so that it is left out where the document takes none."""

    def start(run: Run) -> str:
        request: dict[str, Any] = {"DocumentName": run.document, "ClientToken": run.token}
        if run.parameters:
            request["Parameters"] = {name: list(values) for name, values in run.parameters.items()}
        answer = client().start_automation_execution(**request)
        return str(answer["AutomationExecutionId"])

    return start
