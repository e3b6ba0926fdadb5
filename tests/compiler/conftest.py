"""Reading configuration from text, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.alertmanager.file import AlertmanagerFile, parse_alertmanager
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse

Read = Callable[..., tuple[AlertmanagerFile | None, tuple[Finding, ...]]]


@pytest.fixture(name="read_config")
def _read_config() -> Read:
    """What an alertmanager.yml of this text becomes, and what is found in it."""

    def read(text: str, transport: str = "smtp") -> tuple[AlertmanagerFile | None, tuple[Finding, ...]]:
        findings = Findings()
        root = parse(text, findings, file="alertmanager.yml")
        parsed = parse_alertmanager(root, findings, transport=transport) if root else None  # type: ignore[arg-type]
        return parsed, findings.sorted()

    return read


@pytest.fixture(name="project")
def _project() -> Path:
    """The root of the project."""
    return Path(__file__).resolve().parents[2]
