"""What AWS refuses, in words that say what to do."""

from __future__ import annotations

from botocore.exceptions import ClientError

from cli import cloud
from infra.node import use_packaged_node


def test_who_may_not_publish_is_sent_to_the_publishers_of_the_environment() -> None:
    error = ClientError({"Error": {"Code": "AuthorizationError", "Message": "explicit deny"}}, "Publish")
    text = str(cloud.unreadable("the topic alertrelay-prod-warning", error))
    assert "your role may not publish there (AuthorizationError)" in text
    assert "`publishers:`" in text


def test_the_alias_that_is_read_is_the_one_that_is_deployed() -> None:
    use_packaged_node()
    from infra.functions import ALIAS

    assert cloud.ALIAS == ALIAS
