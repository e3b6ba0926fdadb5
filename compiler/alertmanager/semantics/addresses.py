"""Finds addresses that no function reaches: this machine, a private network, a name of a cluster.

The functions stand in no VPC. Only the host is named in a finding: the rest of an address can be a secret.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from alertrelay.channels import KINDS, channel

from compiler.reading.section import Section
from compiler.reading.yamlfile import Value

_INSIDE = (".local", ".internal", ".svc", ".lan", ".localdomain", ".localhost", ".home.arpa", ".test", ".invalid")
_OTHERS = ("proxy_url", "title_link", "url", "icon_url", "image_url", "thumb_url", "href", "src", "generator_url")
_DECIDING = {channel(kind).configs: {key.name for key in channel(kind).keys if key.use == "decides"} for kind in KINDS}


def check_addresses(root: Section, *, smtp: bool) -> None:
    """Adds the findings on all addresses to which notifications go; `smtp`: mail goes by the file's mail servers."""
    for key in ("global", "receivers"):
        value = root.get(key)
        for name, place in _addresses(value, "") if value else ():
            if not smtp and name.endswith("smarthost"):
                continue
            host = _host(place.text)
            if host and _is_inside(host):
                message = f"no function reaches {host!r}: it is a private name or address"
                mend = "use an address of the internet, or leave it to an Alertmanager in that network"
                root.findings.warning(place.place, "unreachable-address", message, mend)


def _addresses(value: Value, parent: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value.data, tuple):
        for item in value.data:
            yield from _addresses(item, parent)
    elif isinstance(value.data, Mapping):
        for name, item in value.data.items():
            if isinstance(item.data, tuple | Mapping):
                yield from _addresses(item, name)
            elif _is_address(name, parent):
                yield name, item


def _is_address(name: str, parent: str) -> bool:
    """Returns whether messages go to what stands behind a key."""
    if name == "url":
        return name in _DECIDING.get(parent, ())
    return name.endswith(("_url", "smarthost")) and name not in _OTHERS


def _host(address: str) -> str:
    """Returns the host of a web address or of host:port, "" for one that a template or nothing names."""
    if "{{" in address:
        return ""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        return (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_INSIDE) or ".svc." in f"{host}."
