"""Makes the clients of AWS: one session, made when first needed, each call bounded in time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

BOUNDED = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 2, "mode": "standard"},
    tcp_keepalive=True,
)
PROMPT = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"total_max_attempts": 1, "mode": "standard"},
    tcp_keepalive=True,
)
"""Of the table and the secret, which a notification waits for: who asks repeats it, as far as its time goes
(aws/budget.py)."""
_WAITED_FOR = frozenset({"dynamodb", "secretsmanager"})
HASTY = Config(
    connect_timeout=0.5,
    read_timeout=0.5,
    retries={"total_max_attempts": 1, "mode": "standard"},
    tcp_keepalive=True,
)
"""Of a chart, which a message goes without rather than wait."""
PATIENT = Config(
    connect_timeout=2,
    read_timeout=20,
    retries={"total_max_attempts": 6, "mode": "standard"},
    tcp_keepalive=True,
)
"""A run of the anomaly-scorer has minutes: a throttle is waited out, with pauses that grow."""


class Clients:
    """Clients by service, each made once. Credentials come from the environment, as botocore finds them."""

    def __init__(self, *, endpoint_url: str | None, region: str, config: Config = BOUNDED) -> None:
        self._endpoint_url = endpoint_url or None
        self._config = config
        self._region = region
        self._session: botocore.session.Session | None = None
        self._made: dict[tuple[str, str], Any] = {}

    def dynamodb(self) -> DynamoDBClient:
        """Returns the client of the state table."""
        return cast("DynamoDBClient", self._client("dynamodb"))

    def secretsmanager(self) -> SecretsManagerClient:
        """Returns the client of the secret."""
        return cast("SecretsManagerClient", self._client("secretsmanager"))

    def sqs(self) -> SQSClient:
        """Returns the client of the timers."""
        return cast("SQSClient", self._client("sqs"))

    def sns(self, region: str = "") -> SNSClient:
        """Returns SNS of a region: a topic takes messages only through its own."""
        return cast("SNSClient", self._client("sns", region))

    def cloudwatch(self) -> CloudWatchClient:
        """Returns CloudWatch: for alarms before a repeat, and for the anomaly-scorer's metrics."""
        return cast("CloudWatchClient", self._client("cloudwatch"))

    def metrics(self) -> Any:
        """Returns CloudWatch's GetMetricData, for a chart that a message waits for."""
        wanted = ("cloudwatch", "chart")
        if wanted not in self._made:
            self._made[wanted] = self._create("cloudwatch", self._region, config=HASTY)
        return self._made[wanted]

    def s3(self) -> S3Client:
        """Returns the client of the anomaly-scorer's state."""
        return cast("S3Client", self._client("s3"))

    def tagging(self) -> ResourceGroupsTaggingAPIClient:
        """Returns the client for tags of resources."""
        return cast("ResourceGroupsTaggingAPIClient", self._client("resourcegroupstaggingapi"))

    def sesv2(self) -> SESV2Client:
        """Returns SES, version 2 of its API."""
        return cast("SESV2Client", self._client("sesv2"))

    def logs(self) -> Any:
        """CloudWatch Logs, which is asked for the last day's outcomes."""
        return self._client("logs")

    def lambda_(self) -> Any:
        """Lambda, of which a new version is invoked before it gets traffic."""
        return self._client("lambda")

    def codedeploy(self) -> Any:
        """CodeDeploy, which waits for the answer of a new version's check."""
        return self._client("codedeploy")

    def ssm(self) -> Any:
        """Systems Manager, whose Automation runs documents."""
        return self._client("ssm")

    def events(self) -> Any:
        """EventBridge, which is asked whether a rule is enabled."""
        return self._client("events")

    def sts(self) -> Any:
        """STS, which gives credentials of a role in another account."""
        return self._client("sts")

    def of(self, service: str) -> Any:
        """Returns the client of a service by its name: for an audit, which asks many."""
        return self._client(service)

    def with_credentials(self, service: str, **credentials: Any) -> Any:
        """Makes a client of a service with credentials of another account."""
        return self._create(service, self._region, **credentials)

    def credentials(self) -> Credentials | None:
        """Returns the credentials that clients sign with, for a request that no client makes."""
        return self._opened().get_credentials()

    def _client(self, service: str, region: str = "") -> Any:
        wanted = (service, region or self._region)
        if wanted not in self._made:
            self._made[wanted] = self._create(*wanted)
        return self._made[wanted]

    def _create(self, service: str, region: str, config: Config | None = None, **credentials: Any) -> Any:
        return self._opened().create_client(
            service,
            region_name=region,
            endpoint_url=self._endpoint_url,
            config=config or (PROMPT if self._config is BOUNDED and service in _WAITED_FOR else self._config),
            **credentials,
        )

    def _opened(self) -> botocore.session.Session:
        if self._session is None:
            # At DEBUG botocore logs the bodies of answers, and one of them is the secret.
            logging.getLogger("botocore").setLevel(logging.INFO)
            self._session = botocore.session.get_session()
        return self._session


def clients(endpoint_url: str | None, *, region: str, config: Config = BOUNDED) -> Clients:
    """Makes clients of `region`; `endpoint_url` sends all of them elsewhere (a local run), None or "" to AWS."""
    return Clients(endpoint_url=endpoint_url, region=region, config=config)
