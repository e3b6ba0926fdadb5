"""Invokes a version of a function, and reports to CodeDeploy whether it may get traffic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def invoke(client: Any, version: str, event: Mapping[str, Any]) -> Any:
    """Return what the version (its ARN) answers to `event`, as JSON; of one that raised, the type of its error alone,
    since the text may hold what must not be logged. Raises what botocore raises."""
    answer = client.invoke(FunctionName=version, InvocationType="RequestResponse", Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        return {"error": payload.get("errorType", "") if isinstance(payload, dict) else ""}
    return payload


def report(client: Any, event: Mapping[str, str], *, status: str) -> None:
    """Answer a lifecycle event hook: `status` is Succeeded or Failed. Raises what botocore raises."""
    client.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )
