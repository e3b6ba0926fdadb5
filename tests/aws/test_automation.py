"""A run of SSM Automation is asked for as botocore's service model has it."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from alertrelay.aws.automation import starter
from alertrelay.dispatch.companion.automate import Start
from botocore.validate import validate_parameters

SHAPE: Any = (
    botocore.session.get_session().get_service_model("ssm").operation_model("StartAutomationExecution").input_shape
)


class Systems:
    """Systems Manager, which starts everything."""

    def start_automation_execution(self, **request: Any) -> dict[str, str]:
        validate_parameters(request, SHAPE)
        least = SHAPE.members["Parameters"].metadata["min"]  # botocore does not check it, AWS does
        assert len(request.get("Parameters", range(least))) >= least
        return {"AutomationExecutionId": "run-1"}


@pytest.mark.parametrize("parameters", [{}, {"InstanceId": ["i-1"]}])
def test_a_document_starts_with_and_without_parameters(parameters: dict[str, list[str]]) -> None:
    token = "f1b9e9f0-7f0a-5c53-9a51-2f6d1c6f7a10"
    run = Start(document="AWS-RestartEC2Instance", parameters=parameters, token=token)
    assert starter(Systems)(run) == "run-1"
