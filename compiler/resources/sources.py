"""Reads `sources` of an environment's file: the servers that post here, for `check --live` to try."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.reading.formats import WEB_ADDRESS, secret_key_of
from compiler.reading.section import Section, keys

KEYS = keys("kind url token_key")
KINDS = ("prometheus", "alertmanager")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A Prometheus or an Alertmanager by its address. `token_key` names the key of the secret that holds the bearer
    token that it asks for, "" where it asks for none."""

    kind: str
    url: str
    token_key: str = ""


def sources_of(section: Section) -> tuple[Source, ...]:
    """Reads the list; faults are findings, and their entries are left out."""
    found = []
    for one in section.sections("sources", KEYS):
        url, token = one.get("url"), one.get("token_key")
        if not (one.require("kind", "prometheus or alertmanager") and one.require("url", "https://…") and url):
            continue
        kind = one.string("kind")
        if kind not in KINDS:
            mend = f"one of {', '.join(KINDS)}"
            one.findings.error(one.at("kind"), "bad-value", f"{kind!r} is not a kind of source", mend)
            continue
        address = WEB_ADDRESS(url, one.findings)
        if address:
            key = secret_key_of(token, one.findings, "prometheus_token") if token else ""
            found.append(Source(kind=kind, url=address, token_key=key))
    return tuple(found)
