"""One HTTP request of a probe, bounded in time, whose failures name no address that may be a secret."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from alertrelay import __version__
from alertrelay.config.channel import HttpAuth

from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
NETWORK_MEND = "check the address, its DNS name, the firewall and a proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAnswer:
    """A status and a body; `json` is an object, {} where the body is anything else."""

    status: int
    text: str
    json: Mapping[str, Any]


def ask(
    method: str,
    url: str,
    *,
    name: str,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    json: object = None,
    data: Mapping[str, str] | None = None,
) -> LiveAnswer:
    """Sends one request and returns whatever was answered. Redirects are not followed. Raises NotTaken."""
    try:
        response = requests.request(
            method,
            url,
            headers={"User-Agent": f"alertrelay/{__version__}", **(headers or {})},
            auth=auth,
            json=json,
            data=data,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
    except requests.exceptions.SSLError:
        raise NotTaken(
            "not reached", f"{name}: its certificate is not valid here", "renew it, or trust its CA"
        ) from None
    except requests.exceptions.Timeout:
        text = f"{name} did not answer within {READ_SECONDS:.0f} s"
        raise NotTaken("not reached", text, NETWORK_MEND) from None
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
        text = f"{name}: https://… was expected, and the key or the file holds no address"
        raise NotTaken("refused", text, "write the whole address") from None
    except (requests.exceptions.RequestException, UnicodeError):
        raise NotTaken("not reached", f"{name} cannot be reached", NETWORK_MEND) from None
    try:
        body = response.json()
    except ValueError:
        body = {}
    return LiveAnswer(
        status=response.status_code, text=response.text[:2000], json=body if isinstance(body, dict) else {}
    )


def authorised(answer: LiveAnswer, *, name: str, key: str) -> LiveAnswer:
    """Returns an answer of 2xx. Raises NotTaken for another: 401 and 403 are about the key."""
    if 200 <= answer.status < 300:
        return answer
    if answer.status in (401, 403):
        mend = f"put a valid value under {key} of the secret" if key else "give it a key that may do this"
        raise NotTaken("not authorised", f"{name} answered {answer.status}", mend)
    if answer.status == 429:
        raise NotTaken("not tried", f"{name} answered 429: too many calls", "try again in a minute")
    raise NotTaken("refused", f"{name} answered {answer.status}", "check its address in the configuration")


def ask_as_configured(method: str, url: str, auth: HttpAuth, values: Values, name: str) -> LiveAnswer:
    """Sends one request with what `http_config` authorizes by. OAuth 2 is not tried: a token would be issued."""
    headers = {
        **auth.headers,
        **{n: " ".join(value_of(values, k) for k in auth.secret_headers[n].split()) for n in auth.secret_headers},
    }
    pair: tuple[str, str] | None = None
    if auth.oauth2:
        text = f"{name} asks for OAuth 2, whose token is not fetched here"
        raise NotTaken("not tried", text, "try it with a message: alertrelay send-test")
    if auth.username:
        pair = (auth.username, value_of(values, auth.key) if auth.key else "")
    elif auth.key:
        headers["Authorization"] = f"{auth.type} {value_of(values, auth.key)}"
    answer = ask(method, url, name=name, headers=headers, auth=pair)
    return authorised(answer, name=name, key=auth.key)


def connect(url: str, *, name: str) -> str:
    """Opens a connection to the host of an address, with TLS where it has it, and sends nothing: for what has no
    request without an effect. Raises NotTaken."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError:
        host, port = "", 0
    if not host or parts.scheme not in ("http", "https"):
        raise NotTaken("refused", f"{name}: https://… was expected, and no address came", "write the whole address")
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as open_socket:
            if parts.scheme == "https":
                ssl.create_default_context().wrap_socket(open_socket, server_hostname=host).close()
    except ssl.SSLError:
        raise NotTaken(
            "not reached", f"{host}: its certificate is not valid here", "renew it, or trust its CA"
        ) from None
    except (OSError, UnicodeError):
        raise NotTaken("not reached", f"{host}:{port} cannot be reached", NETWORK_MEND) from None
    return f"{host}:{port} takes connections; nothing was sent, so its key is not known to hold"


def word(value: object) -> str:
    """Returns a service's word, cut, without anything that does not print."""
    return "".join(char for char in str(value or "an answer without a word") if char.isprintable())[:60]
