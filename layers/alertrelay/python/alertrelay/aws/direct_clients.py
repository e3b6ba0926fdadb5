"""Chooses the clients of a forwarder: our own where nothing but the plain way is asked for, else botocore's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from alertrelay.aws import protocols
from alertrelay.aws.direct import DirectService, Way
from alertrelay.aws.signing import Credentials, SigningScope
from alertrelay.channels.transport.wire import Wire

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from alertrelay.aws.clients import Clients

_KEY_ID, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
_OTHER_WAYS = re.compile(
    r"(https?|all)_proxy|AWS_CA_BUNDLE|AWS_ENDPOINT_URL_\w+|AWS_USE_(FIPS|DUALSTACK)_ENDPOINT", re.IGNORECASE
)
"""Variables that lead botocore another way: through a proxy, to other roots or to other endpoints."""
_SUFFIXES = {"cn": "amazonaws.com.cn"}
_PUBLIC = re.compile(r"(af|ap|ca|cn|eu|il|me|mx|sa|us)(-gov)?-[a-z]+-\d+")
"""Regions whose endpoints are known here. Others (isolated, sovereign) have domains of their own."""


def is_plain(environ: Mapping[str, str], region: str) -> bool:
    """Return whether the environment holds credentials and asks for nothing that only botocore can do."""
    if not (environ.get(_KEY_ID) and environ.get(_SECRET)):
        return False
    if not _PUBLIC.fullmatch(region):
        return False
    return not any(value and _OTHER_WAYS.fullmatch(name) for name, value in environ.items())


def forwarder_clients(environ: Mapping[str, str], region: str, sleep: Callable[[float], None]) -> Clients:
    """Return the clients of a forwarder: botocore's, which aws/clients.py makes, unless the environment is plain.

    AWS_ENDPOINT_URL sends all of them elsewhere.
    """
    endpoint = environ.get("AWS_ENDPOINT_URL") or ""
    if is_plain(environ, region):
        return cast("Clients", DirectClients(environ, region=region, endpoint=endpoint, sleep=sleep))
    from alertrelay.aws.clients import clients  # slow to import: it brings botocore

    return clients(endpoint, region=region)


class DirectClients:
    """See aws/clients.Clients: the same services, of which only CloudWatch is botocore's, made when it is first used.
    Time-outs and numbers of tries are those of aws/clients.py."""

    def __init__(
        self, environ: Mapping[str, str], *, region: str, endpoint: str, sleep: Callable[[float], None]
    ) -> None:
        credentials = Credentials(key_id=environ[_KEY_ID], secret=environ[_SECRET], token=environ.get(_TOKEN, ""))
        self._way = Way(wire=Wire(), credentials=credentials, sleep=sleep)
        self._region = region
        self._endpoint = endpoint.rstrip("/")
        self._made: dict[tuple[str, str], DirectService] = {}
        self._others: Clients | None = None

    def dynamodb(self) -> DynamoDBClient:
        """Returns the client of the state table."""
        return cast("DynamoDBClient", self._service("dynamodb", protocols.DYNAMODB, seconds=1.0, attempts=1))

    def secretsmanager(self) -> SecretsManagerClient:
        """Returns the client of the secret."""
        made = self._service("secretsmanager", protocols.SECRETS_MANAGER, seconds=1.0, attempts=1)
        return cast("SecretsManagerClient", made)

    def sqs(self) -> SQSClient:
        """Returns the client of the timers."""
        return cast("SQSClient", self._service("sqs", protocols.SQS))

    def sns(self, region: str = "") -> SNSClient:
        """Returns SNS of a region: a topic takes messages only through its own."""
        return cast("SNSClient", self._service("sns", protocols.SNS, region=region))

    def sesv2(self) -> SESV2Client:
        """Returns SES, version 2 of its API."""
        return cast("SESV2Client", self._service("ses", protocols.SES, host="email"))

    def cloudwatch(self) -> CloudWatchClient:
        """Returns CloudWatch, for alarms before a repeat: nothing new waits for it."""
        return self._by_botocore().cloudwatch()

    def metrics(self) -> Any:
        """Returns CloudWatch's GetMetricData, for a chart that a message waits for: a second in all, one try."""
        return self._service("monitoring", protocols.CLOUDWATCH, seconds=0.0, attempts=1)

    def lambda_(self) -> Any:
        """Returns Lambda's Invoke, by which the intake does later what Slack must not wait for: Slack gives up after
        three seconds, so that one try has two in all."""
        return self._service("lambda", protocols.LAMBDA, seconds=1.0, attempts=1)

    def logs(self) -> Any:
        """Returns CloudWatch Logs, for a person who asks for figures."""
        return self._by_botocore().logs()

    def _by_botocore(self) -> Clients:
        if self._others is None:
            from alertrelay.aws.clients import clients

            self._others = clients(self._endpoint, region=self._region)
        return self._others

    def _service(
        self,
        name: str,
        protocol: protocols.Protocol,
        *,
        host: str = "",
        region: str = "",
        seconds: float = 2.0,
        attempts: int = 2,
    ) -> Any:
        region = region or self._region
        if (name, region) not in self._made:
            suffix = _SUFFIXES.get(region[:2], "amazonaws.com")
            self._made[name, region] = DirectService(
                protocol=protocol,
                way=self._way,
                url=self._endpoint or f"https://{host or name}.{region}.{suffix}",
                scope=SigningScope(region=region, service=name),
                seconds=seconds,
                attempts=attempts,
            )
        return self._made[name, region]
