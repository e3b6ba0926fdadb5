"""What AWS refuses, in words that say what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from cli import cloud
from infra.node import use_packaged_node


def test_who_may_not_publish_is_sent_to_the_publishers_of_the_environment() -> None:
    error = ClientError({"Error": {"Code": "AuthorizationError", "Message": "explicit deny"}}, "Publish")
    text = str(cloud.unreadable("the topic alertrelay-prod-warning", error))
    assert "your role may not publish there (AuthorizationError)" in text
    assert "`publishers:`" in text


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (EndpointConnectionError(endpoint_url="https://example.com"), "check the network, a proxy, the region"),
        (ReadTimeoutError(endpoint_url="https://example.com"), "check the network, a proxy, the region"),
        (NoCredentialsError(), "set AWS_PROFILE, or log in"),
        (ClientError({"Error": {"Code": "Throttling"}}, "DescribeStacks"), "try again in a minute"),
        (ClientError({"Error": {"Code": "InternalError"}}, "DescribeStacks"), "try again, and look for the code"),
    ],
)
def test_each_failure_of_aws_ends_with_a_mend(error: BotoCoreError | ClientError, mend: str) -> None:
    text = str(cloud.unreadable("the stack alertrelay-prod", error))
    assert text.startswith("the stack alertrelay-prod")
    assert mend in text


def test_the_alias_that_is_read_is_the_one_that_is_deployed() -> None:
    use_packaged_node()
    from infra.functions import ALIAS

    assert cloud.ALIAS == ALIAS
