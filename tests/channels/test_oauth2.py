"""The access token of `http_config.oauth2`: how it is asked for, how long it is kept, and what a refusal means."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.oauth2 import AccessTokens
from alertrelay.channels.transport.senders import Senders
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.channel import HttpAuth, OAuth2
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable

from local.standins import Fault, StandIns
from tests.channels.example import target

SECRET = "FAKE-s cret&1"
GRANT = OAuth2(
    client_id="re:lay",
    secret="client",
    token_url="https://id.example.com/token",
    scopes=("a", "b"),
    params={"audience": "hooks"},
)
BASIC = f"Basic {base64.b64encode(b're%3Alay:FAKE-s+cret%261').decode()}"


def answer(status: int = 200, **said: Any) -> Response:
    return Response(status=status, headers={}, text=json.dumps(said))


class Endpoint:
    """A token endpoint that answers as it is said, at a time that is set."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], Mapping[str, str]]] = []
        self.now = 1_000.0
        self.tokens = AccessTokens(lambda: self.now)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        self.asked.append((url, dict(parse_qsl(body.decode())), headers))
        return self.answers.pop(0)

    def header(self, secret: str = SECRET) -> str:
        return self.tokens.header(GRANT, secret, peer="the token endpoint of the webhook", post=self.post)


def test_a_token_is_asked_for_with_scopes_and_parameters_by_the_client() -> None:
    endpoint = Endpoint(answer(access_token="T-1", token_type="bearer", expires_in=3600))
    assert endpoint.header() == "Bearer T-1"
    ((url, form, headers),) = endpoint.asked
    assert url == "https://id.example.com/token"
    assert form == {"grant_type": "client_credentials", "scope": "a b", "audience": "hooks"}
    assert headers["Authorization"] == BASIC
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_server_that_wants_the_secret_in_the_form_gets_it_there() -> None:
    endpoint = Endpoint(answer(401, error="invalid_client"), answer(access_token="T-1"))
    assert endpoint.header() == "Bearer T-1"
    _, form, headers = endpoint.asked[1]
    assert (form["client_id"], form["client_secret"]) == ("re:lay", SECRET)
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("expires_in", "kept", "ended"),
    [(3600, 3589, 3591), ("60", 49, 51), (None, 289, 291), ("soon", 289, 291), (5, None, 1), (float("inf"), 289, 291)],
)
def test_a_token_is_kept_until_just_before_it_ends(expires_in: Any, kept: int | None, ended: int) -> None:
    endpoint = Endpoint(answer(access_token="T-1", expires_in=expires_in), answer(access_token="T-2"))
    assert endpoint.header() == "Bearer T-1"
    if kept:
        endpoint.now = 1_000.0 + kept
        assert endpoint.header() == "Bearer T-1"
    endpoint.now = 1_000.0 + ended
    assert endpoint.header() == "Bearer T-2"


def test_another_version_of_the_secret_has_a_token_of_its_own() -> None:
    endpoint = Endpoint(answer(access_token="T-1"), answer(access_token="T-2"))
    assert [endpoint.header(), endpoint.header("FAKE-2"), endpoint.header()] == [
        "Bearer T-1",
        "Bearer T-2",
        "Bearer T-1",
    ]


@pytest.mark.parametrize("was_taken", [True, False])
def test_a_refused_token_is_forgotten(was_taken: bool) -> None:
    endpoint = Endpoint(answer(access_token="T-1"), answer(access_token="T-2"))
    header = endpoint.header()
    if was_taken:
        endpoint.tokens.taken(header)
    assert endpoint.tokens.refused(header) is was_taken
    assert endpoint.header() == "Bearer T-2"


@pytest.mark.parametrize(
    ("response", "kind", "text"),
    [
        (answer(401), AuthDead, "answered 401 (key client)"),
        (answer(400, error="invalid_client"), AuthDead, "answered 400: invalid_client (key client)"),
        (answer(401, error="access_denied"), AuthDead, "answered 401: access_denied (key client)"),
        (answer(400, error="invalid_scope"), Permanent, "answered 400: invalid_scope"),
        (answer(400, error=f"about {SECRET}", error_description=SECRET), Permanent, "answered 400"),
        (answer(400, error=["no", "text"]), Permanent, "answered 400"),
        (answer(404), Permanent, "answered 404"),
        (answer(302), Permanent, "answered 302, a redirect, which is not followed"),
        (answer(429), RateLimited, "answered 429"),
        (answer(503), Retryable, "answered 503"),
        (answer(200), Retryable, "answered 200 without its `access_token`"),
        (answer(200, access_token="two words"), Retryable, "answered 200 without its `access_token`"),
        (answer(200, access_token="T", token_type=7), Retryable, "answered 200 without its `access_token`"),
    ],
)
def test_a_refusal_has_its_reason_and_no_secret(response: Response, kind: type[DeliveryFailure], text: str) -> None:
    endpoint = Endpoint(response, response)
    with pytest.raises(kind) as caught:
        endpoint.header()
    assert caught.value.text == f"the token endpoint of the webhook {text}"
    assert not getattr(caught.value, "ambiguous", False)


def test_a_webhook_gets_the_token_and_one_that_is_revoked_is_asked_for_anew() -> None:
    auth = HttpAuth(oauth2=GRANT)
    hook = target(WebhookSettings(url="https://hooks.example.com/in", url_key="", max_alerts=0, auth=auth))
    given: dict[str, Any] = {"key": Key("client", SECRET, "v1"), "notification_id": "n-1", "timeout": 600}
    with StandIns(kinds=["webhook"]) as peers:
        sender = Senders(Network(endpoints=peers.endpoints))["webhook"]
        assert sender.key_name(hook) == "client"
        sender.send({"status": "firing"}, hook, **given)
        peers.fail("webhook", Fault(kind="status", status=401), times=2)
        with pytest.raises(Retryable, match="answered 401: the access token does not hold any more"):
            sender.send({"status": "firing"}, hook, **given)
        with pytest.raises(AuthDead, match=r"answered 401 \(key client\)"):
            sender.send({"status": "firing"}, hook, **given)
        sender.send({"status": "firing"}, hook, **given)
        assert [request.answered for request in peers.requests] == ["200", "401", "401", "200"]
