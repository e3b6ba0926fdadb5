"""Reads the server and the entries of Prometheus in anomaly.yml: `prometheus`, and those of `source: prometheus`."""

from __future__ import annotations

import ipaddress
import re
from typing import get_args
from urllib.parse import urlsplit

from alertrelay.config.watch import Authentication, PrometheusServer, Source, Watch

from compiler.reading.finding import did_you_mean
from compiler.reading.formats import WEB_ADDRESS, secret_key_of
from compiler.reading.section import Section, keys

SERVER_KEYS = keys("address authentication secret_key region")
NAMESPACE = "Prometheus"
"""Of its metrics, in alerts."""
_CLOUDWATCH_ALONE = ("namespace", "dimensions", "tags", "statistic", "expression", "inputs")
_AMAZON = re.compile(r"aps-workspaces\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")


def server_of(section: Section) -> PrometheusServer | None:
    """Reads the server; faults are findings. None where the file names none, or none that could be asked."""
    found = section.section("prometheus", SERVER_KEYS)
    if found is None:
        return None
    address = _address(found)
    host = urlsplit(address).hostname or ""
    amazon = _AMAZON.fullmatch(host)
    authentication = _authentication(found, "sigv4" if amazon else "none")
    server = PrometheusServer(
        address=address,
        authentication=authentication,
        secret_key=_secret_key(found, authentication),
        region=found.string("region", amazon[1] if amazon else ""),
    )
    if amazon and not re.search(r"/workspaces/ws-[A-Za-z0-9-]+$", address):
        message = "an address of Amazon Managed Prometheus ends with its workspace"
        mend = f"as in https://{host}/workspaces/ws-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
        found.findings.error(found.at("address"), "bad-value", message, mend)
    if authentication == "sigv4" and not server.region:
        found.require("region", "add `region: eu-central-1`: requests are signed for it")
    if address and authentication != "none" and urlsplit(address).scheme != "https" and not _is_local(host):
        message = "a key would go over http, where anybody on the way can read it"
        found.findings.error(found.at("address"), "bad-value", message, f"write https://{host}")
    return server if address else None


def source_of(item: Section) -> Source:
    """Reads where an entry's metrics come from."""
    text = item.string("source", "cloudwatch")
    if text not in get_args(Source):
        mend = did_you_mean(text, get_args(Source), "cloudwatch or prometheus")
        item.findings.error(item.at("source"), "bad-value", f"{text!r} is not a source of metrics", mend)
    if text == "prometheus":
        return "prometheus"
    if item.has("query"):
        message = "a query stands here, and CloudWatch is asked for metrics"
        item.findings.error(item.at("query"), "bad-value", message, "add `source: prometheus`, or remove the query")
    return "cloudwatch"


def query_of(item: Section) -> str:
    """Reads the query of an entry of Prometheus, and says what of CloudWatch has no meaning there."""
    for key in _CLOUDWATCH_ALONE:
        if item.has(key):
            message = f"{key} is CloudWatch's: a query in PromQL says it itself"
            item.findings.error(item.at(key), "bad-value", message, f"remove {key}")
    item.require("metric", "add `metric: error_ratio`: the name of the query's result in alerts")
    if not item.require("query", "add `query: sum by (service) (rate(http_requests_total[5m]))`"):
        return ""
    text = item.string("query")
    _check_query(item, text)
    return text


def check_server(section: Section, watches: tuple[Watch, ...], server: PrometheusServer | None) -> None:
    """An entry of Prometheus needs a server, and a server that nobody asks is left over."""
    asked = next((watch.name for watch in watches if watch.source == "prometheus"), "")
    if asked and server is None and not section.has("prometheus"):
        message = f"the entry {asked} asks Prometheus, and the file does not say where it is"
        mend = "add `prometheus: {address: https://prometheus.example.com}`"
        section.findings.error(section.at("prometheus"), "missing-key", message, mend)
    if server and not asked:
        message = "no entry has `source: prometheus`, so nobody asks this server"
        section.findings.warning(section.at("prometheus"), "unused", message, "remove it, or add an entry")


def _address(found: Section) -> str:
    if not found.require("address", "add `address: https://prometheus.example.com`"):
        return ""
    value = found.get("address")
    text = WEB_ADDRESS(value, found.findings).rstrip("/") if value else ""
    for end in ("/api/v1", "/api/v1/query_range", "/api/v1/query"):
        text = text.removesuffix(end)
    if "@" in urlsplit(text).netloc:
        message = "a user or a password stands in the address (it is not shown)"
        mend = "write `authentication: basic` and a `secret_key`"
        found.findings.error(found.at("address"), "bad-value", message, mend)
        return ""
    return text


def _authentication(found: Section, default: Authentication) -> Authentication:
    text = found.string("authentication", default)
    known = get_args(Authentication)
    way: Authentication | None = next((word for word in known if word == text), None)
    if way is None:
        mend = did_you_mean(text, known, ", ".join(known))
        found.findings.error(found.at("authentication"), "bad-value", f"{text!r} is no way to be authorised", mend)
    return way or default


def _secret_key(found: Section, authentication: Authentication) -> str:
    value = found.get("secret_key")
    if authentication in ("bearer", "basic"):
        found.require("secret_key", "add `secret_key: prometheus_token`, a key of the environment's secret")
        return secret_key_of(value, found.findings, "prometheus_token") if value else ""
    if value:
        message = f"no key is needed with authentication {authentication}"
        found.findings.error(value.place, "bad-value", message, "remove it, or write `authentication: bearer`")
    return ""


def _check_query(item: Section, text: str) -> None:
    from compiler.rules.promql import PromQLError, parse  # slow to import, and few files have a query

    value = item.get("query")
    try:
        parse(text)
    except PromQLError as error:
        if value:
            place = value.place_at(error.offset)
            item.findings.error(place, "bad-value", f"{text!r} is not PromQL: {error}", error.mend)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
