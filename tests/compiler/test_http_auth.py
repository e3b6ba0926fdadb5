"""What `http_config` of a webhook authorizes a call by, and what arrives at its receiver."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.channels.transport.service import Call, authorized
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.channel import HttpAuth, OAuth2
from alertrelay.ports import AuthDead, Key

from tests.channels.example import read, target

URL = "url: 'https://hooks.example.com/in', http_config: "
ALONE = base64.b64encode(b":FAKE-3").decode()
BASIC = base64.b64encode(b"relay:FAKE-pass word").decode()
GRANT = "{oauth2: {client_id: a, token_url: 'https://t.example.com/token', %s}}"
GRANTED = GRANT % "client_secret_file: /s/c"
CLIENT = OAuth2(client_id="a", secret="c", token_url="https://t.example.com/token")
SEVERAL = HttpAuth(headers={"X-Key": "v"}, secret_headers={"X-Key": "k l"})


def settings(http_config: str) -> WebhookSettings:
    (found,), findings = read("webhook", URL + http_config)
    assert isinstance(found, WebhookSettings)
    assert [one.code for one in findings if one.severity == "error"] == []
    return found


@pytest.mark.parametrize(
    ("http_config", "auth"),
    [
        ("{authorization: {credentials_file: /s/hook_token}}", HttpAuth(key="hook_token")),
        ("{authorization: {type: Token, credentials_file: /s/t}}", HttpAuth(type="Token", key="t")),
        ("{bearer_token_file: /s/t}", HttpAuth(key="t")),
        ("{basic_auth: {username: relay, password_file: /s/pass}}", HttpAuth(username="relay", key="pass")),
        ("{basic_auth: {password_file: /s/pass}}", HttpAuth(type="Basic", key="pass")),
        ("{http_headers: {X-Team: {values: [a, b]}}}", HttpAuth(headers={"X-Team": "a, b"})),
        ("{http_headers: {X-Key: {files: [/s/k]}}}", HttpAuth(secret_headers={"X-Key": "k"})),
        ("{http_headers: {X-Key: {values: [v], files: [/s/k, /s/l]}}}", SEVERAL),
        (GRANTED, HttpAuth(oauth2=CLIENT)),
        (
            GRANT % "client_secret_file: /s/c, scopes: [x, y], endpoint_params: {audience: b}",
            HttpAuth(oauth2=replace(CLIENT, scopes=("x", "y"), params={"audience": "b"})),
        ),
        ("{follow_redirects: false}", HttpAuth()),
    ],
)
def test_each_way_is_read(http_config: str, auth: HttpAuth) -> None:
    assert settings(http_config).auth == auth


@pytest.mark.parametrize(
    ("http_config", "code", "key"),
    [
        ("{authorization: {credentials: x}}", "inline-secret", "authorization.credentials"),
        ("{authorization: {type: Token}}", "missing-key", "authorization.credentials_file"),
        ("{basic_auth: {username: a, password: x}}", "inline-secret", "basic_auth.password"),
        ("{basic_auth: {username: a}}", "missing-key", "basic_auth.password_file"),
        ("{basic_auth: {username_file: /s/u, password_file: /s/p}}", "unsupported", "basic_auth.username_file"),
        ("{bearer_token: x}", "inline-secret", "bearer_token"),
        ("{oauth2: {client_id: a}}", "missing-key", "oauth2.token_url"),
        ("{oauth2: {token_url: 'https://t.example.com', client_secret_file: /s/c}}", "missing-key", "oauth2.client_id"),
        ("{oauth2: {client_id: a, token_url: t, client_secret_file: /s/c}}", "bad-value", "oauth2.token_url"),
        (GRANT % "client_secret: x", "inline-secret", "oauth2.client_secret"),
        (GRANT % "scopes: []", "missing-key", "oauth2.client_secret_file"),
        (GRANT % "client_secret_file: /s/c, grant_type: jwt", "unsupported", "oauth2.grant_type"),
        (GRANT % "client_certificate_key_file: /s/c", "unsupported", "oauth2.client_certificate_key_file"),
        (GRANT % "client_secret_file: /s/c, scope: a", "unknown-key", "oauth2.scope"),
        (f"{GRANTED[:-1]}, bearer_token_file: /s/u}}", "one-of", "oauth2"),
        ("{authorization: {credentials_file: /s/t}, bearer_token_file: /s/u}", "one-of", "bearer_token_file"),
        ("{http_headers: {X-Key: {secrets: [x]}}}", "inline-secret", "http_headers.X-Key.secrets"),
        ("{http_headers: {X-Key: {files: [/s/a, '/s/b?']}}}", "bad-secret-path", "http_headers.X-Key.files[1]"),
        ("{http_headers: {X-Key: {value: [x]}}}", "unknown-key", "http_headers.X-Key.value"),
        ("{http_headers: {Content-Length: {values: ['1']}}}", "bad-value", "http_headers.Content-Length"),
        ("{http_headers: {'X Key': {values: ['1']}}}", "bad-value", "http_headers.X Key"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_key_and_not_shown(http_config: str, code: str, key: str) -> None:
    errors = [one for one in read("webhook", URL + http_config)[1] if one.severity == "error"]
    assert (code, f"receivers[0].webhook_configs[0].http_config.{key}") in [(one.code, one.key) for one in errors]
    assert all(one.mend for one in errors)


def test_a_user_with_a_colon_is_sent_as_it_stands_with_a_warning() -> None:
    (found,), findings = read("webhook", URL + "{basic_auth: {username: ':', password_file: /s/p}}")
    assert isinstance(found, WebhookSettings)
    assert found.auth.username == ":"
    assert ("warning", "bad-value") in [(one.severity, one.code) for one in findings]


def sent_headers(found: WebhookSettings, secrets: Mapping[str, str]) -> Mapping[str, str]:
    """The headers by which a call is authorized."""
    call = Call(
        peer="the webhook",
        settings=found,
        secrets=secrets,
        key_name=found.key_name,
        network=Network(),
        notification_id="n-1",
        timeout=1,
        earlier={},
        edit=False,
        started=0.0,
    )
    return authorized(call, found.auth)


@pytest.mark.parametrize(
    ("http_config", "secrets", "header", "value"),
    [
        ("{authorization: {credentials_file: /s/t}}", {"t": "FAKE-1"}, "Authorization", "Bearer FAKE-1"),
        ("{authorization: {type: Token, credentials_file: /s/t}}", {"t": "FAKE-1"}, "Authorization", "Token FAKE-1"),
        (
            "{basic_auth: {username: relay, password_file: /s/p}}",
            {"p": "FAKE-pass word"},
            "Authorization",
            f"Basic {BASIC}",
        ),
        ("{basic_auth: {password_file: /s/p}}", {"p": "FAKE-3"}, "Authorization", f"Basic {ALONE}"),
        ("{http_headers: {X-Team: {values: [a, b]}}}", {}, "X-Team", "a, b"),
        ("{http_headers: {X-Key: {files: [/s/k]}}}", {"k": "FAKE-2"}, "X-Key", "FAKE-2"),
        (
            "{http_headers: {X-Key: {values: [v], files: [/s/k, /s/l]}}}",
            {"k": "FAKE-2", "l": "FAKE-3"},
            "X-Key",
            "v, FAKE-2, FAKE-3",
        ),
    ],
)
def test_a_call_carries_what_its_receiver_wants(
    http_config: str, secrets: Mapping[str, str], header: str, value: str
) -> None:
    assert sent_headers(settings(http_config), secrets) == {header: value}


@pytest.mark.parametrize("token", ["two words", "line\nend", "ümlaut"])
def test_a_token_that_is_no_header_is_dead_without_asking_anybody(token: str) -> None:
    found = settings("{authorization: {credentials_file: /s/t}}")
    with pytest.raises(AuthDead) as caught:
        Senders(Network())["webhook"].send({}, target(found), key=Key("t", token, "v"), notification_id="n", timeout=1)
    assert token not in caught.value.text


@pytest.mark.parametrize(
    ("kind", "code", "mend"),
    [
        ("msteams_configs", "unsupported-receiver", "msteamsv2_configs"),
        ("wechat_configs", "unsupported-receiver", "wecom_robot"),
        ("telegramm_configs", "unknown-key", "did you mean 'telegram_configs'?"),
        ("opsgeni_config", "unknown-key", "did you mean 'opsgenie_configs'?"),
    ],
)
def test_a_kind_that_is_not_served_or_spelt_wrongly_has_its_mend(kind: str, code: str, mend: str) -> None:
    found = [one for one in read("webhook", f"url_file: /s/k}}]\n    {kind}: [{{a: b")[1] if one.severity == "error"]
    assert [one.code for one in found] == [code]
    assert mend in found[0].mend
