"""What `http_config` of a receiver authorizes a call by: a token, a user with a password, headers.

Source: prometheus/common config/http_config.go and config/headers.go.
"""

from __future__ import annotations

import re

from alertrelay.config.channel import HttpAuth

from compiler.alertmanager.secretkeys import HARMLESS, HTTP_CONFIG, SecretKeyPaths
from compiler.reading.section import Section, keys

AUTHORIZATIONS = ("authorization", "basic_auth", "bearer_token", "bearer_token_file", "oauth2")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"Content-Length", "Content-Type", "Host", "Transfer-Encoding", "X-Request-Id", "X-Alertrelay-Hop"})
_HEADER_KEYS = keys("values secrets files")


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
        if key == "oauth2":
            mend = "use `authorization`, or send to an address that takes a token"
            http.findings.error(http.at(key), "unsupported", "'oauth2' is not supported by alertrelay", mend)
        elif key not in (*AUTHORIZATIONS, "http_headers", *HARMLESS):
            http.findings.not_obeyed(http.at(key), repr(key))
    headers, secret_headers = _headers(http, secrets)
    kind, key, username = _authorization(http, secrets)
    return HttpAuth(type=kind, key=key, username=username, headers=headers, secret_headers=secret_headers)


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


def _needed(inner: Section, name: str, secrets: SecretKeyPaths) -> str:
    key = secrets.one_of(inner, name)
    if not inner.has(name) and not inner.has(f"{name}_file"):
        inner.require(f"{name}_file", f"add `{name}_file: /etc/alertmanager/secrets/NAME`")
    return key


def _headers(http: Section, secrets: SecretKeyPaths) -> tuple[dict[str, str], dict[str, str]]:
    """Returns headers with their values, and those whose value is a secret with its key."""
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
            mend = "write `files: [/etc/alertmanager/secrets/NAME]` and put it in the secret as NAME"
            http.findings.error(inner.at("secrets"), "inline-secret", "'secrets' holds secrets in plain text", mend)
        if values := inner.strings("values"):
            plain[name] = ", ".join(values)
        if files := inner.list("files"):
            secret[name] = secrets.named(files[0].text, files[0].place)
            if len(files) > 1 or name in plain:
                mend = "keep one file alone"
                http.findings.error(inner.at("files"), "unsupported", "a header has one secret value here", mend)
    return plain, secret
