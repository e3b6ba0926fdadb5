"""What `http_config` of a receiver authorizes a call by: a token, a user with a password, client
credentials of OAuth 2, headers.

Source: prometheus/common config/http_config.go and config/headers.go.
"""

from __future__ import annotations

import re

from alertrelay.config.channel import HttpAuth, OAuth2

from compiler.alertmanager.kinds.reading import check_url
from compiler.alertmanager.secretkeys import HARMLESS, HTTP_CONFIG, SecretKeyPaths
from compiler.reading.section import Section, check_texts, keys

AUTHORIZATIONS = ("authorization", "basic_auth", "bearer_token", "bearer_token_file", "oauth2")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"Content-Length", "Content-Type", "Host", "Transfer-Encoding", "X-Request-Id", "X-Alertrelay-Hop"})
_HEADER_KEYS = keys("values secrets files")
_TRANSPORT = keys("tls_config proxy_url no_proxy proxy_from_environment proxy_connect_header")
_ASSERTION = keys(
    "grant_type client_certificate_key_id client_certificate_key client_certificate_key_file signature_algorithm iss "
    "audience claims"
)
_OAUTH2 = (
    *keys("client_id client_secret client_secret_file scopes token_url endpoint_params"),
    *_TRANSPORT,
    *_ASSERTION,
)


def read_http_auth(section: Section, secrets: SecretKeyPaths) -> HttpAuth:
    """Return what the receiver's own `http_config` authorizes by; faults are findings and count as absent."""
    http = section.section("http_config", HTTP_CONFIG)
    if http is None:
        return HttpAuth()
    secrets.check_http(http)
    ways = [key for key in AUTHORIZATIONS if http.has(key)]
    if len(ways) > 1:
        message = f"{' and '.join(map(repr, ways))} exclude each other"
        http.findings.error(http.at(ways[1]), "one-of", message, f"keep {ways[0]!r}")
    for key in http.items:
        if key not in (*AUTHORIZATIONS, "http_headers", *HARMLESS):
            http.findings.not_obeyed(http.at(key), repr(key))
    headers, secret_headers = _headers(http, secrets)
    kind, key, username = _authorization(http, secrets)
    return HttpAuth(
        type=kind,
        key=key,
        username=username,
        headers=headers,
        secret_headers=secret_headers,
        oauth2=_oauth2(http, secrets),
    )


def _authorization(http: Section, secrets: SecretKeyPaths) -> tuple[str, str, str]:
    """Returns the type of a token, the key of the secret that holds it or a password, and the user."""
    if http.has("bearer_token") or http.has("bearer_token_file"):
        return "Bearer", secrets.one_of(http, "bearer_token"), ""
    if inner := http.section("authorization", keys("type credentials credentials_file")):
        return inner.text("type", "Bearer").strip(), _needed(inner, "credentials", secrets), ""
    inner = http.section("basic_auth", keys("username username_file password password_file"))
    if inner is None:
        return "Bearer", "", ""
    if inner.has("username_file"):
        mend = "write `username: …`: a user's name is no secret"
        inner.findings.error(inner.at("username_file"), "unsupported", "'username_file' is not read", mend)
    user = inner.text("username")
    if ":" in user:
        message = "a server reads a user up to the first colon (RFC 7617)"
        inner.findings.warning(inner.at("username"), "bad-value", message, "write the user without one")
    # A password may stand alone: Opsgenie's heartbeats take their key so.
    return "Bearer" if user else "Basic", _needed(inner, "password", secrets), user


def _oauth2(http: Section, secrets: SecretKeyPaths) -> OAuth2 | None:
    """Returns the client credentials, None where there are none or they are faulty."""
    inner = http.section("oauth2", _OAUTH2)
    if inner is None:
        return None
    secrets.tls_config(inner)
    for key in inner.items:
        if key in _ASSERTION and (key != "grant_type" or inner.text(key) not in ("", "client_credentials")):
            mend = "use `client_secret_file`, or send to an address that takes a token"
            inner.findings.error(inner.at(key), "unsupported", f"{key!r}: alertrelay signs no assertion", mend)
        elif key in _TRANSPORT:
            inner.findings.not_obeyed(inner.at(key), repr(key))
    for key, mend in (("client_id", "add `client_id: …`"), ("token_url", "add `token_url: https://…`")):
        if not inner.text(key):
            inner.require(key, mend)
    if inner.text("token_url"):
        check_url(inner, "token_url", template_is_named=False)
    params = inner.mapping("endpoint_params")
    check_texts(params.values(), inner.findings)
    return OAuth2(
        client_id=inner.text("client_id"),
        secret=_needed(inner, "client_secret", secrets),
        token_url=inner.text("token_url"),
        scopes=inner.strings("scopes"),
        params={name: value.text for name, value in params.items()},
    )


def _needed(inner: Section, name: str, secrets: SecretKeyPaths) -> str:
    key = secrets.one_of(inner, name)
    if not inner.has(name) and not inner.has(f"{name}_file"):
        inner.require(f"{name}_file", f"add `{name}_file: /etc/alertmanager/secrets/NAME`")
    return key


def _headers(http: Section, secrets: SecretKeyPaths) -> tuple[dict[str, str], dict[str, str]]:
    """Returns headers with their values, and those with secret values with the keys of these. Several values go as one
    line with commas, which a server reads as as many lines (RFC 9110, 5.3)."""
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    for name, value in http.mapping("http_headers").items():
        if not _HEADER.fullmatch(name) or name.title() in _OURS:
            mend = "use another name" if _HEADER.fullmatch(name) else "a name of letters, digits and -"
            http.findings.error(value.place, "bad-value", f"{name!r} cannot be set as a header", mend)
            continue
        inner = Section(value, http.findings)
        for unknown in set(inner.items) - set(_HEADER_KEYS):
            http.findings.error(inner.at(unknown), "unknown-key", f"{unknown!r} is not a key here", "values or files")
        if inner.has("secrets"):
            write = (
                "add /etc/alertmanager/secrets/NAME to `files`"
                if inner.has("files")
                else "write `files: [/etc/alertmanager/secrets/NAME]`"
            )
            mend = f"{write} and put it in the secret as NAME"
            http.findings.error(inner.at("secrets"), "inline-secret", "'secrets' holds secrets in plain text", mend)
        if values := inner.strings("values"):
            plain[name] = ", ".join(values)
        if files := inner.list("files"):
            secret[name] = " ".join(secrets.named(file.text, file.place) for file in files)
    return plain, secret
