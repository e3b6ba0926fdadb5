"""Holds the keys of anomaly.yml about Prometheus, and each slip with its mend."""

from __future__ import annotations

import json

import pytest
from alertrelay.config.watch import AnomalyConfig, PrometheusServer

from compiler.anomaly import parse_anomaly
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse

SERVER = "prometheus: {address: https://p.example.com/, authentication: bearer, secret_key: prometheus_token}\n"
ENTRY = "watch:\n  - name: errors\n    source: prometheus\n    metric: error_ratio\n"
QUERY = "    query: sum by (service) (rate(errors_total[5m]))\n"
WORKSPACE = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-0a1b"


def _read(text: str) -> tuple[AnomalyConfig, tuple[Finding, ...]]:
    findings = Findings()
    root = parse(text, findings, file="anomaly.yml")
    config = parse_anomaly(root, findings) if root else None
    assert config is not None
    return config, findings.sorted()


def _server(text: str) -> PrometheusServer | None:
    config, findings = _read(f"prometheus: {text}\n" + ENTRY + QUERY)
    assert findings == ()
    return config.prometheus


def test_an_entry_is_a_query_whose_series_are_its_metrics() -> None:
    config, findings = _read(SERVER + ENTRY + QUERY)
    assert findings == ()
    (watch,) = config.watches
    assert (watch.source, watch.namespace, watch.exact) == ("prometheus", "Prometheus", False)
    assert (watch.metric, watch.expression) == ("error_ratio", "sum by (service) (rate(errors_total[5m]))")
    assert AnomalyConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_an_environment_that_asks_no_prometheus_has_none() -> None:
    config, _ = _read(SERVER + ENTRY + QUERY + "    environments: [prod]\n")
    assert config.for_environment("prod", labels={}, runbook_base_url="").prometheus == config.prometheus
    assert config.for_environment("dev", labels={}, runbook_base_url="").prometheus is None


def test_what_stands_after_the_address_of_the_api_is_left_out() -> None:
    assert _server("{address: 'http://10.0.0.7:9090/prom/api/v1'}") == PrometheusServer(
        address="http://10.0.0.7:9090/prom", authentication="none"
    )


def test_requests_to_amazon_are_signed_for_the_region_of_the_address() -> None:
    assert _server(f"{{address: {WORKSPACE}}}") == PrometheusServer(
        address=WORKSPACE, authentication="sigv4", region="eu-central-1"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY + QUERY, "the file does not say where it is"),
        (SERVER + "watch: [{name: a, namespace: b}]\n", "nobody asks this server"),
        (SERVER + ENTRY, "'query' is missing"),
        (SERVER + ENTRY.replace("    metric: error_ratio\n", "") + QUERY, "'metric' is missing"),
        (SERVER + ENTRY + "    query: sum(rate(errors_total))\n", "is not PromQL"),
        (SERVER + ENTRY + QUERY + "    statistic: Sum\n", "statistic is CloudWatch's"),
        (SERVER + ENTRY.replace("prometheus", "promethius") + QUERY, "'promethius' is not a source"),
        (SERVER + "watch: [{name: a, namespace: b, query: up}]\n", "CloudWatch is asked for metrics"),
        (SERVER.replace("https", "http") + ENTRY + QUERY, "a key would go over http"),
        (SERVER.replace("bearer", "token") + ENTRY + QUERY, "'token' is no way to be authorised"),
        (SERVER.replace(", secret_key: prometheus_token", "") + ENTRY + QUERY, "'secret_key' is missing"),
        (SERVER.replace("bearer", "none") + ENTRY + QUERY, "no key is needed"),
        ("prometheus: {}\n" + ENTRY + QUERY, "'address' is missing"),
        ("prometheus: {address: 'https://p', authentication: sigv4}\n" + ENTRY + QUERY, "'region' is missing"),
        (f"prometheus: {{address: {WORKSPACE.removesuffix('/ws-0a1b')}}}\n" + ENTRY + QUERY, "ends with its workspace"),
    ],
)
def test_a_slip_is_said_with_its_mend(text: str, said: str) -> None:
    _, findings = _read(text)
    assert any(said in finding.message and finding.mend for finding in findings), findings


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    _, findings = _read("prometheus: {address: 'https://ada:s3cr3t@p.example.com'}\n" + ENTRY + QUERY)
    assert any("stands in the address" in finding.message for finding in findings)
    assert "s3cr3t" not in str(findings)
