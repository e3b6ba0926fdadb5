"""Holds the rights of the anomaly-scorer's role where anomaly.yml names a Prometheus."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from alertrelay.config.watch import PrometheusServer
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.anomaly import _of_prometheus

AMAZON = "https://aps-workspaces.eu-west-1.amazonaws.com"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:alertrelay-prod-AbCdEf"


@pytest.mark.parametrize(
    ("server", "may"),
    [
        (None, {}),
        (PrometheusServer(address="http://10.0.0.7:9090"), {}),
        (
            PrometheusServer(address="https://p.example.com", authentication="bearer", secret_key="prometheus_token"),
            {"secretsmanager:GetSecretValue": SECRET},
        ),
        (
            PrometheusServer(address=f"{AMAZON}/workspaces/ws-1", authentication="sigv4", region="eu-west-1"),
            {"aps:QueryMetrics": ["arn:", {"Ref": "AWS::Partition"}, ":aps:eu-west-1:", {"Ref": "AWS::AccountId"},
                                  ":workspace/ws-1"]},
        ),
    ],
)  # fmt: skip
def test_it_may_read_the_one_prometheus_that_the_file_names(server: PrometheusServer | None, may: Any) -> None:
    stack = cdk.Stack()
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "S", SECRET)
    statements = [stack.resolve(one.to_statement_json()) for one in _of_prometheus(server, secret)]
    found = {one["Action"]: one["Resource"] for one in statements}
    joined = {action: what["Fn::Join"][1] if isinstance(what, dict) else what for action, what in found.items()}
    assert joined == may
