"""What is read or kept in moto's place is what moto would make."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import moto.core.responses
import pytest
import yaml
from moto.cloudformation.models import Stack

from local.stack.made_once import made_once

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5, "QueueName": "caf\u00e9"}}
TEMPLATE = {"Resources": {"Queue": QUEUE}}


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_a_template_is_read_alike_in_json_and_in_yaml(write: Callable[[Any], str]) -> None:
    alone = Stack.parse_template(write(TEMPLATE))
    with made_once():
        assert Stack.parse_template(write(TEMPLATE)) == alone == TEMPLATE


def test_a_service_has_the_operations_that_its_class_has_now() -> None:
    class Service:
        region = "eu-central-1"

        def publish(self) -> None: ...

    with made_once():
        listed: Any = vars(moto.core.responses)["method_names_from_class"]
        names = listed(Service)
        assert "publish" in names
        assert "region" not in names
        assert "later" not in names
        Service.later = Service.publish  # type: ignore[attr-defined]
        assert "later" in listed(Service)
