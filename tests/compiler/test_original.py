"""The configuration that the intake shows: as it is, without its secrets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from compiler.original import HIDDEN, without_secrets
from tests.example import CONFIG

SHIPPED = (CONFIG / "alertmanager.yml").read_text(encoding="utf-8")


def test_the_shipped_file_is_shown_as_it_is() -> None:
    assert without_secrets(SHIPPED) == SHIPPED


@pytest.mark.parametrize(
    "line",
    [
        "      - url: https://hooks.example.com/s3cr3t  # of the team",
        '      - {url: "https://hooks.example.com/s3cr3t", send_resolved: true}',
        "      - ? url\n        : https://hooks.example.com/s3cr3t",
        "      - url:\n          https://hooks.example.com/s3cr3t",
        "      - routing_key: s3cr3t",
        "      - 'routing_key': 's3cr3t'",
        "      - http_config: {basic_auth: {username: relay, password: s3cr3t}}",
        "      - http_config: {authorization: {credentials: s3cr3t}}",
    ],
)
def test_a_secret_is_replaced_and_the_rest_stays(line: str) -> None:
    text = f"receivers:\n  - name: hook\n    webhook_configs:\n{line}\n"
    shown = without_secrets(text)
    assert "s3cr3t" not in shown
    assert "<secret>" in shown
    assert ("# of the team" in shown) == ("# of the team" in line)


@pytest.mark.parametrize(
    "text",
    [
        "webhook_configs:\n  - url: >-\n      https://hooks.example.com/s3cr3t\n",
        "route: [",
    ],
)
def test_what_cannot_be_left_out_hides_the_file(text: str) -> None:
    assert without_secrets(text) == HIDDEN


@pytest.mark.needs_tool("amtool")
def test_amtool_reads_what_is_shown(tmp_path: Path) -> None:
    text = (
        "route: {receiver: hook}\nreceivers:\n  - name: hook\n    webhook_configs:\n"
        "      - url: https://hooks.example.com/s3cr3t\n"
    )
    file = tmp_path / "alertmanager.yml"
    file.write_text(without_secrets(text))
    subprocess.run(["amtool", "check-config", str(file)], check=True, capture_output=True)
