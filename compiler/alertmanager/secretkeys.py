"""Reads the names of secrets in alertmanager.yml: given by `*_file`, never written down.

A path names a key of the environment's secret by its last segment, so the same file serves Alertmanager on a host
(where the path is a file) and us.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from compiler.reading.finding import Findings, Place
from compiler.reading.formats import warn_of_random_name
from compiler.reading.section import Section, keys
from compiler.reading.tokens import looks_like_token

_NAME = re.compile(r"[A-Za-z0-9_.-]+")

HTTP_CONFIG = keys(
    "authorization basic_auth oauth2 bearer_token bearer_token_file tls_config proxy_url no_proxy "
    "proxy_from_environment proxy_connect_header follow_redirects enable_http2 http_headers"
)
_HTTP_SECRETS = ("authorization", "basic_auth", "oauth2", "bearer_token", "bearer_token_file", "http_headers")
_HTTP_FLAGS = ("follow_redirects", "enable_http2", "proxy_from_environment")
_TLS_CONFIG = keys("ca cert key ca_file cert_file key_file server_name insecure_skip_verify min_version max_version")
HARMLESS = ("follow_redirects", "enable_http2")


@dataclass(slots=True)
class SecretKeyPaths:
    """The paths named so far, by last segment, and where each stood first."""

    findings: Findings
    _paths: dict[str, tuple[str, Place]] = field(default_factory=dict)

    def name(self, section: Section, key: str) -> str:
        """Returns the key of the secret that `key`, a `*_file`, names; "" where it is absent or wrong."""
        path = section.text(key)
        return self.named(path, section.at(key)) if path else ""

    def named(self, path: str, place: Place) -> str:
        """Returns the key of the secret that a path names; "" where it names none."""
        last = posixpath.basename(path)
        if not _NAME.fullmatch(last) or looks_like_token(last):
            mend = "end the path in letters, digits, _ . or -, as in /etc/alertmanager/secrets/pagerduty_key"
            message = "the path names no key of the secret (it is not shown: it may be the secret itself)"
            self.findings.error(place, "bad-secret-path", message, mend)
            return ""
        if last not in self._paths:
            warn_of_random_name(last, place, self.findings)
        first, where = self._paths.setdefault(last, (posixpath.normpath(path), place))
        if first != posixpath.normpath(path):
            message = f"{path!r} and {first!r} (line {where.line}) both name the key {last!r} of the secret"
            self.findings.error(place, "secret-name-clash", message, "give one of them another last segment")
        return last

    def one_of(self, section: Section, key: str, *, inline: bool = False) -> str:
        """Returns the name as `name` does for `<key>_file`, after refusing `key` itself: a secret does not stand in a
        file.

        With `inline` the caller deals with a value that stands inline.
        """
        file_key = f"{key}_file"
        if section.has(key) and section.has(file_key):
            message = f"{key!r} and {file_key!r} exclude each other"
            self.findings.error(section.at(key), "one-of", message, f"keep {file_key!r}")
        elif section.has(key) and not inline:
            self.refuse(section, key)
        return self.name(section, file_key)

    def refuse(self, section: Section, key: str, instead: str = "") -> None:
        """The finding for a secret that stands inline. Its value is not shown."""
        mend = f"write `{instead or key + '_file'}: /etc/alertmanager/secrets/NAME` and put it in the secret as NAME"
        self.findings.error(section.at(key), "inline-secret", f"{key!r} holds a secret in plain text", mend)

    def http_config(self, section: Section, *, bearer: bool = False) -> str:
        """Checks an `http_config`; with `bearer` returns the key that `authorization.credentials_file` names."""
        inner = section.section("http_config", HTTP_CONFIG)
        if inner is None:
            return ""
        credentials = ""
        self.check_http(inner)
        for key in inner.items:
            if key == "authorization" and bearer:
                credentials = self._authorization(inner)
            elif key in _HTTP_SECRETS:
                self._inline_in(inner, key)
                message = f"{key!r} is not sent by alertrelay, so this call would be refused"
                self.findings.error(
                    inner.at(key), "unsupported", message, "remove it, or send to an address without it"
                )
            elif key not in HARMLESS:
                self.findings.not_obeyed(inner.at(key), repr(key))
        return credentials

    def tls_config(self, section: Section, key: str = "tls_config") -> None:
        """Checks the keys; a private key that stands inline is refused."""
        inner = section.section(key, _TLS_CONFIG)
        if inner is None:
            return
        inner.flag("insecure_skip_verify", default=False)
        if inner.has("key"):
            self.refuse(inner, "key")

    def check_http(self, http: Section) -> None:
        """Checks for values that Alertmanager always refuses."""
        self.tls_config(http)
        for key in _HTTP_FLAGS:
            http.flag(key, default=False)
        if http.has("bearer_token") and http.has("bearer_token_file"):
            message = "'bearer_token' and 'bearer_token_file' exclude each other"
            self.findings.error(http.at("bearer_token"), "one-of", message, "keep 'bearer_token_file'")
        authorization = http.get("authorization")
        kind = Section(authorization, self.findings).text("type") if authorization else ""
        if kind.strip().lower() == "basic":
            self.findings.error(http.at("authorization"), "bad-value", "'Basic' is spelt otherwise", "use `basic_auth`")

    def _authorization(self, http: Section) -> str:
        inner = http.section("authorization", ("type", "credentials", "credentials_file"))
        if inner is None:
            return ""
        if inner.text("type", "Bearer").lower() != "bearer":
            self.findings.error(inner.at("type"), "bad-value", "a Slack token is sent as Bearer", "remove `type`")
        return self.one_of(inner, "credentials")

    def _inline_in(self, http: Section, key: str) -> None:
        if key == "bearer_token":
            self.refuse(http, key)
        secret = {"authorization": "credentials", "basic_auth": "password", "oauth2": "client_secret"}.get(key)
        value = http.get(key)
        if secret and value and Section(value, self.findings).has(secret):
            self.refuse(Section(value, self.findings), secret)
