"""Makes clients of further accounts, by a role that is assumed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SESSION = "alertrelay-audit"
"""The name under which another account's CloudTrail has our calls."""


def assumed(sts: Any, role: str, create: Callable[..., Any]) -> Any:
    """Returns the client that `create` makes with the credentials of a role, by its ARN; they last for an hour. Raises
    what botocore raises, AccessDenied where the role does not trust us."""
    answer = sts.assume_role(RoleArn=role, RoleSessionName=SESSION)
    given = answer["Credentials"]
    return create(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
