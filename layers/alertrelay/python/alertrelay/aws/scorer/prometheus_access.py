"""Gives a request to Prometheus the headers with which its server allows it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from alertrelay.anomaly.scorer.ports import QueryRefused
from alertrelay.aws.scorer.prometheus import Authorise
from alertrelay.config.watch import PrometheusServer
from alertrelay.ports import Secrets

SERVICE = "aps"
"""Amazon Managed Prometheus' signing name:
https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-compatible-APIs.html"""


def access(server: PrometheusServer, secrets: Secrets, credentials: Callable[[], Credentials | None]) -> Authorise:
    """Returns what authorises a request to the server. `credentials` are the function's own."""
    if server.authentication == "sigv4":
        return _signed(server.region, credentials)
    if server.authentication == "none":
        return lambda _url, _body, headers: (headers,)
    return _with_key(server, secrets)


def _with_key(server: PrometheusServer, secrets: Secrets) -> Authorise:
    def allowed(_url: str, _body: bytes, headers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        for key in secrets.versions(server.secret_key):
            value = key.value.strip()
            if server.authentication == "basic":
                yield {**headers, "Authorization": f"Basic {base64.b64encode(value.encode()).decode()}"}
            else:
                yield {**headers, "Authorization": f"Bearer {value}"}

    return allowed


def _signed(region: str, credentials: Callable[[], Credentials | None]) -> Authorise:
    def allowed(url: str, body: bytes, headers: Mapping[str, str]) -> Iterable[Mapping[str, str]]:
        found = credentials()
        if found is None:
            raise QueryRefused("the function has no credentials to sign with")
        request = AWSRequest(method="POST", url=url, data=body, headers=dict(headers))
        SigV4Auth(found, SERVICE, region).add_auth(request)
        return (dict(request.headers.items()),)

    return allowed
