"""Writes requests and reads answers in AWS's protocols, of the operations that a forwarder has. Pure.

Sources: https://smithy.io/2.0/aws/protocols/ (awsJson1_0, awsJson1_1, restJson1, awsQuery), and botocore's models.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from typing import Protocol as Interface
from urllib.parse import quote, urlencode


class AwsRequest(NamedTuple):
    """What is sent, apart from what signing adds."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Refusal(NamedTuple):
    """An error as AWS says it. `fields` are the others of its answer, such as DynamoDB's Item."""

    code: str
    message: str
    fields: Mapping[str, Any]


class Protocol(Interface):
    """How a service is spoken to. `operations` are its operations by the names of botocore's methods."""

    @property
    def operations(self) -> Mapping[str, str]:
        """The operations that are known here."""

    def request(self, operation: str, arguments: Mapping[str, Any]) -> AwsRequest:
        """Returns the request of an operation."""

    def answer(self, body: bytes) -> dict[str, Any]:
        """Returns the answer of one that succeeded."""

    def refusal(self, headers: Mapping[str, str], body: bytes) -> Refusal:
        """Returns the error that an answer is. Never raises: something else may have answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonByTarget:
    """awsJson: one path, the operation in a header. Bytes of DynamoDB travel in base64 under the key `B`."""

    prefix: str
    version: str
    operations: Mapping[str, str]

    def request(self, operation: str, arguments: Mapping[str, Any]) -> AwsRequest:
        """See Protocol."""
        headers = {
            "Content-Type": f"application/x-amz-json-{self.version}",
            "X-Amz-Target": f"{self.prefix}.{operation}",
        }
        return AwsRequest("/", headers, json.dumps(arguments, default=_base64).encode())

    def answer(self, body: bytes) -> dict[str, Any]:
        """See Protocol."""
        found: dict[str, Any] = json.loads(body or b"{}", object_hook=_bytes if b'"B"' in body else None)
        return found

    def refusal(self, headers: Mapping[str, str], body: bytes) -> Refusal:
        """See Protocol. SQS says the code of its older protocol in a header of its own, and botocore shows that."""
        return _json_refusal(headers.get("x-amzn-query-error", "").partition(";")[0], headers, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonByPath:
    """restJson: the operation is a path. Bytes travel in base64."""

    paths: Mapping[str, str]
    operations: Mapping[str, str]

    def request(self, operation: str, arguments: Mapping[str, Any]) -> AwsRequest:
        """See Protocol."""
        body = json.dumps(arguments, default=_base64).encode()
        return AwsRequest(self.paths[operation], {"Content-Type": "application/json"}, body)

    def answer(self, body: bytes) -> dict[str, Any]:
        """See Protocol."""
        found: dict[str, Any] = json.loads(body or b"{}")
        return found

    def refusal(self, headers: Mapping[str, str], body: bytes) -> Refusal:
        """See Protocol."""
        return _json_refusal("", headers, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaInvocation:
    """restJson of Lambda's Invoke: the function stands in the path, what it is to do with the answer in a header, and
    the body is the event itself (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)."""

    operations: Mapping[str, str] = field(default_factory=lambda: {"invoke": "Invoke"})

    def request(self, operation: str, arguments: Mapping[str, Any]) -> AwsRequest:  # noqa: ARG002 - it has one
        """See Protocol."""
        name = quote(arguments["FunctionName"], safe="")
        headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": arguments["InvocationType"]}
        return AwsRequest(f"/2015-03-31/functions/{name}/invocations", headers, arguments["Payload"])

    def answer(self, body: bytes) -> dict[str, Any]:  # noqa: ARG002 - an event has none
        """See Protocol."""
        return {}

    def refusal(self, headers: Mapping[str, str], body: bytes) -> Refusal:
        """See Protocol."""
        return _json_refusal("", headers, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryProtocol:
    """awsQuery: a form, answered in XML. `read` are the elements of an answer that are read."""

    version: str
    read: tuple[str, ...]
    operations: Mapping[str, str] = field(default_factory=dict)

    def request(self, operation: str, arguments: Mapping[str, Any]) -> AwsRequest:
        """See Protocol. Of mappings, the only one is SNS's MessageAttributes."""
        fields: dict[str, str] = {"Action": operation, "Version": self.version}
        for name, value in arguments.items():
            if isinstance(value, str):
                fields[name] = value
                continue
            for number, (key, one) in enumerate(value.items(), start=1):
                entry = f"{name}.entry.{number}"
                fields[f"{entry}.Name"] = key
                fields |= {f"{entry}.Value.{part}": text for part, text in one.items()}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return AwsRequest("/", headers, urlencode(fields, errors="replace").encode())

    def answer(self, body: bytes) -> dict[str, Any]:
        """See Protocol."""
        text = body.decode("utf-8", "replace")
        return {name: found for name in self.read if (found := _element(text, name))}

    def refusal(self, headers: Mapping[str, str], body: bytes) -> Refusal:  # noqa: ARG002 - all of it is in the body
        """See Protocol."""
        text = body[:100_000].decode("utf-8", "replace")
        return Refusal(_element(text, "Code"), _element(text, "Message"), {})


def _json_refusal(said: str, headers: Mapping[str, str], body: bytes) -> Refusal:
    try:
        fields = json.loads(body or b"{}", object_hook=_bytes)
    except (ValueError, RecursionError):
        fields = {}
    fields = fields if isinstance(fields, dict) else {}
    name = said or headers.get("x-amzn-errortype", "") or str(fields.get("__type", "") or fields.get("code", ""))
    # `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`, `ThrottlingException:http://…`
    name = name.partition(":")[0].rpartition("#")[2]
    message = str(fields.get("message", "") or fields.get("Message", ""))
    return Refusal(name, message, {key: value for key, value in fields.items() if key in ("Item",)})


_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ENTITY = re.compile(f"&({'|'.join(_ENTITIES)});")


def _element(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return _ENTITY.sub(lambda entity: _ENTITIES[entity.group(1)], found.group(1)) if found else ""


def _base64(value: object) -> str:
    if not isinstance(value, bytes | bytearray):
        raise TypeError(f"{type(value).__name__} has no place in a request")
    return base64.b64encode(value).decode()


def _bytes(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute value is the only object with nothing but a text under `B`."""
    if len(value) == 1 and isinstance(value.get("B"), str):
        return {"B": base64.b64decode(value["B"])}
    return value


DYNAMODB = JsonByTarget(
    prefix="DynamoDB_20120810",
    version="1.0",
    operations={
        "get_item": "GetItem",
        "put_item": "PutItem",
        "update_item": "UpdateItem",
        "delete_item": "DeleteItem",
        "query": "Query",
        "scan": "Scan",
        "batch_get_item": "BatchGetItem",
        "batch_write_item": "BatchWriteItem",
        "transact_write_items": "TransactWriteItems",
    },
)
SECRETS_MANAGER = JsonByTarget(
    prefix="secretsmanager", version="1.1", operations={"get_secret_value": "GetSecretValue"}
)
SQS = JsonByTarget(
    prefix="AmazonSQS",
    version="1.0",
    operations={
        "send_message": "SendMessage",
        "send_message_batch": "SendMessageBatch",
        "receive_message": "ReceiveMessage",
        "delete_message": "DeleteMessage",
        "change_message_visibility_batch": "ChangeMessageVisibilityBatch",
        "get_queue_attributes": "GetQueueAttributes",
    },
)
CLOUDWATCH = JsonByTarget(
    prefix="GraniteServiceVersion20100801", version="1.0", operations={"get_metric_data": "GetMetricData"}
)
SNS = QueryProtocol(version="2010-03-31", read=("MessageId",), operations={"publish": "Publish"})
SES = JsonByPath(paths={"SendEmail": "/v2/email/outbound-emails"}, operations={"send_email": "SendEmail"})
LAMBDA = LambdaInvocation()
