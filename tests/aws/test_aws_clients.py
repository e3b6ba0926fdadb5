from __future__ import annotations

import logging
from typing import Any

import pytest
from alertrelay.aws.clients import clients


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def test_a_client_is_made_once_a_service_and_region() -> None:
    aws = clients(None, region="eu-west-1")
    assert aws.sqs() is aws.sqs()
    assert aws.sns() is aws.sns("eu-west-1")
    assert aws.sns() is not aws.sns("us-east-2")
    assert aws.sns("us-east-2").meta.region_name == "us-east-2"


def test_every_call_is_bounded() -> None:
    config: Any = clients(None, region="eu-west-1").sqs().meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries["total_max_attempts"] == 2


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "https://sqs.eu-west-1."),
        ("", "https://sqs.eu-west-1."),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_a_local_run_sends_all_of_them_elsewhere(given: str | None, used: str) -> None:
    assert clients(given, region="eu-west-1").sqs().meta.endpoint_url.startswith(used)


def test_botocore_does_not_log_the_bodies_of_answers() -> None:
    clients(None, region="eu-west-1").secretsmanager()
    assert not logging.getLogger("botocore.parsers").isEnabledFor(logging.DEBUG)
