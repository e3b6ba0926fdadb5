"""Asks Grafana's HTTP API with a service account's token; bounded in time, and no text holds the token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import Response, ask
from alertrelay.config.model import GrafanaServer
from alertrelay.dispatch.companion.annotate import Ask, GrafanaRefused, GrafanaUnanswered
from alertrelay.ports import DeliveryFailure, Key, Secrets

SECONDS = 5.0
PEER = "Grafana"


def grafana(server: GrafanaServer, secrets: Secrets, network: Network) -> Ask:
    """Returns what asks this server. Of a refused token every version is tried, as while it is rotated."""

    def call(method: str, path: str, body: Mapping[str, Any]) -> Any:
        response: Response | None = None
        for key in secrets.versions(server.token_key):
            response = _asked(method, server.url.rstrip("/") + path, body, key, network)
            if response.status not in (401, 403):
                break
        if response is None:
            raise GrafanaRefused(f"the secret has no value under {server.token_key}")
        return _answer(response)

    return call


def _asked(method: str, url: str, body: Mapping[str, Any], key: Key, network: Network) -> Response:
    headers = {"Authorization": f"Bearer {key.value.strip()}"}
    given = b"" if method == "GET" else body
    try:
        return ask(url, body=given, headers=headers, timeout=SECONDS, network=network, peer=PEER, method=method)
    except DeliveryFailure as failure:
        raise GrafanaUnanswered(failure.text) from None


def _answer(response: Response) -> Any:
    if response.status == 429 or response.status >= 500:
        raise GrafanaUnanswered(f"{PEER} answered {response.status}")
    if not 200 <= response.status < 300:
        raise GrafanaRefused(f"{PEER} answered {response.status}")
    try:
        return json.loads(response.text)
    except (ValueError, RecursionError):
        raise GrafanaUnanswered(f"{PEER} answered {response.status} with something other than JSON") from None
