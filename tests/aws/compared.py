"""A client of DynamoDB that asks the bench's table the same as moto, and lets no answer pass in which they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from alertrelay.aws.direct import DirectService, Way
from alertrelay.aws.errors import Refused
from alertrelay.aws.protocols import DYNAMODB
from alertrelay.aws.signing import Credentials, SigningScope
from alertrelay.channels.transport.wire import HttpAnswer, Wire
from botocore.exceptions import ClientError

from tools.bench.quick_table import QuickTable

_LEFT_OUT = ("ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics")


@dataclass
class InProcess:
    """A wire to the bench's table."""

    table: QuickTable

    def ask(self, url: str, body: bytes, headers: Mapping[str, str], **_bounds: Any) -> HttpAnswer:
        """See alertrelay.channels.transport.wire.Wire."""
        answered = self.table.answer(headers["X-Amz-Target"], body)
        assert answered is not None
        return HttpAnswer(status=answered[0], headers={}, body=answered[1], complete=True)


def quick_client(table: QuickTable) -> Any:
    """The client of a forwarder, over the bench's table."""
    way = Way(
        wire=cast(Wire, InProcess(table)),
        credentials=Credentials(key_id="FAKE", secret="no-secret-at-all"),
        sleep=lambda _: None,
    )
    scope = SigningScope(region="eu-central-1", service="dynamodb")
    return DirectService(protocol=DYNAMODB, way=way, url="https://a.invalid", scope=scope, seconds=1.0, attempts=1)


@dataclass
class Compared:
    """See the module. `asked` counts the requests."""

    moto: Any
    quick: Any = field(default_factory=lambda: quick_client(QuickTable()))
    asked: int = 0

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.asked += 1
            theirs, ours = _answered(self.moto, operation, arguments), _answered(self.quick, operation, arguments)
            assert _plain(ours) == _plain(theirs), (operation, arguments, ours, theirs)
            if isinstance(ours, Exception):
                raise ours
            return ours

        return call


def _answered(client: Any, operation: str, arguments: Mapping[str, Any]) -> Any:
    try:
        return getattr(client, operation)(**arguments)
    except (ClientError, Refused) as error:
        return error


def _plain(answer: Any) -> Any:
    """What is compared: the answer without its way, and sets in one order. AWS counts units for who asks for them, moto
    for everybody."""
    if isinstance(answer, ClientError | Refused):
        response = cast("Mapping[str, Any]", answer.response)
        return {"Error": response["Error"]["Code"], **_sorted({"Item": response.get("Item", {})})}
    return _sorted({name: value for name, value in answer.items() if name not in _LEFT_OUT})


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: sorted(one) if name in ("SS", "NS") else _sorted(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_sorted(one) for one in value]
    return value
