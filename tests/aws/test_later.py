"""The intake's invocation of itself: as botocore would ask for it, and what is said where Lambda does not take it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import botocore.session
import pytest
from alertrelay.aws import protocols
from alertrelay.aws.errors import Refused
from alertrelay.aws.intake.later import OwnInvocation
from alertrelay.intake.slack.talk import LaterFailure
from botocore.awsrequest import AWSResponse

FUNCTION = "alertrelay-prod-intake:live"
EVENT = {"do": "slack", "asked": {"value": "ü"}}


def asked_by_botocore() -> Any:
    """The request that botocore prepares for the same call."""
    seen: list[Any] = []

    def capture(request: Any, **_: Any) -> AWSResponse:
        seen.append(request)
        return AWSResponse(request.url, 202, cast(Any, {}), cast(Any, _Empty()))

    keys: dict[str, Any] = {"aws_access_key_id": "FAKE", "aws_secret_access_key": "not-a-real-key"}
    client: Any = botocore.session.get_session().create_client("lambda", region_name="eu-west-1", **keys)
    client.meta.events.register("before-send.lambda.Invoke", capture)
    client.invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=json.dumps(EVENT).encode())
    return seen[0]


class _Empty:
    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return []

    def read(self, *_: Any) -> bytes:
        return b""


def test_it_is_asked_for_as_botocore_asks() -> None:
    theirs = asked_by_botocore()
    arguments = {"FunctionName": FUNCTION, "InvocationType": "Event", "Payload": json.dumps(EVENT).encode()}
    ours = protocols.LAMBDA.request("Invoke", arguments)
    assert theirs.url.endswith(f".amazonaws.com{ours.path}")
    assert theirs.body == ours.body
    assert theirs.headers["X-Amz-Invocation-Type"].decode() == ours.headers["X-Amz-Invocation-Type"]


class Lambda:
    """A client that answers, or refuses with a code."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.asked: list[Mapping[str, Any]] = []

    def invoke(self, **arguments: Any) -> None:
        self.asked.append(arguments)
        if self.refusal:
            answer = protocols.LAMBDA.refusal({"x-amzn-errortype": f"{self.refusal}:"}, b"{}")
            raise Refused({"Error": {"Code": answer.code, "Message": ""}}, "Invoke")


def test_an_event_is_handed_over_and_a_refusal_names_its_code() -> None:
    taking = Lambda()
    OwnInvocation(lambda: taking, FUNCTION)(EVENT)
    assert json.loads(taking.asked[0]["Payload"]) == EVENT
    assert (taking.asked[0]["FunctionName"], taking.asked[0]["InvocationType"]) == (FUNCTION, "Event")
    with pytest.raises(LaterFailure, match="TooManyRequestsException"):
        OwnInvocation(lambda: Lambda("TooManyRequestsException"), FUNCTION)(EVENT)
