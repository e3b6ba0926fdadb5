"""Lists what AWS charges, in US dollars at list prices of one region, without any free tier.

Read from the services' pricing pages in November 2026. Other regions differ by up to a half: `alertrelay cost` says
which region its prices are of.
"""

from __future__ import annotations

from dataclasses import dataclass

REGION = "us-east-1"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`dollars` for `per` of a `unit`. `source` is the page that says so."""

    dollars: float
    per: float
    unit: str
    source: str

    @property
    def one(self) -> float:
        """Returns the dollars of a single unit."""
        return self.dollars / self.per


_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_KMS = "https://aws.amazon.com/kms/pricing/"
_SECRETS = "https://aws.amazon.com/secrets-manager/pricing/"
_PROMETHEUS = "https://aws.amazon.com/prometheus/pricing/"
_S3 = "https://aws.amazon.com/s3/pricing/"

ALARM_METRIC = Price(dollars=0.10, per=1, unit="metric of an alarm", source=_CLOUDWATCH)
"""An alarm on an expression is charged by the metrics in it, one on a band by three: the value and both sides."""
COMPOSITE_ALARM = Price(dollars=0.50, per=1, unit="composite alarm", source=_CLOUDWATCH)
CUSTOM_METRIC = Price(dollars=0.30, per=1, unit="custom metric", source=_CLOUDWATCH)
"""By the hours in which it is written."""
DASHBOARD = Price(dollars=3.00, per=1, unit="dashboard", source=_CLOUDWATCH)
GET_METRIC_DATA = Price(dollars=0.01, per=1000, unit="metric asked for", source=_CLOUDWATCH)
LOGS = Price(dollars=0.50, per=1, unit="GB of logs", source=_CLOUDWATCH)
LOGS_KEPT = Price(dollars=0.03, per=1, unit="GB of logs kept", source=_CLOUDWATCH)
LOG_SCANNED = Price(dollars=0.005, per=1, unit="GB of logs that a query scans", source=_CLOUDWATCH)
PROMETHEUS_SAMPLE = Price(dollars=0.90, per=10 * MILLION, unit="sample ingested", source=_PROMETHEUS)
"""Of the first two billion a month; $0.35 of the next 250."""
PROMETHEUS_READ = Price(dollars=0.10, per=1000 * MILLION, unit="sample that a query processes", source=_PROMETHEUS)
PROMETHEUS_GB = Price(dollars=0.03, per=1, unit="GB of samples and metadata", source=_PROMETHEUS)
KEY = Price(dollars=1.00, per=1, unit="key", source=_KMS)
KEY_REQUEST = Price(dollars=0.03, per=10_000, unit="request to KMS", source=_KMS)
SECRET = Price(dollars=0.40, per=1, unit="secret", source=_SECRETS)
SECRET_READ = Price(dollars=0.05, per=10_000, unit="read of the secret", source=_SECRETS)
SQS_REQUEST = Price(dollars=0.40, per=MILLION, unit="request to SQS", source="https://aws.amazon.com/sqs/pricing/")
SNS_MESSAGE = Price(dollars=0.50, per=MILLION, unit="message to SNS", source="https://aws.amazon.com/sns/pricing/")
"""Lambda takes the copies of a message free."""
INVOCATION = Price(dollars=0.20, per=MILLION, unit="invocation", source=_LAMBDA)
GB_SECOND = Price(dollars=0.0000133334, per=1, unit="GB-second", source=_LAMBDA)
"""On arm64."""
API_REQUEST = Price(
    dollars=1.00, per=MILLION, unit="request to the API", source="https://aws.amazon.com/api-gateway/pricing/"
)
"""Of an HTTP API, for each 512 KB of a request."""
TABLE_WRITE = Price(dollars=0.625, per=MILLION, unit="write unit", source=_DYNAMODB)
"""One for each KB of an item, and each change of an index."""
TABLE_READ = Price(dollars=0.125, per=MILLION, unit="read unit", source=_DYNAMODB)
"""One for each 4 KB that is read strongly."""
TABLE_GB = Price(dollars=0.45, per=1, unit="GB of the table", source=_DYNAMODB)
"""$0.25, and $0.20 with point-in-time recovery."""
TRANSFER_OUT = Price(dollars=0.09, per=1, unit="GB sent out", source="https://aws.amazon.com/ec2/pricing/on-demand/")
OBJECT_WRITE = Price(dollars=0.005, per=1000, unit="write to S3", source=_S3)
OBJECT_READ = Price(dollars=0.0004, per=1000, unit="read of S3", source=_S3)
